// The one interface every model is behind. An adapter converts and nothing else.
import type { ChatChoice, ChatMessage, ChatRequest, Usage } from '../contract/chat';

/** A content part with its bytes at hand: both dialects of the API and all sources come down to this. */
export type ModelPart =
  | { type: 'text'; text: string }
  | {
      type: 'image' | 'document' | 'audio';
      /** As the leading bytes show it, on the allow-list. */
      mediaType: string;
      bytes: Uint8Array;
      filename: string | null;
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
  signal: AbortSignal;
}

/** What a model answers, in OpenAI's words. */
export interface ModelAnswer {
  choices: ChatChoice[];
  usage: Usage;
}

export interface ChatModel {
  /** Answers a call, or throws an `ApiError` of the taxonomy. */
  complete(call: ModelCall): Promise<ModelAnswer>;
}
