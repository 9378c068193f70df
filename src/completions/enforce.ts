// Holds a model to what the request asked of its answer: the response format, and tool calls that fit their schemas.
// What does not fit goes back to the model with the errors, at most twice.
import {
  addUsage,
  type ChatChoice,
  type ChatRequest,
  NO_USAGE,
  type StructuredOutput,
  type ToolCall,
  type Usage,
} from '../contract/chat';
import { ApiError } from '../contract/errors';
import type { ChatModel, ModelAnswer, ModelCall, ModelMessage } from '../models/model';
import { validate } from './json-schema';
import { parseArguments } from './tool-protocol';

/** The first call and two repairs. */
const ATTEMPTS_LIMIT = 3;

/** What is wrong with one choice, as sentences. `toolCall` is null where it is the content. */
interface Violation {
  choice: ChatChoice;
  toolCall: ToolCall | null;
  errors: string[];
}

export interface EnforcedAnswer extends ModelAnswer {
  /** How the response format was enforced; null where none was asked for. */
  structuredOutput: StructuredOutput | null;
}

/**
 * Asks the model until its answer fits, and counts the tokens of every attempt. `requestFor` says how each attempt is
 * to be made, given its messages and what the ones before it used.
 *
 * @throws ApiError `model_error` with the errors of the last attempt, which no retry of the client's can help
 */
export async function completeEnforced(
  model: ChatModel,
  call: ModelCall,
  requestFor: (messages: readonly ModelMessage[], used: Usage) => ChatRequest = () => call.request,
): Promise<EnforcedAnswer> {
  let answer = await model.complete({ ...call, request: requestFor(call.messages, NO_USAGE) });
  let { usage } = answer;
  let messages = call.messages;
  for (let attempts = 1; ; attempts++) {
    const violation = await findViolation(answer.choices, call.request);
    if (violation === null) {
      return { choices: answer.choices, usage, structuredOutput: evidence(call.request, answer, attempts) };
    }
    // An answer cut off at its token limit would be cut off again.
    if (attempts === ATTEMPTS_LIMIT || violation.choice.finish_reason === 'length') throw failure(violation);
    messages = [...messages, ...repairMessages(violation)];
    answer = await model.complete({ ...call, messages, request: requestFor(messages, usage) });
    usage = addUsage(usage, answer.usage);
  }
}

function evidence(request: ChatRequest, answer: ModelAnswer, attempts: number): StructuredOutput | null {
  const format = request.response_format?.type ?? 'text';
  if (format === 'text' || answer.choices.every((choice) => choice.message.tool_calls)) return null;
  return { method: attempts > 1 ? 'repaired' : 'native', attempts };
}

async function findViolation(
  choices: readonly ChatChoice[],
  request: ChatRequest,
): Promise<Violation | null> {
  for (const choice of choices) {
    const { tool_calls: toolCalls, refusal, content } = choice.message;
    for (const toolCall of toolCalls ?? []) {
      const errors = await toolCallErrors(toolCall, request);
      if (errors.length > 0) return { choice, toolCall, errors };
    }
    if (toolCalls || refusal !== null || choice.finish_reason === 'content_filter') continue;
    const errors = await contentErrors(content ?? '', request.response_format);
    if (errors.length === 0) continue;
    const cutOff = choice.finish_reason === 'length' ? ['the answer was cut off at its token limit'] : errors;
    return { choice, toolCall: null, errors: cutOff };
  }
  return null;
}

async function toolCallErrors({ function: called }: ToolCall, request: ChatRequest): Promise<string[]> {
  const tool = request.tools?.find((candidate) => candidate.function.name === called.name);
  if (tool === undefined) return [`there is no tool "${called.name}"`];
  const args = parseArguments(called.arguments);
  if (args === null) return [`the arguments of "${called.name}" are not a JSON object`];
  const result = await validate(tool.function.parameters ?? {}, args);
  return result.valid ? [] : result.errors.map((error) => `${called.name}: ${error}`);
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

/** The answer as the model gave it, and what is wrong with it. */
function repairMessages({ choice, toolCall, errors }: Violation): ModelMessage[] {
  const { content, tool_calls: toolCalls } = choice.message;
  const said: ModelMessage = { role: 'assistant', content, ...(toolCalls && { tool_calls: toolCalls }) };
  if (toolCalls) {
    const answers = toolCalls.map(({ id }): ModelMessage => {
      const text =
        id === toolCall?.id ? `Invalid call: ${errors.join('; ')}` : 'Not run: another call was invalid';
      return { role: 'tool', tool_call_id: id, content: `${text}. Make all the calls again, corrected.` };
    });
    return [said, ...answers];
  }
  const request = `The answer does not match the required format: ${errors.join('; ')}. Answer again with the corrected JSON and nothing else.`;
  return [said, { role: 'user', content: request }];
}

function failure({ toolCall, errors }: Violation): ApiError {
  return new ApiError('model_error', {
    detail: [toolCall === null ? 'output_invalid' : 'tool_call_failed', errors.join('; ')],
    retryable: false,
  });
}
