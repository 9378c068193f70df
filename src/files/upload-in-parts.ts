// A file sent in parts, as OpenAI's Uploads API has it: made, its parts in any order and at once, cancelled.
// The account's rows say what exists; `complete-upload.ts` puts the parts together.
import type { IndexedFile } from '../accounts/file-index';
import type { StoredPart, StoredUpload } from '../accounts/upload-index';
import { ApiError, atParam } from '../contract/errors';
import { newId } from '../contract/ids';
import { BATCH_INPUT_LIMIT_BYTES, UPLOAD_LIMIT_BYTES, UPLOAD_PART_LIMIT_BYTES } from '../contract/limits';
import type { UploadCreate } from '../contract/uploads';
import { cleanFilename } from './filename';
import { type FormRequest, readForm, unknownField } from './form-request';
import { checkStatedType } from './media-type';
import { partKey } from './object-key';
import { ObjectWriter } from './object-writer';
import { findAllowance, refusalError } from './storage-allowance';

/** What R2 deletes in one call. */
const DELETED_AT_ONCE = 1000;

/** The name of a part's bytes in its form. */
const PART_FIELD = 'data';

/** An upload as it stands, with its file once there is one. */
export interface UploadState extends StoredUpload {
  file: IndexedFile | null;
}

/**
 * Opens an upload. What could never become a file is refused before anything was sent in vain.
 *
 * @param id the upload's, where it is settled already
 * @throws ApiError `file_too_large` or `unsupported_media_type`
 */
export async function createUpload(
  env: Env,
  accountId: string,
  body: UploadCreate,
  now: number,
  id: string = newId('upload'),
): Promise<UploadState> {
  const { bytes, mime_type: mimeType, purpose } = body;
  const limitBytes = purpose === 'batch' ? BATCH_INPUT_LIMIT_BYTES : UPLOAD_LIMIT_BYTES;
  if (bytes > limitBytes) {
    const detail = ['upload_too_large', limitBytes / 1024 ** 2] as const;
    throw new ApiError('file_too_large', { detail: [...detail], param: 'bytes' });
  }
  try {
    checkStatedType(mimeType, purpose);
  } catch (error) {
    atParam('mime_type')(error);
  }
  const added = await env.ACCOUNTS.getByName(accountId).addUpload({
    id,
    filename: cleanFilename(body.filename),
    bytes,
    mimeType,
    purpose,
    createdAt: now,
    fileExpiresAfterSeconds: body.expires_after?.seconds ?? null,
  });
  if ('refused' in added) throw refusalError(added).at('bytes');
  return { ...added, file: null };
}

/**
 * Stores one part from a form with the field `data`. What was begun before the upload's hour is over may still be
 * finished after it. What earlier parts took is not subtracted: one whose answer was lost may come again.
 *
 * @throws ApiError `not_found`, `conflict`, `invalid_request` or `file_too_large`
 */
export async function addPart(
  env: Env,
  accountId: string,
  uploadId: string,
  request: FormRequest,
  now: number,
): Promise<StoredPart> {
  const { bytes } = await findPending(env, accountId, uploadId, now);
  const limitBytes = Math.min(bytes, UPLOAD_PART_LIMIT_BYTES);
  const allowance = await findAllowance(env, accountId, PART_FIELD, limitBytes, () => partTooLarge(bytes));
  const id = newId('part');
  const key = partKey(accountId, { uploadId, id });
  const writer = new ObjectWriter(env.BUCKET, key);
  try {
    await readForm(request, {
      fileField: PART_FIELD,
      allowance,
      async file({ content }) {
        for await (const chunk of content) await writer.write(chunk);
      },
      expectField: (name) => {
        throw unknownField(name);
      },
      field: () => undefined,
    });
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  const part = { id, uploadId, size: writer.size };
  // Where the answer is lost, the row may be there: then the part is the upload's and goes with it, else the sweep's.
  const refusal = await env.ACCOUNTS.getByName(accountId).addUploadPart(part);
  if (refusal !== null) {
    await env.BUCKET.delete(key);
    const error = refusalError(refusal);
    throw refusal.refused === 'storage_full' ? error.at(PART_FIELD) : error;
  }
  return part;
}

/** @param bytes of the whole upload */
function partTooLarge(bytes: number): ApiError {
  if (bytes < UPLOAD_PART_LIMIT_BYTES) {
    return new ApiError('invalid_request', { detail: ['upload_part_over_whole', bytes], param: PART_FIELD });
  }
  const megabytes = UPLOAD_PART_LIMIT_BYTES / 1024 ** 2;
  return new ApiError('file_too_large', { detail: ['upload_part_too_large', megabytes], param: PART_FIELD });
}

/** Cancelling again changes nothing. @throws ApiError `not_found`, or `conflict` where it has ended otherwise */
export async function cancelUpload(
  env: Env,
  accountId: string,
  uploadId: string,
  now: number,
): Promise<UploadState> {
  const account = env.ACCOUNTS.getByName(accountId);
  const upload = asOf(await account.getUpload(uploadId), now);
  if (upload.status === 'pending') {
    const parts = await account.cancelUpload(uploadId);
    if ('refused' in parts) throw refusalError(parts);
    await deleteParts(env, accountId, parts);
  } else if (upload.status !== 'cancelled') {
    throw refusalError({ refused: 'not_pending', status: upload.status });
  }
  return { ...upload, status: 'cancelled', file: null };
}

/** An upload as it stands, without its file; null where there is none. */
export async function findUpload(
  env: Env,
  accountId: string,
  id: string,
  now: number,
): Promise<UploadState | null> {
  const upload = await env.ACCOUNTS.getByName(accountId).getUpload(id);
  return upload && { ...asOf(upload, now), file: null };
}

/** An upload that takes parts. @throws ApiError `not_found` or `conflict` */
async function findPending(env: Env, accountId: string, id: string, now: number): Promise<StoredUpload> {
  const upload = asOf(await env.ACCOUNTS.getByName(accountId).getUpload(id), now);
  if (upload.status !== 'pending') throw refusalError({ refused: 'not_pending', status: upload.status });
  return upload;
}

/** What the row says at a time: an upload whose hour is over has expired, whether or not the cron was there. */
export function asOf(upload: StoredUpload | null, now: number): StoredUpload {
  if (upload === null) throw refusalError({ refused: 'not_found' });
  const isOver = upload.status === 'pending' && upload.expiresAt <= now;
  return isOver ? { ...upload, status: 'expired' } : upload;
}

/** The bytes of parts that no row knows any more. What a crash leaves of them is the sweep's. */
export async function deleteParts(env: Env, accountId: string, parts: readonly StoredPart[]): Promise<void> {
  const keys = parts.map((part) => partKey(accountId, part));
  for (let from = 0; from < keys.length; from += DELETED_AT_ONCE) {
    await env.BUCKET.delete(keys.slice(from, from + DELETED_AT_ONCE));
  }
}
