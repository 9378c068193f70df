// A stream of the AI SDK's parts as model events in OpenAI's words.
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { ChunkChoice } from '../../contract/chat';
import type { ModelCall, ModelEvent } from '../model';
import { convertUsage } from './convert-usage';
import { mapFinishReason } from './map-finish-reason';
import { type SdkProvider, unfinished } from './sdk-provider';

type Part<T extends LanguageModelV4StreamPart['type']> = Extract<LanguageModelV4StreamPart, { type: T }>;
type Events<Returned = void> = Generator<ModelEvent, Returned>;

/** Ends with the finish part, and fails without one: the provider's answer was cut off. */
export async function* convertStream(
  provider: SdkProvider,
  call: ModelCall,
  parts: ReadableStream<LanguageModelV4StreamPart>,
): AsyncGenerator<ModelEvent, void> {
  const converter = new PartConverter(provider, call);
  for await (const part of parts) {
    yield* converter.read(part);
    if (part.type === 'finish') return;
  }
  throw unfinished(provider.upstream, undefined);
}

interface OpenCall {
  index: number;
  hasArguments: boolean;
}

class PartConverter {
  readonly #provider: SdkProvider;
  readonly #call: ModelCall;
  readonly #toolCalls = new Map<string, OpenCall>();
  #begun = false;
  /** What the model said, for an estimate where no usage comes. */
  #said = '';

  constructor(provider: SdkProvider, call: ModelCall) {
    this.#provider = provider;
    this.#call = call;
  }

  /** Parts that clients see nothing of, and those of later versions, are passed over. */
  *read(part: LanguageModelV4StreamPart): Events {
    switch (part.type) {
      case 'text-delta':
        if (part.delta !== '') yield this.#chunk({ content: part.delta });
        this.#said += part.delta;
        return;
      case 'reasoning-start':
      case 'reasoning-delta':
        // With the first token the answer has begun, which clients are told.
        yield this.#begun ? { type: 'unseen' } : this.#chunk({ content: '' });
        return;
      case 'tool-input-start':
        if (!part.providerExecuted) yield* this.#open(part.id, part.toolName);
        return;
      case 'tool-input-delta':
        yield* this.#argue(part.id, part.delta);
        return;
      case 'tool-call':
        if (!part.providerExecuted) yield* this.#close(part);
        return;
      case 'finish':
        yield* this.#finish(part);
        return;
      case 'error':
        throw part.error;
      default:
        return;
    }
  }

  *#open(id: string, name: string): Events<OpenCall> {
    const opened = { index: this.#toolCalls.size, hasArguments: false };
    this.#toolCalls.set(id, opened);
    this.#said += name;
    yield this.#chunk({
      tool_calls: [{ index: opened.index, id, type: 'function', function: { name, arguments: '' } }],
    });
    return opened;
  }

  *#argue(id: string, text: string): Events {
    const opened = this.#toolCalls.get(id);
    if (opened === undefined || text === '') return;
    opened.hasArguments = true;
    this.#said += text;
    yield this.#chunk({ tool_calls: [{ index: opened.index, function: { arguments: text } }] });
  }

  /** Some calls come at once, and those without arguments come without pieces of them. */
  *#close({ toolCallId, toolName, input }: Part<'tool-call'>): Events {
    const opened = this.#toolCalls.get(toolCallId) ?? (yield* this.#open(toolCallId, toolName));
    if (!opened.hasArguments) yield* this.#argue(toolCallId, input);
  }

  *#finish(part: Part<'finish'>): Events {
    const { upstream, mediaOf, refusalOf } = this.#provider;
    const refusal = refusalOf(part);
    const finishReason = mapFinishReason(part.finishReason, this.#toolCalls.size > 0);
    if (finishReason === null || (this.#said === '' && part.finishReason.unified === 'other')) {
      throw unfinished(upstream, part.finishReason.raw);
    }
    if (refusal !== null) yield this.#chunk({ refusal });
    yield this.#chunk({}, finishReason);
    const usage = convertUsage(part.usage, mediaOf(part.usage), this.#call, this.#said);
    yield { type: 'usage', usage };
  }

  #chunk(delta: ChunkChoice['delta'], finishReason: ChunkChoice['finish_reason'] = null): ModelEvent {
    const role = this.#begun ? {} : { role: 'assistant' as const };
    this.#begun = true;
    return {
      type: 'chunk',
      choices: [{ index: 0, delta: { ...role, ...delta }, finish_reason: finishReason }],
    };
  }
}
