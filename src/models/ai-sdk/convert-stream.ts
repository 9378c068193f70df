// A stream of the AI SDK's parts as model events in OpenAI's words.
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { ChunkChoice } from '../../contract/chat';
import type { ModelCall, ModelEvent } from '../model';
import { convertUsage } from './convert-usage';
import { mapFinishReason } from './map-finish-reason';
import { type SdkProvider, unfinished } from './sdk-provider';

type Emit = (event: ModelEvent) => void;
type Part<T extends LanguageModelV4StreamPart['type']> = Extract<LanguageModelV4StreamPart, { type: T }>;

/** Ends with the finish part, and fails without one: the provider's answer was cut off. */
export function convertStream(
  provider: SdkProvider,
  call: ModelCall,
): TransformStream<LanguageModelV4StreamPart, ModelEvent> {
  const converter = new PartConverter(provider, call);
  return new TransformStream({
    transform(part, controller) {
      converter.read(part, (event) => controller.enqueue(event));
      if (part.type === 'finish') controller.terminate();
    },
    flush() {
      throw unfinished(provider.upstream, undefined);
    },
  });
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
  read(part: LanguageModelV4StreamPart, emit: Emit): void {
    switch (part.type) {
      case 'text-delta':
        if (part.delta !== '') this.#emit({ content: part.delta }, emit);
        this.#said += part.delta;
        return;
      case 'reasoning-start':
      case 'reasoning-delta':
        // A token came: from here on the answer has begun.
        if (!this.#begun) this.#emit({ content: '' }, emit);
        return;
      case 'tool-input-start':
        if (!part.providerExecuted) this.#open(part.id, part.toolName, emit);
        return;
      case 'tool-input-delta':
        this.#argue(part.id, part.delta, emit);
        return;
      case 'tool-call':
        if (!part.providerExecuted) this.#close(part, emit);
        return;
      case 'finish':
        this.#finish(part, emit);
        return;
      case 'error':
        throw part.error;
      default:
        return;
    }
  }

  #open(id: string, name: string, emit: Emit): OpenCall {
    const opened = { index: this.#toolCalls.size, hasArguments: false };
    this.#toolCalls.set(id, opened);
    this.#said += name;
    this.#emit(
      { tool_calls: [{ index: opened.index, id, type: 'function', function: { name, arguments: '' } }] },
      emit,
    );
    return opened;
  }

  #argue(id: string, text: string, emit: Emit): void {
    const opened = this.#toolCalls.get(id);
    if (opened === undefined || text === '') return;
    opened.hasArguments = true;
    this.#said += text;
    this.#emit({ tool_calls: [{ index: opened.index, function: { arguments: text } }] }, emit);
  }

  /** Some calls come at once, and those without arguments come without pieces of them. */
  #close({ toolCallId, toolName, input }: Part<'tool-call'>, emit: Emit): void {
    const opened = this.#toolCalls.get(toolCallId) ?? this.#open(toolCallId, toolName, emit);
    if (!opened.hasArguments) this.#argue(toolCallId, input, emit);
  }

  #finish(part: Part<'finish'>, emit: Emit): void {
    const { upstream, mediaOf, refusalOf } = this.#provider;
    const refusal = refusalOf(part);
    const finishReason = mapFinishReason(part.finishReason, this.#toolCalls.size > 0);
    if (finishReason === null || (this.#said === '' && part.finishReason.unified === 'other')) {
      throw unfinished(upstream, part.finishReason.raw);
    }
    if (refusal !== null) this.#emit({ refusal }, emit);
    this.#emit({}, emit, finishReason);
    emit({ type: 'usage', usage: convertUsage(part.usage, mediaOf(part.usage), this.#call, this.#said) });
  }

  #emit(delta: ChunkChoice['delta'], emit: Emit, finishReason: ChunkChoice['finish_reason'] = null): void {
    const role = this.#begun ? {} : { role: 'assistant' as const };
    this.#begun = true;
    emit({
      type: 'chunk',
      choices: [{ index: 0, delta: { ...role, ...delta }, finish_reason: finishReason }],
    });
  }
}
