// The index of an account's batches: what is listed, how many may run, and whose input's bytes are still needed.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { AccountObject, BatchEnd } from '../../src/accounts/account-object';
import type { NewBatchEntry } from '../../src/accounts/batch-index';
import type { BatchSpec } from '../../src/batches/batch-spec';
import { newId } from '../../src/contract/ids';
import { eventually } from '../eventually';
import { createKey, emptyAccount, file, NOW, newAccount, usageReport, walk } from './accounts';
import { entry } from './spend';

function batch(values: Partial<NewBatchEntry> = {}): NewBatchEntry {
  return {
    id: newId('batch'),
    keyId: 'key_a',
    createdAt: NOW,
    status: 'pending',
    inputFileId: null,
    ...values,
  };
}

/** The same batch at its end. */
const completed = (entry: NewBatchEntry): NewBatchEntry => ({ ...entry, status: 'completed' });

function end(values: Partial<BatchEnd> = {}): BatchEnd {
  return { ledger: [], files: [], summary: '{"id":"…"}', hasWebhook: false, ...values };
}

/** Whether it may run. */
async function starts(account: DurableObjectStub<AccountObject>, asking: NewBatchEntry): Promise<boolean> {
  return (await account.startBatch(asking)) !== null;
}

const LIST = { limit: 10, order: 'asc' } as const;

describe('a batch', () => {
  it('is listed as it was added, then as it started, then as it ended', async () => {
    const account = await newAccount();
    const [one, other] = [batch(), batch({ inputFileId: newId('file') })];
    await account.addBatch(one);
    await account.addBatch(other);
    expect(await account.startBatch(one)).toEqual({ hasBudget: false });
    expect((await account.listBatches(LIST))?.data).toEqual([
      { ...one, status: 'running', summary: null },
      { ...other, summary: null },
    ]);
    await account.endBatch(completed(one), end());
    expect(await account.listBatches(LIST)).toEqual({
      data: [
        { ...one, status: 'completed', summary: '{"id":"…"}' },
        { ...other, summary: null },
      ],
      hasMore: false,
    });
  });

  it('that is added again, say after a crash, keeps its newer status', async () => {
    const account = await newAccount();
    const added = batch();
    await account.addBatch(added);
    await account.startBatch(added);
    await account.addBatch(added);
    expect((await account.listBatches(LIST))?.data).toEqual([{ ...added, status: 'running', summary: null }]);
  });

  it('that could not be added is listed from its start or its end on', async () => {
    const account = await newAccount();
    const [started, ended] = [batch(), batch({ inputFileId: newId('file') })];
    await account.startBatch(started);
    await account.endBatch({ ...ended, status: 'failed' }, end());
    expect((await account.listBatches(LIST))?.data).toEqual([
      { ...started, status: 'running', summary: null },
      { ...ended, status: 'failed', summary: '{"id":"…"}' },
    ]);
  });

  it('that was removed is gone, however often', async () => {
    const account = await newAccount();
    const added = batch();
    await account.addBatch(added);
    expect(await account.removeBatch(added.id, null)).toBe(true);
    expect(await account.removeBatch(added.id, null)).toBe(true);
    expect((await account.listBatches(LIST))?.data).toEqual([]);
    expect(await account.listBatches({ ...LIST, after: added.id })).toBeNull();
  });
});

describe('the end of a batch', () => {
  it('lists its output files and books its spend with it', async () => {
    const account = await newAccount();
    const ended = completed(batch());
    const files = [file({ purpose: 'batch_output' }), file({ purpose: 'batch_output' })];
    await account.endBatch(ended, end({ files, ledger: [entry({ requests: 3, tokens: 30 })] }));
    expect((await account.listFiles(LIST, NOW))?.data).toEqual(files);
    expect((await usageReport(account, { groupBy: 'key' })).data).toMatchObject([
      { key: 'key_a', requests: 3 },
    ]);
    expect((await account.listBatches(LIST))?.data).toEqual([{ ...ended, summary: '{"id":"…"}' }]);
  });

  it('that is told again changes nothing', async () => {
    const account = await newAccount();
    const ended = completed(batch());
    const report = end({
      files: [file({ purpose: 'batch_output' })],
      ledger: [entry({ requests: 3, tokens: 30 })],
    });
    const all = async () => [
      await account.listBatches(LIST),
      await account.listFiles(LIST, NOW),
      await usageReport(account, { groupBy: 'day' }),
    ];
    await account.endBatch(ended, report);
    const before = await all();
    for (let i = 0; i < 3; i++) await account.endBatch(ended, report);
    await Promise.all([account.endBatch(ended, report), account.endBatch(ended, report)]);
    expect(await all()).toEqual(before);
  });

  it('stands against what was sent before it and comes after it: a start, and a wish for money', async () => {
    const account = await newAccount({ monthly_budget: 1, concurrent_batches: 1 });
    const late = batch();
    await account.addBatch(late);
    await account.endBatch(completed(late), end());
    expect(await account.startBatch(late)).toBeNull();
    const wish = { heldNano: 0, leastNano: 1, nextNano: 1000, wantedNano: 1000 };
    expect(await account.fundBatch(late, [], wish)).toBeNull();
    expect((await account.listBatches(LIST))?.data).toEqual([
      { ...late, status: 'completed', summary: '{"id":"…"}' },
    ]);
    // Neither its room nor its money is taken.
    expect((await account.describe())?.used).toMatchObject({ reserved: 0, concurrent_batches: 0 });
    expect(await starts(account, batch())).toBe(true);
  });

  it('is noted whole or not at all', async () => {
    const account = await newAccount();
    const broken = file({ sha256: null as unknown as string });
    await runInDurableObject(account, (object) => {
      const report = end({ files: [file(), broken], ledger: [entry({ requests: 1, tokens: 1 })] });
      expect(() => object.endBatch(completed(batch()), report)).toThrow('NOT NULL');
    });
    expect((await account.listBatches(LIST))?.data).toEqual([]);
    expect((await account.listFiles(LIST, NOW))?.data).toEqual([]);
    expect((await usageReport(account, { groupBy: 'day' })).total.requests).toBe(0);
  });
});

describe('the limit on concurrent batches', () => {
  it('lets so many run, whoever asks how often, and the next once one has ended', async () => {
    const account = await newAccount({ concurrent_batches: 2 });
    const [a, b, c, d] = [batch(), batch(), batch(), batch()] as const;
    for (const added of [a, b, c, d]) await account.addBatch(added);
    const ask = async (...batches: NewBatchEntry[]) => {
      const answers: boolean[] = [];
      for (const asking of batches) answers.push(await starts(account, asking));
      return answers;
    };
    expect(await ask(a, b, c, d)).toEqual([true, true, false, false]);
    expect(await ask(a, b, c, d)).toEqual([true, true, false, false]);
    await account.endBatch(completed(a), end());
    expect(await ask(c, d, b)).toEqual([true, false, true]);
    await account.removeBatch(c.id, null);
    expect(await ask(d)).toEqual([true]);
    const running = await account.listBatches({ ...LIST, status: 'running' });
    expect(running?.data.map(({ id }) => id)).toEqual([b.id, d.id]);
  });

  it('holds for those that ask at the same moment', async () => {
    const account = await newAccount({ concurrent_batches: 3 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => starts(account, batch())));
    expect(answers.filter(Boolean)).toHaveLength(3);
  });

  it('may be changed: more start at once, fewer stop none', async () => {
    const account = await newAccount({ concurrent_batches: 1 });
    const [a, b, c] = [batch(), batch(), batch()] as const;
    expect([await starts(account, a), await starts(account, b)]).toEqual([true, false]);
    await account.update({ limits: { concurrent_batches: 2 } });
    expect(await starts(account, b)).toBe(true);
    await account.update({ limits: { concurrent_batches: 1 } });
    expect([await starts(account, a), await starts(account, b)]).toEqual([true, true]);
    expect(await starts(account, c)).toBe(false);
    await account.update({ limits: { concurrent_batches: null } });
    expect(await starts(account, c)).toBe(true);
  });

  it('may be tighter for a key', async () => {
    const account = await newAccount({ concurrent_batches: 3 });
    const { key } = await createKey(account, { name: 'narrow', limits: { concurrent_batches: 1 } });
    const [a, b, c, d, e] = [key.id, key.id, 'key_b', 'key_b', 'key_b'].map((keyId) => batch({ keyId }));
    const answers: boolean[] = [];
    for (const asking of [a, b, c, d, e]) if (asking) answers.push(await starts(account, asking));
    expect(answers).toEqual([true, false, true, true, false]);
    await account.endBatch(completed(a ?? batch()), end());
    expect([b && (await starts(account, b)), e && (await starts(account, e))]).toEqual([true, false]);
  });

  it('is none where none is set, or where there is no account yet', async () => {
    for (const account of [await newAccount(), emptyAccount()]) {
      for (let i = 0; i < 30; i++) expect(await starts(account, batch())).toBe(true);
    }
  });

  it.each(['when one ends', 'when the limit is raised'])('wakes a waiting batch %s', async (when) => {
    const account = await newAccount({ concurrent_batches: 1 });
    const { id: accountId = '' } = (await account.describe()) ?? {};
    const running = batch({ createdAt: Date.now() });
    expect(await starts(account, running)).toBe(true);
    const spec = specOf(accountId, newId('batch'));
    const stub = env.BATCHES.getByName(spec.id);
    const cut = { first: 0, start: 0, end: 10, customIds: ['a'], boundNano: 0 };
    await stub.create(spec, { cuts: [cut], model: 'sandbox' });
    const phase = async () => (await stub.snapshot(accountId))?.state.phase;
    await stub.wake();
    expect(await phase()).toBe('waiting');
    if (when === 'when one ends') await account.endBatch(completed(running), end());
    else await account.update({ limits: { concurrent_batches: 2 } });
    // Its own check would come after 30 s.
    await eventually(async () => expect(await phase()).not.toBe('waiting'));
    expect((await stub.snapshot(accountId))?.state.startedAt).not.toBeNull();
  });
});

describe('the file a batch reads', () => {
  it('is in use until the batch has ended', async () => {
    const account = await newAccount();
    const input = file({ purpose: 'batch' });
    const reading = batch({ inputFileId: input.id });
    await account.addFile(input);
    await account.addBatch(reading);
    expect(await account.removeFile(input.id)).toBe('in_use');
    await account.startBatch(reading);
    expect(await account.removeFile(input.id)).toBe('in_use');
    expect(await account.getFile(input.id, NOW)).toEqual(input);
    await account.endBatch(completed(reading), end());
    expect(await account.removeFile(input.id)).toEqual({ bytesToDelete: null });
    expect(await account.getFile(input.id, NOW)).toBeNull();
  });

  it('is in use where one of several batches is unfinished', async () => {
    const account = await newAccount();
    const input = file({ purpose: 'batch' });
    const [ended, reading] = [batch({ inputFileId: input.id }), batch({ inputFileId: input.id })] as const;
    await account.addFile(input);
    await account.endBatch(completed(ended), end());
    await account.addBatch(reading);
    expect(await account.removeFile(input.id)).toBe('in_use');
  });

  it('keeps its bytes for an ended batch that may be tried again, until that is gone too', async () => {
    const account = await newAccount();
    const input = file({ purpose: 'batch' });
    const [one, other] = [batch({ inputFileId: input.id }), batch({ inputFileId: input.id })] as const;
    await account.addFile(input);
    await account.endBatch(completed(one), end());
    await account.endBatch(completed(other), end());
    expect(await account.removeFile(input.id)).toEqual({ bytesToDelete: null });
    expect(await account.holdsBytes(input.id)).toBe(true);
    expect(await account.removeBatch(one.id, input.id)).toBe(false);
    expect(await account.holdsBytes(input.id)).toBe(true);
    expect(await account.removeBatch(other.id, input.id)).toBe(true);
    expect(await account.holdsBytes(input.id)).toBe(false);
  });

  it('keeps its bytes as long as it is listed, though the batch is gone', async () => {
    const account = await newAccount();
    const input = file({ purpose: 'batch' });
    const ended = batch({ inputFileId: input.id });
    await account.addFile(input);
    await account.endBatch(completed(ended), end());
    expect(await account.removeBatch(ended.id, input.id)).toBe(false);
    // A removal that is repeated, since it was cut short, hears the same.
    expect(await account.removeBatch(ended.id, input.id)).toBe(false);
    expect(await account.holdsBytes(input.id)).toBe(true);
    expect(await account.removeFile(input.id)).toEqual({ bytesToDelete: input.r2Key });
    expect(await account.holdsBytes(input.id)).toBe(false);
  });
});

describe('the list of batches', () => {
  it('has each once, in either order', async () => {
    const account = await newAccount();
    const batches = [NOW + 1, NOW, NOW, NOW - 1].map((createdAt) => batch({ createdAt }));
    for (const added of batches) await account.addBatch(added);
    const [newest, a, b, oldest] = batches.map(({ id }) => id);
    const ids = [oldest, a, b, newest];
    expect(await walk((after) => account.listBatches({ limit: 2, order: 'asc', ...after }))).toEqual(ids);
    expect(await walk((after) => account.listBatches({ limit: 2, order: 'desc', ...after }))).toEqual(
      ids.toReversed(),
    );
  });

  it('can be of one status', async () => {
    const account = await newAccount();
    const [pending, running] = [batch(), batch({ status: 'running' })];
    await account.addBatch(pending);
    await account.addBatch(running);
    expect(await account.listBatches({ ...LIST, status: 'running' })).toMatchObject({
      data: [{ id: running.id }],
    });
    expect((await account.listBatches({ ...LIST, status: 'failed' }))?.data).toEqual([]);
  });
});

it('stale batches are those made before a time, the oldest first', async () => {
  const account = await newAccount();
  const [recent, old, older] = [batch(), batch({ createdAt: NOW - 1 }), batch({ createdAt: NOW - 2 })];
  for (const added of [recent, old, older]) await account.addBatch(added);
  expect(await account.staleBatches(NOW, 10)).toEqual([older, old]);
  expect(await account.staleBatches(NOW, 1)).toEqual([older]);
  expect(await account.staleBatches(NOW - 2, 10)).toEqual([]);
});

it('the cron is shown batches that have something to do, a page at a time, round and round', async () => {
  const account = await newAccount();
  const [ended, hooked, settled, waiting] = [batch(), batch(), batch(), batch()];
  for (const added of [ended, hooked, settled, waiting]) await account.addBatch(added);
  await account.endBatch(completed(ended), end());
  await account.endBatch(completed(hooked), end({ hasWebhook: true }));
  await account.settleBatch(settled.id);
  const page = async () => (await account.alarmsToCheck(1)).batches;
  expect([await page(), await page(), await page()]).toEqual([[hooked.id], [waiting.id], []]);
  expect(await account.alarmsToCheck(10)).toEqual({ batches: [hooked.id, waiting.id], hasWebhooks: false });
  // With endpoints, every batch has someone to be told of its end.
  await account.noteWebhooks();
  await account.endBatch(completed(waiting), end());
  expect(await account.alarmsToCheck(10)).toEqual({ batches: [hooked.id, waiting.id], hasWebhooks: true });
});

/** A batch that nobody runs: its input is nowhere. */
function specOf(accountId: string, id: string): BatchSpec {
  return {
    id,
    accountId,
    keyId: 'key_a',
    origin: 'http://quire',
    locale: 'en',
    metadata: null,
    completionWindow: '24h',
    createdAt: Date.now(),
    expiresAt: Date.now() + 86_400_000,
    inputKey: `batches/${accountId}/${id}/input.jsonl`,
    inputFileId: null,
    outputFileId: newId('file'),
    errorFileId: newId('file'),
    outputExpiresAfterMs: null,
    maxCostNano: null,
    hasBounds: false,
    webhook: null,
    streamToken: 'token',
  };
}
