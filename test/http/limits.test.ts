// Requests and tokens a minute, over HTTP: who is refused, what it costs them, and what the headers say.
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/completions/estimate';
import type { ChatCompletion } from '../../src/contract/chat';
import { findModel } from '../../src/models/catalogue';
import { passTime, restore } from '../batches/rig';
import { admin, type Client, clientOf, errorOf, newClient } from './client';

afterEach(restore);

const DURATION = /^(\d+m)?\d+(\.\d+)?(ms|s)$/;

const HI = { model: 'sandbox', messages: [{ role: 'user', content: 'hi' }] };

function chat(client: Client, members: object = {}): Promise<Response> {
  return client.send('POST', '/v1/chat/completions', { json: { ...HI, ...members } });
}

function tokensOf(members: object = {}): number {
  const model = findModel('sandbox');
  if (model === null) throw new Error('no sandbox');
  return sizeOf({ ...HI, ...members } as Parameters<typeof sizeOf>[0], model).tokens;
}

/** The limits an answer shows, without the times. */
function shown(
  { headers }: Response,
  name: 'requests' | 'tokens',
): [limit: number, remaining: number] | null {
  const limit = headers.get(`x-ratelimit-limit-${name}`);
  if (limit === null) return null;
  expect(headers.get(`x-ratelimit-reset-${name}`)).toMatch(DURATION);
  return [Number(limit), Number(headers.get(`x-ratelimit-remaining-${name}`))];
}

describe('requests a minute', () => {
  it('count every authenticated request, good or bad, and show on every answer', async () => {
    const client = await newClient({ requests_per_minute: 8 });
    const answers = [
      await client.send('GET', '/v1/models'),
      await client.send('GET', '/v1/nowhere'),
      await client.send('GET', '/api/v1/batches/batch_000000000000/stream'),
      await client.send('DELETE', '/v1/models'),
      await chat(client),
      await chat(client, { messages: [] }),
      await chat(client, { model: 'nope' }),
      await chat(client, { stream: true }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 405, 200, 400, 404, 200]);
    expect(answers.map((answer) => shown(answer, 'requests'))).toEqual(
      answers.map((_, index) => [8, 7 - index]),
    );
    expect(answers.map((answer) => shown(answer, 'tokens'))).toEqual(answers.map(() => null));
    const refused = await chat(client);
    expect(refused.status).toBe(429);
    expect(shown(refused, 'requests')).toEqual([8, 0]);
    expect(await errorOf(refused)).toMatchObject({
      type: 'rate_limit_exceeded',
      message: "The request limit was exceeded: the account's limit is 8 requests a minute",
    });
    expect(refused.headers.get('x-should-retry')).toBe('true');
    const waitMs = Number(refused.headers.get('retry-after-ms'));
    // The official SDK waits as it is told up to a minute.
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1000)));
  });

  it('that are refused count for nothing: as soon as there is room, the next one is let in', async () => {
    const client = await newClient({ requests_per_minute: 2 });
    await chat(client);
    passTime(30_000);
    await chat(client);
    for (let i = 0; i < 5; i++) expect((await chat(client)).status).toBe(429);
    const refused = await chat(client, { messages: [] });
    // A bad body does not hide that the client is too fast.
    expect(refused.status).toBe(429);
    passTime(Number((await chat(client)).headers.get('retry-after-ms')));
    expect((await chat(client)).status).toBe(200);
    expect((await chat(client)).status).toBe(429);
  });

  it('are shared by an account’s keys, and one may have fewer', async () => {
    const client = await newClient({ requests_per_minute: 5 });
    const narrow = await clientOf(client.accountId, { name: 'k', limits: { requests_per_minute: 2 } });
    expect(shown(await chat(narrow), 'requests')).toEqual([2, 1]);
    expect(shown(await chat(narrow), 'requests')).toEqual([2, 0]);
    const refused = await chat(narrow);
    expect([refused.status, (await errorOf(refused)).message]).toEqual([
      429,
      "The request limit was exceeded: the key's limit is 2 requests a minute",
    ]);
    expect(shown(await chat(client), 'requests')).toEqual([5, 2]);
    expect(shown(await chat(client), 'requests')).toEqual([5, 1]);
    expect(shown(await chat(client), 'requests')).toEqual([5, 0]);
    expect((await chat(client)).status).toBe(429);
  });

  it('are never more, however many come at once', async () => {
    const client = await newClient({ requests_per_minute: 50 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.send('GET', '/v1/models')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(150);
  });

  it('of none let no one in, and waiting does not help', async () => {
    const refused = await (await newClient({ requests_per_minute: 0 })).send('GET', '/v1/models');
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('do not count who cannot be let in', async () => {
    const client = await newClient({ requests_per_minute: 1 });
    const revoked = await clientOf(client.accountId);
    await admin('DELETE', `/accounts/${client.accountId}/keys/${revoked.keyId}`);
    for (let i = 0; i < 3; i++) {
      const answer = await chat(revoked);
      expect(answer.status).toBe(401);
      expect(shown(answer, 'requests')).toBeNull();
    }
    expect((await chat(client)).status).toBe(200);
  });

  it('are seen by browsers', async () => {
    const answer = await (await newClient()).send('GET', '/v1/models', {
      headers: { origin: 'https://a.example' },
    });
    const exposed = answer.headers.get('access-control-expose-headers') ?? '';
    for (const name of ['limit', 'remaining', 'reset'].flatMap((figure) => [
      `x-ratelimit-${figure}-requests`,
      `x-ratelimit-${figure}-tokens`,
    ])) {
      expect(exposed.split(',')).toContain(name);
    }
  });

  it('begin anew where the object was evicted, which takes longer than a minute of silence', async () => {
    const client = await newClient({ requests_per_minute: 1 });
    await chat(client);
    await evictDurableObject(env.ACCOUNTS.getByName(client.accountId));
    expect((await chat(client)).status).toBe(200);
  });
});

describe('tokens a minute', () => {
  it('are estimated before, and corrected by what was used', async () => {
    const client = await newClient({ tokens_per_minute: 10_000 });
    const answer = await chat(client, { max_tokens: 1_000 });
    expect(shown(answer, 'tokens')).toEqual([10_000, 10_000 - tokensOf({ max_tokens: 1_000 })]);
    const { usage } = await answer.json<ChatCompletion>();
    expect(usage.total_tokens).toBeLessThan(200);
    const next = await client.send('GET', '/v1/models');
    expect(shown(next, 'tokens')).toEqual([10_000, 10_000 - usage.total_tokens]);
  });

  it('that a failed request did not use are given back', async () => {
    const client = await newClient({ tokens_per_minute: 10_000 });
    const content = 'x\n@sandbox error=model_overloaded';
    expect((await chat(client, { messages: [{ role: 'user', content }] })).status).toBe(503);
    expect(shown(await client.send('GET', '/v1/models'), 'tokens')).toEqual([10_000, 10_000]);
  });

  it('of a stream are counted when it has ended', async () => {
    const client = await newClient({ tokens_per_minute: 10_000 });
    const answer = await chat(client, { stream: true, stream_options: { include_usage: true } });
    const text = await answer.text();
    const total = Number(/"total_tokens":(\d+)/.exec(text)?.[1]);
    expect(total).toBeGreaterThan(0);
    expect(shown(await client.send('GET', '/v1/models'), 'tokens')).toEqual([10_000, 10_000 - total]);
  });

  it('refuse what has no room now, and say when it has', async () => {
    const client = await newClient({ tokens_per_minute: 3 * tokensOf() });
    const held = await Promise.all([1, 2, 3, 4].map(() => chat(client)));
    expect(held.filter(({ status }) => status === 429)).toHaveLength(1);
    const [refused] = held.filter(({ status }) => status === 429);
    expect(refused && (await errorOf(refused)).type).toBe('token_limit_exceeded');
    expect(refused?.headers.get('x-should-retry')).toBe('true');
    passTime(Number(refused?.headers.get('retry-after-ms')));
    expect((await chat(client)).status).toBe(200);
  });

  it('never have room for a request that takes more than all of them', async () => {
    const client = await newClient({ tokens_per_minute: 100 });
    const refused = await chat(client, { max_tokens: 100 });
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
    const error = await errorOf(refused);
    expect(error.type).toBe('token_limit_exceeded');
    expect(error.message).toContain('lower max_tokens');
    expect(shown(refused, 'tokens')).toEqual([100, 100]);
    expect((await chat(client, { max_tokens: 50 })).status).toBe(200);
  });

  it('hold no one back who asks no model', async () => {
    const client = await newClient({ tokens_per_minute: 0 });
    expect((await client.send('GET', '/v1/models')).status).toBe(200);
    expect((await chat(client)).status).toBe(429);
  });
});
