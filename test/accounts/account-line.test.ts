// The line between an isolate and an account: what arrives together goes together, and nothing is booked twice or lost.
// Requests of one context stand for those of many here; test/e2e has real ones.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccountLine, type Caller } from '../../src/accounts/account-line';
import { AccountObject } from '../../src/accounts/account-object';
import { hashKey } from '../../src/accounts/api-key';
import type { ExchangeMessage, Settlement } from '../../src/accounts/exchange';
import type { Limits } from '../../src/contract/accounts';
import { NO_USAGE } from '../../src/contract/chat';
import { createKey, LITTLE, newAccount, usageReport } from './accounts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function openLine(limits: Limits = {}, shares = true) {
  const account = await newAccount(limits);
  const id = (await account.describe())?.id ?? '';
  const { key, secret } = await createKey(account, { name: 'k' });
  const line = new AccountLine(id, shares);
  const work: Promise<unknown>[] = [];
  const caller: Caller = { env, waitUntil: (promise) => void work.push(promise) };
  const keyHash = await hashKey(secret);
  const admit = (wanted: object = {}) =>
    line.admit(caller, { id: line.nextId(), keyHash, ...LITTLE, ...wanted });
  const settle = (nano: number, settlement: Partial<Settlement> = {}) =>
    line.settle(caller, {
      id: line.nextId(),
      keyId: key.id,
      spend: { day: '2026-01-31', model: 'm', usage: NO_USAGE, costNano: { prompt: nano, completion: 0 } },
      tokens: null,
      ...settlement,
    });
  const booked = async () => {
    const { requests, cost } = (await usageReport(account, { groupBy: 'day' })).total;
    return [requests, Math.round((cost?.total_cost ?? Number.NaN) * 1e9)];
  };
  return { account, line, caller, admit, settle, booked, done: () => Promise.all(work) };
}

const exchange = AccountObject.prototype.exchange;

/** Every call to the object, as it arrives; `answer` may make it fail, before or after it took effect. */
function watch(answer: (run: () => unknown, call: number) => unknown = (run) => run()): ExchangeMessage[] {
  const messages: ExchangeMessage[] = [];
  vi.spyOn(AccountObject.prototype, 'exchange').mockImplementation(function (
    this: AccountObject,
    message,
    now,
  ) {
    messages.push(message);
    return answer(() => exchange.call(this, message, now), messages.length) as ReturnType<typeof exchange>;
  });
  return messages;
}

const retryable = (message: string) => Object.assign(new Error(message), { retryable: true });

describe('requests that come at once', () => {
  it('share calls: the first goes alone, the others together', async () => {
    const { admit, done } = await openLine();
    const messages = watch();
    const answers = await Promise.all(Array.from({ length: 100 }, () => admit()));
    await done();
    expect(answers.filter(({ ok }) => ok)).toHaveLength(100);
    expect(messages.map(({ admissions }) => admissions.length)).toEqual([1, 99]);
  });

  it('each get their own answer', async () => {
    const { admit } = await openLine({ tokens_per_minute: 100 });
    const answers = await Promise.all([40, 200, 50, 20].map((tokens) => admit({ tokens })));
    expect(answers).toMatchObject([
      { ok: true },
      { ok: false, refusal: { reason: 'rate', waitMs: null } },
      { ok: true },
      { ok: false, refusal: { reason: 'rate' } },
    ]);
  });

  it('make a call each where requests may not share', async () => {
    const { admit, done } = await openLine({}, false);
    const messages = watch();
    await Promise.all(Array.from({ length: 5 }, () => admit()));
    await done();
    expect(messages.map(({ admissions }) => admissions.length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('settlements', () => {
  it('wait a moment for company', async () => {
    const { settle, booked, done } = await openLine();
    const messages = watch();
    for (let i = 1; i <= 10; i++) settle(i);
    await done();
    expect(messages.map(({ settled }) => settled?.settlements.length)).toEqual([10]);
    expect(await booked()).toEqual([10, 55]);
  });

  it('ride along with the next request, before it', async () => {
    const { admit, settle, booked, done } = await openLine();
    const messages = watch();
    settle(7);
    await admit();
    expect(messages).toHaveLength(1);
    expect(await booked()).toEqual([1, 7]);
    await done();
    expect(messages).toHaveLength(1);
  });
});

describe('a call that fails', () => {
  it('is made again where that can help, and counts once', async () => {
    const { admit, settle, booked, done } = await openLine({ requests_per_minute: 10 });
    settle(7);
    const messages = watch((run, call) => {
      const result = run();
      if (call === 1) throw retryable('the answer was lost');
      return result;
    });
    expect(await admit()).toMatchObject({ ok: true, rates: { requests: { remaining: 9 } } });
    await done();
    expect(messages.map(({ number }) => number)).toEqual([1, 1]);
    expect(await booked()).toEqual([1, 7]);
  });

  it('books nothing again where the object was restarted in between', async () => {
    const { account, booked } = await openLine();
    const spend = { day: '2026-01-31', model: 'm', usage: NO_USAGE, costNano: { prompt: 7, completion: 0 } };
    const settlements = [{ id: 'one', keyId: 'key_a', spend, tokens: null }];
    const message = {
      line: 'a',
      number: 1,
      admissions: [],
      settled: { number: 1, settlements },
      running: [],
    };
    await account.exchange(message);
    await evictDurableObject(account);
    await account.exchange(message);
    expect(await booked()).toEqual([1, 7]);
    // The next group is another one.
    await account.exchange({ ...message, number: 2, settled: { number: 2, settlements } });
    expect(await booked()).toEqual([2, 14]);
  });

  it('fails those who asked, and keeps what is to be booked', async () => {
    const { admit, settle, booked, done } = await openLine();
    settle(7);
    const messages = watch((run, call) => {
      if (call <= 2) throw new Error('the account is broken');
      return run();
    });
    await expect(admit()).rejects.toThrow('the account is broken');
    await expect(admit()).rejects.toThrow('the account is broken');
    settle(8);
    expect(await admit()).toMatchObject({ ok: true });
    await done();
    // The same group under the same number, then the next one.
    const groups = messages.map(({ settled }) => settled && [settled.number, settled.settlements.length]);
    expect(groups.slice(0, 3)).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(groups.at(-1)).toEqual([2, 1]);
    expect(await booked()).toEqual([2, 15]);
  });

  it('whose effect was kept books nothing again', async () => {
    const { settle, booked, done } = await openLine();
    settle(7);
    watch((run, call) => {
      const result = run();
      if (call === 1) throw new Error('too late');
      return result;
    });
    await done();
    expect(await booked()).toEqual([1, 7]);
  });
});

it('a request that is still at work keeps its reservation', async () => {
  const { account, line, caller, admit, done } = await openLine({ monthly_budget: 1 });
  const expiry = () =>
    runInDurableObject(account, (_object, { storage }) =>
      storage.sql.exec<{ expires_at: number }>('SELECT expires_at FROM reservations').one(),
    );
  const id = line.nextId();
  await admit({ id, price: { boundNano: 5, leastNano: 5 } });
  const before = await expiry();
  await scheduler.wait(5);
  line.keep(caller, id);
  line.keep(caller, 'one that is not there');
  await done();
  expect((await expiry()).expires_at).toBeGreaterThan(before.expires_at);
});

it('a settlement that cannot be booked keeps no other from it', async () => {
  const { settle, booked, done } = await openLine();
  const usage = { ...NO_USAGE, prompt_tokens: Number.NaN };
  settle(0, { spend: { day: '2026-01-31', model: 'm', usage, costNano: null } });
  settle(7);
  await done();
  expect(await booked()).toEqual([1, 7]);
});
