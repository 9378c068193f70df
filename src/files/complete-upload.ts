// Puts the parts of an upload together into a file, streamed and checked like any other upload.
// Each attempt writes an object of its own, and one transaction decides which becomes the file: attempts at once make one
// file, and one that a crash cut off leaves the upload as it was.
import type { IndexedFile } from '../accounts/file-index';
import type { StoredPart, StoredUpload } from '../accounts/upload-index';
import { ApiError } from '../contract/errors';
import { newId } from '../contract/ids';
import type { UploadComplete } from '../contract/uploads';
import { encodeHex } from '../platform/hex';
import { largeChunks } from '../platform/large-chunks';
import { findFile } from './file-store';
import { type FileContent, IncomingFile } from './incoming-file';
import { fileKey, partKey } from './object-key';
import { ObjectWriter } from './object-writer';
import { refusalError } from './storage-allowance';
import { asOf, deleteParts, type UploadState } from './upload-in-parts';

/**
 * Makes the file of the parts in their listed order. Doing it again with the same parts answers the same file.
 *
 * @param now milliseconds; when the file counts as created
 * @throws ApiError `not_found`, `conflict`, `invalid_request` or `unsupported_media_type`; but for the first two the
 *   upload stays as it is
 */
export async function completeUpload(
  env: Env,
  accountId: string,
  uploadId: string,
  order: UploadComplete,
  now: number,
): Promise<UploadState> {
  const account = env.ACCOUNTS.getByName(accountId);
  const upload = asOf(await account.getUpload(uploadId), now);
  if (upload.status !== 'pending') return completed(env, accountId, upload, order, now);
  const parts = listedParts(upload, await account.uploadParts(uploadId), order.part_ids);
  const id = newId('file');
  const r2Key = fileKey(accountId, id);
  const writer = new ObjectWriter(env.BUCKET, r2Key);
  let file: IndexedFile;
  try {
    const content = await assemble(env, accountId, { upload, parts, md5: order.md5 ?? null }, writer);
    const seconds = upload.fileExpiresAfterSeconds;
    const expiresAt = seconds === null ? null : now + seconds * 1000;
    file = { id, ...content, createdAt: now, expiresAt, r2Key };
  } catch (error) {
    await writer.abort();
    // Another attempt may have ended the upload, and with it the parts this one was reading.
    const current = asOf(await account.getUpload(uploadId), now);
    if (current.status === 'pending') throw error;
    return completed(env, accountId, current, order, now);
  }
  const replaced = await account.completeUpload(uploadId, file, order.part_ids);
  if ('refused' in replaced) {
    await env.BUCKET.delete(file.r2Key);
    return completed(env, accountId, asOf(await account.getUpload(uploadId), now), order, now);
  }
  await deleteParts(env, accountId, replaced);
  return { ...upload, status: 'completed', fileId: file.id, partIds: order.part_ids, file };
}

/** The answer for an upload that has ended: its file again, where it was made of the same parts. */
async function completed(
  env: Env,
  accountId: string,
  upload: StoredUpload,
  { part_ids: partIds }: UploadComplete,
  now: number,
): Promise<UploadState> {
  const { status, fileId } = upload;
  if (status !== 'completed' || fileId === null || partIds.join() !== upload.partIds?.join()) {
    throw refusalError({ refused: 'not_pending', status });
  }
  return { ...upload, file: await findFile(env, accountId, fileId, now) };
}

/** @throws ApiError `invalid_request` for a part that is unknown or listed twice, or bytes that do not add up */
function listedParts(
  upload: StoredUpload,
  parts: readonly StoredPart[],
  ids: readonly string[],
): StoredPart[] {
  const left = new Map(parts.map((part) => [part.id, part]));
  const listed = ids.map((id, index) => {
    const part = left.get(id);
    if (part === undefined) {
      const isRepeated = parts.some((candidate) => candidate.id === id);
      throw new ApiError('invalid_request', {
        detail: [isRepeated ? 'upload_part_repeated' : 'upload_part_unknown', id],
        param: `part_ids[${index}]`,
      });
    }
    left.delete(id);
    return part;
  });
  const bytes = listed.reduce((sum, { size }) => sum + size, 0);
  if (bytes !== upload.bytes) {
    throw new ApiError('invalid_request', {
      detail: ['upload_bytes_differ', upload.bytes, bytes],
      param: 'part_ids',
    });
  }
  return listed;
}

/** Streams the parts into the writer, and finishes it if they are what they should be. */
async function assemble(
  env: Env,
  accountId: string,
  { upload, parts, md5 }: { upload: StoredUpload; parts: readonly StoredPart[]; md5: string | null },
  writer: ObjectWriter,
): Promise<FileContent> {
  const { mimeType: declared, filename, purpose } = upload;
  const incoming = new IncomingFile(writer, 'part_ids');
  const content = contentOf(env.BUCKET, accountId, parts);
  const sum = md5 === null ? null : new Md5Sum(content);
  await incoming.receive({ declared, filename, purpose }, sum?.content() ?? content);
  const found = await sum?.finish();
  if (found !== undefined && found !== md5?.toLowerCase()) {
    throw new ApiError('invalid_request', { detail: ['upload_md5_differs', found], param: 'md5' });
  }
  return incoming.finish(purpose);
}

async function* contentOf(
  bucket: R2Bucket,
  accountId: string,
  parts: readonly StoredPart[],
): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) {
    const object = await bucket.get(partKey(accountId, part));
    if (object === null) {
      throw new ApiError('internal_error', { cause: new Error(`the bytes of ${part.id} are gone`) });
    }
    yield* largeChunks(object.body);
  }
}

/** MD5 of content that passes through. */
class Md5Sum {
  readonly #content: AsyncIterable<Uint8Array>;
  readonly #digest = new crypto.DigestStream('MD5');
  readonly #writer = this.#digest.getWriter();

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *content(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of this.#content) {
      await this.#writer.write(chunk);
      yield chunk;
    }
  }

  /** 32 hex digits. */
  async finish(): Promise<string> {
    await this.#writer.close();
    return encodeHex(new Uint8Array(await this.#digest.digest));
  }
}
