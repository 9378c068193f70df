// A whole answer of Workers AI: `{response, tool_calls, usage}` from older models, OpenAI's shape from newer ones.
import type { ChatChoice, ChunkToolCall, FinishReason, ToolCall } from '../../contract/chat';
import { randomBase62 } from '../../contract/ids';
import type { ModelAnswer, ModelCall, ModelEvent } from '../model';
import { finishReasonOf } from '../openai/openai-finish-reason';
import { type OpenaiUsage, usageOf } from '../openai/openai-usage';
import type { Upstream } from '../provider';
import { brokenAnswer, errorIn } from './workers-ai-error';
import { answerTokensLimit } from './workers-ai-request';

/** A call of a tool in any of the ways it is told: flat or OpenAI's, arguments as text or already parsed. */
export interface WorkersAiToolCall {
  id?: string | null;
  index?: number;
  name?: string | null;
  arguments?: unknown;
  function?: { name?: string | null; arguments?: unknown } | null;
}

/** What we read of an answer. */
interface WorkersAiAnswer {
  /** Text; already parsed where JSON was asked for. */
  response?: unknown;
  tool_calls?: WorkersAiToolCall[] | null;
  choices?: WorkersAiChoice[];
  usage?: OpenaiUsage | null;
  error?: unknown;
  errors?: unknown;
}

interface WorkersAiChoice {
  index?: number;
  message?: Omit<Partial<ChatChoice['message']>, 'tool_calls'> & { tool_calls?: WorkersAiToolCall[] | null };
  finish_reason?: string | null;
  logprobs?: unknown;
}

/** @throws ApiError where the answer is an error, or none */
export function answerOf(upstream: Upstream, call: ModelCall, output: unknown): ModelAnswer {
  // Text alone is an answer too.
  const answer: WorkersAiAnswer = typeof output === 'string' ? { response: output } : (output ?? {});
  const error = errorIn(upstream, answer);
  if (error !== null) throw error;
  const isKnown = answer.choices?.length || answer.tool_calls?.length || answer.response !== undefined;
  if (!isKnown) throw brokenAnswer(upstream, 'the answer is of no known shape');
  const choices = answer.choices?.map((choice, position) => choiceOf(upstream, choice, position)) ?? [
    olderChoice(answer, call),
  ];
  return { choices, usage: usageOf(countedUsage(answer.usage), call, choices) };
}

/** The usage where it counts something: some models report zeros, which is none. */
export function countedUsage(usage: OpenaiUsage | null | undefined): OpenaiUsage | null {
  return usage?.prompt_tokens || usage?.completion_tokens ? usage : null;
}

/** The answer of a model that does not stream, as the one piece of a stream. */
export async function* eventsOfAnswer({ choices, usage }: ModelAnswer): AsyncGenerator<ModelEvent, void> {
  const pieces = choices.map(({ index, message, finish_reason, logprobs }) => ({
    index,
    delta: {
      role: message.role,
      content: message.content,
      ...(message.refusal !== null && { refusal: message.refusal }),
      ...(message.tool_calls && { tool_calls: message.tool_calls.map(chunkToolCall) }),
    },
    finish_reason,
    ...(logprobs !== undefined && { logprobs }),
  }));
  yield { type: 'chunk', choices: pieces };
  yield { type: 'usage', usage };
}

/** `arguments` as text; none at all are no arguments. */
export function argumentsText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}

export function newCallId(): string {
  return `call_${randomBase62(24)}`;
}

export function responseText(response: unknown): string | null {
  if (response === undefined || response === null) return null;
  return typeof response === 'string' ? response : JSON.stringify(response);
}

function chunkToolCall({ id, function: called }: ToolCall, index: number): ChunkToolCall {
  return { index, id, type: 'function', function: { name: called.name, arguments: called.arguments } };
}

function choiceOf(
  upstream: Upstream,
  { index, message, finish_reason: reason, logprobs }: WorkersAiChoice,
  position: number,
): ChatChoice {
  const toolCalls = toolCallsOf(message?.tool_calls);
  return {
    index: index ?? position,
    message: {
      role: 'assistant',
      content: responseText(message?.content),
      refusal: message?.refusal ?? null,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    },
    finish_reason: finishReasonOf(upstream, reason ?? '', { hasCalls: toolCalls.length > 0 }),
    ...(logprobs !== undefined && logprobs !== null && { logprobs }),
  };
}

function olderChoice({ response, tool_calls, usage }: WorkersAiAnswer, { request }: ModelCall): ChatChoice {
  const toolCalls = toolCallsOf(tool_calls);
  const text = responseText(response);
  return {
    index: 0,
    message: {
      role: 'assistant',
      // Beside calls, an empty text is none.
      content: toolCalls.length > 0 && text === '' ? null : text,
      refusal: null,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    },
    finish_reason: olderFinishReason(toolCalls.length > 0, usage, answerTokensLimit(request)),
  };
}

/** Older models do not say why they stopped: an answer as long as it may be was cut off. */
export function olderFinishReason(
  hasCalls: boolean,
  usage: OpenaiUsage | null | undefined,
  tokensLimit: number,
): FinishReason {
  if (hasCalls) return 'tool_calls';
  return (usage?.completion_tokens ?? 0) >= tokensLimit ? 'length' : 'stop';
}

function toolCallsOf(calls: WorkersAiToolCall[] | null | undefined): ToolCall[] {
  return (calls ?? []).map(({ id, name, arguments: flat, function: called }) => ({
    id: id || newCallId(),
    type: 'function',
    function: { name: called?.name ?? name ?? '', arguments: argumentsText(called?.arguments ?? flat) },
  }));
}
