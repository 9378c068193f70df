// The thresholds of a budget: each is announced once a month, whatever crashes.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { AccountObject } from '../../src/accounts/account-object';
import { hashKey } from '../../src/accounts/api-key';
import { NO_USAGE } from '../../src/contract/chat';
import type { WebhookEvent } from '../../src/contract/webhooks';
import { eventually } from '../eventually';
import { admit, createKey, NOW, newAccount, settle } from './accounts';

type Account = DurableObjectStub<AccountObject>;

/** Stands in for the account's webhooks; answers what they were told, and takes the next events only while it is up. */
async function listen(account: Account, webhooks = { isDown: false }): Promise<WebhookEvent[]> {
  const told: WebhookEvent[] = [];
  await runInDurableObject(account, (object) => {
    const publish = async (event: WebhookEvent) => {
      if (webhooks.isDown) throw new Error('the webhooks are down');
      told.push(event);
    };
    Reflect.set(Reflect.get(object, 'env'), 'WEBHOOKS', { getByName: () => ({ publish }) });
  });
  return told;
}

function spend(account: Account, nano: number, now = NOW): Promise<void> {
  const day = new Date(now).toISOString().slice(0, 10);
  const costNano = { prompt: nano, completion: 0 };
  return settle(account, [{ spend: { day, model: 'sandbox', usage: NO_USAGE, costNano } }], now);
}

/** The thresholds that were told since this was last asked, once every event is taken. */
async function hear(account: Account, told: WebhookEvent[]): Promise<number[]> {
  await eventually(async () => expect(await untaken(account)).toBe(0));
  return told.splice(0).map(({ data }) => Number(data.threshold));
}

function untaken(account: Account): Promise<number> {
  return runInDurableObject(
    account,
    (_object, { storage }) =>
      storage.sql
        .exec<{ count: number }>('SELECT count(*) AS count FROM budget_events WHERE handed_over = 0')
        .one().count,
  );
}

const DOLLAR = 1e9;

describe('a threshold', () => {
  it('is announced when it is passed, once', async () => {
    const account = await newAccount({ monthly_budget: 10 });
    const told = await listen(account);
    await spend(account, 4.9 * DOLLAR);
    expect(await hear(account, told)).toEqual([]);
    await spend(account, 0.1 * DOLLAR);
    await eventually(async () => expect(await untaken(account)).toBe(0));
    expect(told.splice(0)).toEqual([
      {
        id: expect.stringMatching(/^evt_/),
        type: 'budget.threshold',
        createdAt: NOW,
        data: { threshold: 50, budget: 10, spent: 5, month: '2026-01' },
      },
    ]);
    await spend(account, 2 * DOLLAR);
    expect(await hear(account, told)).toEqual([]);
    await spend(account, 3 * DOLLAR);
    expect(await hear(account, told)).toEqual([80, 100]);
    await spend(account, 5 * DOLLAR);
    expect(await hear(account, told)).toEqual([]);
  });

  it('begins anew in the next month', async () => {
    const account = await newAccount({ monthly_budget: 10 });
    const told = await listen(account);
    await spend(account, 6 * DOLLAR);
    expect(await hear(account, told)).toEqual([50]);
    const next = Date.UTC(2026, 1, 1);
    await spend(account, 4 * DOLLAR, next);
    expect(await hear(account, told)).toEqual([]);
    await spend(account, 1 * DOLLAR, next);
    expect(await hear(account, told)).toEqual([50]);
  });

  it('of all is reached where what is left pays for no request', async () => {
    const account = await newAccount({ monthly_budget: 10 });
    const { secret } = await createKey(account, { name: 'k' }, NOW);
    const told = await listen(account);
    const ask = async () =>
      admit(account, await hashKey(secret), NOW, { price: { boundNano: 9 * DOLLAR, leastNano: 9 * DOLLAR } });
    await spend(account, 7 * DOLLAR);
    // A single large request says nothing about the others.
    expect(await ask()).toMatchObject({ ok: false, refusal: { reason: 'budget', short: 'spent' } });
    expect(await hear(account, told)).toEqual([50]);
    await spend(account, 2.9 * DOLLAR);
    expect(await ask()).toMatchObject({ ok: false });
    expect(await hear(account, told)).toEqual([80, 100]);
  });

  it('is not lost where the webhooks, or the object itself, were down', async () => {
    const account = await newAccount({ monthly_budget: 10 });
    const webhooks = { isDown: true };
    const told = await listen(account, webhooks);
    await spend(account, 8 * DOLLAR);
    await runDurableObjectAlarm(account);
    expect([await untaken(account), told]).toEqual([2, []]);
    await evictDurableObject(account);
    const again = await listen(account);
    // Half a minute later.
    await runDurableObjectAlarm(account);
    expect(await hear(account, again)).toEqual([50, 80]);
    await spend(account, 0.1 * DOLLAR);
    expect(await hear(account, again)).toEqual([]);
  });

  it('is none of an account without a budget', async () => {
    const account = await newAccount();
    const told = await listen(account);
    await spend(account, 1000 * DOLLAR);
    expect(await hear(account, told)).toEqual([]);
  });

  it('is announced by the cron where the alarm is lost', async () => {
    const account = await newAccount({ monthly_budget: 10 });
    const webhooks = { isDown: true };
    const told = await listen(account, webhooks);
    await spend(account, 5 * DOLLAR);
    await runDurableObjectAlarm(account);
    await runInDurableObject(account, (_object, { storage }) => storage.deleteAlarm());
    webhooks.isDown = false;
    await account.alarmsToCheck(1);
    expect(await hear(account, told)).toEqual([50]);
  });
});
