// POST /chat/completions and GET /models, the same on both surfaces.
import { beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts';
import type { ChatCompletion, ChatMessage } from '../../src/contract/chat';
import type { ErrorType } from '../../src/contract/errors';
import { eventually } from '../eventually';
import { SAMPLES } from '../files/samples';
import { type Client, errorOf, newClient, ORIGIN } from './client';

const PREFIXES = ['/v1', '/api/v1'] as const;

/** For what is done after the answer was sent. */
let client: Client;
beforeAll(async () => {
  client = await newClient();
});

const user = (content: ChatMessage['content']) => ({ role: 'user', content }) as ChatMessage;

function post(
  prefix: string,
  request: object,
  headers: Record<string, string> = {},
  by = client,
): Promise<Response> {
  return by.send('POST', `${prefix}/chat/completions`, { json: { model: 'sandbox', ...request }, headers });
}

async function complete(request: object, prefix = '/v1'): Promise<ChatCompletion> {
  const response = await post(prefix, request);
  expect(response.status).toBe(200);
  return response.json();
}

async function answerTo(request: object, prefix?: string) {
  const [choice] = (await complete(request, prefix)).choices;
  if (choice === undefined) throw new Error('the answer has no choice');
  return choice;
}

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

async function upload(by: Client, file: File): Promise<string> {
  const body = new FormData();
  body.set('file', file);
  return (await by.json<{ id: string }>('POST', '/v1/files', { body })).id;
}

describe.each(PREFIXES)('POST %s/chat/completions', (prefix) => {
  it('answers in OpenAI’s shape, with usage and cost', async () => {
    const before = Math.floor(Date.now() / 1000);
    const completion = await complete({ messages: [user('안녕하세요')] }, prefix);
    expect(completion).toEqual({
      id: expect.stringMatching(/^chatcmpl-\w{24}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'sandbox',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '보내신 메시지: "안녕하세요"', refusal: null },
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        prompt_tokens_details: {
          cached_tokens: 0,
          text_tokens: completion.usage.prompt_tokens,
          image_tokens: 0,
          audio_tokens: 0,
        },
        completion_tokens_details: {
          text_tokens: completion.usage.completion_tokens,
          reasoning_tokens: 0,
        },
      },
      cost: {
        prompt_cost: expect.any(Number),
        completion_cost: expect.any(Number),
        total_cost: expect.any(Number),
        currency: 'USD',
      },
    });
    expect(completion.created).toBeGreaterThanOrEqual(before);
  });

  it('counts and prices to the nano-dollar', async () => {
    const { usage, cost } = await complete({ messages: [user('Hi\n@sandbox tokens=333')] }, prefix);
    expect(usage.completion_tokens).toBe(333);
    expect(usage.prompt_tokens).toBeGreaterThan(0);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + 333);
    // The catalogue's prices: 0.10 and 0.40 USD per million tokens.
    expect(cost).toEqual({
      prompt_cost: (usage.prompt_tokens * 100) / 1e9,
      completion_cost: 0.0001332,
      total_cost: (usage.prompt_tokens * 100 + 333 * 400) / 1e9,
      currency: 'USD',
    });
  });

  it('stops where it is told', async () => {
    const messages = [user('one two three four five')];
    expect(await answerTo({ messages, max_tokens: 3 }, prefix)).toMatchObject({ finish_reason: 'length' });
    expect(await answerTo({ messages, stop: ' three' }, prefix)).toMatchObject({
      message: { content: 'You said: "one two' },
      finish_reason: 'stop',
    });
    expect((await complete({ messages, n: 3 }, prefix)).choices.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('is not disturbed by null, unknown parameters or odd characters', async () => {
    const messages = [{ ...user('a\u0000\u2028\ud800😀'), name: null }];
    const request = {
      messages,
      temperature: null,
      tools: null,
      response_format: null,
      new_parameter: { a: 1 },
    };
    expect((await answerTo(request, prefix)).finish_reason).toBe('stop');
  });

  it('knows an unknown model by its name', async () => {
    const response = await post(prefix, { model: 'gpt-9', messages: [user('Hi')] });
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toEqual({
      type: 'not_found',
      code: 'not_found',
      message: 'The model was not found: there is no model "gpt-9"',
      param: 'model',
      request_id: response.headers.get('x-request-id'),
    });
  });
});

/** Status and Korean message as stored integrations match them, and whether a retry can help. */
const ERRORS: [type: ErrorType, status: number, message: string, retry: boolean][] = [
  ['invalid_request', 400, '요청 형식이 올바르지 않습니다', false],
  ['authentication_error', 401, '인증에 실패했습니다', false],
  ['permission_denied', 403, '이 리소스에 접근할 권한이 없습니다', false],
  ['not_found', 404, '요청한 리소스를 찾을 수 없습니다', false],
  ['content_policy_violation', 400, '콘텐츠 정책을 위반하는 요청입니다', false],
  ['context_length_exceeded', 400, '모델의 컨텍스트 길이를 초과했습니다', false],
  ['invalid_tool_call', 400, '도구 호출 형식이 올바르지 않습니다', false],
  ['rate_limit_exceeded', 429, '요청 한도를 초과했습니다', true],
  ['token_limit_exceeded', 429, '토큰 한도를 초과했습니다', true],
  ['budget_exceeded', 429, '월간 예산을 초과했습니다', false],
  ['model_error', 500, '모델 추론 중 오류가 발생했습니다', true],
  ['model_overloaded', 503, '모델이 과부하 상태입니다', true],
  ['timeout', 504, '추론 시간이 초과되었습니다', true],
  ['file_too_large', 413, '파일 크기는 100MB를 초과할 수 없습니다', false],
  ['unsupported_media_type', 415, '지원하지 않는 파일 형식입니다', false],
];

describe('a failing model', () => {
  it.each(ERRORS)('answers %s as a %d that says "%s"', async (type, status, message, retry) => {
    for (const prefix of PREFIXES) {
      const messages = [user(`Hi\n@sandbox error=${type}`)];
      const response = await post(prefix, { messages }, { 'accept-language': 'ko' });
      expect(response.status).toBe(status);
      expect(await errorOf(response)).toEqual({
        type,
        code: type,
        message,
        param: null,
        request_id: response.headers.get('x-request-id'),
      });
      expect(response.headers.get('x-should-retry')).toBe(String(retry));
      expect(response.headers.has('retry-after')).toBe(retry || status === 429);
      expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    }
  });

  it('says how long to wait, in seconds and in milliseconds', async () => {
    const { headers } = await post('/v1', { messages: [user('@sandbox error=model_overloaded')] });
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(Number(headers.get('retry-after-ms'))).toBeLessThanOrEqual(seconds * 1000);
  });

  it('that is out of budget says to wait for the first of next month', async () => {
    const asked = new Date();
    const { headers } = await post('/v1', { messages: [user('@sandbox error=budget_exceeded')] });
    const until = new Date(asked.getTime() + Number(headers.get('retry-after')) * 1000 + 60_000);
    const months = until.getUTCFullYear() * 12 + until.getUTCMonth();
    expect(months - (asked.getUTCFullYear() * 12 + asked.getUTCMonth())).toBe(1);
    expect([until.getUTCDate(), until.getUTCHours()]).toEqual([1, 0]);
  });

  it('that fails at first succeeds for an SDK that tries again', async () => {
    const messages = [user('Hi\n@sandbox fail=2')];
    const statuses = [];
    for (const retry of ['0', '1', '2']) {
      statuses.push((await post('/v1', { messages }, { 'x-stainless-retry-count': retry })).status);
    }
    expect(statuses).toEqual([503, 503, 200]);
    expect((await post('/v1', { messages }, { 'x-stainless-retry-count': 'many' })).status).toBe(503);
  });

  it('is not asked where its directives are wrong', async () => {
    const response = await post('/v1', { messages: [user('Hi'), user('@sandbox speed=1')] });
    expect([response.status, (await errorOf(response)).param]).toEqual([400, 'messages[1]']);
  });
});

it('a conversation longer than the model’s window is refused before the model is asked', async () => {
  const response = await post(
    '/v1',
    { messages: [user('말 '.repeat(200_000))] },
    { 'accept-language': 'ko' },
  );
  expect(response.status).toBe(400);
  const error = await errorOf(response);
  expect(error).toMatchObject({ type: 'context_length_exceeded', param: 'messages' });
  expect(error.message).toMatch(/^모델의 컨텍스트 길이를 초과했습니다: .*128000/);
});

describe('tools', () => {
  const tool = (name: string, description: string, properties: object) => ({
    type: 'function',
    function: {
      name,
      description,
      parameters: { type: 'object', properties, required: Object.keys(properties) },
    },
  });
  const tools = [
    tool('get_weather', '도시의 현재 날씨를 조회합니다', {
      city: { type: 'string' },
      unit: { enum: ['celsius'] },
    }),
    tool('get_stock_price', '주식의 현재 주가를 조회합니다', { symbol: { type: 'string' } }),
    tool('send_email', '이메일을 보냅니다', { to: { type: 'string' } }),
  ];
  const question = user('서울의 날씨와 삼성전자 주가를 알려주세요');

  it('are called, answered in any order and quoted, in Korean and on both surfaces', async () => {
    const asked = await answerTo({ messages: [question], tools }, '/v1');
    expect(asked).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls' });
    const calls = asked.message.tool_calls ?? [];
    expect(calls.map((call) => call.function.name)).toEqual(['get_weather', 'get_stock_price']);
    expect(JSON.parse(calls[0]?.function.arguments ?? '')).toEqual({ city: '서울', unit: 'celsius' });
    const [weather, stock] = calls.map((call) => call.id);

    const answered = await answerTo(
      {
        messages: [
          question,
          asked.message,
          { role: 'tool', tool_call_id: stock, content: '{"price": 71000, "통화": "원"}' },
          { role: 'tool', tool_call_id: weather, content: '맑음, 21°C' },
        ],
        tools,
      },
      '/api/v1',
    );
    expect(answered.finish_reason).toBe('stop');
    expect(answered.message.content).toBe(
      `get_stock_price (${stock}) 결과: {"price": 71000, "통화": "원"}\nget_weather (${weather}) 결과: 맑음, 21°C`,
    );
  });

  it('are called one at a time where the client wants it so, and the one that is forced', async () => {
    const one = await answerTo({ messages: [question], tools, parallel_tool_calls: false });
    expect(one.message.tool_calls).toHaveLength(1);
    const tool_choice = { type: 'function', function: { name: 'send_email' } };
    const forced = await answerTo({ messages: [question], tools, tool_choice });
    expect(forced.message.tool_calls?.map((call) => call.function.name)).toEqual(['send_email']);
    expect(await answerTo({ messages: [question], tools, tool_choice: 'none' })).toMatchObject({
      finish_reason: 'stop',
    });
  });

  it.each<[param: string, type: string, request: object]>([
    [
      'messages[1].tool_calls[0].id',
      'invalid_tool_call',
      {
        messages: [
          question,
          {
            role: 'assistant',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
        ],
      },
    ],
    [
      'messages[1].tool_call_id',
      'invalid_tool_call',
      { messages: [question, { role: 'tool', content: 'x' }] },
    ],
    ['tools[1].function.name', 'invalid_tool_call', { messages: [question], tools: [tools[0], tools[0]] }],
    [
      'tool_choice.function.name',
      'invalid_tool_call',
      { messages: [question], tools, tool_choice: { type: 'function', function: { name: 'f' } } },
    ],
    [
      'tools[0].function.parameters',
      'invalid_request',
      {
        messages: [question],
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'x' } } }],
      },
    ],
  ])('that break the protocol are a 400 at %s', async (param, type, request) => {
    const response = await post('/v1', request, { 'accept-language': 'ko' });
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type, param });
    if (type === 'invalid_tool_call') expect(error.message).toMatch(/^도구 호출 형식이 올바르지 않습니다: ./);
  });
});

describe('structured output', () => {
  const format = (schema: object, strict = true) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'person', strict, schema } },
  });
  const person = {
    type: 'object',
    properties: {
      이름: { type: 'string', minLength: 2 },
      age: { type: 'integer', minimum: 20, maximum: 21 },
      tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 1 },
    },
    required: ['이름', 'age', 'tags'],
    additionalProperties: false,
  };

  it('is an instance of the schema, and says how that came about', async () => {
    const completion = await complete({ messages: [user('누구세요?')], ...format(person) }, '/api/v1');
    expect(completion.structured_output).toEqual({ method: 'native', attempts: 1 });
    const value = JSON.parse(completion.choices[0]?.message.content ?? '');
    expect(Object.keys(value).toSorted()).toEqual(['age', 'tags', '이름']);
    expect([20, 21]).toContain(value.age);
  });

  it('that never fits is a model error that names what is wrong, and no retry is advised', async () => {
    const messages = [user('@sandbox text={"이름": "김", "age": 7}')];
    const response = await post('/v1', { messages, ...format(person) }, { 'accept-language': 'ko' });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([500, 'false']);
    const { type, message } = await errorOf(response);
    expect(type).toBe('model_error');
    expect(message).toMatch(/^모델 추론 중 오류가 발생했습니다: /);
    for (const part of ['/이름', '/age: 20 이상이어야 합니다', '"tags"이(가) 있어야 합니다'])
      expect(message).toContain(part);
  });

  it('that is not strict only has to be JSON', async () => {
    const messages = [user('@sandbox text={"a": 1}')];
    expect((await answerTo({ messages, ...format(person, false) })).message.content).toBe('{"a": 1}');
    const response_format = { type: 'json_object' };
    const { message } = await answerTo({ messages: [user('안녕')], response_format });
    expect(JSON.parse(message.content ?? '')).toEqual({ answer: '보내신 메시지: "안녕"' });
  });

  it.each<[title: string, schema: object, detail: string]>([
    ['not valid', { type: 'objekt' }, 'not valid'],
    ['remote', { $ref: 'https://example.com/person' }, 'points outside'],
    ['over 64 KB', { description: 'x'.repeat(65_536) }, '64 KB'],
    ['endless', { allOf: [{ $ref: '#' }] }, 'refers to itself'],
    ['slow', { pattern: '(?=a)' }, 'linear time'],
  ])('with a schema that is %s is a 400 that says so', async (_, schema, detail) => {
    const response = await post('/v1', { messages: [user('Hi')], ...format(schema) });
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type: 'invalid_request', param: 'response_format.json_schema.schema' });
    expect(error.message).toContain(detail);
  });
});

describe('content parts', () => {
  const png = () => new File([SAMPLES.png], '그림.png', { type: 'image/png' });
  const facts = `image/png, ${SAMPLES.png.length} bytes, 1 × 1 pixels`;

  it('arrive from every source, in both dialects', async () => {
    const id = await upload(client, png());
    const url = `data:image/png;base64,${base64(SAMPLES.png)}`;
    const source = { type: 'base64', media_type: 'image/png', data: base64(SAMPLES.png) };
    const { message } = await answerTo({
      messages: [
        user([
          { type: 'text', text: 'Look' },
          { type: 'image', source: source as never },
          { type: 'image_url', image_url: { url } },
          { type: 'image', source: { type: 'file', file_id: id } },
          { type: 'image', source: { type: 'url', url: `${ORIGIN}/api/v1/files/${id}/content` } },
          { type: 'image_url', image_url: { url: `${ORIGIN}/v1/files/${id}/content` } },
          { type: 'file', file: { file_id: id } },
        ]),
      ],
    });
    expect(message.content).toBe(
      [
        'You said: "Look"',
        ...Array.from({ length: 2 }, () => `Attached: ${facts}`),
        ...Array.from({ length: 4 }, () => `Attached: 그림.png (${facts})`),
      ].join('\n'),
    );
  });

  it('are counted by kind', async () => {
    const source = { type: 'base64' as const, media_type: 'audio/wav', data: base64(SAMPLES.wav) };
    const { usage } = await complete({ messages: [user([{ type: 'audio', source }])] });
    const { text_tokens, image_tokens, audio_tokens } = usage.prompt_tokens_details;
    expect(audio_tokens).toBeGreaterThan(0);
    expect(text_tokens + image_tokens + audio_tokens).toBe(usage.prompt_tokens);
  });

  it('cannot be another account’s file, by id or by URL', async () => {
    const id = await upload(await newClient(), png());
    for (const [part, param] of [
      [{ type: 'image', source: { type: 'file', file_id: id } }, 'messages[0].content[0].source'],
      [
        { type: 'image_url', image_url: { url: `${ORIGIN}/v1/files/${id}/content` } },
        'messages[0].content[0].image_url.url',
      ],
    ] as const) {
      const response = await post('/v1', { messages: [user([part])] }, { 'accept-language': 'ko' });
      expect(response.status).toBe(404);
      expect(await errorOf(response)).toMatchObject({ message: '파일을 찾을 수 없습니다', param });
    }
  });

  it('of a wrong type are a 415 that names it', async () => {
    const source = { type: 'base64', media_type: 'image/bmp', data: base64(SAMPLES.png) };
    const response = await post(
      '/v1',
      { messages: [user([{ type: 'image', source } as never])] },
      { 'accept-language': 'ko' },
    );
    expect(response.status).toBe(415);
    expect(await errorOf(response)).toMatchObject({
      type: 'unsupported_media_type',
      message: '지원하지 않는 파일 형식입니다: image/bmp',
      param: 'messages[0].content[0].source',
    });
  });
});

it('the account’s usage is the sum of what its answers reported', async () => {
  const fresh = await newClient();
  const answers: ChatCompletion[] = [];
  for (const text of ['Hi', '안녕하세요', '@sandbox tokens=50']) {
    answers.push(await (await post('/v1', { messages: [user(text)] }, {}, fresh)).json());
  }
  await post('/v1', { messages: [user('@sandbox error=model_error')] }, {}, fresh);
  const sum = (of: (answer: ChatCompletion) => number) =>
    answers.reduce((total, answer) => total + of(answer), 0);
  await eventually(async () => {
    const { total } = await fresh.json<UsageResponse>('GET', '/api/v1/usage');
    expect(total.requests).toBe(3);
    expect(total.usage.total_tokens).toBe(sum(({ usage }) => usage.total_tokens));
    expect(total.cost?.total_cost).toBeCloseTo(
      sum(({ cost }) => cost?.total_cost ?? 0),
      12,
    );
  });
});

describe.each(PREFIXES)('GET %s/models', (prefix) => {
  const sandbox = {
    id: 'sandbox',
    object: 'model',
    created: expect.any(Number),
    owned_by: 'quire',
    context_window: 128_000,
    modalities: ['text', 'image', 'document', 'audio'],
    pricing: { currency: 'USD', unit: '1M tokens', prompt: 0.1, cached_prompt: 0.05, completion: 0.4 },
    provider: 'quire',
  };

  it('lists the models and shows each', async () => {
    const list = await client.json<{ object: string; data: object[] }>('GET', `${prefix}/models`);
    expect(list.object).toBe('list');
    expect(list.data).toContainEqual(sandbox);
    expect(await client.json('GET', `${prefix}/models/sandbox`)).toEqual(sandbox);
  });

  it.each(['gpt-9', 'vendor/model', 'vendor%2Fmodel'])('does not know %s', async (id) => {
    const response = await client.send('GET', `${prefix}/models/${id}`);
    expect(response.status).toBe(404);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type: 'not_found', param: 'model' });
    expect(error.message).toContain(`"${decodeURIComponent(id)}"`);
  });
});
