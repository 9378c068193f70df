// A call as the inputs of `AI.run`. Older models check their inputs strictly, so everything is said in the words that
// both generations know.
import type { ChatRequest } from '../../contract/chat';
import type { ModelCall } from '../model';
import { openaiMessage, withoutRefusal } from '../openai/openai-request';
import type { Upstream } from '../provider';
import { callableTools, mustCall, offeredTools } from '../tool-choice';

/** Older models stop after 256 tokens unless told otherwise, and do not say that they were cut off. */
const ANSWER_TOKENS_DEFAULT = 4096;

/** Handed on as they are. */
const PARAMETERS = [
  'temperature',
  'top_p',
  'seed',
  'stop',
  'n',
  'frequency_penalty',
  'presence_penalty',
  'parallel_tool_calls',
  'reasoning_effort',
  'logprobs',
  'top_logprobs',
] as const satisfies readonly (keyof ChatRequest)[];

/** The most tokens the answer may have. */
export function answerTokensLimit({ max_completion_tokens, max_tokens }: ChatRequest): number {
  return max_completion_tokens ?? max_tokens ?? ANSWER_TOKENS_DEFAULT;
}

export function workersAiInputs(
  { hasJsonSchema }: Upstream,
  { request, messages }: ModelCall,
  stream: boolean,
): Record<string, unknown> {
  const parameters = PARAMETERS.map((name) => [name, request[name]] as const);
  return {
    messages: messages.map((message) => plainMessage(openaiMessage(withoutRefusal(message)))),
    ...Object.fromEntries(parameters.filter(([, value]) => value !== undefined && value !== null)),
    ...toolInputs(request),
    ...(hasJsonSchema && formatInput(request)),
    max_tokens: answerTokensLimit(request),
    ...(stream && { stream: true }),
  };
}

/** Text alone as a string, no nulls, and `system` for the role that only OpenAI calls otherwise. */
function plainMessage(message: object): object {
  const { role, content, ...rest } = message as { role: string; content: unknown };
  return {
    role: role === 'developer' ? 'system' : role,
    content: plainContent(content),
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined)),
  };
}

function plainContent(content: unknown): unknown {
  if (!Array.isArray(content)) return content ?? '';
  const isText = content.every((part) => part.type === 'text');
  return isText ? content.map(({ text }) => text).join('\n') : content;
}

/** A forced tool is the only one offered: a choice by name is not known everywhere, `required` is. */
function toolInputs(request: ChatRequest): object {
  const tools = callableTools(request);
  if (tools.length === 0) return {};
  const choice = mustCall(request) ? 'required' : offeredTools(request).choice;
  return { tools, ...(choice && { tool_choice: choice }) };
}

/** JSON Mode takes the bare schema where OpenAI wraps it (https://developers.cloudflare.com/workers-ai/features/json-mode/). */
function formatInput({ response_format: format }: ChatRequest): object {
  if (format?.type === 'json_object') return { response_format: { type: 'json_object' } };
  if (format?.type !== 'json_schema') return {};
  return { response_format: { type: 'json_schema', json_schema: format.json_schema.schema } };
}
