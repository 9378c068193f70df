import { describe, expect, it } from 'vitest';
import { findViolation, mustBeChecked, violationError } from '../../src/completions/violations';
import type { ChatChoice, ChatRequest, ToolCall } from '../../src/contract/chat';
import { faultSentence } from '../../src/contract/messages/en-reasons';
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
    expect(violation?.faults.map(faultSentence) ?? null).toEqual(errors);
  });
});

describe('a choice of tools', () => {
  const both = ['f', 'g'].map((name) => ({ type: 'function' as const, function: { name } }));
  const named = (name: string) => ({ type: 'function' as const, function: { name } });
  const allowed = (mode: 'auto' | 'required', ...names: string[]) => ({
    type: 'allowed_tools' as const,
    allowed_tools: { mode, tools: names.map(named) },
  });
  const required = ['tool_choice requires a call of "f" or "g"'];

  it.each<
    [
      title: string,
      choice: ChatRequest['tool_choice'],
      message: Partial<ChatChoice['message']>,
      errors: string[] | null,
    ]
  >([
    ['a call that was required', 'required', { tool_calls: [call('g', '{}')] }, null],
    ['none that was required', 'required', { content: 'Hi' }, required],
    ['nothing at all', 'required', {}, required],
    ['a refusal', 'required', { refusal: 'No.' }, null],
    ['the named call', named('g'), { tool_calls: [call('g', '{}')] }, null],
    ['not the named call', named('g'), { content: 'Hi' }, ['tool_choice requires a call of "g"']],
    [
      'another than the named',
      named('g'),
      { tool_calls: [call('f', '{}')] },
      ['tool_choice does not allow a call of "f"'],
    ],
    [
      'a call where none may be',
      'none',
      { tool_calls: [call('f', '{}')] },
      ['tool_choice does not allow a call of "f"'],
    ],
    ['text where a call may be', allowed('auto', 'g'), { content: 'Hi' }, null],
    [
      'a call that is not allowed',
      allowed('auto', 'g'),
      { tool_calls: [call('f', '{}')] },
      ['tool_choice does not allow a call of "f"'],
    ],
    ['no allowed call', allowed('required', 'g'), { content: 'Hi' }, ['tool_choice requires a call of "g"']],
    ['an allowed call', allowed('required', 'g'), { tool_calls: [call('g', '{}')] }, null],
  ])('%s', async (_, tool_choice, message, errors) => {
    const violation = await findViolation([choiceOf(message)], chatRequest({ tools: both, tool_choice }));
    expect(violation?.faults.map(faultSentence) ?? null).toEqual(errors);
  });

  it('comes before the format, and ends with the results of calls', async () => {
    const request = chatRequest({ ...strict, tools: both, tool_choice: 'required' });
    const violation = await findViolation([choiceOf({ content: '{"n":1}' })], request);
    expect(violation).toMatchObject({ kind: 'no-call', toolCall: null });
    expect(violation?.faults.map(faultSentence)).toEqual(required);
    const result = { role: 'tool' as const, tool_call_id: 'call_f', content: 'done' };
    const after = { ...request, messages: [...request.messages, result] };
    expect(await findViolation([choiceOf({ content: '{"n":1}' })], after)).toBeNull();
  });

  it('that an answer was too long for is not asked for again', async () => {
    const request = chatRequest({ tools: both, tool_choice: 'required' });
    const violation = await findViolation([choiceOf({ content: 'Well, ' }, 'length')], request);
    expect(violation?.faults).toEqual([{ place: null, reason: ['answer_cut_off'] }]);
  });
});

it('a violation is a model error in the client’s language that no retry helps', () => {
  const content = violationError({
    kind: 'format',
    faults: [
      { place: '/city', reason: ['must_be_type', ['string', 'null']] },
      { place: '/x', isName: true, reason: ['characters_too_many', '3'] },
    ],
  });
  expect(content).toMatchObject({ type: 'model_error', retryable: false });
  expect(errorMessage(content, 'en')).toContain(
    '/city: must be a string or null; the name of /x: must have at most 3 characters',
  );
  expect(errorMessage(content, 'ko')).toMatch(
    /^모델 추론 중 오류가 발생했습니다: .*\/city: 문자열 또는 null이어야 합니다; \/x의 이름: 3자 이하여야 합니다$/,
  );
  const toolCall = violationError({
    kind: 'call',
    faults: [{ place: 'f: /a', reason: ['must_be_type', ['object']] }],
  });
  expect(errorMessage(toolCall, 'en')).toContain('tool calls are not valid: f: /a: must be an object');
  expect(errorMessage(toolCall, 'ko')).toContain('f: /a: 객체여야 합니다');
});
