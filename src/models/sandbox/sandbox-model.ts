// The built-in model: no network, the same answer to the same request. It shows truly what arrived and
// follows the request's tools, response format and `@sandbox` directives.
import type { ChatChoice, ChatRequest, FinishReason } from '../../contract/chat';
import { ApiError } from '../../contract/errors';
import type { ChatModel, ModelAnswer, ModelCall, ModelEvent } from '../model';
import { estimatedUsage, estimateTextTokens, firstTokens } from '../token-estimate';
import { answerChunks } from './answer-chunks';
import { ofLength, proseAnswer } from './answer-text';
import { readTurn, type Turn } from './conversation';
import { schemaInstance } from './schema-instance';
import { callIdMaker, type PlannedToolCall, planToolCalls, toolCallsOfChoice } from './tool-calls';

/** What each choice says; choices differ only in their call ids. */
interface Plan {
  content: string | null;
  toolCalls: PlannedToolCall[];
  finishReason: FinishReason;
  /** Completion tokens of one choice. */
  tokens: number;
}

export const sandbox: ChatModel = {
  async complete(call): Promise<ModelAnswer> {
    return answer(call, readTurn(call));
  },

  async stream(call): Promise<AsyncIterable<ModelEvent>> {
    const turn = readTurn(call);
    return piecesOf(await answer(call, turn), turn, call.signal);
  },
};

async function* piecesOf(
  { choices, usage }: ModelAnswer,
  { directives: { chunkDelayMs } }: Turn,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  for (const piece of answerChunks(choices)) {
    if (chunkDelayMs > 0) await scheduler.wait(chunkDelayMs, { signal });
    yield { type: 'chunk', choices: [piece] };
  }
  yield { type: 'usage', usage };
}

async function answer(call: ModelCall, turn: Turn): Promise<ModelAnswer> {
  await applyFaults(turn, call);
  const plan = planAnswer(turn, call.request);
  const choices = await choicesOf(plan, turn, call);
  return { choices, usage: estimatedUsage(call, plan.tokens * choices.length) };
}

async function applyFaults({ directives }: Turn, call: ModelCall): Promise<void> {
  if (directives.latencyMs > 0) await scheduler.wait(directives.latencyMs, { signal: call.signal });
  call.signal.throwIfAborted();
  if (call.attempt <= directives.failures) throw new ApiError('model_overloaded');
  if (directives.error !== null) {
    // The log of an `internal_error` has the cause: nothing is wrong but what was asked for.
    throw new ApiError(directives.error, {
      cause: new Error(`asked for by @sandbox error=${directives.error}`),
    });
  }
}

/** The whole answer as a pure function of the turn: what is said, where it is cut, what it counts. */
function planAnswer(turn: Turn, request: ChatRequest): Plan {
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const mayCall = turn.directives.text === null && turn.toolResults.length === 0;
  const toolCalls = mayCall ? planToolCalls(request, turn.text) : [];
  if (toolCalls.length > 0) return planCalls(toolCalls, limit);

  const { text, tokens: exactTokens } = sayWhat(turn, request);
  const stopAt = firstStop(text, request.stop ?? []);
  const said = stopAt === null ? text : text.slice(0, stopAt);
  const tokens = stopAt === null && exactTokens !== null ? exactTokens : estimateTextTokens(said);
  if (tokens <= limit) return { content: said, toolCalls: [], finishReason: 'stop', tokens };
  return { content: firstTokens(said, limit), toolCalls: [], finishReason: 'length', tokens: limit };
}

/** Half a call is of no use to anyone: calls that do not fit are not made. */
function planCalls(toolCalls: PlannedToolCall[], limit: number): Plan {
  const tokens = toolCalls.reduce(
    (sum, call) => sum + estimateTextTokens(call.name) + estimateTextTokens(call.arguments),
    0,
  );
  if (tokens > limit) return { content: '', toolCalls: [], finishReason: 'length', tokens: limit };
  return { content: null, toolCalls, finishReason: 'tool_calls', tokens };
}

/** The text of the answer, with its tokens where a directive fixes them. */
function sayWhat(turn: Turn, request: ChatRequest): { text: string; tokens: number | null } {
  const { directives } = turn;
  if (directives.text !== null) return { text: directives.text, tokens: null };
  const format = request.response_format;
  if (format?.type === 'json_schema') {
    return { text: JSON.stringify(schemaInstance(format.json_schema.schema)), tokens: null };
  }
  const prose = proseAnswer(turn);
  if (format?.type === 'json_object') return { text: JSON.stringify({ answer: prose }), tokens: null };
  if (directives.tokens === null) return { text: prose, tokens: null };
  return { text: ofLength(prose, directives.tokens), tokens: directives.tokens };
}

/** Where the first of the stop sequences begins, or null. */
function firstStop(text: string, stop: string | readonly string[]): number | null {
  const sequences = (typeof stop === 'string' ? [stop] : stop).filter((sequence) => sequence !== '');
  const places = sequences.map((sequence) => text.indexOf(sequence)).filter((place) => place >= 0);
  return places.length === 0 ? null : Math.min(...places);
}

async function choicesOf(plan: Plan, turn: Turn, call: ModelCall): Promise<ChatChoice[]> {
  const indexes = Array.from({ length: call.request.n ?? 1 }, (_, index) => index);
  if (plan.toolCalls.length === 0) {
    return indexes.map((index) => ({
      index,
      message: { role: 'assistant', content: plan.content, refusal: null },
      finish_reason: plan.finishReason,
    }));
  }
  const idOf = await callIdMaker(call.messages, turn.text);
  return indexes.map((index) => ({
    index,
    message: {
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: toolCallsOfChoice(plan.toolCalls, index, idOf),
    },
    finish_reason: plan.finishReason,
  }));
}
