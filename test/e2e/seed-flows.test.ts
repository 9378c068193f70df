// The flows every client starts with, through the official SDK: tools in Korean, structured output, and each error.
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AccountResponse } from '../../src/contract/accounts.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import { ApiClient, newAccount } from './api-client.ts';
import { nanoDollars } from './money.ts';
import { pngImage } from './sample-files.ts';
import { Server } from './server.ts';

/** 100 MiB, which a file may just have. */
const FILE_LIMIT_BYTES = 100 * 1024 ** 2;

let server: Server;

beforeAll(async () => {
  server = await Server.start();
});

afterAll(async () => {
  await server?.stop();
});

interface ClientOptions {
  key?: string;
  language?: string;
  maxRetries?: number;
}

/** The SDK as its users make it; it repeats nothing unless told to. */
function sdk({ key = server.key, language = 'en', maxRetries = 0 }: ClientOptions = {}): OpenAI {
  return new OpenAI({
    baseURL: `${server.origin}/v1`,
    apiKey: key,
    maxRetries,
    defaultHeaders: { 'Accept-Language': language },
  });
}

function say(client: OpenAI, content: string) {
  return client.chat.completions.create({ model: 'sandbox', messages: [{ role: 'user', content }] });
}

describe('a tool call in Korean', () => {
  const tools: OpenAI.ChatCompletionTool[] = [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: '도시의 현재 날씨를 조회합니다',
        parameters: {
          type: 'object',
          properties: {
            location: { type: 'string', description: '도시 이름' },
            unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
          },
          required: ['location', 'unit'],
          additionalProperties: false,
        },
      },
    },
  ];

  it('goes out, comes back, and is quoted in the final answer', async () => {
    const client = sdk();
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: '서울의 현재 날씨를 알려주세요' },
    ];
    const asked = await client.chat.completions.create({ model: 'sandbox', messages, tools });
    const [choice] = asked.choices;
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { role: 'assistant', content: null },
    });
    const calls = choice?.message.tool_calls ?? [];
    expect(calls).toHaveLength(1);
    const [call] = calls;
    if (choice === undefined || call?.type !== 'function') throw new Error('no function call');
    expect(call).toEqual({
      id: expect.stringMatching(/\S/),
      type: 'function',
      function: { name: 'get_weather', arguments: expect.any(String) },
    });
    expect(JSON.parse(call.function.arguments)).toEqual({
      location: expect.any(String),
      unit: expect.stringMatching(/^(celsius|fahrenheit)$/),
    });

    const result = '맑음, 섭씨 21.5도';
    messages.push(choice.message, { role: 'tool', tool_call_id: call.id, content: result });
    const answered = await client.chat.completions.create({ model: 'sandbox', messages, tools });
    expect(answered.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: expect.stringContaining(result) },
    });
    expect(answered.choices[0]?.message.tool_calls).toBeUndefined();
  });

  it('is not made for a message about something else', async () => {
    const answered = await sdk().chat.completions.create({
      model: 'sandbox',
      messages: [{ role: 'user', content: '안녕하세요' }],
      tools,
    });
    expect(answered.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.any(String) },
    });
  });
});

describe('a structured output', () => {
  const meeting = z.object({
    title: z.string().min(1),
    day: z.enum(['Monday', 'Thursday']),
    attendees: z.array(z.object({ name: z.string(), age: z.int().min(18).max(120) })).min(2),
  });

  it("parses with the SDK's own helper", async () => {
    const completion = await sdk().chat.completions.parse({
      model: 'sandbox',
      messages: [{ role: 'user', content: 'Which meeting is next?' }],
      response_format: zodResponseFormat(meeting, 'meeting'),
    });
    const parsed = completion.choices[0]?.message.parsed;
    expect(meeting.parse(parsed)).toEqual(parsed);
    expect(completion).toMatchObject({ structured_output: { method: 'native', attempts: 1 } });
  });

  it('costs what its tokens cost, to the nano-dollar', async () => {
    const completion = (await say(sdk(), 'Hello')) as unknown as ChatCompletion;
    const { usage, cost } = completion;
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(usage.completion_tokens).toBeGreaterThan(0);
    const { data: models } = await new ApiClient(server.origin, server.key).get<{
      data: { id: string; pricing: { prompt: number; completion: number } }[];
    }>('/api/v1/models');
    const pricing = models.find(({ id }) => id === 'sandbox')?.pricing;
    if (!cost || pricing === undefined) throw new Error('the sandbox model has no price');
    // 1 USD per million tokens is a thousand nano-dollars a token.
    const nanoPerToken = (price: number) => Math.round(price * 1000);
    expect(nanoDollars(cost.prompt_cost)).toBe(usage.prompt_tokens * nanoPerToken(pricing.prompt));
    expect(nanoDollars(cost.completion_cost)).toBe(
      usage.completion_tokens * nanoPerToken(pricing.completion),
    );
    expect(nanoDollars(cost.total_cost)).toBe(
      nanoDollars(cost.prompt_cost) + nanoDollars(cost.completion_cost),
    );
  });
});

interface ErrorCase {
  type: string;
  /** How it comes about. */
  when: string;
  status: number;
  /** The base message, which every Korean message of this type begins with. */
  korean: string;
  isRetryable: boolean;
  /** What the SDK throws for it; a plain `APIError` where it has no class of its own. */
  sdkError: unknown;
  /** Left out where the contract names no place. */
  param?: string | null;
  provoke: (client: OpenAI) => Promise<unknown>;
}

const { APIError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } = OpenAI;

/** An error only the sandbox model can produce at will. */
function sandboxError(
  type: string,
  expected: Pick<ErrorCase, 'status' | 'korean' | 'isRetryable' | 'sdkError'>,
): ErrorCase {
  const provoke = (client: OpenAI) => say(client, `@sandbox error=${type}`);
  return { type, when: 'the model says so', param: null, provoke, ...expected };
}

const ERROR_CASES: ErrorCase[] = [
  {
    type: 'invalid_request',
    when: 'the request has no messages',
    status: 400,
    korean: '요청 형식이 올바르지 않습니다',
    isRetryable: false,
    sdkError: BadRequestError,
    param: 'messages',
    provoke: (client) => client.post('/chat/completions', { body: { model: 'sandbox' } }),
  },
  {
    type: 'authentication_error',
    when: 'the key is unknown',
    status: 401,
    korean: '인증에 실패했습니다',
    isRetryable: false,
    sdkError: OpenAI.AuthenticationError,
    param: null,
    provoke: (client) => say(client.withOptions({ apiKey: 'sk-unknown' }), 'Hello'),
  },
  {
    type: 'permission_denied',
    when: 'the account is suspended',
    status: 403,
    korean: '이 리소스에 접근할 권한이 없습니다',
    isRetryable: false,
    sdkError: OpenAI.PermissionDeniedError,
    param: null,
    provoke: async (client) => say(client.withOptions({ apiKey: await suspendedKey() }), 'Hello'),
  },
  {
    type: 'not_found',
    when: 'the file does not exist',
    status: 404,
    korean: '파일을 찾을 수 없습니다',
    isRetryable: false,
    sdkError: NotFoundError,
    param: null,
    provoke: (client) => client.files.retrieve('file_000000000000000000000000'),
  },
  {
    type: 'not_found',
    when: 'the batch does not exist',
    status: 404,
    korean: '배치를 찾을 수 없습니다',
    isRetryable: false,
    sdkError: NotFoundError,
    param: null,
    provoke: (client) =>
      client.withOptions({ baseURL: `${server.origin}/api/v1` }).get('/batches/batch_000000000000'),
  },
  {
    type: 'not_found',
    when: 'the model does not exist',
    status: 404,
    korean: '모델을 찾을 수 없습니다',
    isRetryable: false,
    sdkError: NotFoundError,
    param: 'model',
    provoke: (client) =>
      client.chat.completions.create({ model: 'nonesuch', messages: [{ role: 'user', content: 'Hello' }] }),
  },
  {
    type: 'not_found',
    when: 'the path does not exist',
    status: 404,
    korean: '존재하지 않는 경로입니다',
    isRetryable: false,
    sdkError: NotFoundError,
    param: null,
    provoke: (client) => client.get('/nonesuch'),
  },
  sandboxError('content_policy_violation', {
    status: 400,
    korean: '콘텐츠 정책을 위반하는 요청입니다',
    isRetryable: false,
    sdkError: BadRequestError,
  }),
  {
    type: 'context_length_exceeded',
    when: "the message is longer than the model's context",
    status: 400,
    korean: '모델의 컨텍스트 길이를 초과했습니다',
    isRetryable: false,
    sdkError: BadRequestError,
    param: 'messages',
    provoke: (client) => say(client, 'word '.repeat(150_000)),
  },
  {
    type: 'invalid_tool_call',
    when: 'a tool message answers no call',
    status: 400,
    korean: '도구 호출 형식이 올바르지 않습니다',
    isRetryable: false,
    sdkError: BadRequestError,
    param: 'messages[1].tool_call_id',
    provoke: (client) =>
      client.chat.completions.create({
        model: 'sandbox',
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'tool', tool_call_id: 'call_unknown', content: '21' },
        ],
      }),
  },
  sandboxError('rate_limit_exceeded', {
    status: 429,
    korean: '요청 한도를 초과했습니다',
    isRetryable: true,
    sdkError: RateLimitError,
  }),
  sandboxError('token_limit_exceeded', {
    status: 429,
    korean: '토큰 한도를 초과했습니다',
    isRetryable: true,
    sdkError: RateLimitError,
  }),
  sandboxError('budget_exceeded', {
    status: 429,
    korean: '월간 예산을 초과했습니다',
    isRetryable: false,
    sdkError: RateLimitError,
  }),
  sandboxError('model_error', {
    status: 500,
    korean: '모델 추론 중 오류가 발생했습니다',
    isRetryable: true,
    sdkError: InternalServerError,
  }),
  {
    type: 'model_error',
    when: 'the answer violates its schema after every repair',
    status: 500,
    korean: '모델 추론 중 오류가 발생했습니다',
    isRetryable: false,
    sdkError: InternalServerError,
    param: null,
    provoke: (client) =>
      client.chat.completions.create({
        model: 'sandbox',
        messages: [{ role: 'user', content: '@sandbox text={"age":"old"}' }],
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 'person',
            strict: true,
            schema: { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] },
          },
        },
      }),
  },
  sandboxError('model_overloaded', {
    status: 503,
    korean: '모델이 과부하 상태입니다',
    isRetryable: true,
    sdkError: InternalServerError,
  }),
  sandboxError('timeout', {
    status: 504,
    korean: '추론 시간이 초과되었습니다',
    isRetryable: true,
    sdkError: InternalServerError,
  }),
  {
    type: 'file_too_large',
    when: 'a file has one byte more than 100 MB',
    status: 413,
    korean: '파일 크기는 100MB를 초과할 수 없습니다',
    isRetryable: false,
    sdkError: APIError,
    param: 'file',
    provoke: (client) =>
      client.files.create({
        file: new File([Buffer.alloc(FILE_LIMIT_BYTES + 1, 'a')], 'large.txt', { type: 'text/plain' }),
        purpose: 'user_data',
      }),
  },
  {
    type: 'unsupported_media_type',
    when: 'a file is an archive',
    status: 415,
    korean: '지원하지 않는 파일 형식입니다: application/zip',
    isRetryable: false,
    sdkError: APIError,
    param: 'file',
    provoke: (client) =>
      client.files.create({
        file: new File([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0')], 'a.zip', {
          type: 'application/zip',
        }),
        purpose: 'user_data',
      }),
  },
];

describe.each(ERROR_CASES.map((each) => [`${each.type}, since ${each.when},`, each] as const))(
  '%s',
  (_, each) => {
    const { type, status, korean, isRetryable, sdkError, param, provoke } = each;
    const shape = { status, type, code: type, ...(param !== undefined && { param }) };

    it(`is a ${status} the SDK understands, and says whether to repeat it`, async () => {
      const error = await thrown(provoke(sdk()));
      expect(error.constructor).toBe(sdkError);
      expect(error).toMatchObject(shape);
      const body = error.error as { message: string; request_id: string };
      expect(body.message).toMatch(/^[A-Z]/);
      expect(body.message).not.toMatch(/[\uac00-\ud7a3]/);
      expect(body.request_id).toMatch(/^req_\S+$/);
      expect(error.requestID).toBe(body.request_id);
      expect(error.headers?.get('x-should-retry')).toBe(String(isRetryable));
      if (status === 429 || status === 503)
        expect(error.headers?.get('retry-after') ?? 'none').toMatch(/^[1-9]\d*$/);
      if (status === 401) expect(error.headers?.get('www-authenticate')).toBe('Bearer');
    });

    it('is worded in Korean for who prefers it', async () => {
      const error = await thrown(provoke(sdk({ language: 'ko-KR,ko;q=0.9,en;q=0.8' })));
      expect(error).toMatchObject(shape);
      const { message } = error.error as { message: string };
      expect(message.slice(0, korean.length)).toBe(korean);
    });
  },
);

describe('the errors tested here', () => {
  it('are all that the contract lists', () => {
    expect([...new Set(ERROR_CASES.map(({ type }) => type))]).toEqual([
      'invalid_request',
      'authentication_error',
      'permission_denied',
      'not_found',
      'content_policy_violation',
      'context_length_exceeded',
      'invalid_tool_call',
      'rate_limit_exceeded',
      'token_limit_exceeded',
      'budget_exceeded',
      'model_error',
      'model_overloaded',
      'timeout',
      'file_too_large',
      'unsupported_media_type',
    ]);
  });
});

describe('a client', () => {
  it('gets its own request id back, on answers and errors', async () => {
    const headers = { 'x-request-id': 'trace-4711' };
    const { request_id: onAnswer } = await sdk().files.list({}, { headers }).withResponse();
    const error = await thrown(sdk().files.retrieve('file_000000000000000000000000', { headers }));
    expect(onAnswer).toBe('trace-4711');
    expect(error.requestID).toBe('trace-4711');
    expect(error.error).toMatchObject({ request_id: 'trace-4711' });
  });

  it('that repeats as the SDK does gets past two failures', async () => {
    const content = 'Hello\n@sandbox fail=2';
    const error = await thrown(say(sdk({ maxRetries: 1 }), content));
    expect(error).toMatchObject({ status: 503, type: 'model_overloaded' });
    const completion = await say(sdk({ maxRetries: 2 }), content);
    expect(completion.choices[0]?.message.content).toContain('Hello');
  });

  it('may upload exactly 100 MB', async () => {
    const file = await sdk().files.create({
      file: new File([Buffer.alloc(FILE_LIMIT_BYTES, 'a')], 'large.txt', { type: 'text/plain' }),
      purpose: 'user_data',
    });
    expect(file.bytes).toBe(FILE_LIMIT_BYTES);
    expect(await sdk().files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
  });

  it('reads back the bytes it uploaded', async () => {
    const image = pngImage(3, 2);
    const client = sdk();
    const { id } = await client.files.create({
      file: new File([image], '그림.png', { type: 'image/png' }),
      purpose: 'vision',
    });
    const content = await client.files.content(id);
    expect(Buffer.from(await content.arrayBuffer()).equals(image)).toBe(true);
    expect(content.headers.get('content-type')).toBe('image/png');
  });
});

/** What the SDK threw. Anything else than an error of the API fails the test. */
async function thrown(promise: Promise<unknown>): Promise<InstanceType<typeof APIError>> {
  const error = await promise.then(
    () => new Error('the request succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw error;
}

async function suspendedKey(): Promise<string> {
  const account = await newAccount(server.origin, server.adminKey, 'suspended');
  const admin = new ApiClient(server.origin, server.adminKey);
  const response = await admin.send('PATCH', `/api/v1/admin/accounts/${account.id}`, { status: 'suspended' });
  expect((await response.json()) as AccountResponse).toMatchObject({ status: 'suspended' });
  return account.key.key;
}
