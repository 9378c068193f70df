// An account's share of the metrics: sums that are kept, and equal what adding up all rows would give.
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { AccountObject } from '../../src/accounts/account-object';
import type { BatchStatus } from '../../src/contract/batches';
import { newId } from '../../src/contract/ids';
import { usdFromNano } from '../../src/contract/money';
import { emptyAccount, file, NOW, newAccount, settle, stored } from './accounts';
import { costOf, entry, usageOf } from './spend';

type Account = DurableObjectStub<AccountObject>;

const DAY_MS = 86_400_000;

function spend(account: Account, tokens: number, day: string, model = 'sandbox', key = 'key_a') {
  return settle(account, [
    { keyId: key, spend: { day, model, usage: usageOf(tokens), costNano: costOf(tokens) } },
  ]);
}

const batch = (id: string, status: BatchStatus) => ({
  id,
  keyId: 'key_a',
  createdAt: NOW,
  status,
  inputFileId: null,
});

const end = (ledger: ReturnType<typeof entry>[] = []) => ({
  ledger,
  files: [],
  summary: '{}',
  hasWebhook: false,
});

async function metricsOf(account: Account, now = NOW) {
  const metrics = await account.metrics(now);
  if (metrics === null) throw new Error('there is no account');
  return metrics;
}

/** As `spend` and `entry` make it. */
const total = (model: string, requests: number, tokens: number) => ({
  model,
  requests,
  promptTokens: 2 * tokens,
  completionTokens: 3 * tokens,
  costUsd: usdFromNano(costOf(tokens).prompt + costOf(tokens).completion),
});

/** The object as it wakes from what is stored, after `change`. */
async function wake<T>(account: Account, change: string[], ask: (awake: AccountObject) => T): Promise<T> {
  return runInDurableObject(account, (object, state) => {
    for (const statement of change) state.storage.sql.exec(statement);
    const Class = object.constructor as new (...args: unknown[]) => AccountObject;
    return ask(new Class(state, Reflect.get(object, 'env')));
  });
}

/** Rows that a scrape of an object that slept reads and writes, by SQLite's own count. */
async function rowsOf(account: Account, now: number): Promise<{ read: number; written: number }> {
  return runInDurableObject(account, (object, state) => {
    const sqlClass = Object.getPrototypeOf(state.storage.sql);
    const { exec } = sqlClass;
    const cursors: SqlStorageCursor<never>[] = [];
    sqlClass.exec = function (...args: unknown[]) {
      const cursor = exec.apply(this, args);
      cursors.push(cursor);
      return cursor;
    };
    try {
      const Class = object.constructor as new (...args: unknown[]) => AccountObject;
      new Class(state, Reflect.get(object, 'env')).metrics(now);
    } finally {
      sqlClass.exec = exec;
    }
    return {
      read: cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      written: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
    };
  });
}

describe('usage in metrics', () => {
  it('is all there ever was, whenever it is asked for', async () => {
    const account = await newAccount();
    await spend(account, 1, '2025-12-31');
    await spend(account, 10, '2026-01-30', 'other');
    await spend(account, 100, '2026-01-31', 'sandbox', 'key_b');
    const all = [total('other', 1, 10), total('sandbox', 2, 101)];
    for (const now of [NOW, NOW, NOW + DAY_MS, NOW + 40 * DAY_MS, NOW]) {
      expect((await metricsOf(account, now)).usage).toEqual(all);
    }
    expect(await emptyAccount().metrics(NOW)).toBeNull();
  });

  it('takes in what is booked late, on days that were added up', async () => {
    const account = await newAccount();
    await spend(account, 1, '2026-01-29');
    await metricsOf(account);
    await spend(account, 10, '2026-01-29');
    await spend(account, 100, '2026-01-20', 'other');
    await spend(account, 1000, '2026-01-31');
    const all = [total('other', 1, 100), total('sandbox', 3, 1011)];
    expect((await metricsOf(account)).usage).toEqual(all);
    expect((await metricsOf(account, NOW + 2 * DAY_MS)).usage).toEqual(all);
    expect(await wake(account, [], (awake) => awake.metrics(NOW)?.usage)).toEqual(all);
  });

  it('has the late spend of a batch once, however often its end is told', async () => {
    const account = await newAccount();
    await spend(account, 1, '2026-01-29');
    await metricsOf(account);
    const [id, early] = [newId('batch'), entry({ requests: 2, tokens: 10, day: '2026-01-29' })];
    const later = entry({ requests: 3, tokens: 100, day: '2026-01-31' });
    await account.fundBatch(
      batch(id, 'running'),
      [early],
      { heldNano: 0, leastNano: 0, nextNano: 0, wantedNano: 0 },
      NOW,
    );
    expect((await metricsOf(account)).usage).toEqual([total('sandbox', 3, 11)]);
    for (let times = 0; times < 2; times++) {
      await account.endBatch(batch(id, 'completed'), end([early, later]));
      expect((await metricsOf(account)).usage).toEqual([total('sandbox', 6, 111)]);
    }
  });

  it('has a cost from the first request that had a price on', async () => {
    const account = await newAccount();
    const unpriced = { day: '2026-01-29', model: 'free', usage: usageOf(1), costNano: null };
    await settle(account, [{ spend: unpriced }]);
    expect((await metricsOf(account)).usage).toEqual([{ ...total('free', 1, 1), costUsd: null }]);
    await settle(account, [{ spend: unpriced }]);
    await spend(account, 10, '2026-01-29', 'free');
    expect((await metricsOf(account)).usage).toEqual([
      { ...total('free', 3, 12), costUsd: total('free', 1, 10).costUsd },
    ]);
  });

  it('that could not be stored is not counted', async () => {
    const account = await newAccount();
    await spend(account, 1, '2026-01-29');
    const before = await metricsOf(account);
    await expect(
      runInDurableObject(account, async (object, { storage }) => {
        storage.sql.exec('ALTER TABLE booked_batches RENAME TO hidden');
        try {
          object.endBatch(
            batch(newId('batch'), 'completed'),
            end([entry({ requests: 1, tokens: 9, day: '2026-01-29' })]),
          );
        } finally {
          storage.sql.exec('ALTER TABLE hidden RENAME TO booked_batches');
        }
      }),
    ).rejects.toThrow('booked_batches');
    expect(await metricsOf(account)).toEqual(before);
  });
});

describe('what an account holds, in metrics', () => {
  it('counts batches by what has become of them', async () => {
    const account = await newAccount();
    const batches = async () => (await metricsOf(account)).batches;
    expect(await batches()).toEqual({});
    const [a, b, c] = [newId('batch'), newId('batch'), newId('batch')];
    for (const id of [a, b]) await account.addBatch(batch(id, 'pending'));
    await account.startBatch(batch(a, 'pending'));
    expect(await batches()).toEqual({ pending: 1, running: 1 });
    // The account is told of its end first of all, and more than once.
    for (let times = 0; times < 2; times++) {
      await account.endBatch(batch(a, 'completed'), end());
      await account.endBatch(batch(c, 'completed'), end());
    }
    await account.endBatch(batch(b, 'cancelled'), end());
    expect(await batches()).toEqual({ completed: 2, cancelled: 1 });
    for (let times = 0; times < 2; times++) await account.removeBatch(b, null);
    expect(await batches()).toEqual({ completed: 2 });
    expect(await wake(account, [], (awake) => awake.metrics(NOW)?.batches)).toEqual({ completed: 2 });
  });

  it('counts files, and not the parts of uploads', async () => {
    const account = await newAccount();
    const files = async () => (await metricsOf(account)).files;
    expect(await files()).toEqual({ count: 0, bytes: 0 });
    const [a, empty] = [file({ size: 7 }), file({ size: 0 })];
    for (const added of [a, empty, a]) await account.addFile(added);
    const upload = await account.addUpload({
      id: newId('upload'),
      filename: 'a.txt',
      bytes: 10,
      mimeType: 'text/plain',
      purpose: 'user_data',
      createdAt: NOW,
      fileExpiresAfterSeconds: null,
    });
    if ('refused' in upload) throw new Error('refused');
    await account.addUploadPart({ uploadId: upload.id, id: newId('part'), size: 10 });
    expect(await files()).toEqual({ count: 2, bytes: 7 });
    await account.completeUpload(upload.id, file({ size: 10 }), []);
    expect(await files()).toEqual({ count: 3, bytes: 17 });
    for (const { id } of [a, empty, a]) await account.removeFile(id);
    expect(await files()).toEqual({ count: 1, bytes: 10 });
  });

  it('is known of an account of an earlier version', async () => {
    const account = await newAccount();
    await spend(account, 1, '2026-01-01');
    await account.addFile(file({ size: 7 }));
    await account.endBatch(batch(newId('batch'), 'failed'), end());
    const before = await metricsOf(account);
    const earlier = [
      'DROP TABLE ended_batches',
      'DROP TABLE usage_totals',
      'DROP TABLE usage_closed',
      'ALTER TABLE storage DROP COLUMN file_count',
      'ALTER TABLE storage DROP COLUMN file_bytes',
    ];
    expect(await wake(account, earlier, (awake) => awake.metrics(NOW))).toEqual(before);
    expect(before).toEqual({
      status: 'active',
      usage: [total('sandbox', 1, 1)],
      batches: { failed: 1 },
      files: { count: 1, bytes: 7 },
    });
  });
});

describe('a scrape', () => {
  it('reads as many rows of an old account as of a young one, and writes a day once', async () => {
    const [young, old] = [await newAccount(), await newAccount()];
    await spend(young, 1, '2026-01-30');
    await spend(young, 1, '2026-01-31');
    await young.addFile(file());
    await young.endBatch(batch(newId('batch'), 'completed'), end());
    await runInDurableObject(old, (_object, { storage: { sql } }) => {
      const days = (sql: string) =>
        `WITH RECURSIVE days(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM days WHERE n < 700) ${sql}`;
      sql.exec(days(`INSERT INTO files SELECT n, 'file_' || n, '', 1, '', '', 0, NULL, '', '' FROM days`));
      sql.exec(
        days(`INSERT INTO batches SELECT n, 'batch_' || n, 0, 'completed', NULL, '{}', '', 0 FROM days`),
      );
      sql.exec('DELETE FROM storage');
    });
    for (let day = 0; day < 50; day++) {
      await spend(old, 1, new Date(NOW - day * DAY_MS).toISOString().slice(0, 10));
    }
    // The first scrape adds up, once.
    expect((await rowsOf(old, NOW)).read).toBeGreaterThan(700);
    await rowsOf(young, NOW);
    const rows = await rowsOf(old, NOW);
    expect(rows).toEqual(await rowsOf(young, NOW));
    // Most of them are of waking up.
    expect(rows.read).toBeLessThan(100);
    const before = await stored(old);
    expect(await rowsOf(old, NOW)).toMatchObject({ written: 0 });
    expect(await stored(old)).toBe(before);
    // One model, and the day.
    expect((await rowsOf(old, NOW + DAY_MS)).written).toBe(2);
    expect((await rowsOf(old, NOW + DAY_MS)).written).toBe(0);
    expect(await wake(old, [], (awake) => awake.metrics(NOW)?.usage)).toEqual([total('sandbox', 50, 50)]);
  });
});
