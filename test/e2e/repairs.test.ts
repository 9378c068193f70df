// Answers that do not fit, from a provider that mends them when shown and from one that does not: alone, and in a batch.
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import { eventually } from '../eventually.ts';
import { type Account, newAccount } from './api-client.ts';
import { createBatch, pageResults, pollUntilEnded } from './batch-client.ts';
import { TOKENS } from './mock-answers.ts';
import { mockArguments, PRICES } from './mock-catalogue.ts';
import { MockUpstream } from './mock-upstream.ts';
import { nanoDollars } from './money.ts';
import { Server } from './server.ts';

const Weather = z.object({ city: z.string(), celsius: z.int() });
const FORMAT = zodResponseFormat(Weather, 'weather');
const TOOL = zodFunction({ name: 'get_weather', parameters: z.object({ city: z.string() }) });

/** Of one call to the provider. */
const NANO_COST =
  (TOKENS.prompt - TOKENS.cached) * PRICES.prompt * 1000 +
  TOKENS.cached * PRICES.cached_prompt * 1000 +
  TOKENS.completion * PRICES.completion * 1000;

/** What two calls use together. */
const TWICE = {
  prompt_tokens: 2 * TOKENS.prompt,
  completion_tokens: 2 * TOKENS.completion,
  total_tokens: 2 * (TOKENS.prompt + TOKENS.completion),
  prompt_tokens_details: { cached_tokens: 2 * TOKENS.cached },
};

let upstream: MockUpstream;
let server: Server;

beforeAll(async () => {
  upstream = await MockUpstream.start();
  server = await Server.start(mockArguments(upstream));
});

afterAll(async () => {
  await server?.stop();
  await upstream?.stop();
});

const messagesOf = (content: string) => [{ role: 'user' as const, content }];

function completionsOf({ api }: Account) {
  const client = new OpenAI({
    baseURL: `${server.origin}/v1`,
    apiKey: api.key,
    maxRetries: 0,
  });
  return client.chat.completions;
}

async function totalOf({ api }: Account, requests: number): Promise<UsageResponse['total']> {
  return eventually(async () => {
    const { total } = await api.get<UsageResponse>('/api/v1/usage');
    expect(total.requests).toBe(requests);
    return total;
  });
}

describe('a provider that mends its answer when it is shown what is wrong', () => {
  it('gives a structured output that was repaired, and both calls are counted and charged', async () => {
    const account = await newAccount(server.origin, server.adminKey, 'mended');
    const completion = await completionsOf(account).parse({
      model: 'mock/wrong-once',
      messages: messagesOf('mend the format'),
      response_format: FORMAT,
    });
    expect(completion.choices[0]?.message.parsed).toEqual({ city: 'Seoul', celsius: 21 });
    expect(completion).toMatchObject({
      structured_output: { method: 'repaired', attempts: 2 },
      usage: TWICE,
    });
    expect(nanoDollars((completion as unknown as ChatCompletion).cost?.total_cost ?? 0)).toBe(2 * NANO_COST);

    const [first, second, ...more] = upstream.about('mend the format');
    expect(more).toEqual([]);
    expect(first?.body.messages).toEqual(messagesOf('mend the format'));
    expect(second?.body.messages).toEqual([
      ...messagesOf('mend the format'),
      { role: 'assistant', content: '{"city": 7}' },
      { role: 'user', content: expect.stringMatching(/\/city: must be a string.*"celsius"/) },
    ]);
    const total = await totalOf(account, 1);
    expect(total.usage).toMatchObject(TWICE);
    expect(nanoDollars(total.cost?.total_cost ?? 0)).toBe(2 * NANO_COST);
  });

  it('gives a tool call that was repaired', async () => {
    const account = await newAccount(server.origin, server.adminKey, 'mended calls');
    const completion = await completionsOf(account).create({
      model: 'mock/wrong-once',
      messages: messagesOf('mend the call'),
      tools: [TOOL],
    });
    const [call] = completion.choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Seoul"}' } });
    expect(completion.usage).toMatchObject(TWICE);
    const [, second] = upstream.about('mend the call');
    expect(second?.body.messages?.at(-1)).toMatchObject({
      role: 'tool',
      content: expect.stringContaining('Invalid call: get_weather: /city: must be a string'),
    });
  });
});

describe('a provider that stays wrong', () => {
  const asked = [
    ['format', { response_format: FORMAT }, 'the answer does not match the response format: /city: must be'],
    ['call', { tools: [TOOL] }, "the model's tool calls are not valid: get_weather: /city: must be"],
  ] satisfies [what: string, more: object, words: string][];

  it.each(asked)(
    'with its %s is a model error with the errors, after three calls',
    async (what, more, words) => {
      const account = await newAccount(server.origin, server.adminKey, `wrong ${what}`);
      const request = { model: 'mock/wrong-always', messages: messagesOf(`wrong ${what}`), ...more };
      const error = await completionsOf(account)
        .create(request)
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      expect(error).toBeInstanceOf(OpenAI.InternalServerError);
      expect(error).toMatchObject({ type: 'model_error', message: expect.stringContaining(words) });
      expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('x-should-retry')).toBe('false');
      expect(upstream.about(`wrong ${what}`)).toHaveLength(3);
    },
  );
});

it('in a batch it is the same, at half the price', async () => {
  const account = await newAccount(server.origin, server.adminKey, 'batched');
  const input = (custom_id: string, model: string, more: object) => ({
    custom_id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: `mock/${model}`, messages: messagesOf(`batch ${custom_id}`), ...more },
  });
  const { id } = await createBatch(account.api, {
    inputs: [
      input('format', 'wrong-once', { response_format: FORMAT }),
      input('call', 'wrong-once', { tools: [TOOL] }),
      input('never', 'wrong-always', { response_format: FORMAT }),
    ],
  });
  const { batch } = (await pollUntilEnded(account.api, id)).at(-1) ?? {};
  expect(batch).toMatchObject({ status: 'completed', completed: 2, failed: 1 });
  const [format, call, never] = await pageResults(account.api, id);
  expect(call?.body).toMatchObject({
    choices: [{ message: { tool_calls: [{ function: { arguments: '{"city":"Seoul"}' } }] } }],
  });
  const bodies = [format, call].map((result) => result?.body as ChatCompletion);
  expect(bodies[0]?.structured_output).toEqual({ method: 'repaired', attempts: 2 });
  for (const { usage, cost } of bodies) {
    expect(usage).toMatchObject(TWICE);
    expect(nanoDollars(cost?.total_cost ?? 0)).toBe(NANO_COST);
  }
  expect(never).toMatchObject({
    status_code: 500,
    body: null,
    error: { type: 'model_error', message: expect.stringContaining('/city: must be a string') },
  });
  // What no retry helps is not tried again.
  expect(upstream.about('batch never')).toHaveLength(3);
  expect(nanoDollars(batch?.cost?.total_cost ?? 0)).toBe(2 * NANO_COST);
  expect(nanoDollars((await totalOf(account, 2)).cost?.total_cost ?? 0)).toBe(2 * NANO_COST);
});
