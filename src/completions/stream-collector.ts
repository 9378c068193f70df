// Puts the chunks of a streamed answer back together, for answers that have to be checked at their end.
import type { ChatChoice, ChunkChoice, ChunkToolCall, ToolCall } from '../contract/chat';

export class StreamCollector {
  readonly #choices = new Map<number, ChatChoice>();

  add(chunks: readonly ChunkChoice[]): void {
    for (const { index, delta = {}, finish_reason: finishReason } of chunks) {
      const choice = this.#choice(index);
      if (delta.content) choice.message.content = (choice.message.content ?? '') + delta.content;
      if (delta.refusal) choice.message.refusal = (choice.message.refusal ?? '') + delta.refusal;
      for (const piece of delta.tool_calls ?? []) addToolCall(choice, piece);
      if (finishReason) choice.finish_reason = finishReason;
    }
  }

  /** The answer as far as it has come. */
  get choices(): ChatChoice[] {
    return Array.from(this.#choices.values(), ({ message, ...choice }) => ({
      ...choice,
      // Some upstreams count calls from 1: there are no empty places among them.
      message: { ...message, ...(message.tool_calls && { tool_calls: message.tool_calls.filter(Boolean) }) },
    }));
  }

  #choice(index: number): ChatChoice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    const choice: ChatChoice = {
      index,
      message: { role: 'assistant', content: null, refusal: null },
      finish_reason: 'stop',
    };
    this.#choices.set(index, choice);
    return choice;
  }
}

function addToolCall({ message }: ChatChoice, piece: ChunkToolCall): void {
  message.tool_calls ??= [];
  const calls = message.tool_calls;
  // Where an upstream leaves the index out, an id begins a call.
  const index = piece.index ?? (piece.id ? calls.length : calls.length - 1);
  const known = calls[index];
  if (known === undefined) {
    const call: ToolCall = {
      id: piece.id ?? '',
      type: 'function',
      function: { name: piece.function?.name ?? '', arguments: piece.function?.arguments ?? '' },
    };
    calls[Math.max(0, index)] = call;
    return;
  }
  known.function.arguments += piece.function?.arguments ?? '';
}
