// What the cron removes, and what it leaves alone.
import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { IndexedFile } from '../../src/accounts/file-index';
import { newId } from '../../src/contract/ids';
import { fileKey, partKey } from '../../src/files/object-key';
import { sweepFiles } from '../../src/files/sweep';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

async function newAccount(): Promise<string> {
  const response = await exports.default.fetch('http://quire/api/v1/admin/accounts', {
    method: 'POST',
    headers: { authorization: 'Bearer admin-test', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'sweep' }),
  });
  return (await response.json<{ id: string }>()).id;
}

async function addFile(
  accountId: string,
  expiresAt: number | null,
  createdAt = Date.now(),
): Promise<IndexedFile> {
  const id = newId('file');
  const r2Key = fileKey(accountId, id);
  const file: IndexedFile = {
    id,
    filename: 'a.txt',
    size: 1,
    contentType: 'text/plain',
    purpose: 'assistants',
    createdAt,
    expiresAt,
    sha256: '',
    r2Key,
  };
  await env.BUCKET.put(r2Key, 'a');
  await env.ACCOUNTS.getByName(accountId).addFile(file);
  return file;
}

const exists = async (key: string) => (await env.BUCKET.head(key)) !== null;

it('expired files go, row and bytes; others stay', async () => {
  const accountId = await newAccount();
  const account = env.ACCOUNTS.getByName(accountId);
  const now = Date.now();
  const expired = await addFile(accountId, now + 3_600_000);
  const lasting = await addFile(accountId, null);

  await sweepFiles(env, now);
  expect(await exists(expired.r2Key)).toBe(true);

  await sweepFiles(env, now + 3_600_000);
  expect(await exists(expired.r2Key)).toBe(false);
  expect(await account.getFile(expired.id, now)).toBeNull();
  expect(await exists(lasting.r2Key)).toBe(true);
  expect(await account.getFile(lasting.id, now)).toEqual(lasting);
});

it('objects no account knows go after a day, and only those', async () => {
  const accountId = await newAccount();
  const known = await addFile(accountId, null);
  const orphan = fileKey(accountId, newId('file'));
  const ownerless = fileKey(newId('acct'), newId('file'));
  await Promise.all([orphan, ownerless, 'batches/x/input.jsonl'].map((key) => env.BUCKET.put(key, 'a')));

  await sweepFiles(env, Date.now());
  expect(await exists(orphan)).toBe(true);

  await sweepFiles(env, Date.now() + DAY_MS + 1000);
  expect(await exists(orphan)).toBe(false);
  expect(await exists(ownerless)).toBe(false);
  expect(await exists(known.r2Key)).toBe(true);
  expect(await exists('batches/x/input.jsonl')).toBe(true);
});

it('a run does a bounded piece, and the next goes on from there', async () => {
  const accountId = await newAccount();
  const orphans = Array.from({ length: 501 }, (_, i) =>
    fileKey(accountId, `file_${String(i).padStart(4, '0')}`),
  );
  await Promise.all(orphans.map((key) => env.BUCKET.put(key, '')));
  const later = Date.now() + DAY_MS + 1000;
  const left = async () => (await env.BUCKET.list({ prefix: `files/${accountId}/` })).objects.length;

  await sweepFiles(env, later);
  expect(await left()).toBeGreaterThan(0);
  await sweepFiles(env, later);
  expect(await left()).toBe(0);
});

it('files whose object is gone are taken off the list, and only those', async () => {
  const accountId = await newAccount();
  const account = env.ACCOUNTS.getByName(accountId);
  const now = Date.now();
  const [lost, kept, recent] = [
    await addFile(accountId, null, now - 2 * DAY_MS),
    await addFile(accountId, null, now - 2 * DAY_MS),
    await addFile(accountId, null, now),
  ];
  // Objects of another account, and bytes that outlived their file, must not be taken for it.
  await env.BUCKET.put(fileKey(accountId, 'file_0'), 'a');
  await env.BUCKET.delete([lost.r2Key, recent.r2Key]);
  await sweepFiles(env, now);
  expect(await account.getFile(lost.id, now)).toBeNull();
  expect(await account.getFile(kept.id, now)).toEqual(kept);
  // An upload writes its object first; but what is this young is left to a later run.
  expect(await account.getFile(recent.id, now)).toEqual(recent);
});

it('lost files are looked for a piece a run, round and round', async () => {
  const accountId = await newAccount();
  const account = env.ACCOUNTS.getByName(accountId);
  const now = Date.now();
  const files = await Promise.all(
    Array.from({ length: 7 }, () => addFile(accountId, null, now - 2 * DAY_MS)),
  );
  const ids = files.map(({ id }) => id).toSorted();
  expect(await account.filesToCheck(now, 3)).toEqual(ids.slice(0, 3));
  expect(await account.filesToCheck(now, 3)).toEqual(ids.slice(3, 6));
  expect(await account.filesToCheck(now, 3)).toEqual(ids.slice(6));
  expect(await account.filesToCheck(now, 10)).toEqual(ids);
  expect(await account.filesToCheck(now, 10)).toEqual(ids);
});

it('uploads that were never completed go after their hour, row and parts; parts no upload knows after a day', async () => {
  const accountId = await newAccount();
  const account = env.ACCOUNTS.getByName(accountId);
  const now = Date.now();
  const upload = {
    filename: 'a',
    bytes: 1,
    mimeType: '',
    purpose: 'user_data',
    fileExpiresAfterSeconds: null,
  } as const;
  const [old, young] = [newId('upload'), newId('upload')];
  for (const [id, createdAt] of [
    [old, now - HOUR_MS],
    [young, now],
  ] as const) {
    await account.addUpload({ ...upload, id, createdAt });
    await account.addUploadPart({ id: 'part_a', uploadId: id, size: 1 });
  }
  const [oldPart, youngPart, orphan] = [
    { uploadId: old, id: 'part_a' },
    { uploadId: young, id: 'part_a' },
    { uploadId: young, id: 'part_b' },
  ].map((part) => partKey(accountId, part)) as [string, string, string];
  await Promise.all([oldPart, youngPart, orphan].map((key) => env.BUCKET.put(key, 'a')));

  await sweepFiles(env, now);
  expect(await account.getUpload(old)).toMatchObject({ status: 'expired' });
  expect([await exists(oldPart), await exists(youngPart), await exists(orphan)]).toEqual([false, true, true]);

  await sweepFiles(env, now + DAY_MS + 1000);
  expect([await exists(youngPart), await exists(orphan)]).toEqual([false, false]);
});
