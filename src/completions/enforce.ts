// Holds a model to what the request asked of its answer: the response format, and tool calls that fit their schemas.
// What does not fit goes back to the model with the errors, at most twice.
import {
  addUsage,
  type ChatChoice,
  type ChatRequest,
  NO_USAGE,
  type StructuredOutput,
  type Usage,
} from '../contract/chat';
import { faultSentences } from '../contract/messages/en-reasons';
import type { ChatModel, ModelAnswer, ModelCall, ModelMessage } from '../models/model';
import { asksForJson, findViolation, type Violation, violationError } from './violations';

/** The first call and two repairs. */
export const ATTEMPTS_LIMIT = 3;

/** A model, and whether its provider itself holds answers to a format. */
export interface EnforceableModel extends Pick<ChatModel, 'complete'> {
  hasJsonSchema: boolean;
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
  model: EnforceableModel,
  call: ModelCall,
  requestFor: (messages: readonly ModelMessage[], used: Usage) => ChatRequest = () => call.request,
): Promise<EnforcedAnswer> {
  let messages = model.hasJsonSchema ? call.messages : [...formatInstruction(call.request), ...call.messages];
  let answer = await model.complete({ ...call, messages, request: requestFor(messages, NO_USAGE) });
  let { usage } = answer;
  for (let attempts = 1; ; attempts++) {
    const violation = await findViolation(answer.choices, call.request);
    if (violation === null) {
      const structuredOutput = evidence(model.hasJsonSchema, call.request, answer.choices, attempts);
      return { ...answer, usage, structuredOutput };
    }
    // An answer cut off at its token limit would be cut off again.
    if (attempts === ATTEMPTS_LIMIT || violation.choice.finish_reason === 'length')
      throw violationError(violation);
    messages = [...messages, ...repairMessages(violation)];
    answer = await model.complete({ ...call, messages, request: requestFor(messages, usage) });
    usage = addUsage(usage, answer.usage);
  }
}

/** How the format of an answer was held to, after so many calls; null where it has none. */
export function evidence(
  isNative: boolean,
  request: ChatRequest,
  choices: readonly ChatChoice[],
  attempts: number,
): StructuredOutput | null {
  if (!asksForJson(request) || choices.every(({ message }) => message.tool_calls)) return null;
  return { method: attempts > 1 ? 'repaired' : isNative ? 'native' : 'instructed', attempts };
}

/** What a model is told whose provider has no response formats: the format, in words. */
export function formatInstruction({ response_format: format }: ChatRequest): ModelMessage[] {
  if (format?.type === 'json_object') {
    return [
      { role: 'system', content: 'Answer with one JSON object and nothing else: no prose, no code fence.' },
    ];
  }
  if (format?.type !== 'json_schema') return [];
  const schema = JSON.stringify(format.json_schema.schema);
  const content = `Answer with JSON that is valid against this JSON Schema and nothing else, no prose, no code fence: ${schema}`;
  return [{ role: 'system', content }];
}

/** The answer as the model gave it, and what is wrong with it, in English. */
function repairMessages({ choice, kind, toolCall, faults }: Violation): ModelMessage[] {
  const errors = faultSentences(faults);
  const { content, tool_calls: toolCalls } = choice.message;
  const said: ModelMessage = { role: 'assistant', content, ...(toolCalls && { tool_calls: toolCalls }) };
  if (toolCalls) {
    const answers = toolCalls.map(({ id }): ModelMessage => {
      const text = id === toolCall?.id ? `Invalid call: ${errors}` : 'Not run: another call was invalid';
      return { role: 'tool', tool_call_id: id, content: `${text}. Make all the calls again, corrected.` };
    });
    return [said, ...answers];
  }
  const asked =
    kind === 'no-call'
      ? `${errors}. Make that call.`
      : `The answer does not match the required format: ${errors}. Answer again with the corrected JSON and nothing else.`;
  // Providers take no message without content.
  return [...(content ? [said] : []), { role: 'user', content: asked }];
}
