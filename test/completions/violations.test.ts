import { describe, expect, it } from 'vitest';
import { findViolation, mustBeChecked, violationError } from '../../src/completions/violations';
import type { ChatChoice, ChatRequest, ToolCall } from '../../src/contract/chat';
import { errorMessage } from '../../src/contract/messages/render';
import { chatRequest } from './scripted-model';

const choiceOf = (
  message: Partial<ChatChoice['message']>,
  finish: ChatChoice['finish_reason'] = 'stop',
): ChatChoice => ({
  index: 0,
  message: { role: 'assistant', content: null, refusal: null, ...message },
  finish_reason: finish,
});
const call = (name: string, args: string): ToolCall => ({
  id: `call_${name}`,
  type: 'function',
  function: { name, arguments: args },
});

const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const strict = chatRequest({
  response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
});
const loose = chatRequest({
  response_format: { type: 'json_schema', json_schema: { name: 'x', strict: false, schema } },
});
const object = chatRequest({ response_format: { type: 'json_object' } });
const tools = chatRequest({ tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] });
const plain = chatRequest();

describe('what is looked at', () => {
  it.each<[string, ChatRequest, boolean]>([
    ['plain text', plain, false],
    ['no tools', chatRequest({ tools: [] }), false],
    ['a text format', chatRequest({ response_format: { type: 'text' } }), false],
    ['tools', tools, true],
    ['a schema', loose, true],
    ['a JSON object', object, true],
  ])('%s: %s', (_, request, checked) => {
    expect(mustBeChecked(request)).toBe(checked);
  });
});

describe('what is wrong with an answer', () => {
  it.each<[title: string, request: ChatRequest, choice: ChatChoice, errors: string[] | null]>([
    ['text', plain, choiceOf({ content: 'Hi' }), null],
    ['valid JSON', strict, choiceOf({ content: '{"n":1}' }), null],
    ['no JSON', strict, choiceOf({ content: 'n is 1' }), ['the answer is not JSON']],
    ['nothing', strict, choiceOf({}), ['the answer is not JSON']],
    ['JSON in a fence', strict, choiceOf({ content: '```json\n{"n":1}\n```' }), ['the answer is not JSON']],
    ['JSON of another schema', strict, choiceOf({ content: '{"n":"1"}' }), [expect.stringContaining('/n')]],
    ['JSON of another schema, not strict', loose, choiceOf({ content: '{"n":"1"}' }), null],
    ['an array for an object', object, choiceOf({ content: '[]' }), ['the answer is not a JSON object']],
    [
      'half of it',
      strict,
      choiceOf({ content: '{"n":' }, 'length'),
      ['the answer was cut off at its token limit'],
    ],
    ['a refusal', strict, choiceOf({ refusal: 'No.' }), null],
    ['a filtered answer', strict, choiceOf({ content: '' }, 'content_filter'), null],
    ['a good call', tools, choiceOf({ tool_calls: [call('f', '{"n":1}')] }), null],
    [
      'an unknown tool',
      tools,
      choiceOf({ tool_calls: [call('f', '{"n":1}'), call('g', '{}')] }),
      ['there is no tool "g"'],
    ],
    [
      'arguments that are no object',
      tools,
      choiceOf({ tool_calls: [call('f', '7')] }),
      ['the arguments of "f" are not a JSON object'],
    ],
    [
      'wrong arguments',
      tools,
      choiceOf({ tool_calls: [call('f', '{}')] }),
      [expect.stringMatching(/^f: .*"n"/)],
    ],
    ['a call where no tool is', plain, choiceOf({ tool_calls: [call('f', '{}')] }), ['there is no tool "f"']],
  ])('%s', async (_, request, choice, errors) => {
    const violation = await findViolation([choiceOf({ content: '{"n":2}' }), choice], request);
    expect(violation?.errors ?? null).toEqual(errors);
  });
});

it('a violation is a model error in the client’s language that no retry helps', () => {
  const choice = choiceOf({ content: 'x' });
  const content = violationError({ choice, toolCall: null, errors: ['a', 'b'] });
  expect(content).toMatchObject({ type: 'model_error', retryable: false });
  expect(errorMessage(content, 'en')).toContain('a; b');
  expect(errorMessage(content, 'ko')).toMatch(/^모델 추론 중 오류가 발생했습니다: .*a; b/);
  const toolCall = violationError({ choice, toolCall: call('f', '{}'), errors: ['f: bad'] });
  expect(errorMessage(toolCall, 'en')).toContain('tool call');
});
