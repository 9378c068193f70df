// What a client sees of a provider's failures, and what is charged for them: a real server before a mock provider.
import { randomBytes } from 'node:crypto';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { BatchResult } from '../../src/contract/batches.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import type { ErrorBody } from '../../src/contract/errors.ts';
import { eventually } from '../eventually.ts';
import { type Account, type ApiClient, newAccount } from './api-client.ts';
import { createBatch, pageResults, pollUntilEnded } from './batch-client.ts';
import { TOKENS } from './mock-answers.ts';
import { MOCK_KEY, mockArguments, PRICES, TIMEOUT_SECONDS } from './mock-catalogue.ts';
import { MockUpstream, RETRY_AFTER_SECONDS } from './mock-upstream.ts';
import { nanoDollars } from './money.ts';
import { pngImage } from './sample-files.ts';
import { Server } from './server.ts';

/** Enough for a busy machine; a call that hangs would take the whole of a test's time. */
const SLACK_MS = 8_000;
/** What is settled after an answer, and told of a connection that closed, comes a little later. */
let upstream: MockUpstream;
let server: Server;
let account: Account;
let api: ApiClient;

beforeAll(async () => {
  upstream = await MockUpstream.start();
  server = await Server.start(mockArguments(upstream));
  account = await newAccount(server.origin, server.adminKey, 'faults');
  api = account.api;
});

afterAll(async () => {
  await server?.stop();
  await upstream?.stop();
});

function ask(model: string, text: string, more: object = {}, by = api): Promise<Response> {
  return by.send('POST', '/v1/chat/completions', {
    model: model.includes('/') ? model : `mock/${model}`,
    messages: [{ role: 'user', content: text }],
    ...more,
  });
}

const errorOf = async (response: Response) => ((await response.json()) as { error: ErrorBody }).error;

const NANO_COST =
  (TOKENS.prompt - TOKENS.cached) * PRICES.prompt * 1000 +
  TOKENS.cached * PRICES.cached_prompt * 1000 +
  TOKENS.completion * PRICES.completion * 1000;

/** Each fault, asked for whole and as a stream whose first token never came. */
const FAULTS: [
  fault: string,
  type: string,
  status: number,
  provider: number | null | undefined,
  retry: boolean,
][] = [
  ['limited', 'rate_limit_exceeded', 429, 429, true],
  ['failing', 'model_error', 500, 500, true],
  ['overloaded', 'model_overloaded', 503, 529, true],
  ['refusing', 'invalid_request', 400, 400, false],
  ['too-long', 'context_length_exceeded', 400, 400, false],
  ['filtered', 'content_policy_violation', 400, 400, false],
  ['wrong-key', 'model_error', 500, 401, false],
  ['hanging', 'timeout', 504, undefined, true],
  ['resetting', 'model_error', 500, null, true],
  ['unreachable', 'model_error', 500, null, true],
  ['page', 'model_error', 500, null, true],
  ['malformed', 'model_error', 500, null, true],
];

describe.each([false, true])('with stream: %s', (stream) => {
  it.each(FAULTS)('a provider that is %s is a %s (%d)', async (fault, type, status, provider, retry) => {
    const asked = Date.now();
    const response = await ask(fault, `fault ${fault} ${stream}`, { stream });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('x-should-retry')).toBe(String(retry));
    const error = await errorOf(response);
    expect(error).toMatchObject({ type, request_id: response.headers.get('x-request-id') });
    if (provider !== undefined) expect(error.provider).toMatchObject({ status: provider });
    expect(JSON.stringify(error)).not.toContain(MOCK_KEY);
    expect(Date.now() - asked).toBeLessThan(TIMEOUT_SECONDS * 1000 + SLACK_MS);
    if (fault === 'limited') expect(response.headers.get('retry-after')).toBe('20');
  });
});

it.each(['truncated', 'broken', 'error-event', 'error-at-once'])(
  'an answer that is %s is a model error',
  async (fault) => {
    const response = await ask(fault, `whole ${fault}`);
    expect(response.status).toBe(500);
    expect((await errorOf(response)).type).toBe('model_error');
  },
);

it('an error before the first token of a stream is an ordinary HTTP error', async () => {
  const response = await ask('error-at-once', 'at once', { stream: true });
  expect(response.status).toBe(500);
  expect(await errorOf(response)).toMatchObject({ type: 'model_error', provider: { status: 500 } });
});

/** The data of a stream's events, to its end. */
async function dataOf(response: Response): Promise<string[]> {
  return (await response.text())
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice(6));
}

it.each([
  ['truncated', 'model_error'],
  ['broken', 'model_error'],
  ['error-event', 'model_error'],
  ['held-open', 'timeout'],
])('a stream that is %s after its first token ends with an error event', async (fault, type) => {
  const response = await ask(fault, `amid ${fault}`, { stream: true });
  expect(response.status).toBe(200);
  const asked = Date.now();
  const data = await dataOf(response);
  expect(Date.now() - asked).toBeLessThan(TIMEOUT_SECONDS * 1000 + SLACK_MS);
  expect(data.length).toBeGreaterThan(1);
  expect(data).not.toContain('[DONE]');
  expect(JSON.parse(data.at(-1) ?? '')).toEqual({
    error: expect.objectContaining({ type, request_id: response.headers.get('x-request-id') }),
  });
  for (const chunk of data.slice(0, -1)) expect(JSON.parse(chunk)).toMatchObject({ model: `mock/${fault}` });
  await upstream.waitFor(`amid ${fault}`, fault === 'broken' || fault === 'held-open' ? 'gone' : 'answered');
});

it('a prompt that the provider finds too long is told with both numbers', async () => {
  const error = await errorOf(await ask('too-long', 'Hi'));
  expect(error.message).toContain('the request has 9000 tokens and the model takes 8192');
  expect(error.provider?.message).toContain('your messages resulted in 9000 tokens');
});

it('the request reaches the provider under its own model and key, and nothing of ours with it', async () => {
  const client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: api.key });
  const completion = await client.chat.completions.create({
    model: 'mock/assistant',
    messages: [{ role: 'user', content: '그대로' }],
    metadata: { job: 'x' },
    temperature: 0.5,
    ...{ min_p: 0.1 },
  });
  expect(completion).toMatchObject({
    model: 'mock/assistant',
    system_fingerprint: 'fp_mock',
    choices: [{ message: { content: 'Hello from far away' }, finish_reason: 'stop' }],
  });
  const [request] = upstream.about('그대로');
  expect(request?.body).toEqual({
    model: 'assistant',
    messages: [{ role: 'user', content: '그대로' }],
    temperature: 0.5,
    min_p: 0.1,
  });
  expect(request?.headers.authorization).toBe(`Bearer ${MOCK_KEY}`);
  for (const [name, value] of Object.entries(request?.headers ?? {})) {
    expect(`${name}: ${value}`).not.toMatch(/stainless|qk_/);
  }
});

it.each(['mock', 'anthropic', 'google'])(
  'an image reaches %s whole, in a body that says its length, however it is asked for and tried again',
  async (provider) => {
    // Several pieces of what is encoded at once.
    const image = Buffer.concat([pngImage(64, 64), randomBytes(1_000_000)]).toString('base64');
    const question = `seen by ${provider}`;
    const content = [
      { type: 'text', text: question },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } },
    ];
    for (const model of ['assistant', 'overloaded']) {
      for (const stream of [false, true]) {
        const messages = [{ role: 'user', content }];
        const response = await ask(`${provider}/${model}`, '', { messages, stream });
        await response.text();
        expect(response.status).toBe(model === 'assistant' ? 200 : 503);
      }
    }
    const requests = upstream.about(question);
    expect(requests).toHaveLength(4);
    for (const { headers, body } of requests) {
      expect(headers['transfer-encoding']).toBeUndefined();
      expect(Number(headers['content-length'])).toBe(Buffer.byteLength(JSON.stringify(body)));
      expect(JSON.stringify(body).includes(`${image}"`)).toBe(true);
    }
  },
);

describe('retries and stand-ins', () => {
  it('a failure is tried again as the catalogue says, whole and streamed', async () => {
    for (const stream of [false, true]) {
      const response = await ask('failing-once', `again ${stream}`, { stream });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('far');
      expect(upstream.about(`again ${stream}`)).toHaveLength(2);
    }
  });

  it('others stand in for a model that fails, and the answer names the one that gave it', async () => {
    for (const stream of [false, true]) {
      const text = `stand in ${stream}`;
      const response = await ask('with-fallback', text, { stream });
      expect(await response.text()).toContain('"model":"mock/assistant"');
      expect(upstream.about(text).map(({ model }) => model)).toEqual(['overloaded', 'failing', 'assistant']);
    }
  });

  it('a request that is wrong, or one too many, is not made again', async () => {
    for (const fault of ['refusing', 'limited']) {
      await ask(fault, `once ${fault}`);
      expect(upstream.about(`once ${fault}`)).toHaveLength(1);
    }
  });
});

describe('a stream', () => {
  it('brings its first token while the provider is still at work', async () => {
    const response = await ask('held-open-long', 'first token', { stream: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('Hello')) text += new TextDecoder().decode((await reader.read()).value);
    expect(upstream.about('first token')[0]?.state).toBe('open');
    await reader.cancel();
    await upstream.waitFor('first token', 'gone');
  });

  it('whose client goes away ends the provider’s work, and what was generated is charged', async () => {
    const { api: own } = await newAccount(server.origin, server.adminKey, 'leaving');
    const leaving = new AbortController();
    const response = await fetch(`${server.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${own.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'mock/held-open-long',
        stream: true,
        messages: [{ role: 'user', content: 'leaving early' }],
      }),
      signal: leaving.signal,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    leaving.abort();
    await reader.read().catch(() => undefined);
    await upstream.waitFor('leaving early', 'gone');
    await eventually(async () => {
      const { total } = await own.get<UsageResponse>('/api/v1/usage');
      expect(total.requests).toBe(1);
      expect(total.usage.completion_tokens).toBeGreaterThan(0);
      expect(total.usage.prompt_tokens).toBeGreaterThan(0);
      expect(total.cost?.total_cost).toBeGreaterThan(0);
    });
  });

  // The local runtime takes the close of a connection for the end of the request: only a write would show that no one
  // reads any more, and there is nothing to write yet.
  it('whose client goes away before the first token ends the provider’s work by its time limit', async () => {
    const leaving = new AbortController();
    const asked = fetch(`${server.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'mock/hanging',
        stream: true,
        messages: [{ role: 'user', content: 'left before' }],
      }),
      signal: leaving.signal,
    });
    await upstream.waitFor('left before', 'open');
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await upstream.waitFor('left before', 'gone');
  });

  it('ends with usage and cost where they are asked for', async () => {
    const response = await ask('assistant', 'with usage', {
      stream: true,
      stream_options: { include_usage: true },
    });
    const data = await dataOf(response);
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = data.slice(0, -1).map((text) => JSON.parse(text));
    expect(chunks.at(-1)).toMatchObject({
      id: 'chatcmpl-mock',
      object: 'chat.completion.chunk',
      model: 'mock/assistant',
      choices: [],
      usage: {
        prompt_tokens: TOKENS.prompt,
        completion_tokens: TOKENS.completion,
        total_tokens: TOKENS.prompt + TOKENS.completion,
        prompt_tokens_details: { cached_tokens: TOKENS.cached },
      },
    });
    expect(nanoDollars(chunks.at(-1).cost.total_cost)).toBe(NANO_COST);
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null));
  });
});

it('usage is the sum of what was answered; what failed before its first token costs nothing', async () => {
  const { api: own } = await newAccount(server.origin, server.adminKey, 'settled');
  const whole = (await (await ask('assistant', 'sum 1', {}, own)).json()) as ChatCompletion;
  expect(nanoDollars(whole.cost?.total_cost ?? 0)).toBe(NANO_COST);
  await dataOf(await ask('assistant', 'sum 2', { stream: true }, own));
  const unpriced = (await (await ask('unpriced', 'sum 3', {}, own)).json()) as ChatCompletion;
  expect(unpriced.cost).toBeNull();
  for (const fault of ['failing', 'refusing', 'resetting']) {
    await ask(fault, 'sum 4', {}, own);
    await ask(fault, 'sum 5', { stream: true }, own);
  }
  await eventually(async () => {
    const { total } = await own.get<UsageResponse>('/api/v1/usage');
    expect(total.requests).toBe(3);
    expect(total.usage.total_tokens).toBe(3 * (TOKENS.prompt + TOKENS.completion));
    expect(nanoDollars(total.cost?.total_cost ?? 0)).toBe(2 * NANO_COST);
  });
});

describe.each(['anthropic', 'google'])('a provider that speaks as %s', (provider) => {
  it('answers whole and streamed, with usage and cost', async () => {
    const whole = (await (await ask(`${provider}/assistant`, 'Hi')).json()) as ChatCompletion;
    expect(whole).toMatchObject({
      model: `${provider}/assistant`,
      choices: [{ message: { content: 'Hello from far away' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: TOKENS.prompt, completion_tokens: TOKENS.completion },
    });
    expect(nanoDollars(whole.cost?.total_cost ?? 0)).toBe(NANO_COST);
    const data = await dataOf(
      await ask(`${provider}/assistant`, 'Hi', { stream: true, stream_options: { include_usage: true } }),
    );
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = data.slice(0, -1).map((text) => JSON.parse(text));
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe('Hello from far away');
    expect(chunks.at(-1).usage).toEqual(whole.usage);
    expect(chunks.at(-1).cost).toEqual(whole.cost);
  });

  it.each(FAULTS.filter(([fault]) => ['limited', 'overloaded', 'wrong-key', 'hanging'].includes(fault)))(
    'and is %s is a %s (%d)',
    async (fault, type, status, upstreamStatus) => {
      for (const stream of [false, true]) {
        const response = await ask(`${provider}/${fault}`, `${provider} ${fault}`, { stream });
        expect(response.status).toBe(status);
        const error = await errorOf(response);
        expect(error.type).toBe(type);
        if (upstreamStatus !== undefined) expect(error.provider?.status).toBe(upstreamStatus);
        expect(JSON.stringify(error)).not.toContain(MOCK_KEY);
      }
    },
  );

  it.each(['error-event', 'held-open'])(
    'and is %s after its first token ends with an event',
    async (fault) => {
      const response = await ask(`${provider}/${fault}`, `${provider} ${fault}`, { stream: true });
      expect(response.status).toBe(200);
      const data = await dataOf(response);
      expect(data).not.toContain('[DONE]');
      expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({ error: { type: expect.any(String) } });
    },
  );
});

describe('a batch on a provider’s model', () => {
  async function run(body: object): Promise<{ results: BatchResult[]; cost: number }> {
    const { id } = await createBatch(api, body);
    const polls = await pollUntilEnded(api, id);
    const { batch } = polls[polls.length - 1] ?? {};
    expect(batch?.status).toBe('completed');
    return { results: await pageResults(api, id), cost: batch?.cost?.total_cost ?? 0 };
  }

  it('costs half, with structured outputs and tools', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, celsius: { type: 'integer' } },
      required: ['city', 'celsius'],
      additionalProperties: false,
    };
    const tools = [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    ];
    const response_format = { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } };
    const messages = [{ role: 'user', content: 'batched' }];
    const { results, cost } = await run({
      model: 'mock/assistant',
      inputs: [
        { custom_id: 'plain', messages },
        { custom_id: 'schema', messages, response_format },
        { custom_id: 'tools', messages, tools },
      ],
    });
    const bodies = results.map(({ body }) => body as ChatCompletion);
    expect(bodies.map((body) => nanoDollars(body.cost?.total_cost ?? 0))).toEqual([
      NANO_COST / 2,
      NANO_COST / 2,
      NANO_COST / 2,
    ]);
    expect(nanoDollars(cost)).toBe((3 * NANO_COST) / 2);
    const [plain, structured, called] = bodies;
    expect(plain?.choices[0]?.message.content).toBe('Hello from far away');
    expect(JSON.parse(structured?.choices[0]?.message.content ?? '')).toEqual({ city: 'Seoul', celsius: 21 });
    expect(structured?.structured_output).toEqual({ method: 'native', attempts: 1 });
    expect(called?.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"Seoul"}' } }] },
    });
  });

  it('waits as long as the provider says before an item is tried again', async () => {
    const { results } = await run({
      model: 'mock/limited-once',
      inputs: [{ messages: [{ role: 'user', content: 'come back later' }] }],
    });
    expect(results[0]).toMatchObject({ status_code: 200, error: null });
    const [first, second, ...others] = upstream.about('come back later');
    expect(others).toEqual([]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(RETRY_AFTER_SECONDS * 1000);
  });

  it('ends items that cannot succeed with the provider’s error, and the others well', async () => {
    const input = (model: string) => ({
      custom_id: model,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: `mock/${model}`, messages: [{ role: 'user', content: 'mixed' }] },
    });
    const { results, cost } = await run({
      inputs: ['assistant', 'refusing', 'wrong-key', 'instructed'].map(input),
    });
    expect(results.map(({ custom_id, status_code }) => [custom_id, status_code])).toEqual([
      ['assistant', 200],
      ['refusing', 400],
      ['wrong-key', 500],
      ['instructed', 200],
    ]);
    expect(results[1]?.error).toMatchObject({ type: 'invalid_request', provider: { status: 400 } });
    expect(JSON.stringify(results)).not.toContain(MOCK_KEY);
    expect(nanoDollars(cost)).toBe(NANO_COST);
  });
});

it('a schema goes in words to a provider that knows none', async () => {
  const response = await ask('instructed', 'in words', {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'weather',
        strict: true,
        schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
  });
  const completion = (await response.json()) as ChatCompletion;
  expect(completion.structured_output).toEqual({ method: 'instructed', attempts: 1 });
  const [request] = upstream.about('in words');
  expect(request?.body.response_format).toBeUndefined();
  expect(JSON.stringify(request?.body.messages)).toContain('JSON Schema');
});

it('a model is listed with its prices, and one without a key is not', async () => {
  const model = await api.get<object>('/v1/models/mock%2Fassistant');
  expect(model).toMatchObject({
    id: 'mock/assistant',
    provider: 'mock',
    context_window: 100_000,
    pricing: { prompt: 2, cached_prompt: 1, completion: 8 },
  });
  const { data } = await api.get<{ data: { id: string; provider: string }[] }>('/v1/models');
  expect(data.some(({ provider }) => provider === 'mock')).toBe(true);
  expect(data.some(({ provider }) => provider === 'openai')).toBe(false);
  // npm prints the command line; what the Worker prints comes after it.
  const printed = server.output();
  expect(printed.slice(printed.indexOf('Ready on'))).not.toContain(MOCK_KEY);
});
