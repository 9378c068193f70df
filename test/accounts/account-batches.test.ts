// The index of an account's batches.
import { describe, expect, it } from 'vitest';
import type { NewBatchEntry } from '../../src/accounts/batch-index';
import { newId } from '../../src/contract/ids';
import { NOW, newAccount, walk } from './accounts';

function batch(values: Partial<NewBatchEntry> = {}): NewBatchEntry {
  return { id: newId('batch'), createdAt: NOW, status: 'pending', model: 'sandbox', ...values };
}

const LIST = { limit: 10, order: 'asc' } as const;

describe('a batch', () => {
  it('is listed as it was added, then as it was updated', async () => {
    const account = await newAccount();
    const [one, mixed] = [batch(), batch({ model: null })];
    await account.addBatch(one);
    await account.addBatch(mixed);
    await account.updateBatch(one.id, 'completed', '{"id":"…"}');
    expect(await account.listBatches(LIST)).toEqual({
      data: [
        { ...one, status: 'completed', summary: '{"id":"…"}' },
        { ...mixed, summary: null },
      ],
      hasMore: false,
    });
  });

  it('that is added again, say after a crash, keeps its newer status', async () => {
    const account = await newAccount();
    const added = batch();
    await account.addBatch(added);
    await account.updateBatch(added.id, 'running', null);
    await account.addBatch(added);
    expect((await account.listBatches(LIST))?.data).toEqual([{ ...added, status: 'running', summary: null }]);
  });

  it('that was removed is gone, and an update does not bring it back', async () => {
    const account = await newAccount();
    const added = batch();
    await account.addBatch(added);
    await account.removeBatch(added.id);
    await account.removeBatch(added.id);
    await account.updateBatch(added.id, 'completed', null);
    expect((await account.listBatches(LIST))?.data).toEqual([]);
    expect(await account.listBatches({ ...LIST, after: added.id })).toBeNull();
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
