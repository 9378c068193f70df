// A stream of Workers AI as model events: `{"response": "…"}` from older models, OpenAI's chunks from newer ones.
import type { ChunkChoice, ChunkToolCall, FinishReason } from '../../contract/chat';
import { ApiError } from '../../contract/errors';
import type { ModelCall, ModelEvent } from '../model';
import { finishReasonOf } from '../openai/openai-finish-reason';
import { type OpenaiUsage, usageOf } from '../openai/openai-usage';
import type { Upstream } from '../provider';
import {
  argumentsText,
  countedUsage,
  newCallId,
  olderFinishReason,
  responseText,
  type WorkersAiToolCall,
} from './workers-ai-answer';
import { brokenAnswer, errorIn, runError } from './workers-ai-error';
import { answerTokensLimit } from './workers-ai-request';

/** A `data:` line longer than this is no chunk of a model's. */
const LINE_LIMIT_CHARACTERS = 4 * 1024 ** 2;

/** What we read of an event. */
interface WorkersAiEvent {
  response?: unknown;
  tool_calls?: WorkersAiToolCall[] | null;
  choices?: {
    index?: number;
    delta?: Omit<ChunkChoice['delta'], 'tool_calls'> & { tool_calls?: WorkersAiToolCall[] | null };
    finish_reason?: string | null;
    logprobs?: unknown;
  }[];
  usage?: OpenaiUsage | null;
  error?: unknown;
  errors?: unknown;
}

/** What has come of one choice so far. */
interface ChoiceState {
  text: string;
  /** Arguments of each call by its index in the choice. */
  calls: Map<number, { id: string; name: string; arguments: string }>;
  finishReason: FinishReason | null;
}

/** Bytes of server-sent events in, model events out; a stream that ends without `[DONE]` or a reason was cut off. */
export async function* workersAiEvents(
  upstream: Upstream,
  call: ModelCall,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ModelEvent, void> {
  const reader = new EventReader(upstream, call);
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const bytes of body) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_LIMIT_CHARACTERS) throw brokenAnswer(upstream, 'an event without end');
      for (const line of lines) yield* reader.read(line);
    }
  } catch (error) {
    throw error instanceof ApiError || call.signal.aborted ? error : runError(upstream, error);
  }
  yield* reader.read(rest);
  yield* reader.end();
}

class EventReader {
  readonly #upstream: Upstream;
  readonly #call: ModelCall;
  readonly #choices = new Map<number, ChoiceState>();
  #usage: OpenaiUsage | null = null;
  #done = false;

  constructor(upstream: Upstream, call: ModelCall) {
    this.#upstream = upstream;
    this.#call = call;
  }

  *read(line: string): Generator<ModelEvent, void> {
    if (!line.startsWith('data:') || this.#done) return;
    const data = line.slice(5).trim();
    if (data === '') return;
    if (data === '[DONE]') {
      this.#done = true;
      return;
    }
    const event = this.#parse(data);
    const error = errorIn(this.#upstream, event);
    if (error !== null) throw error;
    this.#usage = countedUsage(event.usage) ?? this.#usage;
    const choices = (event.choices ?? [olderChoice(event)]).flatMap((choice) => this.#choice(choice) ?? []);
    if (choices.length > 0) yield { type: 'chunk', choices };
  }

  /** What no event said itself: why it ended, and what it took. */
  *end(): Generator<ModelEvent, void> {
    const states = Array.from(this.#choices.values());
    const isFinished = states.length > 0 && states.every(({ finishReason }) => finishReason !== null);
    if (!this.#done && !isFinished) throw brokenAnswer(this.#upstream, 'the stream was cut off');
    const limit = answerTokensLimit(this.#call.request);
    const unfinished = Array.from(this.#choices).filter(([, state]) => state.finishReason === null);
    const endings = unfinished.map(([index, { calls }]): ChunkChoice => {
      return { index, delta: {}, finish_reason: olderFinishReason(calls.size > 0, this.#usage, limit) };
    });
    if (endings.length > 0) yield { type: 'chunk', choices: endings };
    yield { type: 'usage', usage: usageOf(this.#usage, this.#call, this.#said()) };
  }

  /** The answer as far as an estimate of its tokens needs it. */
  #said(): Parameters<typeof usageOf>[2] {
    return Array.from(this.#choices, ([index, { text, calls }]) => {
      const toolCalls = Array.from(calls.values(), ({ id, name, arguments: text }) => {
        return { id, type: 'function' as const, function: { name, arguments: text } };
      });
      const message = { role: 'assistant' as const, content: text, refusal: null };
      const withCalls = toolCalls.length > 0 ? { ...message, tool_calls: toolCalls } : message;
      return { index, message: withCalls, finish_reason: 'stop' as const };
    });
  }

  #choice(choice: NonNullable<WorkersAiEvent['choices']>[number]): ChunkChoice | null {
    const index = choice.index ?? 0;
    const known = this.#choices.get(index);
    const state = known ?? { text: '', calls: new Map(), finishReason: null };
    const content = responseText(choice.delta?.content);
    const toolCalls = (choice.delta?.tool_calls ?? []).flatMap((toolCall, position) => {
      return toolCallPiece(state, toolCall, position) ?? [];
    });
    const hasCalls = state.calls.size > 0;
    const reason = choice.finish_reason
      ? finishReasonOf(this.#upstream, choice.finish_reason, { hasCalls })
      : null;
    const says =
      (content ?? '') !== '' || Boolean(choice.delta?.refusal) || toolCalls.length > 0 || reason !== null;
    // The last events of older models hold the usage and no more of the answer.
    if (!says) return null;
    this.#choices.set(index, state);
    state.text += content ?? '';
    state.finishReason = reason ?? state.finishReason;
    return {
      index,
      delta: {
        ...(known === undefined && { role: 'assistant' as const }),
        ...(content !== null && { content }),
        ...(choice.delta?.refusal && { refusal: choice.delta.refusal }),
        ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
      },
      finish_reason: reason,
      ...(choice.logprobs !== undefined && choice.logprobs !== null && { logprobs: choice.logprobs }),
    };
  }

  #parse(data: string): WorkersAiEvent {
    try {
      const event: unknown = JSON.parse(data);
      if (typeof event === 'object' && event !== null) return event;
    } catch {
      // Said below.
    }
    throw brokenAnswer(this.#upstream, 'an event is not JSON');
  }
}

/** An older model's event in the words of the newer ones. */
function olderChoice({
  response,
  tool_calls,
}: WorkersAiEvent): NonNullable<WorkersAiEvent['choices']>[number] {
  const content = responseText(response);
  return { index: 0, delta: { ...(content !== null && { content }), ...(tool_calls && { tool_calls }) } };
}

/** A piece of a call; null for the empty one that some models end each call with. */
function toolCallPiece(state: ChoiceState, piece: WorkersAiToolCall, position: number): ChunkToolCall | null {
  const name = piece.function?.name ?? piece.name ?? null;
  const value = piece.function?.arguments ?? piece.arguments ?? null;
  const isWhole = value !== null && typeof value !== 'string';
  // Whole calls that come one an event have no index: each is the next one.
  const index = piece.index ?? (isWhole ? state.calls.size : position);
  const known = state.calls.get(index);
  if (known === undefined) {
    if (!name) return null;
    const id = piece.id || newCallId();
    const text = value === null ? '' : argumentsText(value);
    state.calls.set(index, { id, name, arguments: text });
    return { index, id, type: 'function', function: { name, arguments: text } };
  }
  if (value === null || value === '') return null;
  const text = argumentsText(value);
  known.arguments += text;
  return { index, function: { arguments: text } };
}
