// The one interface every model is behind. An adapter converts and nothing else.
import type { ChatChoice, ChatMessage, ChatRequest, ChunkChoice, Usage } from '../contract/chat';

/** A content part with its bytes at hand: both dialects of the API and all sources come down to this. */
export type ModelPart =
  | { type: 'text'; text: string }
  | {
      type: 'image' | 'document' | 'audio';
      /** As the leading bytes show it, on the allow-list. */
      mediaType: string;
      bytes: Uint8Array;
      filename: string | null;
      /** How closely an image is looked at, in OpenAI's words; null where the client did not say. */
      detail?: 'auto' | 'low' | 'high' | null;
    };

/** A chat message whose content is text, parts with bytes, or nothing. */
export type ModelMessage = Omit<ChatMessage, 'content'> & { content: string | ModelPart[] | null };

/** What a model is asked. */
export interface ModelCall {
  /** The client's request; its `messages` are superseded by the resolved ones. */
  request: ChatRequest;
  messages: ModelMessage[];
  /** 1 for the first try of this request, counted by whoever retries. */
  attempt: number;
  /** Aborting it ends the provider's work. */
  signal: AbortSignal;
}

/** What a model answers, in OpenAI's words. */
export interface ModelAnswer {
  choices: ChatChoice[];
  usage: Usage;
  systemFingerprint?: string;
}

/** One piece of a streamed answer. The usage comes once, last. */
export type ModelEvent =
  /** The provider's own id and time (unix seconds) for the answer; before any `raw` event, which carries them. */
  | { type: 'head'; id: string; createdSeconds: number }
  | { type: 'chunk'; choices: ChunkChoice[] }
  /** Finished `data:` events in the provider's own words, already under our model's id: forwarded as they are. */
  | { type: 'raw'; text: string; chunks: number }
  /** About a token of what clients see nothing of, such as reasoning: the model is at work, and it is paid for. */
  | { type: 'unseen' }
  | { type: 'usage'; usage: Usage };

export interface ModelStreamOptions {
  /** Whether the caller takes `raw` events; otherwise every chunk is parsed, since the caller reads it. */
  raw: boolean;
}

/** Both throw an `ApiError` of the taxonomy. */
export interface ChatModel {
  complete(call: ModelCall): Promise<ModelAnswer>;
  /**
   * What fails is thrown by the iterator; what fails before the first event may reject instead. Aborting the call's
   * signal, or ending the iteration early, ends the work.
   */
  stream(call: ModelCall, options: ModelStreamOptions): Promise<AsyncIterable<ModelEvent>>;
}
