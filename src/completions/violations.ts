// What is wrong with an answer: its format against the response format, its tool calls against the declared tools.
import type { ChatChoice, ChatRequest, ToolCall } from '../contract/chat';
import { ApiError } from '../contract/errors';
import type { Fault } from '../contract/messages/en-reasons';
import { callableTools, mustCall } from '../models/tool-choice';
import { validate } from './json-schema';
import { parseArguments } from './tool-protocol';

/** What is wrong with one choice. */
export interface Violation {
  choice: ChatChoice;
  /** A call that was made, one that should have been, or the format of the content. */
  kind: 'call' | 'no-call' | 'format';
  /** The call; null for the other kinds. */
  toolCall: ToolCall | null;
  faults: Fault[];
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
      const faults = await toolCallFaults(toolCall, request);
      if (faults.length > 0) return { choice, kind: 'call', toolCall, faults };
    }
    if (toolCalls || refusal !== null || choice.finish_reason === 'content_filter') continue;
    const missing = missingCallFaults(request);
    const found = missing.length > 0 ? missing : await contentFaults(content ?? '', request.response_format);
    if (found.length === 0) continue;
    const faults = choice.finish_reason === 'length' ? [whole(['answer_cut_off'])] : found;
    return { choice, kind: missing.length > 0 ? 'no-call' : 'format', toolCall: null, faults };
  }
  return null;
}

async function toolCallFaults({ function: called }: ToolCall, request: ChatRequest): Promise<Fault[]> {
  const tool = request.tools?.find((candidate) => candidate.function.name === called.name);
  if (tool === undefined) return [whole(['tool_unknown', called.name])];
  if (!callableTools(request).includes(tool)) return [whole(['tool_not_chosen', called.name])];
  const args = parseArguments(called.arguments);
  if (args === null) return [whole(['arguments_no_object', called.name])];
  const result = await validate(tool.function.parameters ?? {}, args);
  return result.valid
    ? []
    : result.faults.map((fault) => ({ ...fault, place: `${called.name}: ${fault.place}` }));
}

/** For an answer without calls. One to the results of calls has done what was chosen. */
function missingCallFaults(request: ChatRequest): Fault[] {
  if (!mustCall(request) || request.messages.at(-1)?.role === 'tool') return [];
  return [whole(['call_required', callableTools(request).map((tool) => tool.function.name)])];
}

async function contentFaults(content: string, format: ChatRequest['response_format']): Promise<Fault[]> {
  if (!format || format.type === 'text') return [];
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return [whole(['answer_not_json'])];
  }
  if (format.type === 'json_object') {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? [] : [whole(['answer_no_object'])];
  }
  if (!format.json_schema.strict) return [];
  const result = await validate(format.json_schema.schema, value);
  return result.valid ? [] : result.faults;
}

function whole(reason: Fault['reason']): Fault {
  return { place: null, reason };
}

/** A violation as the client reads it: no retry of the same request can be told to help. */
export function violationError({ kind, faults }: Pick<Violation, 'kind' | 'faults'>): ApiError {
  return new ApiError('model_error', {
    detail: [kind === 'format' ? 'output_invalid' : 'tool_call_failed', faults],
    retryable: false,
  });
}
