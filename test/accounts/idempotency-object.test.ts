// The object of one `Idempotency-Key`: its leases, what it keeps, and its end.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IDEMPOTENCY_LEASE_MS } from '../../src/accounts/idempotency-claim';
import type { IdempotencyObject } from '../../src/accounts/idempotency-object';

const NOW = Date.now();
const DAY_MS = 86_400_000;

afterEach(() => void vi.restoreAllMocks());

/** Rings a key's alarm as at that time. */
function ring(key: DurableObjectStub<IdempotencyObject>, now: number): Promise<boolean> {
  vi.spyOn(Date, 'now').mockReturnValue(now);
  return runDurableObjectAlarm(key);
}

const newKey = () => env.IDEMPOTENCY.getByName(`acct:${crypto.randomUUID()}`);

/** The claim of a request that may run. */
async function run(key: DurableObjectStub<IdempotencyObject>, now = NOW) {
  const claim = await key.claim('a', 'batch', now);
  if (claim.state !== 'run') throw new Error(`the request is ${claim.state}`);
  return claim;
}

async function answerOf(key: DurableObjectStub<IdempotencyObject>, now = NOW): Promise<Response> {
  const claim = await key.claim('a', 'batch', now);
  if (claim.state !== 'done') throw new Error(`the request is ${claim.state}`);
  return claim.response;
}

describe('a run', () => {
  it('is one of a hundred at the same time', async () => {
    const key = newKey();
    const claims = await Promise.all(Array.from({ length: 100 }, () => key.claim('a', 'batch', NOW)));
    const states = claims.map(({ state }) => state).sort();
    expect(states).toEqual(['run', ...Array(99).fill('running')]);
  });

  it('keeps its id when it has to run again, also after the object was evicted', async () => {
    const key = newKey();
    const first = await run(key);
    expect(first).toMatchObject({ id: expect.stringMatching(/^batch_[0-9a-f]{12}$/), isRerun: false });
    await evictDurableObject(key);
    const again = await run(key, NOW + IDEMPOTENCY_LEASE_MS);
    expect(again).toMatchObject({ id: first.id, isRerun: true });
    expect(again.holder).not.toBe(first.holder);
  });

  it('needs no id where it makes nothing that has one', async () => {
    expect(await newKey().claim('a', null, NOW)).toMatchObject({ state: 'run', id: null });
  });

  it('goes on as long as it shows signs of life', async () => {
    const key = newKey();
    const { holder } = await run(key);
    const late = NOW + IDEMPOTENCY_LEASE_MS - 1;
    await key.extend(holder, late);
    expect((await key.claim('a', 'batch', late + IDEMPOTENCY_LEASE_MS - 1)).state).toBe('running');
    expect((await key.claim('a', 'batch', late + IDEMPOTENCY_LEASE_MS)).state).toBe('run');
  });

  it('that lost its lease cannot extend, release or record', async () => {
    const key = newKey();
    const lost = await run(key);
    const later = NOW + IDEMPOTENCY_LEASE_MS;
    const current = await run(key, later);
    await key.extend(lost.holder, later + DAY_MS / 2);
    await key.release(lost.holder);
    await key.record(lost.holder, 'a', new Response('lost'));
    expect((await key.claim('a', 'batch', later + 1)).state).toBe('running');
    await key.record(current.holder, 'a', new Response('current'));
    expect(await (await answerOf(key)).text()).toBe('current');
  });

  it('that is given back can be had again at once, by the same request alone', async () => {
    const key = newKey();
    const first = await run(key);
    await key.release(first.holder);
    expect((await key.claim('b', 'batch', NOW)).state).toBe('mismatch');
    expect(await run(key)).toMatchObject({ id: first.id, isRerun: true });
  });
});

describe('an answer', () => {
  it('is kept with its status, headers and bytes, and the first one stays', async () => {
    const key = newKey();
    const { holder } = await run(key);
    const headers = { 'content-type': 'application/json', location: '/x' };
    await key.record(holder, 'a', new Response('{"안녕":1}', { status: 202, headers }));
    await key.record(holder, 'a', new Response('another'));
    await evictDurableObject(key);
    const response = await answerOf(key);
    expect([response.status, Object.fromEntries(response.headers)]).toEqual([202, headers]);
    expect(await response.text()).toBe('{"안녕":1}');
  });

  it('may be larger than a row, and than a message between objects', async () => {
    const key = newKey();
    const { holder } = await run(key);
    const bytes = new Uint8Array(40 * 1024 ** 2 + 7);
    for (let at = 0; at < bytes.length; at += 1013) bytes[at] = at % 251;
    await key.record(holder, 'a', new Response(bytes));
    const again = await (await answerOf(key)).bytes();
    expect(again.length).toBe(bytes.length);
    expect(again.every((byte, at) => byte === bytes[at])).toBe(true);
  });

  it('may be empty', async () => {
    const key = newKey();
    const { holder } = await run(key);
    await key.record(holder, 'a', new Response(null, { status: 204 }));
    const response = await answerOf(key);
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('tells by what it is known to whoever has yet to read its body', async () => {
    const key = newKey();
    const claim = await key.claim(null, 'file', NOW);
    if (claim.state !== 'run') throw new Error(`the request is ${claim.state}`);
    await key.record(claim.holder, 'read', new Response('file'));
    expect(await key.claim(null, 'file', NOW)).toMatchObject({ state: 'done', fingerprint: 'read' });
    expect((await key.claim('other', 'file', NOW)).state).toBe('mismatch');
  });
});

describe('a key', () => {
  it('is forgotten after a day, with everything', async () => {
    const key = newKey();
    const { holder } = await run(key);
    await key.record(holder, 'a', new Response('x'));
    const at = await runInDurableObject(key, (_object, { storage }) => storage.getAlarm());
    expect(at).toBe(NOW + DAY_MS);
    expect(await ring(key, NOW + DAY_MS)).toBe(true);
    const left = await runInDurableObject(key, (_object, { storage }) => Array.from(storage.kv.list()));
    expect(left).toEqual([]);
    expect(await key.claim('b', 'batch', NOW)).toMatchObject({ state: 'run', isRerun: false });
  });

  it('is new after a day also where the alarm is late', async () => {
    const key = newKey();
    const first = await run(key);
    await key.record(first.holder, 'a', new Response('x'));
    const next = await run(key, NOW + DAY_MS);
    expect(next.isRerun).toBe(false);
    expect(next.id).not.toBe(first.id);
    // The late alarm may be on its way already: it leaves the new day alone.
    await ring(key, NOW + DAY_MS + 1);
    expect(await key.claim('a', 'batch', NOW + DAY_MS + 2)).toMatchObject({ state: 'running' });
    await ring(key, NOW + 2 * DAY_MS);
    expect(await key.claim('a', 'batch', NOW + DAY_MS + 3)).toMatchObject({ state: 'run', isRerun: false });
  });

  it('whose removal fails is removed later, rather than kept for ever', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const key = newKey();
    const { holder } = await run(key);
    await key.record(holder, 'a', new Response('x'));
    await runInDurableObject(key, (_object, { storage }) => {
      vi.spyOn(storage, 'deleteAll').mockRejectedValueOnce(new Error('the disk is away'));
    });
    await ring(key, NOW + DAY_MS);
    const at = await runInDurableObject(key, (_object, { storage }) => storage.getAlarm());
    expect(at).toBeGreaterThan(NOW + DAY_MS);
    await ring(key, at ?? 0);
    expect(await key.claim('b', 'batch', NOW)).toMatchObject({ state: 'run', isRerun: false });
  });
});
