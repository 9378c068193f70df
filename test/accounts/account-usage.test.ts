// What an account used and owes: sums are exact, and nothing is booked twice or lost.
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { AccountObject } from '../../src/accounts/account-object';
import { costResponse, type LedgerEntry } from '../../src/accounts/ledger';
import { NO_USAGE } from '../../src/contract/chat';
import { newId } from '../../src/contract/ids';
import { newAccount, settle, usageReport } from './accounts';
import { costOf, entry, usageOf } from './spend';

type Account = DurableObjectStub<AccountObject>;

function spend(account: Account, tokens: number, where: { day?: string; model?: string; key?: string } = {}) {
  const { day = '2026-01-31', model = 'sandbox', key = 'key_a' } = where;
  return settle(account, [
    { keyId: key, spend: { day, model, usage: usageOf(tokens), costNano: costOf(tokens) } },
  ]);
}

/** Ends a batch that spent so much. */
function endBatch<To extends Account | AccountObject>(
  account: To,
  id: string,
  keyId: string,
  ledger: LedgerEntry[],
) {
  const entry = { id, keyId, createdAt: 0, status: 'completed', inputFileId: null } as const;
  return account.endBatch(entry, { ledger, files: [], summary: '{}', hasWebhook: false });
}

/** A row or total of the report, for so many requests and tokens. */
const sum = (requests: number, tokens: number) => ({
  requests,
  usage: usageOf(tokens),
  cost: costResponse(costOf(tokens)),
});

describe('usage', () => {
  it('of an account that did nothing is nothing, and costs nothing', async () => {
    expect(await usageReport(await newAccount(), { groupBy: 'model' })).toEqual({
      object: 'usage',
      from: null,
      to: null,
      group_by: 'model',
      data: [],
      total: {
        requests: 0,
        usage: NO_USAGE,
        cost: costResponse({ prompt: 0, completion: 0 }),
        batch: { requests: 0, cost: costResponse({ prompt: 0, completion: 0 }), discount: 0 },
      },
    });
  });

  it('is summed by day, model or key', async () => {
    const account = await newAccount();
    await spend(account, 1);
    await spend(account, 10, { day: '2026-02-01' });
    await spend(account, 100, { model: 'other' });
    await spend(account, 1000, { key: 'key_b' });
    await spend(account, 10_000);

    expect(await usageReport(account, { groupBy: 'day' })).toMatchObject({
      data: [
        { day: '2026-01-31', ...sum(4, 11_101) },
        { day: '2026-02-01', ...sum(1, 10) },
      ],
      total: sum(5, 11_111),
    });
    expect(await usageReport(account, { groupBy: 'model' })).toMatchObject({
      data: [
        { model: 'other', ...sum(1, 100) },
        { model: 'sandbox', ...sum(4, 11_011) },
      ],
      total: sum(5, 11_111),
    });
    expect(await usageReport(account, { groupBy: 'key' })).toMatchObject({
      data: [
        { key: 'key_a', ...sum(4, 10_111) },
        { key: 'key_b', ...sum(1, 1000) },
      ],
      total: sum(5, 11_111),
    });
  });

  it('can be of some days, both ends included', async () => {
    const account = await newAccount();
    for (const day of ['2025-12-31', '2026-01-01', '2026-01-31', '2026-02-01'])
      await spend(account, 1, { day });
    const report = await usageReport(account, { from: '2026-01-01', to: '2026-01-31', groupBy: 'day' });
    expect(report).toMatchObject({
      object: 'usage',
      from: '2026-01-01',
      to: '2026-01-31',
      group_by: 'day',
      data: [
        { day: '2026-01-01', ...sum(1, 1) },
        { day: '2026-01-31', ...sum(1, 1) },
      ],
      total: sum(2, 2),
    });
    expect(await usageReport(account, { from: '2026-01-31', groupBy: 'day' })).toMatchObject({
      total: sum(2, 2),
    });
    expect(await usageReport(account, { to: '2025-12-31', groupBy: 'day' })).toMatchObject({
      total: sum(1, 1),
    });
    expect(
      await usageReport(account, { from: '2026-02-01', to: '2026-01-01', groupBy: 'day' }),
    ).toMatchObject({
      data: [],
    });
  });

  it('adds up to the nano-dollar where floating point would not', async () => {
    const account = await newAccount();
    const costNano = { prompt: 100_000_000, completion: 3 };
    for (let i = 0; i < 10; i++) {
      await settle(account, [{ spend: { day: '2026-01-31', model: 'm', usage: NO_USAGE, costNano } }]);
    }
    const { total } = await usageReport(account, { groupBy: 'day' });
    expect(total.cost).toEqual({
      prompt_cost: 1,
      completion_cost: 0.00000003,
      total_cost: 1.00000003,
      currency: 'USD',
    });
    // Five million dollars, and one nano-dollar more.
    const large = { prompt: 5_000_000_000_000_001, completion: 0 };
    for (const costNano of [large, { prompt: 1, completion: 0 }]) {
      await settle(account, [{ spend: { day: '2026-02-01', model: 'm', usage: NO_USAGE, costNano } }]);
    }
    const [day] = (await usageReport(account, { from: '2026-02-01', groupBy: 'day' })).data;
    expect(day?.cost?.prompt_cost).toBe(5_000_000_000_000_002 / 1e9);
  });

  it('has a cost of null only where no request had a price', async () => {
    const account = await newAccount();
    const spent = { day: '2026-01-31', usage: usageOf(1) };
    await settle(account, [{ spend: { ...spent, model: 'unpriced', costNano: null } }]);
    await settle(account, [{ spend: { ...spent, model: 'unpriced', costNano: null } }]);
    const before = await usageReport(account, { groupBy: 'model' });
    expect([before.data[0]?.cost, before.total.cost, before.total.requests]).toEqual([null, null, 2]);

    await settle(account, [{ spend: { ...spent, model: 'mixed', costNano: null } }]);
    await settle(account, [{ spend: { ...spent, model: 'mixed', costNano: costOf(1) } }]);
    await settle(account, [{ spend: { ...spent, model: 'mixed', costNano: null } }]);
    const after = await usageReport(account, { groupBy: 'model' });
    expect(after.data.map((row) => [row.model, row.requests, row.cost])).toEqual([
      ['mixed', 3, costResponse(costOf(1))],
      ['unpriced', 2, null],
    ]);
    expect(after.total).toMatchObject({ requests: 5, usage: usageOf(5), cost: costResponse(costOf(1)) });
  });

  it('loses nothing of what is booked at once', async () => {
    const account = await newAccount();
    await Promise.all(Array.from({ length: 50 }, () => spend(account, 1)));
    expect((await usageReport(account, { groupBy: 'key' })).total).toMatchObject(sum(50, 50));
  });
});

describe('a batch’s ledger', () => {
  const total = async (account: Account) => (await usageReport(account, { groupBy: 'day' })).total;

  it('is booked once, however often it comes', async () => {
    const account = await newAccount();
    const id = newId('batch');
    const ledger = [entry({ requests: 3, tokens: 30 }), entry({ requests: 1, tokens: 5, model: 'other' })];
    for (let i = 0; i < 3; i++) await endBatch(account, id, 'key_a', ledger);
    await Promise.all([ledger, ledger].map((same) => endBatch(account, id, 'key_a', same)));
    expect(await total(account)).toMatchObject(sum(4, 35));
  });

  it('that has grown is booked by what is new', async () => {
    const account = await newAccount();
    const id = newId('batch');
    const steps: LedgerEntry[][] = [
      [entry({ requests: 1, tokens: 10 })],
      [entry({ requests: 4, tokens: 45 })],
      [entry({ requests: 4, tokens: 45 }), entry({ requests: 2, tokens: 7, day: '2026-02-01' })],
    ];
    for (const ledger of steps) await endBatch(account, id, 'key_a', ledger);
    expect(await usageReport(account, { groupBy: 'day' })).toMatchObject({
      data: [
        { day: '2026-01-31', ...sum(4, 45) },
        { day: '2026-02-01', ...sum(2, 7) },
      ],
      total: sum(6, 52),
    });
  });

  it('that comes late, after a newer one, takes nothing back', async () => {
    const account = await newAccount();
    const id = newId('batch');
    const newer = [entry({ requests: 4, tokens: 45 })];
    await endBatch(account, id, 'key_a', newer);
    await endBatch(account, id, 'key_a', [entry({ requests: 1, tokens: 10 })]);
    await endBatch(account, id, 'key_a', []);
    await endBatch(account, id, 'key_a', newer);
    expect(await total(account)).toMatchObject(sum(4, 45));
  });

  it('is remembered entry by entry, though a call may bring only some', async () => {
    const account = await newAccount();
    const id = newId('batch');
    const one = entry({ requests: 4, tokens: 45 });
    const other = entry({ requests: 2, tokens: 7, model: 'other' });
    for (const ledger of [[one], [other], [one, other]]) await endBatch(account, id, 'key_a', ledger);
    expect(await total(account)).toMatchObject(sum(6, 52));
  });

  it('adds to what requests and other batches spent', async () => {
    const account = await newAccount();
    await spend(account, 1);
    await endBatch(account, newId('batch'), 'key_a', [entry({ requests: 1, tokens: 10 })]);
    await endBatch(account, newId('batch'), 'key_b', [entry({ requests: 1, tokens: 100 })]);
    expect(await usageReport(account, { groupBy: 'key' })).toMatchObject({
      data: [
        { key: 'key_a', ...sum(2, 11) },
        { key: 'key_b', ...sum(1, 100) },
      ],
    });
  });

  it('may have no price', async () => {
    const account = await newAccount();
    const id = newId('batch');
    await endBatch(account, id, 'key_a', [{ ...entry({ requests: 1, tokens: 1 }), costNano: null }]);
    expect((await total(account)).cost).toBeNull();
    await endBatch(account, id, 'key_a', [entry({ requests: 2, tokens: 2 })]);
    expect(await total(account)).toMatchObject(sum(2, 2));
  });

  it('stays booked when the batch is removed, and is not booked again after', async () => {
    const account = await newAccount();
    const id = newId('batch');
    const ledger = [entry({ requests: 3, tokens: 30 })];
    await account.addBatch({ id, keyId: 'key_a', createdAt: 0, status: 'completed', inputFileId: null });
    await endBatch(account, id, 'key_a', ledger);
    await account.removeBatch(id, null);
    expect(await total(account)).toMatchObject(sum(3, 30));
    await endBatch(account, id, 'key_a', ledger);
    expect(await total(account)).toMatchObject(sum(3, 30));
  });

  it('is booked whole or not at all', async () => {
    const account = await newAccount();
    const broken = { ...entry({ requests: 1, tokens: 1, model: 'other' }), day: null as unknown as string };
    const ledger = [entry({ requests: 1, tokens: 1 }), broken];
    await runInDurableObject(account, (object) => {
      expect(() => endBatch(object, newId('batch'), 'key_a', ledger)).toThrow('NOT NULL');
    });
    expect((await total(account)).requests).toBe(0);
    expect((await account.listBatches({ limit: 1, order: 'asc' }))?.data).toEqual([]);
  });
});
