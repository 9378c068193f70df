// What an account stores, counted as it comes and goes, and its limit.
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { AccountObject } from '../../src/accounts/account-object';
import type { NewUpload } from '../../src/accounts/upload-index';
import { newId } from '../../src/contract/ids';
import { emptyAccount, file, NOW, newAccount } from './accounts';

const HOUR_MS = 3_600_000;

const KEY = 'key_test';

function upload(bytes: number, values: Partial<NewUpload> = {}): NewUpload {
  return {
    id: newId('upload'),
    filename: 'a.txt',
    bytes,
    mimeType: 'text/plain',
    purpose: 'user_data',
    createdAt: NOW,
    fileExpiresAfterSeconds: null,
    ...values,
  };
}

const part = (uploadId: string, size: number) => ({ id: newId('part'), uploadId, size });

function used(account: DurableObjectStub<AccountObject>): Promise<number> {
  return runInDurableObject(
    account,
    (_object, { storage: { sql } }) =>
      sql.exec<{ used_bytes: number }>('SELECT used_bytes FROM storage').one().used_bytes,
  );
}

function endBatch(account: DurableObjectStub<AccountObject>, size: number) {
  const status = 'completed' as const;
  const batch = { id: newId('batch'), createdAt: NOW, keyId: KEY, status, inputFileId: null };
  const files = [file({ purpose: 'batch_output', size })];
  const end = { ledger: [], files, summary: '{}', hasWebhook: false };
  return { again: () => account.endBatch(batch, end) };
}

describe('the bytes of an account', () => {
  it('are those of its files, each once, until it is removed', async () => {
    const account = await newAccount();
    const [first, second] = [file({ size: 10 }), file({ size: 5 })];
    for (const added of [first, second, first]) expect(await account.addFile(added)).toBeNull();
    expect(await used(account)).toBe(15);
    for (let i = 0; i < 2; i++) await account.removeFile(first.id);
    expect(await used(account)).toBe(5);
  });

  it('are those of the parts of uploads, and then of their file', async () => {
    const account = await newAccount();
    const [completed, cancelled] = [upload(10), upload(10)];
    for (const { id } of [await account.addUpload(completed), await account.addUpload(cancelled)].map(
      (added) => ({
        id: 'refused' in added ? '' : added.id,
      }),
    )) {
      for (const size of [6, 4, 7]) expect(await account.addUploadPart(part(id, size))).toBeNull();
    }
    expect(await used(account)).toBe(34);
    expect(await account.completeUpload(completed.id, file({ size: 10 }), [])).toHaveLength(3);
    expect(await used(account)).toBe(27);
    expect(await account.cancelUpload(cancelled.id)).toHaveLength(3);
    expect(await used(account)).toBe(10);
  });

  it('are known of files that were there before they were counted', async () => {
    const account = await newAccount();
    await account.addFile(file({ size: 7 }));
    await runInDurableObject(account, async (object, state) => {
      state.storage.sql.exec('DROP TABLE storage');
      // As when an object of an earlier version wakes.
      const Class = object.constructor as new (...args: unknown[]) => AccountObject;
      new Class(state, Reflect.get(object, 'env'));
    });
    expect(await used(account)).toBe(7);
  });
});

describe('the limit', () => {
  it('is none where none is set', async () => {
    expect(await (await newAccount()).storageRoom()).toBeNull();
    expect(await emptyAccount().storageRoom()).toBeNull();
  });

  it('lets in what just fits, and nothing more', async () => {
    const account = await newAccount({ storage_bytes: 100 });
    expect(await account.addFile(file({ size: 60 }))).toBeNull();
    const late = file({ size: 41 });
    expect(await account.addFile(late)).toEqual({
      refused: 'storage_full',
      room: { limit: 100, used: 60 },
    });
    expect(await account.getFile(late.id, NOW)).toBeNull();
    expect(await account.addFile(file({ size: 40 }))).toBeNull();
    expect(await account.storageRoom()).toEqual({ limit: 100, used: 100 });
  });

  it('holds against many at once', async () => {
    const account = await newAccount({ storage_bytes: 100 });
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => account.addFile(file({ size: 7 }))));
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(14);
    expect(await used(account)).toBe(98);
  });

  it('is for parts, too, and refuses an upload that can never fit', async () => {
    const account = await newAccount({ storage_bytes: 100 });
    expect(await account.addUpload(upload(101))).toMatchObject({ refused: 'storage_full' });
    const fitting = upload(100);
    await account.addUpload(fitting);
    expect(await account.addUploadPart(part(fitting.id, 60))).toBeNull();
    expect(await account.addUploadPart(part(fitting.id, 60))).toMatchObject({ refused: 'storage_full' });
    expect(await account.addFile(file({ size: 41 }))).toMatchObject({ refused: 'storage_full' });
    expect(await account.addUploadPart(part(fitting.id, 40))).toBeNull();
    // Its bytes are counted already.
    expect(await account.completeUpload(fitting.id, file({ size: 100 }), [])).toHaveLength(2);
    expect(await used(account)).toBe(100);
  });

  it('never refuses a batch its output, which counts once', async () => {
    const account = await newAccount({ storage_bytes: 10 });
    const batch = endBatch(account, 50);
    await batch.again();
    await batch.again();
    expect(await account.storageRoom()).toEqual({ limit: 10, used: 50 });
    expect(await account.addFile(file({ size: 1 }))).toMatchObject({ refused: 'storage_full' });
  });

  it('can be lowered below what is there, and lifted', async () => {
    const account = await newAccount({ storage_bytes: 100 });
    await account.addFile(file({ size: 50 }));
    await account.update({ limits: { storage_bytes: 20 } });
    expect(await account.addFile(file({ size: 1 }))).toMatchObject({ room: { limit: 20, used: 50 } });
    await account.update({ limits: { storage_bytes: null } });
    expect(await account.addFile(file({ size: 1 }))).toBeNull();
  });
});

describe('an upload', () => {
  it('ends once: what comes later changes nothing', async () => {
    const account = await newAccount();
    const added = upload(10);
    await account.addUpload(added);
    await account.addUploadPart(part(added.id, 10));
    const made = file({ size: 10 });
    await account.completeUpload(added.id, made, ['part_a']);
    const refusal = { refused: 'not_pending', status: 'completed' };
    expect(await account.completeUpload(added.id, file({ size: 10 }), ['part_b'])).toEqual(refusal);
    expect(await account.cancelUpload(added.id)).toEqual(refusal);
    expect(await account.addUploadPart(part(added.id, 1))).toEqual(refusal);
    expect(await account.getUpload(added.id)).toMatchObject({ fileId: made.id, partIds: ['part_a'] });
    expect((await account.listFiles({ limit: 10, order: 'asc' }, NOW))?.data).toEqual([made]);
  });

  it('that is unknown is not found, also in an object that holds nothing', async () => {
    for (const account of [await newAccount(), emptyAccount()]) {
      expect(await account.getUpload('upload_x')).toBeNull();
      expect(await account.addUploadPart(part('upload_x', 1))).toEqual({ refused: 'not_found' });
      expect(await account.cancelUpload('upload_x')).toEqual({ refused: 'not_found' });
      expect(await account.expireUploads(NOW, 10)).toEqual([]);
    }
  });

  it('takes a thousand parts', async () => {
    const account = await newAccount();
    const added = upload(1000);
    await account.addUpload(added);
    for (let i = 0; i < 1000; i++) await account.addUploadPart(part(added.id, 1));
    expect(await account.addUploadPart(part(added.id, 1))).toEqual({ refused: 'too_many_parts' });
    expect(await account.cancelUpload(added.id)).toHaveLength(1000);
  });

  it('is ended when its hour is over, the oldest first, and forgotten a day later', async () => {
    const account = await newAccount();
    const [older, newer] = [upload(10), upload(10, { createdAt: NOW + 1000 })];
    for (const added of [newer, older]) {
      await account.addUpload(added);
      await account.addUploadPart(part(added.id, 3));
    }
    expect(await account.expireUploads(NOW + HOUR_MS - 1, 10)).toEqual([]);
    expect(await account.expireUploads(NOW + 2 * HOUR_MS, 1)).toMatchObject([{ uploadId: older.id }]);
    expect(await account.getUpload(older.id)).toMatchObject({ status: 'expired' });
    expect(await account.expireUploads(NOW + 2 * HOUR_MS, 1)).toMatchObject([{ uploadId: newer.id }]);
    expect(await used(account)).toBe(0);
    await account.expireUploads(NOW + 26 * HOUR_MS, 1);
    expect(await account.getUpload(older.id)).toBeNull();
  });
});
