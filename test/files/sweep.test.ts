// What the cron removes, and what it leaves alone.
import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { IndexedFile } from '../../src/accounts/file-index';
import { newId } from '../../src/contract/ids';
import { fileKey } from '../../src/files/object-key';
import { sweepFiles } from '../../src/files/sweep';

const DAY_MS = 86_400_000;

async function newAccount(): Promise<string> {
  const response = await exports.default.fetch('http://quire/api/v1/admin/accounts', {
    method: 'POST',
    headers: { authorization: 'Bearer admin-test', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'sweep' }),
  });
  return (await response.json<{ id: string }>()).id;
}

async function addFile(accountId: string, expiresAt: number | null): Promise<IndexedFile> {
  const id = newId('file');
  const r2Key = fileKey(accountId, id);
  const file: IndexedFile = {
    id,
    filename: 'a.txt',
    size: 1,
    contentType: 'text/plain',
    purpose: 'assistants',
    createdAt: Date.now(),
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
