// Monthly budgets over HTTP: never overspent, whoever asks at once, crashes or streams; and whole again next month.
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hashKey } from '../../src/accounts/api-key';
import { RESERVATION_MS } from '../../src/accounts/reservations';
import { sizeOf } from '../../src/completions/estimate';
import type { UsageResponse } from '../../src/contract/accounts';
import type { ChatCompletion } from '../../src/contract/chat';
import { findModel } from '../../src/models/catalogue';
import { admit, reservedBy } from '../accounts/accounts';
import { passTime, restore } from '../batches/rig';
import { eventually } from '../eventually';
import { admin, type Client, clientOf, errorOf, newClient } from './client';

afterEach(restore);

/** An answer as long as it may be, so that a request costs exactly its bound. */
const FULL = { messages: [{ role: 'user', content: 'say\n@sandbox tokens=50' }], max_tokens: 50 };

function chat(client: Client, members: object = FULL): Promise<Response> {
  return client.send('POST', '/v1/chat/completions', { json: { model: 'sandbox', ...members } });
}

const sandbox = findModel('sandbox');
if (sandbox === null) throw new Error('no sandbox');
const { boundNano: COST } = sizeOf(
  { model: 'sandbox', ...FULL } as Parameters<typeof sizeOf>[0],
  sandbox,
).price;

const nanoOf = (usd: number | undefined) => Math.round((usd ?? Number.NaN) * 1e9);

async function spentBy(client: Client): Promise<number> {
  const { total } = await client.json<UsageResponse>('GET', '/api/v1/usage');
  return nanoOf(total.cost?.total_cost);
}

/** A client whose account has so much a month. */
function clientWith(nano: number): Promise<Client> {
  return newClient({ monthly_budget: nano / 1e9 });
}

describe('a budget', () => {
  it('pays for as many requests as it can, and not for one more', async () => {
    const client = await clientWith(3 * COST);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await chat(client)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await spentBy(client)).toBe(3 * COST);
    const refused = await chat(client);
    expect(await errorOf(refused)).toMatchObject({
      type: 'budget_exceeded',
      message: expect.stringMatching(/what is left of the account's budget .* first of next month/),
    });
    expect(refused.headers.get('x-should-retry')).toBe('false');
    const waitMs = Number(refused.headers.get('retry-after-ms'));
    const now = new Date();
    const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
    expect(Math.abs(now.getTime() + waitMs - next)).toBeLessThan(10_000);
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1000)));
    // What asks no model goes on.
    expect((await client.send('GET', '/v1/files')).status).toBe(200);
    expect((await chat(client, { ...FULL, model: 'nope' })).status).toBe(404);
  });

  it('is whole again in the next month', async () => {
    const client = await clientWith(COST);
    expect((await chat(client)).status).toBe(200);
    const refused = await chat(client);
    expect(refused.status).toBe(429);
    passTime(Number(refused.headers.get('retry-after-ms')) - 5_000);
    expect((await chat(client)).status).toBe(429);
    passTime(10_000);
    expect((await chat(client)).status).toBe(200);
    expect((await chat(client)).status).toBe(429);
    expect(await spentBy(client)).toBe(2 * COST);
  });

  it('of a key holds beside the account’s', async () => {
    const client = await clientWith(5 * COST);
    const limits = { monthly_budget: (2 * COST) / 1e9 };
    const narrow = await clientOf(client.accountId, { name: 'k', limits });
    for (const status of [200, 200]) expect((await chat(narrow)).status).toBe(status);
    const refused = await narrow.send('POST', '/v1/chat/completions', {
      json: { model: 'sandbox', ...FULL },
      headers: { 'accept-language': 'ko' },
    });
    expect([refused.status, (await errorOf(refused)).message]).toEqual([
      429,
      expect.stringContaining('키에 남은 예산으로는 이 요청을 처리할 수 없습니다'),
    ]);
    for (const status of [200, 200, 200, 429]) expect((await chat(client)).status).toBe(status);
  });

  it('that an admin raises lets requests in at once, and one that is lifted all of them', async () => {
    const client = await clientWith(COST);
    const set = (monthly_budget: number | null) =>
      admin('PATCH', `/accounts/${client.accountId}`, { json: { limits: { monthly_budget } } });
    for (const status of [200, 429]) expect((await chat(client)).status).toBe(status);
    await set((2 * COST) / 1e9);
    for (const status of [200, 429]) expect((await chat(client)).status).toBe(status);
    await set(null);
    for (const status of [200, 200]) expect((await chat(client)).status).toBe(status);
  });

  it('of nothing pays for nothing', async () => {
    const refused = await chat(await clientWith(0));
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
  });

  it('gives back what a failed request did not cost', async () => {
    const client = await clientWith(2 * COST);
    const failing = { ...FULL, messages: [{ role: 'user', content: 'x\n@sandbox error=model_error' }] };
    for (let i = 0; i < 5; i++) expect((await chat(client, failing)).status).toBe(500);
    for (const status of [200, 200, 429]) expect((await chat(client)).status).toBe(status);
  });
});

describe('an answer', () => {
  it('is as long as what is left pays for', async () => {
    const client = await clientWith(2 * COST);
    const long = { messages: [{ role: 'user', content: 'say\n@sandbox tokens=5000' }] };
    // The likely length is 256 tokens, which the budget does not pay for.
    expect((await chat(client, long)).status).toBe(429);
    await admin('PATCH', `/accounts/${client.accountId}`, { json: { limits: { monthly_budget: 0.0005 } } });
    const answer = await (await chat(client, long)).json<ChatCompletion>();
    expect(answer.choices[0]?.finish_reason).toBe('length');
    expect(answer.usage.completion_tokens).toBeGreaterThan(256);
    const spent = await spentBy(client);
    expect(spent).toBeLessThanOrEqual(500_000);
    expect(spent).toBeGreaterThan(490_000);
  });

  it('in a stream is held to the money, too', async () => {
    const client = await clientWith(500_000);
    const long = { messages: [{ role: 'user', content: 'say\n@sandbox tokens=5000' }], stream: true };
    const text = await (await chat(client, { ...long, stream_options: { include_usage: true } })).text();
    expect(text).toContain('"finish_reason":"length"');
    expect(text).toContain('[DONE]');
    await eventually(async () => expect(await reservedBy(client)).toBe(0));
    const spent = await spentBy(client);
    expect(spent).toBeLessThanOrEqual(500_000);
    expect(spent).toBeGreaterThan(490_000);
    expect((await chat(client, long)).status).toBe(429);
  });

  it('that has to be repaired is paid for out of what was reserved', async () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
    const format = { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } };
    const wrong = { messages: [{ role: 'user', content: '@sandbox text=no' }], response_format: format };
    const client = await clientWith(100_000_000);
    const answer = await chat(client, wrong);
    // Not for want of money.
    expect((await errorOf(answer)).type).toBe('model_error');
    expect(await spentBy(client)).toBe(0);
    expect(await reservedBy(client)).toBe(0);
  });

  it('to a long file is not refused where the money reaches', async () => {
    const client = await clientWith(100_000_000);
    const body = new FormData();
    body.set('file', new File(['word '.repeat(60_000)], 'long.txt', { type: 'text/plain' }));
    const { id } = await client.json<{ id: string }>('POST', '/v1/files', { body });
    const content = [{ type: 'document', source: { type: 'file', file_id: id } }];
    const answer = await chat(client, { messages: [{ role: 'user', content }], max_tokens: 5 });
    expect(answer.status).toBe(200);
    const { usage } = await answer.json<ChatCompletion>();
    expect(usage.prompt_tokens).toBeGreaterThan(10_000);
    const poor = await clientWith(1_000_000);
    const copy = await poor.json<{ id: string }>('POST', '/v1/files', { body });
    const same = [{ type: 'document', source: { type: 'file', file_id: copy.id } }];
    const refused = await chat(poor, { messages: [{ role: 'user', content: same }], max_tokens: 5 });
    expect((await errorOf(refused)).type).toBe('budget_exceeded');
    expect(await spentBy(poor)).toBe(0);
  });
});

it('1,000 requests at once near the cap never overspend, and use all of it', {
  timeout: 120_000,
}, async () => {
  const client = await clientWith(100 * COST);
  let most = 0;
  const watching = setInterval(async () => {
    most = Math.max(most, (await spentBy(client)) + (await reservedBy(client)));
  }, 20);
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => chat(client)));
  clearInterval(watching);
  const served = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect(served.length + refused.length).toBe(1_000);
  // Each costs exactly what it reserves: there is neither a request too many nor one too few.
  expect(served).toHaveLength(100);
  const reported = await Promise.all(served.map((answer) => answer.json<ChatCompletion>()));
  expect(reported.reduce((sum, { cost }) => sum + nanoOf(cost?.total_cost), 0)).toBe(100 * COST);
  await eventually(async () => expect(await spentBy(client)).toBe(100 * COST));
  expect(await reservedBy(client)).toBe(0);
  expect(most).toBeLessThanOrEqual(100 * COST);
});

describe('a request that reserved and never settled', () => {
  it('holds its money over a restart of the object, and gives it back when its time is over', async () => {
    const client = await clientWith(COST);
    const account = env.ACCOUNTS.getByName(client.accountId);
    const price = { boundNano: COST, leastNano: COST };
    const lost = await admit(account, await hashKey(client.key), Date.now(), { price });
    expect(lost).toMatchObject({ ok: true, grant: { nano: COST } });
    await evictDurableObject(account);
    const refused = await chat(client);
    expect(refused.status).toBe(429);
    // Whoever holds it may not need it: this is worth another try soon.
    expect(refused.headers.get('x-should-retry')).toBe('true');
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(2);
    expect((await errorOf(refused)).type).toBe('budget_exceeded');
    passTime(RESERVATION_MS);
    expect((await chat(client)).status).toBe(200);
    expect(await spentBy(client)).toBe(COST);
  });
});

it('a threshold that is passed reaches the endpoints that listen', async () => {
  const client = await clientWith(2 * COST);
  const received: { type: string; data: object }[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
    received.push(JSON.parse(new TextDecoder().decode(await new Response(init?.body).arrayBuffer())));
    return new Response(null, { status: 204 });
  });
  const json = { url: 'http://127.0.0.1:9/hook', events: ['budget.threshold'] };
  expect((await client.send('POST', '/api/v1/webhooks', { json })).status).toBeLessThan(300);
  expect((await chat(client)).status).toBe(200);
  await eventually(() => expect(received).toHaveLength(1));
  expect((await chat(client)).status).toBe(200);
  await eventually(() => expect(received).toHaveLength(3));
  const month = new Date(Date.now()).toISOString().slice(0, 7);
  expect(received).toMatchObject(
    [
      [50, COST],
      [80, 2 * COST],
      [100, 2 * COST],
    ].map(([threshold, spent = 0]) => ({
      type: 'budget.threshold',
      object: 'event',
      data: { threshold, budget: (2 * COST) / 1e9, spent: spent / 1e9, month },
    })),
  );
});
