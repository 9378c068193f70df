// What is wrong with an answer: its format against the response format, its tool calls against the declared tools.
import type { ChatChoice, ChatRequest, ToolCall } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { callableTools, mustCall } from '../models/tool-choice';
import { validate } from './json-schema';
import { parseArguments } from './tool-protocol';

/** What is wrong with one choice, as sentences. */
export interface Violation {
  choice: ChatChoice;
  /** A call that was made, one that should have been, or the format of the content. */
  kind: 'call' | 'no-call' | 'format';
  /** The call; null for the other kinds. */
  toolCall: ToolCall | null;
  errors: string[];
}

/** Whether an answer to this request has to be looked at, so that it cannot be passed on unread. */
export function mustBeChecked(request: ChatRequest): boolean {
  return asksForJson(request) || Boolean(request.tools?.length);
}

export function asksForJson({ response_format: format }: ChatRequest): boolean {
  return format?.type === 'json_object' || format?.type === 'json_schema';
}

/** The first violation of any choice, or null. */
export async function findViolation(
  choices: readonly ChatChoice[],
  request: ChatRequest,
): Promise<Violation | null> {
  for (const choice of choices) {
    const { tool_calls: toolCalls, refusal, content } = choice.message;
    for (const toolCall of toolCalls ?? []) {
      const errors = await toolCallErrors(toolCall, request);
      if (errors.length > 0) return { choice, kind: 'call', toolCall, errors };
    }
    if (toolCalls || refusal !== null || choice.finish_reason === 'content_filter') continue;
    const missing = missingCallErrors(request);
    const errors = missing.length > 0 ? missing : await contentErrors(content ?? '', request.response_format);
    if (errors.length === 0) continue;
    const cutOff = choice.finish_reason === 'length' ? ['the answer was cut off at its token limit'] : errors;
    return { choice, kind: missing.length > 0 ? 'no-call' : 'format', toolCall: null, errors: cutOff };
  }
  return null;
}

async function toolCallErrors({ function: called }: ToolCall, request: ChatRequest): Promise<string[]> {
  const tool = request.tools?.find((candidate) => candidate.function.name === called.name);
  if (tool === undefined) return [`there is no tool "${called.name}"`];
  if (!callableTools(request).includes(tool))
    return [`tool_choice does not allow a call of "${called.name}"`];
  const args = parseArguments(called.arguments);
  if (args === null) return [`the arguments of "${called.name}" are not a JSON object`];
  const result = await validate(tool.function.parameters ?? {}, args);
  return result.valid ? [] : result.errors.map((error) => `${called.name}: ${error}`);
}

/** For an answer without calls. One to the results of calls has done what was chosen. */
function missingCallErrors(request: ChatRequest): string[] {
  if (!mustCall(request) || request.messages.at(-1)?.role === 'tool') return [];
  const names = callableTools(request).map((tool) => `"${tool.function.name}"`);
  return [`tool_choice requires a call of ${names.join(' or ')}`];
}

async function contentErrors(content: string, format: ChatRequest['response_format']): Promise<string[]> {
  if (!format || format.type === 'text') return [];
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return ['the answer is not JSON'];
  }
  if (format.type === 'json_object') {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? [] : ['the answer is not a JSON object'];
  }
  if (!format.json_schema.strict) return [];
  const result = await validate(format.json_schema.schema, value);
  return result.valid ? [] : result.errors;
}

/** A violation as the client reads it: no retry of the same request can be told to help. */
export function violationError({ kind, errors }: Violation): ApiError {
  return new ApiError('model_error', {
    detail: [kind === 'format' ? 'output_invalid' : 'tool_call_failed', errors.join('; ')],
    retryable: false,
  });
}
