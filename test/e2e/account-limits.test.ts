// Limits and budgets on the real server: as the official SDK meets them, under a thousand requests at once, and over a
// SIGKILL between a reservation and its settlement.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyResponse, Limits, UsageResponse } from '../../src/contract/accounts.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import { ApiClient, newAccount } from './api-client.ts';
import { Server } from './server.ts';

let server: Server;

beforeAll(async () => {
  server = await Server.start();
});

afterAll(async () => {
  await server?.stop();
});

/** An API of a new account that is held to these limits, and its id. */
async function accountWith(limits: Limits): Promise<{ id: string; api: ApiClient }> {
  const { id, api } = await newAccount(server.origin, server.adminKey, 'limited');
  const admin = new ApiClient(server.origin, server.adminKey);
  expect((await admin.send('PATCH', `/api/v1/admin/accounts/${id}`, { limits })).status).toBe(200);
  return { id, api };
}

/** The official SDK with a key, and how many requests it sent. */
function sdk(key: string): { client: OpenAI; sent: () => number } {
  let requests = 0;
  const client = new OpenAI({
    baseURL: `${server.origin}/v1`,
    apiKey: key,
    fetch: (url, init) => {
      requests += 1;
      return fetch(url, init);
    },
  });
  return { client, sent: () => requests };
}

/** It costs as much as it can: the answer fills `max_tokens`. */
const FULL = {
  model: 'sandbox',
  messages: [{ role: 'user' as const, content: 'say\n@sandbox tokens=50' }],
  max_tokens: 50,
};

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

const nanoOf = (usd: number | undefined) => Math.round((usd ?? Number.NaN) * 1e9);

/** What one such request costs, in nano-dollars. */
async function costOfOne(): Promise<number> {
  const { api } = await accountWith({});
  const { cost } = await api.post<ChatCompletion>('/v1/chat/completions', FULL);
  return nanoOf(cost?.total_cost);
}

async function booked(api: ApiClient): Promise<[requests: number, nano: number]> {
  const { total } = await api.get<UsageResponse>('/api/v1/usage');
  return [total.requests, nanoOf(total.cost?.total_cost)];
}

describe('the official SDK', () => {
  it('sees a RateLimitError with the limits in its headers', async () => {
    const { api } = await accountWith({ requests_per_minute: 1 });
    const { client } = sdk(api.key);
    const { response } = await client.models.list().withResponse();
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|\d+(\.\d+)?s)$/);
    const error = await errorOf(client.models.list({ maxRetries: 0 }));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const { headers, status, type } = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect([status, type]).toEqual([429, 'rate_limit_exceeded']);
    expect(Number(headers?.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(headers?.get('x-should-retry')).toBe('true');
    expect(headers?.get('x-ratelimit-remaining-requests')).toBe('0');
  });

  it('sees a PermissionDeniedError that names the scope, and does not try again', async () => {
    const { id } = await accountWith({});
    const admin = new ApiClient(server.origin, server.adminKey);
    const { key } = await admin.post<KeyResponse & { key: string }>(`/api/v1/admin/accounts/${id}/keys`, {
      name: 'reader',
      scopes: ['files:read'],
    });
    const { client, sent } = sdk(key);
    expect((await client.files.list()).data).toEqual([]);
    const error = await errorOf(client.chat.completions.create(FULL));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(String(error)).toContain('"chat"');
    expect(sent()).toBe(2);
  });

  it('does not try again once the budget is spent', async () => {
    const { api } = await accountWith({ monthly_budget: (await costOfOne()) / 1e9 });
    const { client, sent } = sdk(api.key);
    expect((await client.chat.completions.create(FULL)).choices).toHaveLength(1);
    const error = await errorOf(client.chat.completions.create(FULL));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect((error as InstanceType<typeof OpenAI.RateLimitError>).type).toBe('budget_exceeded');
    expect(sent()).toBe(2);
  });
});

it('a thousand requests at once, some of whose clients leave, never overspend together', async () => {
  const budgetNano = 100 * (await costOfOne());
  const { api } = await accountWith({ monthly_budget: budgetNano / 1e9, requests_per_minute: 100_000 });
  let [reported, served, refused, left] = [0, 0, 0, 0];
  const one = async (n: number) => {
    const leaves = n % 10 === 3;
    const content = leaves ? 'say\n@sandbox latency=80ms' : FULL.messages[0]?.content;
    try {
      const response = await fetch(`${server.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...FULL, messages: [{ role: 'user', content }] }),
        ...(leaves && { signal: AbortSignal.timeout(40) }),
      });
      if (response.status === 200) {
        reported += nanoOf((await response.json()).cost.total_cost);
        served += 1;
      } else {
        expect([response.status, (await response.json()).error.type]).toEqual([429, 'budget_exceeded']);
        refused += 1;
      }
    } catch {
      left += 1;
    }
  };
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => one(n)));
  expect(served + refused + left).toBe(1_000);
  expect(served).toBeGreaterThan(50);
  // What is settled comes a little later; those who left may be charged for what was done by then.
  await expect.poll(async () => (await booked(api))[0], { timeout: 60_000 }).toBeGreaterThanOrEqual(served);
  const [, nano] = await booked(api);
  expect(nano).toBeGreaterThanOrEqual(reported);
  expect(nano).toBeLessThanOrEqual(budgetNano);
  // Nothing stays reserved for long: the line to the account is not stuck on a client that left.
  if (nano < budgetNano * 0.95) {
    await expect
      .poll(async () => (await api.send('POST', '/v1/chat/completions', FULL)).status, { timeout: 60_000 })
      .toBe(200);
  }
});

it('money that was reserved when the server was killed is neither spent nor given to others', async () => {
  const cost = await costOfOne();
  const { api } = await accountWith({ monthly_budget: (2 * cost) / 1e9 });
  const slow = {
    ...FULL,
    messages: [{ role: 'user', content: 'say\n@sandbox latency=20s' }],
  };
  const lost = errorOf(api.post('/v1/chat/completions', slow));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await server.kill9();
  expect(await lost).not.toBeNull();
  await server.restart();
  expect(await booked(api)).toEqual([0, 0]);
  expect((await api.send('POST', '/v1/chat/completions', FULL)).status).toBe(200);
  const refused = await api.send('POST', '/v1/chat/completions', FULL);
  expect(refused.status).toBe(429);
  // It comes back by itself, a quarter of an hour later: worth another try.
  expect(refused.headers.get('x-should-retry')).toBe('true');
  expect(await booked(api)).toEqual([1, cost]);
});
