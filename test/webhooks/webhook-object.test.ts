// An account's endpoints: what they are sent, how it survives failures, and when they are given up.
import { evictDurableObject } from 'cloudflare:test';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { passTime, restore } from '../batches/rig';
import { eventually } from '../eventually';
import { errorOf } from '../http/client';
import { type Hooks, hang, newHooks, newHosts, type Received, receivers } from './rig';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

let hostOf: (name: string) => string;
let A: string;
let B: string;

beforeEach(() => {
  hostOf = newHosts();
  A = hostOf('a');
  B = hostOf('b');
});

afterEach(() => {
  vi.useRealTimers();
  restore();
});

const openai = new OpenAI({ apiKey: 'none' });
const ids = (received: readonly Received[]) => received.map(({ headers }) => headers['webhook-id']);
const sequences = (received: readonly Received[]) =>
  received.map(({ headers }) => Number(headers['x-webhook-sequence']));

/** Every delivery of an endpoint has so many attempts. */
async function attempted(hooks: Hooks, id: string, ...counts: number[]) {
  await eventually(async () => {
    const deliveries = await hooks.deliveries(id);
    expect(deliveries.map(({ attempts }) => attempts.length)).toEqual(counts);
  });
  return hooks.deliveries(id);
}

/** Moves the clock to the next attempt of the first delivery and makes it. */
async function nextAttempt(hooks: Hooks, id: string): Promise<number> {
  const [delivery] = await hooks.deliveries(id);
  const wait = Date.parse(delivery?.next_attempt_at ?? '') - Date.now();
  passTime(wait + 1);
  await hooks.ring();
  await attempted(hooks, id, (delivery?.attempts.length ?? 0) + 1);
  return wait;
}

describe('an event', () => {
  it('goes to every endpoint that listens, thin, numbered and signed so that the official libraries take it', async () => {
    const { received, at } = receivers({});
    const hooks = await newHooks();
    const all = await hooks.add(A);
    const failedOnly = await hooks.add(B, { events: ['batch.failed'] });
    await hooks.publish('evt_1');
    await hooks.publish('evt_2', 'batch.failed');
    await attempted(hooks, all.id, 1, 1);
    await attempted(hooks, failedOnly.id, 1);

    expect(ids(at(A)).toSorted()).toEqual(['evt_1', 'evt_2']);
    expect(ids(at(B))).toEqual(['evt_2']);
    expect(new Set(sequences(received)).size).toBe(3);
    for (const { url, headers, body } of received) {
      const { secret } = url === A ? all : failedOnly;
      const event = JSON.parse(body);
      expect(event).toEqual({
        id: headers['webhook-id'],
        object: 'event',
        type: event.id === 'evt_1' ? 'batch.completed' : 'batch.failed',
        created_at: expect.any(Number),
        data: { id: `batch_of_${event.id}` },
      });
      expect(Math.abs(event.created_at - Date.now() / 1000)).toBeLessThan(60);
      expect(new Webhook(secret).verify(body, headers)).toEqual(event);
      expect(await openai.webhooks.unwrap(body, headers, secret)).toEqual(event);
      await expect(openai.webhooks.unwrap(`${body} `, headers, secret)).rejects.toThrow();
    }
  });

  it('has a sequence number that grows in the order of the events, at every attempt the same', async () => {
    const { at } = receivers({ [A]: [500, 200] });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    for (const event of ['evt_1', 'evt_2', 'evt_3']) await hooks.publish(event);
    await attempted(hooks, id, 1, 1, 1);
    passTime(6 * SECOND);
    await hooks.ring();
    const deliveries = await attempted(hooks, id, 2, 1, 1);
    expect(deliveries.map(({ event_id }) => event_id)).toEqual(['evt_1', 'evt_2', 'evt_3']);
    const numbers = deliveries.map(({ sequence }) => sequence);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    for (const { event_id, sequence } of deliveries) {
      const sent = at(A).filter(({ headers }) => headers['webhook-id'] === event_id);
      expect(new Set(sequences(sent))).toEqual(new Set([sequence]));
    }
  });

  it('published again changes nothing, also after a crash', async () => {
    const { at } = receivers({});
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_1');
    await attempted(hooks, id, 1);
    await hooks.publish('evt_1');
    await evictDurableObject(hooks.webhooks());
    await hooks.publish('evt_1');
    await hooks.publish('evt_2');
    await attempted(hooks, id, 1, 1);
    expect(ids(at(A))).toEqual(['evt_1', 'evt_2']);
  });

  it('of an account without endpoints is nobody’s, and nothing is stored', async () => {
    const { received } = receivers({});
    const hooks = await newHooks();
    await hooks.publish('evt_1');
    expect(await hooks.alarmAt()).toBe(null);
    const { id } = await hooks.add(A);
    expect(await hooks.deliveries(id)).toEqual([]);
    expect(received).toEqual([]);
  });
});

describe('a delivery that fails', () => {
  it('comes again by the whole schedule, with one id and fresh times, and is then given up', async () => {
    vi.spyOn(console, 'warn').mockReturnValue();
    const { at } = receivers({ [A]: [500, 0, 302, 429, 400] });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_1');
    await attempted(hooks, id, 1);
    const waits: number[] = [];
    for (let attempt = 2; attempt <= 10; attempt++) waits.push(await nextAttempt(hooks, id));
    const scheduled = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const [index, seconds] of scheduled.entries()) {
      expect(waits[index]).toBeGreaterThan(seconds * 0.85 * SECOND);
      expect(waits[index]).toBeLessThan(seconds * 1.11 * SECOND);
    }
    expect(await hooks.deliveries(id)).toMatchObject([{ status: 'failed', next_attempt_at: null }]);
    expect(new Set(ids(at(A)))).toEqual(new Set(['evt_1']));
    expect(new Set(at(A).map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10);
    const [delivery] = await hooks.deliveries(id);
    expect(
      delivery?.attempts.map(({ attempt, status, error, response }) => [attempt, status, error, response]),
    ).toEqual([
      [1, 500, 'HTTP 500', 'thanks'],
      [2, null, 'connection failed: refused or lost', null],
      [3, 302, 'HTTP 302 (redirects are not followed)', 'thanks'],
      [4, 429, 'HTTP 429', 'thanks'],
      ...[5, 6, 7, 8, 9, 10].map((attempt) => [attempt, 400, 'HTTP 400', 'thanks']),
    ]);
  });

  it('waits as long as the receiver asks', async () => {
    const { at } = receivers({
      [A]: [() => new Response('', { status: 503, headers: { 'retry-after': '7200' } }), 200],
    });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_1');
    await attempted(hooks, id, 1);
    passTime(2 * HOUR - 10 * SECOND);
    await hooks.ring();
    expect(at(A)).toHaveLength(1);
    passTime(11 * SECOND);
    await hooks.ring();
    expect(await attempted(hooks, id, 2)).toMatchObject([{ status: 'delivered' }]);
  });

  it('that a crash cut off is made again', async () => {
    const { at } = receivers({ [A]: [hang, 200] });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_1');
    await eventually(() => expect(at(A)).toHaveLength(1));
    const alarm = await hooks.alarmAt();
    expect(alarm).toBeLessThanOrEqual(Date.now() + 45 * SECOND);
    await hooks.crash();
    await hooks.ring();
    expect(await attempted(hooks, id, 1)).toMatchObject([{ status: 'delivered' }]);
    expect(ids(at(A))).toEqual(['evt_1', 'evt_1']);
  });

  it('has a short piece of a long answer in its log, for its owner', async () => {
    receivers({ [A]: () => new Response('가'.repeat(100_000), { status: 500 }) });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_1');
    const [delivery] = await attempted(hooks, id, 1);
    expect(delivery?.attempts[0]?.response).toBe('가'.repeat(500));
  });
});

describe('a slow receiver', () => {
  it('delays no other, and is called twice at a time at most', async () => {
    const { at } = receivers({ [A]: hang });
    const hooks = await newHooks();
    await hooks.add(A);
    await hooks.add(B);
    for (let n = 0; n < 30; n++) await hooks.publish(`evt_${n}`);
    await eventually(() => expect(at(B)).toHaveLength(30));
    expect(at(A)).toHaveLength(2);
  });

  it('leaves room for others even where many are slow', async () => {
    const slow = Array.from({ length: 10 }, (_, n) => hostOf(`slow-${n}`));
    let isHanging = false;
    const answer = (init: RequestInit) => (isHanging ? hang(init) : new Response('', { status: 500 }));
    const { at, underWay } = receivers(Object.fromEntries(slow.map((url) => [url, answer])));
    const hooks = await newHooks();
    for (const url of slow) await hooks.add(url);
    const fast = await hooks.add(B);
    await hooks.publish('evt_1');
    await attempted(hooks, fast.id, 1);
    await eventually(() => expect(slow.flatMap(at)).toHaveLength(10));
    // They are known to fail, and hang from now on.
    isHanging = true;
    for (let n = 2; n < 12; n++) await hooks.publish(`evt_${n}`);
    await eventually(() => expect(at(B)).toHaveLength(11));
    expect(slow.flatMap(at)).toHaveLength(13);
    expect(underWay.most).toBeLessThanOrEqual(6);
  });
});

describe('a receiver that is down', () => {
  it('is asked by one delivery now and then, not by all that wait, and gets them once it is back', async () => {
    let isDown = true;
    const { at } = receivers({ [A]: () => new Response('', { status: isDown ? 500 : 200 }) });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    for (let n = 0; n < 40; n++) await hooks.publish(`evt_${n}`);
    await eventually(() => expect(at(A).length).toBeGreaterThanOrEqual(5));
    for (let minute = 0; minute < 60; minute++) {
      passTime(60 * SECOND);
      await hooks.ring();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // One in five minutes, after the few that told that it is down.
    expect(at(A).length).toBeLessThan(30);
    isDown = false;
    passTime(6 * 60 * SECOND);
    for (let round = 0; round < 3; round++) {
      await hooks.ring();
      await new Promise((resolve) => setTimeout(resolve, 200));
      passTime(2 * HOUR);
    }
    await eventually(async () => {
      expect(await hooks.deliveries(id, '?limit=100&status=delivered')).toHaveLength(40);
    });
    expect((await hooks.read(id)).failing_since).toBe(null);
  });

  it('is asked at once for who waits: by a test event, or one that is sent again', async () => {
    const { at } = receivers({ [A]: 500 });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    for (let n = 0; n < 20; n++) await hooks.publish(`evt_${n}`);
    await eventually(() => expect(at(A)).toHaveLength(5));
    const { id: test } = await hooks.client.json<{ id: string }>('POST', `/api/v1/webhooks/${id}/test`);
    await eventually(() => expect(at(A)).toHaveLength(6));
    const json = { event_id: 'evt_19' };
    await hooks.client.send('POST', `/api/v1/webhooks/${id}/deliveries/resend`, { json });
    await eventually(() => expect(at(A)).toHaveLength(7));
    expect(ids(at(A)).slice(5)).toEqual([test, 'evt_19']);
  });

  it('for five days is disabled, says so, and the other endpoints are told', async () => {
    const { at } = receivers({ [A]: 500 });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    const other = await hooks.add(B);
    await hooks.publish('evt_0');
    await attempted(hooks, id, 1);
    expect(await hooks.read(id)).toMatchObject({ status: 'enabled', failing_since: expect.any(String) });
    for (let day = 1; day <= 4; day++) {
      passTime(DAY);
      const before = at(A).length;
      await hooks.publish(`evt_${day}`);
      await eventually(() => expect(at(A).length).toBeGreaterThan(before));
      expect((await hooks.read(id)).status).toBe('enabled');
    }
    passTime(DAY);
    await hooks.publish('evt_5');
    await eventually(async () =>
      expect(await hooks.read(id)).toMatchObject({ status: 'disabled', disabled_reason: 'failing' }),
    );
    const mine = await hooks.deliveries(id);
    expect(new Set(mine.map(({ status }) => status))).toEqual(new Set(['failed']));
    await eventually(() => expect(at(B)).toHaveLength(7));
    const told = at(B).map(({ body }) => JSON.parse(body));
    expect(told.find(({ type }) => type === 'webhook.disabled')).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      object: 'event',
      data: { id, reason: 'failing' },
    });
    expect(
      new Webhook(other.secret).verify(at(B).at(-1)?.body ?? '', at(B).at(-1)?.headers ?? {}),
    ).toBeTruthy();

    // Nothing is sent to it any more, until its owner enables it and asks for what it missed.
    const before = at(A).length;
    await hooks.publish('evt_6');
    passTime(DAY);
    await hooks.ring();
    expect(at(A)).toHaveLength(before);
    expect((await hooks.client.send('POST', `/api/v1/webhooks/${id}/test`)).status).toBe(409);
    receivers({});
    const json = { status: 'enabled' };
    expect(await hooks.client.json('PATCH', `/api/v1/webhooks/${id}`, { json })).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      failing_since: null,
    });
    const since = new Date(Date.now() - 29 * DAY).toISOString();
    const resent = await hooks.client.json('POST', `/api/v1/webhooks/${id}/deliveries/resend`, {
      json: { since },
    });
    expect(resent).toEqual({ object: 'webhook_resend', resent: 6 });
    await eventually(async () => {
      const now = await hooks.deliveries(id);
      expect(now.map(({ event_id, status }) => [event_id, status])).toEqual(
        [0, 1, 2, 3, 4, 5].map((day) => [`evt_${day}`, 'delivered']),
      );
    });
  });

  it('and answers 410 is disabled at once', async () => {
    const { at } = receivers({ [A]: 410 });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.add(B);
    await hooks.publish('evt_1');
    await eventually(async () =>
      expect(await hooks.read(id)).toMatchObject({ status: 'disabled', disabled_reason: 'gone' }),
    );
    await eventually(() => expect(at(B)).toHaveLength(2));
    expect(at(B).map(({ body }) => JSON.parse(body).type)).toContain('webhook.disabled');
    passTime(DAY);
    await hooks.ring();
    expect(at(A)).toHaveLength(1);
  });
});

describe('sending again', () => {
  it('sends one event with its id and a fresh time, whatever came of it', async () => {
    const { at } = receivers({ [A]: [200, 500, 200] });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_1');
    await attempted(hooks, id, 1);
    const path = `/api/v1/webhooks/${id}/deliveries/resend`;
    for (const count of [2, 3]) {
      passTime(2 * SECOND);
      const response = await hooks.client.send('POST', path, { json: { event_id: 'evt_1' } });
      expect(response.status).toBe(202);
      expect(await response.json()).toEqual({ object: 'webhook_resend', resent: 1 });
      await attempted(hooks, id, count);
    }
    const [delivery] = await hooks.deliveries(id);
    expect(delivery).toMatchObject({ status: 'delivered', next_attempt_at: null });
    expect(delivery?.attempts.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 200],
      [2, 500],
      [3, 200],
    ]);
    expect(ids(at(A))).toEqual(['evt_1', 'evt_1', 'evt_1']);
    expect(new Set(at(A).map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
  });

  it('since a time sends what failed then, not what arrived or failed before', async () => {
    const { at } = receivers({ [A]: [500, 500, 200, 500, 200] });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_old');
    await attempted(hooks, id, 1);
    passTime(10);
    const since = new Date().toISOString();
    passTime(10);
    for (const [index, event] of ['evt_1', 'evt_2', 'evt_3'].entries()) {
      await hooks.publish(event);
      await eventually(() => expect(at(A)).toHaveLength(index + 2));
      await eventually(async () =>
        expect((await hooks.deliveries(id)).every(({ attempts }) => attempts.length === 1)).toBe(true),
      );
    }
    const json = { since };
    expect(await hooks.client.json('POST', `/api/v1/webhooks/${id}/deliveries/resend`, { json })).toEqual({
      object: 'webhook_resend',
      resent: 2,
    });
    await attempted(hooks, id, 1, 2, 1, 2);
  });
});

describe('rotation', () => {
  it('signs with both secrets for a day, then with the new one alone', async () => {
    const { at } = receivers({});
    const hooks = await newHooks();
    const { id, secret: first } = await hooks.add(A);
    const rotated = await hooks.client.json<{ secret: string; previous_secret_expires_at: string }>(
      'POST',
      `/api/v1/webhooks/${id}/rotate`,
    );
    expect(rotated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(rotated.secret).not.toBe(first);
    await hooks.publish('evt_1');
    await attempted(hooks, id, 1);
    const { headers = {}, body = '' } = at(A)[0] ?? {};
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of [first, rotated.secret]) {
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({ id: 'evt_1' });
      expect(await openai.webhooks.unwrap(body, headers, secret)).toMatchObject({ id: 'evt_1' });
    }
    passTime(DAY + 1);
    await hooks.publish('evt_2');
    await attempted(hooks, id, 1, 1);
    expect(at(A)[1]?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
    expect(await hooks.read(id)).toMatchObject({ previous_secret_expires_at: null });
  });
});

it('no secret is in any answer but those that make one, nor in any log', async () => {
  const logged: unknown[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...values) => void logged.push(values));
  }
  receivers({ [A]: [0, 500] });
  const hooks = await newHooks();
  const { id, secret } = await hooks.add(A);
  const { secret: rotated } = await hooks.client.json<{ secret: string }>(
    'POST',
    `/api/v1/webhooks/${id}/rotate`,
  );
  await hooks.publish('evt_1');
  await attempted(hooks, id, 1);
  const answers: string[] = [];
  for (const [method, path, call, status = 200] of [
    ['GET', ''],
    ['GET', `/${id}`],
    ['GET', `/${id}/deliveries`],
    ['POST', `/${id}/test`, {}, 202],
    ['PATCH', `/${id}`, { json: { events: ['batch.failed'] } }],
    ['POST', `/${id}/deliveries/resend`, { json: { event_id: 'evt_1' } }, 202],
    ['POST', `/${id}/deliveries/resend`, { json: { event_id: secret } }, 404],
    ['DELETE', `/${id}`],
  ] as const) {
    const response = await hooks.client.send(method, `/api/v1/webhooks${path}`, call);
    expect([path, response.status]).toEqual([path, status]);
    answers.push(await response.text());
  }
  const all = JSON.stringify([answers, logged]);
  for (const text of [secret, rotated].map((one) => one.slice('whsec_'.length))) {
    expect(all).not.toContain(text);
  }
});

describe('the log', () => {
  it('is paged, filtered by status, and kept for 30 days', async () => {
    receivers({ [A]: [410] });
    const hooks = await newHooks();
    const { id } = await hooks.add(A);
    await hooks.publish('evt_0');
    await attempted(hooks, id, 1);
    receivers({});
    await hooks.client.send('PATCH', `/api/v1/webhooks/${id}`, { json: { status: 'enabled' } });
    passTime(10 * DAY);
    for (const event of ['evt_1', 'evt_2', 'evt_3']) await hooks.publish(event);
    await attempted(hooks, id, 1, 1, 1, 1);
    const newest = await hooks.deliveries(id, '?limit=2');
    expect(newest.map(({ event_id }) => event_id)).toEqual(['evt_3', 'evt_2']);
    const older = await hooks.deliveries(id, `?limit=2&after=${newest[1]?.id}`);
    expect(older.map(({ event_id }) => event_id)).toEqual(['evt_1', 'evt_0']);
    expect((await hooks.deliveries(id, '?status=failed')).map(({ event_id }) => event_id)).toEqual(['evt_0']);
    const unknown = await hooks.client.send('GET', `/api/v1/webhooks/${id}/deliveries?after=dlv_x`);
    expect(await errorOf(unknown)).toMatchObject({ type: 'invalid_request', param: 'after' });

    passTime(20 * DAY + HOUR);
    expect((await hooks.deliveries(id)).map(({ event_id }) => event_id)).toEqual(['evt_1', 'evt_2', 'evt_3']);
    // It removes what is past its time, and then there is nothing left to wake for.
    expect(await hooks.alarmAt()).not.toBe(null);
    passTime(11 * DAY);
    for (let n = 0; n < 3; n++) await hooks.ring();
    expect(await hooks.deliveries(id)).toEqual([]);
    expect(await hooks.alarmAt()).toBe(null);
  });
});
