// Batches under a monthly budget: what it pays for is done, never a nano-dollar more, whoever else spends beside them.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccountObject } from '../../src/accounts/account-object';
import { hashKey } from '../../src/accounts/api-key';
import type { BatchResponse } from '../../src/contract/batches';
import { admit, reservedBy, settle } from '../accounts/accounts';
import { eventually } from '../eventually';
import { admin, type Client, newClient, newKey, send } from '../http/client';
import { COST, evenItem, ITEMS } from './even-items';
import {
  booked,
  deliver,
  expectSound,
  later,
  newRig,
  newSeed,
  nextMessages,
  type Rig,
  randomFrom,
  readBatch,
  restore,
  runToEnd,
  shuffled,
  stateOf,
} from './rig';

afterEach(restore);

const BOUNDED = { hasBounds: true };

async function setBudget({ accountId }: Client, nano: number | null): Promise<void> {
  const limits = { monthly_budget: nano === null ? null : nano / 1e9 };
  expect((await admin('PATCH', `/accounts/${accountId}`, { json: { limits } })).status).toBe(200);
}

async function clientWith(nano: number): Promise<Client> {
  const client = await newClient();
  await setBudget(client, nano);
  return client;
}

const accountOf = ({ accountId }: Client) => env.ACCOUNTS.getByName(accountId);

/** A request of the account's that is under way and may cost so much. */
async function reserve(client: Client, id: string, nano: number): Promise<void> {
  const price = { boundNano: nano, leastNano: nano };
  const answer = await admit(accountOf(client), await hashKey(client.key), Date.now(), { id, price });
  expect(answer).toMatchObject({ ok: true, grant: { nano } });
}

/** The batch is complete, its spend is booked, nothing stays reserved, and every undone item says why. */
async function expectWithin(rig: Rig, budgetNano: number): Promise<BatchResponse> {
  const { batch, results } = await expectSound(rig.client, rig.id, rig.customIds);
  const nano = Math.round((batch.cost?.total_cost ?? Number.NaN) * 1e9);
  expect(nano).toBeLessThanOrEqual(budgetNano);
  expect(batch).toMatchObject({ status: 'completed', error: null });
  expect(batch.completed + batch.failed).toBe(batch.total);
  for (const { status_code, error } of results) {
    if (status_code === 200) continue;
    expect([status_code, error?.type]).toEqual([429, 'budget_exceeded']);
    expect(error?.message).toContain('monthly budget');
  }
  expect(await reservedBy(rig.client)).toBe(0);
  return batch;
}

describe('an account with money for so many items', () => {
  it.each([0, 1, 2, 5, 19, 20])(
    'gets exactly %s of 20 done, and the rest ends budget_exceeded',
    async (count) => {
      for (const rangeItems of [3, 25]) {
        const client = await clientWith(count * COST);
        const rig = await newRig(ITEMS, { client, rangeItems, spec: BOUNDED });
        await runToEnd(rig);
        const batch = await expectWithin(rig, count * COST);
        expect(batch.completed).toBe(count);
        expect(await booked(client)).toEqual({ requests: count, nano: count * COST });
      }
    },
  );

  it('gets as many done by a batch that was cut before there was a budget, one after the other', async () => {
    const client = await newClient();
    const rig = await newRig(ITEMS, { client, rangeItems: 3 });
    // All of it is handed out by now; what nobody claims comes back.
    const sent = rig.sent.splice(0);
    expect(sent).toHaveLength(7);
    await setBudget(client, 7 * COST);
    await later(rig, 3_600_000);
    await runToEnd(rig);
    const batch = await expectWithin(rig, 7 * COST);
    expect(batch.completed).toBe(7);
  });

  it('holds with messages that come three times, shuffled', async () => {
    const random = randomFrom(newSeed('batch budget'));
    const rig = await newRig(ITEMS, { client: await clientWith(11 * COST), rangeItems: 2, spec: BOUNDED });
    await runToEnd(rig, async (messages) => {
      const all = shuffled([...messages, ...messages, ...messages], random);
      await Promise.all(all.map((message) => deliver([message])));
    });
    expect((await expectWithin(rig, 11 * COST)).completed).toBe(11);
  });

  it('gets them done as well where the account cannot be reached now and then', async () => {
    const client = await clientWith(9 * COST);
    let calls = 0;
    const fund = AccountObject.prototype.fundBatch;
    vi.spyOn(AccountObject.prototype, 'fundBatch').mockImplementation(function (
      this: AccountObject,
      ...values
    ) {
      const grant = fund.apply(this, values);
      // The grant is made, and its answer is lost.
      if (calls++ % 2 === 0) throw new Error('the account is out of reach');
      return grant;
    });
    const rig = await newRig(ITEMS, { client, rangeItems: 2, spec: BOUNDED });
    await runToEnd(rig);
    expect((await expectWithin(rig, 9 * COST)).completed).toBe(9);
    expect(calls).toBeGreaterThan(1);
  });
});

it('a batch that was made under a budget that is gone by its start runs like any other', async () => {
  const rig = await newRig(ITEMS, { rangeItems: 6, spec: BOUNDED });
  const messages = (await nextMessages(rig)).filter((message) => message.kind === 'run');
  const claimed = await rig.batch.claim(messages);
  expect(claimed?.spec.hasCeiling).toBe(false);
  // Its items side by side, and not one after the other.
  expect(claimed?.grants.map(({ aloneWithNano }) => aloneWithNano)).toEqual(messages.map(() => null));
});

it('what is booked and reserved never passes the budget, at any moment', async () => {
  const budgetNano = 9 * COST;
  const rig = await newRig(ITEMS, { client: await clientWith(budgetNano), rangeItems: 2, spec: BOUNDED });
  const watch = async () => {
    const state = await stateOf(rig);
    const spent = state.ledger.reduce(
      (sum, { costNano }) => sum + (costNano?.prompt ?? 0) + (costNano?.completion ?? 0),
      0,
    );
    expect(spent + state.reservedNano).toBeLessThanOrEqual(state.budget?.ceilingNano ?? 0);
    const { nano } = await booked(rig.client);
    expect(nano + (await reservedBy(rig.client))).toBeLessThanOrEqual(budgetNano);
    // The account holds all that the batch may still spend.
    expect((state.budget?.ceilingNano ?? 0) - nano).toBeLessThanOrEqual(await reservedBy(rig.client));
  };
  await watch();
  await runToEnd(rig, async (messages) => {
    for (const message of messages) {
      await deliver([message]);
      if ((await stateOf(rig)).phase === 'running') await watch();
    }
  });
  expect((await expectWithin(rig, budgetNano)).completed).toBe(9);
});

describe('a batch beside others that hold money', () => {
  it('waits for what they leave, and then goes on', async () => {
    const client = await clientWith(20 * COST);
    await reserve(client, 'chat', 20 * COST);
    const rig = await newRig(ITEMS, { client, rangeItems: 5, spec: BOUNDED });
    expect(rig.sent).toEqual([]);
    expect((await stateOf(rig)).budget).toMatchObject({ short: 'reserved' });
    await later(rig, 3_500);
    expect(rig.sent).toEqual([]);
    // It cost nothing after all.
    await settle(accountOf(client), [{ id: 'chat', spend: null }]);
    await later(rig, 3_500);
    expect(rig.sent.length).toBeGreaterThan(0);
    await runToEnd(rig);
    expect((await expectWithin(rig, 20 * COST)).completed).toBe(20);
  });

  it('takes at most half of what is free, so that they find some', async () => {
    const client = await clientWith(100 * COST);
    const rig = await newRig(
      Array.from({ length: 120 }, (_, n) => evenItem(n)),
      {
        client,
        rangeItems: 10,
        spec: BOUNDED,
      },
    );
    expect(await reservedBy(client)).toBe(50 * COST);
    await reserve(client, 'chat', 50 * COST);
    await settle(accountOf(client), [{ id: 'chat', spend: null }]);
    await runToEnd(rig);
    expect((await expectWithin(rig, 100 * COST)).completed).toBe(100);
  });

  it('shares with a second batch: both end, and no more is spent than there is', async () => {
    const client = await clientWith(13 * COST);
    const rigs = [
      await newRig(ITEMS, { client, rangeItems: 4, spec: BOUNDED }),
      await newRig(ITEMS, { client, rangeItems: 4, spec: BOUNDED }),
    ];
    await Promise.all(rigs.map((rig) => runToEnd(rig)));
    const batches = await Promise.all(rigs.map(({ id }) => readBatch(client, id)));
    expect(batches.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect((await booked(client)).nano).toBe(13 * COST);
    expect(batches.reduce((sum, { completed }) => sum + completed, 0)).toBe(13);
    expect(await reservedBy(client)).toBe(0);
  });
});

it('the budget of a key holds beside the account’s', async () => {
  const client = await clientWith(1000 * COST);
  const key = await newKey(client.accountId, { name: 'k', limits: { monthly_budget: (4 * COST) / 1e9 } });
  const narrow = { ...client, keyId: key.id, key: key.key };
  const rig = await newRig(ITEMS, { client: narrow, rangeItems: 3, spec: BOUNDED });
  await runToEnd(rig);
  expect((await expectWithin(rig, 4 * COST)).completed).toBe(4);
});

it.each([
  [6, 9, 'max_cost'],
  [9, 6, 'monthly budget'],
])('of a max_cost of %s items and money for %s the tighter one holds', async (most, money, reason) => {
  const client = await clientWith(money * COST);
  const spec = { ...BOUNDED, maxCostNano: most * COST };
  const rig = await newRig(ITEMS, { client, rangeItems: 3, spec });
  await runToEnd(rig);
  const { batch, results } = await expectSound(client, rig.id, rig.customIds);
  expect([batch.completed, batch.failed]).toEqual([6, 14]);
  expect(results.at(-1)?.error?.message).toContain(reason);
  expect(await booked(client)).toEqual({ requests: 6, nano: 6 * COST });
  expect(await reservedBy(client)).toBe(0);
});

it('an account without a budget is asked for no money', async () => {
  const client = await newClient();
  const fund = vi.spyOn(AccountObject.prototype, 'fundBatch');
  const rig = await newRig(ITEMS, { client, rangeItems: 3 });
  await runToEnd(rig);
  expect((await readBatch(client, rig.id)).completed).toBe(20);
  expect(fund).not.toHaveBeenCalled();
});

it('a budget that is lifted while a batch runs holds it back no longer', async () => {
  const client = await clientWith(2 * COST);
  await reserve(client, 'chat', 2 * COST);
  const rig = await newRig(ITEMS, { client, rangeItems: 5, spec: BOUNDED });
  expect(rig.sent).toEqual([]);
  await setBudget(client, null);
  await later(rig, 3_500);
  await runToEnd(rig);
  expect(await readBatch(client, rig.id)).toMatchObject({ completed: 20, failed: 0 });
});

it('a cancelled batch holds no money any more', async () => {
  const client = await clientWith(100 * COST);
  const rig = await newRig(ITEMS, { client, rangeItems: 5, spec: BOUNDED });
  expect(await reservedBy(client)).toBe(20 * COST);
  await rig.batch.cancel(client.accountId);
  expect(await reservedBy(client)).toBe(0);
});

it('holds from request to end, through the real queue, in USD', async () => {
  const client = await clientWith(6 * COST);
  const inputs = ITEMS.map(({ body: { messages, max_tokens } }) => ({ messages, max_tokens }));
  const json = { model: 'sandbox', inputs };
  const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', { json });
  await eventually(async () => expect((await readBatch(client, id)).status).toBe('completed'));
  expect(await readBatch(client, id)).toMatchObject({
    completed: 6,
    failed: 14,
    cost: { total_cost: (6 * COST) / 1e9 },
  });
  const chat = await send(client.key, 'POST', '/v1/chat/completions', {
    json: { model: 'sandbox', messages: [{ role: 'user', content: 'hi' }] },
  });
  expect(chat.status).toBe(429);
  expect(chat.headers.get('x-should-retry')).toBe('false');
});
