import { describe, expect, it } from 'vitest';
import { linesBatch, sharedModelBatch } from '../../src/contract/batches';
import { chatRequest } from '../../src/contract/chat';
import { ApiError } from '../../src/contract/errors';
import { placeOf } from '../../src/contract/place';
import { parseOrThrow } from '../../src/contract/validation';

const USER = { role: 'user', content: '안녕하세요' };
const chat = (members: object) => ({ model: 'sandbox', messages: [USER], ...members });
const inContent = (part: unknown) =>
  chat({ messages: [USER, { role: 'user', content: [{ type: 'text', text: 'a' }, part] }] });
const withCall = (call: unknown) => chat({ messages: [USER, { role: 'assistant', tool_calls: [call] }] });

function paramOf(schema: Parameters<typeof parseOrThrow>[0], input: unknown): string | null {
  try {
    parseOrThrow(schema, input);
  } catch (error) {
    if (error instanceof ApiError && error.type === 'invalid_request') return error.param;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(input)}`);
}

it('a place reads as a client would write it', () => {
  expect(placeOf(['messages', 0, 'content', 1, 'image_url', 'url'])).toBe(
    'messages[0].content[1].image_url.url',
  );
  expect(placeOf([17])).toBe('[17]');
  expect(placeOf([])).toBe('');
});

it('a place repeats no name without end', () => {
  expect(placeOf(['metadata', 'x'.repeat(101)])).toBe(`metadata.${'x'.repeat(100)}…`);
  expect(placeOf([`${'x'.repeat(99)}😀`])).toBe(`${'x'.repeat(99)}…`);
});

describe('a chat request', () => {
  it.each<[object]>([
    [chat({})],
    [chat({ temperature: null, stop: null, tools: null, tool_choice: null, response_format: null, n: null })],
    [chat({ stop: ['a', 'b', 'c', 'd'], temperature: 2, top_p: 0, seed: -7, max_tokens: 1, n: 128 })],
    [chat({ messages: [{ role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }] })],
    [
      chat({
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'a' } }] },
        },
      }),
    ],
    [chat({ some_new_parameter: { of: 'a provider' }, store: true })],
    [chat({ messages: [{ role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] }] })],
    [
      chat({
        messages: [
          { role: 'assistant', content: null },
          { role: 'tool', content: 'x' },
        ],
      }),
    ],
    [inContent({ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } })],
    [inContent({ type: 'document', source: { type: 'url', url: 'https://quire.test/v1/files/a/content' } })],
    [
      chat({
        metadata: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`k${n}`, 'v'.repeat(512)])),
      }),
    ],
  ])('may be %j', (request) => {
    expect(() => parseOrThrow(chatRequest, request)).not.toThrow();
  });

  it('keeps parameters that are not listed', () => {
    const request = chat({ some_new_parameter: { of: 'a provider' } });
    expect(parseOrThrow(chatRequest, request)).toEqual(request);
  });

  it.each<[param: string | null, request: unknown]>([
    [null, 'text'],
    [null, []],
    [null, null],
    ['model', { messages: [USER] }],
    ['model', chat({ model: '' })],
    ['model', chat({ model: 7 })],
    ['messages', { model: 'sandbox' }],
    ['messages', chat({ messages: [] })],
    ['messages', chat({ messages: 'hello' })],
    ['messages[0]', chat({ messages: ['hello'] })],
    ['messages[0].role', chat({ messages: [{ content: 'hello' }] })],
    ['messages[1].role', chat({ messages: [USER, { role: 'robot', content: 'hello' }] })],
    ['messages[0].content', chat({ messages: [{ role: 'user' }] })],
    ['messages[0].content', chat({ messages: [{ role: 'user', content: 7 }] })],
    ['messages[0].content', chat({ messages: [{ role: 'user', content: [] }] })],
    ['messages[0].content', chat({ messages: [{ role: 'system', content: null }] })],
    ['messages[1].content[1].type', inContent({ type: 'video' })],
    ['messages[1].content[1].text', inContent({ type: 'text' })],
    ['messages[1].content[1].source', inContent({ type: 'image' })],
    ['messages[1].content[1].source.type', inContent({ type: 'image', source: { type: 'path', path: '/' } })],
    [
      'messages[1].content[1].source.data',
      inContent({ type: 'image', source: { type: 'base64', media_type: 'image/png' } }),
    ],
    [
      'messages[1].content[1].source.media_type',
      inContent({ type: 'image', source: { type: 'base64', data: 'AAAA' } }),
    ],
    ['messages[1].content[1].source.file_id', inContent({ type: 'audio', source: { type: 'file' } })],
    ['messages[1].content[1].image_url.url', inContent({ type: 'image_url', image_url: {} })],
    [
      'messages[1].content[1].image_url.detail',
      inContent({ type: 'image_url', image_url: { url: 'a', detail: 'max' } }),
    ],
    [
      'messages[1].content[1].input_audio.format',
      inContent({ type: 'input_audio', input_audio: { data: 'a', format: 'aiff' } }),
    ],
    [
      'messages[1].tool_calls[0].id',
      withCall({ type: 'function', function: { name: 'a', arguments: '{}' } }),
    ],
    [
      'messages[1].tool_calls[0].type',
      withCall({ id: 'a', type: 'custom', function: { name: 'a', arguments: '{}' } }),
    ],
    [
      'messages[1].tool_calls[0].function.arguments',
      withCall({ id: 'a', type: 'function', function: { name: 'a', arguments: {} } }),
    ],
    ['temperature', chat({ temperature: 2.1 })],
    ['temperature', chat({ temperature: '1' })],
    ['top_p', chat({ top_p: -0.1 })],
    ['n', chat({ n: 0 })],
    ['n', chat({ n: 1.5 })],
    ['stop', chat({ stop: ['1', '2', '3', '4', '5'] })],
    ['stop[0]', chat({ stop: [1] })],
    ['max_tokens', chat({ max_tokens: 0 })],
    ['max_completion_tokens', chat({ max_completion_tokens: -1 })],
    ['seed', chat({ seed: 0.5 })],
    ['user', chat({ user: 7 })],
    ['stream', chat({ stream: 'yes' })],
    ['stream_options.include_usage', chat({ stream_options: { include_usage: 1 } })],
    ['metadata', chat({ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, ''])) })],
    ['metadata.a', chat({ metadata: { a: 1 } })],
    ['metadata.a', chat({ metadata: { a: 'v'.repeat(513) } })],
    ['tools', chat({ tools: {} })],
    ['tools[0].type', chat({ tools: [{ type: 'retrieval' }] })],
    ['tools[0].function.name', chat({ tools: [{ type: 'function', function: {} }] })],
    [
      'tools[0].function.parameters',
      chat({ tools: [{ type: 'function', function: { name: 'a', parameters: [] } }] }),
    ],
    ['tool_choice', chat({ tool_choice: 'always' })],
    ['tool_choice.function.name', chat({ tool_choice: { type: 'function', function: {} } })],
    ['tool_choice.allowed_tools', chat({ tool_choice: { type: 'allowed_tools' } })],
    [
      'tool_choice.allowed_tools.mode',
      chat({ tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'none', tools: [] } } }),
    ],
    [
      'tool_choice.allowed_tools.tools',
      chat({ tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }),
    ],
    [
      'messages[0].content[0].type',
      chat({ messages: [{ role: 'user', content: [{ type: 'refusal', refusal: 'x' }] }] }),
    ],
    ['response_format.type', chat({ response_format: { type: 'xml' } })],
    ['response_format.json_schema', chat({ response_format: { type: 'json_schema' } })],
    [
      'response_format.json_schema.name',
      chat({ response_format: { type: 'json_schema', json_schema: { schema: {} } } }),
    ],
    [
      'response_format.json_schema.name',
      chat({ response_format: { type: 'json_schema', json_schema: { name: '날씨', schema: {} } } }),
    ],
    [
      'response_format.json_schema.schema',
      chat({ response_format: { type: 'json_schema', json_schema: { name: 'a' } } }),
    ],
    [
      'response_format.json_schema.schema',
      chat({ response_format: { type: 'json_schema', json_schema: { name: 'a', schema: 'x' } } }),
    ],
    ['top_logprobs', chat({ top_logprobs: 21 })],
  ])('is refused at %s: case %#', (param, request) => {
    expect(paramOf(chatRequest, request)).toBe(param);
  });
});

describe('a batch', () => {
  const shared = (members: object) => ({ model: 'sandbox', inputs: [{ messages: [USER] }], ...members });
  const line = (members: object = {}) => ({
    custom_id: 'a',
    method: 'POST',
    url: '/v1/chat/completions',
    body: chat({}),
    ...members,
  });

  it.each<[param: string, body: object]>([
    ['model', { inputs: [{ messages: [USER] }] }],
    ['inputs', { model: 'sandbox' }],
    ['inputs', shared({ inputs: [] })],
    ['inputs', shared({ inputs: {} })],
    ['inputs[1].messages', shared({ inputs: [{ messages: [USER] }, { messages: [] }] })],
    ['inputs[1].messages[0].role', shared({ inputs: [{ messages: [USER] }, { messages: [{ role: '?' }] }] })],
    ['inputs[0].custom_id', shared({ inputs: [{ custom_id: '', messages: [USER] }] })],
    ['inputs[0].custom_id', shared({ inputs: [{ custom_id: 'x'.repeat(513), messages: [USER] }] })],
    ['metadata', shared({ metadata: ['a'] })],
    ['completion_window', shared({ completion_window: '169h' })],
    ['max_cost', shared({ max_cost: -1 })],
    ['webhook_url', shared({ webhook_url: '' })],
    ['colour', shared({ colour: 'red' })],
  ])('of form 1 is refused at %s: case %#', (param, body) => {
    expect(paramOf(sharedModelBatch, body)).toBe(param);
  });

  it.each<[param: string, body: object]>([
    ['inputs[1].custom_id', { inputs: [line(), line({ custom_id: undefined })] }],
    ['inputs[0].custom_id', { inputs: [line({ custom_id: 7 })] }],
    ['inputs[0].method', { inputs: [line({ method: 'GET' })] }],
    ['inputs[0].url', { inputs: [line({ url: '/v1/embeddings' })] }],
    ['inputs[0].body', { inputs: [line({ body: null })] }],
    ['inputs[0].body.model', { inputs: [line({ body: { messages: [USER] } })] }],
    [
      'inputs[17].body.messages',
      { inputs: [...Array.from({ length: 17 }, () => line()), line({ body: chat({ messages: [] }) })] },
    ],
    ['inputs[0].priority', { inputs: [line({ priority: 1 })] }],
  ])('of form 2 is refused at %s: case %#', (param, body) => {
    expect(paramOf(linesBatch, body)).toBe(param);
  });
});
