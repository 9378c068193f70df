// Files as the rest of the platform reads them.
import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { newId } from '../../src/contract/ids';
import { deleteFile, findFile, openContent, readFileBytes } from '../../src/files/file-store';
import { storeUpload } from '../../src/files/upload';
import { SAMPLES } from './samples';

const NOW = Date.UTC(2026, 0, 2);

async function stored(expiresAfterSeconds?: number) {
  const accountId = newId('acct');
  const form = new FormData();
  form.set('file', new File([SAMPLES.csv], 'people.csv', { type: 'text/csv' }));
  if (expiresAfterSeconds !== undefined) {
    form.set('expires_after[anchor]', 'created_at');
    form.set('expires_after[seconds]', String(expiresAfterSeconds));
  }
  const { body, headers } = new Request('http://x/', { method: 'POST', body: form });
  const request = { body, contentType: headers.get('content-type'), contentLength: null };
  return { accountId, file: await storeUpload(env, accountId, request, NOW) };
}

it('a file is found by its own account alone', async () => {
  const { accountId, file } = await stored();
  expect(await findFile(env, accountId, file.id, NOW)).toEqual(file);
  expect(await findFile(env, newId('acct'), file.id, NOW)).toBeNull();
  expect(await findFile(env, accountId, 'file_unknown', NOW)).toBeNull();
});

it('a file is gone the moment it expires', async () => {
  const { accountId, file } = await stored(3600);
  expect(await findFile(env, accountId, file.id, NOW + 3_599_999)).toEqual(file);
  expect(await findFile(env, accountId, file.id, NOW + 3_600_000)).toBeNull();
  expect(await readFileBytes(env, accountId, file.id, 1000)).toBeNull();
});

it('a file is read whole, with what a model must know of it', async () => {
  const { accountId, file } = await stored();
  expect(await readFileBytes(env, accountId, file.id, 1000)).toEqual({
    bytes: SAMPLES.csv,
    mediaType: 'text/csv',
    filename: 'people.csv',
  });
  expect(await readFileBytes(env, accountId, 'file_unknown', 1000)).toBeNull();
  await expect(readFileBytes(env, accountId, file.id, file.size - 1)).rejects.toMatchObject({
    type: 'invalid_request',
    detail: ['part_too_large', 0],
  });
});

it('a file is read once there is room for it, and not asked room for where it is too large', async () => {
  const { accountId, file } = await stored();
  const asked: number[] = [];
  const get = vi.spyOn(env.BUCKET, 'get');
  const read = readFileBytes(env, accountId, file.id, 1000, async (bytes) => {
    asked.push(bytes);
    expect(get).not.toHaveBeenCalled();
  });
  expect((await read)?.bytes).toEqual(SAMPLES.csv);
  expect(get).toHaveBeenCalledOnce();
  await expect(
    readFileBytes(env, accountId, file.id, 1, async (bytes) => {
      asked.push(bytes);
    }),
  ).rejects.toMatchObject({ type: 'invalid_request' });
  expect(asked).toEqual([file.size]);
  get.mockRestore();
});

it('a range of a file is read alone', async () => {
  const { file } = await stored();
  const content = await openContent(env, file, { offset: 5, length: 3 });
  expect(await new Response(content).text()).toBe('age');
});

it('a deleted file leaves no bytes', async () => {
  const { accountId, file } = await stored();
  expect(await deleteFile(env, newId('acct'), file.id, NOW)).toBe(false);
  expect(await deleteFile(env, accountId, file.id, NOW)).toBe(true);
  expect(await deleteFile(env, accountId, file.id, NOW)).toBe(false);
  expect(await findFile(env, accountId, file.id, NOW)).toBeNull();
  expect(await env.BUCKET.head(file.r2Key)).toBeNull();
  expect(await openContent(env, file, null)).toBeNull();
});
