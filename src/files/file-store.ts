// Stored files, seen from their account: the index row says what exists, R2 holds the bytes.
import type { FileSize, IndexedFile } from '../accounts/file-index';
import { ApiError } from '../contract/errors';
import type { ByteRange } from '../platform/byte-range';

/** The account's file, or null: unknown, deleted, expired or another account's. */
export async function findFile(
  env: Env,
  accountId: string,
  fileId: string,
  now: number,
): Promise<IndexedFile | null> {
  return env.ACCOUNTS.getByName(accountId).getFile(fileId, now);
}

/** Size and type of those of the files that the account has, by id: one call for all. */
export async function sizesOfFiles(
  env: Env,
  accountId: string,
  fileIds: readonly string[],
  now: number,
): Promise<Map<string, FileSize>> {
  if (fileIds.length === 0) return new Map();
  const sizes = await env.ACCOUNTS.getByName(accountId).fileSizes([...fileIds], now);
  return new Map(sizes.map((size) => [size.id, size]));
}

/**
 * A file's bytes, or those of a range, as a stream that must be read or cancelled. Null where they are gone: the file
 * was deleted a moment ago.
 */
export async function openContent(
  env: Env,
  file: IndexedFile,
  range: ByteRange | null,
): Promise<ReadableStream<Uint8Array> | null> {
  const object = await env.BUCKET.get(file.r2Key, range === null ? {} : { range });
  return object?.body ?? null;
}

/**
 * A whole file in memory, for a content part that names it. Null where there is none.
 *
 * @param makeRoom is told the size and waited for before anything is read
 * @throws ApiError `invalid_request` where it is larger than `limitBytes`
 */
export async function readFileBytes(
  env: Env,
  accountId: string,
  fileId: string,
  limitBytes: number,
  makeRoom: (bytes: number) => Promise<void> = () => Promise.resolve(),
): Promise<{ bytes: Uint8Array; mediaType: string; filename: string } | null> {
  const file = await findFile(env, accountId, fileId, Date.now());
  if (file === null) return null;
  if (file.size > limitBytes) {
    throw new ApiError('invalid_request', { detail: ['part_too_large', Math.floor(limitBytes / 1024 ** 2)] });
  }
  await makeRoom(file.size);
  const object = await env.BUCKET.get(file.r2Key);
  if (object === null) return null;
  return { bytes: await object.bytes(), mediaType: file.contentType, filename: file.filename };
}

/**
 * Deletes a file; false where there is none. The row goes first: what is left after a crash is an object no one can
 * see, which the sweep removes.
 *
 * @throws ApiError `conflict` while a batch that has not ended reads the file
 */
export async function deleteFile(env: Env, accountId: string, fileId: string, now: number): Promise<boolean> {
  if ((await findFile(env, accountId, fileId, now)) === null) return false;
  const removal = await removeFile(env, accountId, fileId);
  if (removal === 'in_use') throw new ApiError('conflict', { detail: ['file_in_use'] });
  return removal === 'removed';
}

/** Removes a file, expired or not, and its bytes where no batch may need them again. */
export async function removeFile(
  env: Env,
  accountId: string,
  fileId: string,
): Promise<'removed' | 'in_use' | 'not_found'> {
  const removal = await env.ACCOUNTS.getByName(accountId).removeFile(fileId);
  if (removal === null) return 'not_found';
  if (removal === 'in_use') return 'in_use';
  if (removal.bytesToDelete !== null) await env.BUCKET.delete(removal.bytesToDelete);
  return 'removed';
}
