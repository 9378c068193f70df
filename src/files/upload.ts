// One file in one multipart/form-data request, streamed into R2: everything is checked, and on any failure nothing is stored.
import type { IndexedFile } from '../accounts/file-index';
import { ApiError } from '../contract/errors';
import { newId } from '../contract/ids';
import { FILE_LIMIT_BYTES } from '../contract/limits';
import { ByteDigest } from './byte-digest';
import { type FormRequest, readForm } from './form-request';
import { type ByteSink, type FileContent, IncomingFile } from './incoming-file';
import { fileKey } from './object-key';
import { ObjectWriter } from './object-writer';
import { type Allowance, findAllowance, refusalError } from './storage-allowance';
import { UploadFields } from './upload-fields';

/** The name of the file in its form. */
const FILE_FIELD = 'file';

/** What an upload says of its file; two uploads alike in this are the same. */
export type UploadContent = FileContent & { expiresAfterSeconds: number | null };

/**
 * Stores the file of a form with the fields `file`, `purpose` and `expires_after[…]`, in any order.
 *
 * First the R2 object, then the index row: a crash between the two leaves an object no one can see, which the sweep
 * removes, and never a file without bytes.
 *
 * @param now milliseconds; when the file counts as created
 * @param id the file's, where it is settled already
 * @throws ApiError `invalid_request`, `file_too_large` or `unsupported_media_type`
 */
export async function storeUpload(
  env: Env,
  accountId: string,
  request: FormRequest,
  now: number,
  id: string = newId('file'),
): Promise<IndexedFile> {
  const allowance = await findAllowance(env, accountId, FILE_FIELD, FILE_LIMIT_BYTES, tooLarge);
  const r2Key = fileKey(accountId, id);
  const content = await readUpload(request, allowance, new ObjectWriter(env.BUCKET, r2Key));
  const { expiresAfterSeconds, ...said } = content;
  const expiresAt = expiresAfterSeconds === null ? null : now + expiresAfterSeconds * 1000;
  const file = { id, ...said, createdAt: now, expiresAt, r2Key };
  await listFile(env, accountId, file);
  return file;
}

/**
 * Reads an upload to its end, checks it as if it were to be stored, and stores nothing.
 *
 * @throws ApiError as `storeUpload` does, but for the account's storage
 */
export function describeUpload(request: FormRequest): Promise<UploadContent> {
  return readUpload(request, { bytes: FILE_LIMIT_BYTES, exceeded: tooLarge }, new ByteDigest());
}

/** What the upload of a stored file said. */
export function uploadContentOf(file: IndexedFile): UploadContent {
  const { filename, size, contentType, purpose, sha256, createdAt, expiresAt } = file;
  const expiresAfterSeconds = expiresAt === null ? null : (expiresAt - createdAt) / 1000;
  return { filename, size, contentType, purpose, sha256, expiresAfterSeconds };
}

async function readUpload(
  request: FormRequest,
  allowance: Allowance,
  sink: ByteSink,
): Promise<UploadContent> {
  const incoming = new IncomingFile(sink, FILE_FIELD);
  const fields = new UploadFields();
  try {
    await readForm(request, {
      fileField: FILE_FIELD,
      allowance,
      file: ({ content, ...part }) => incoming.receive({ ...part, purpose: fields.purposeSoFar }, content),
      expectField: (name) => fields.expect(name),
      field: (name, text) => fields.set(name, text),
    });
    const { purpose, expiresAfterSeconds } = fields.complete();
    return { ...(await incoming.finish(purpose)), expiresAfterSeconds };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function listFile(env: Env, accountId: string, file: IndexedFile): Promise<void> {
  const account = env.ACCOUNTS.getByName(accountId);
  try {
    const refusal = await account.addFile(file);
    if (refusal !== null) throw refusalError(refusal).at(FILE_FIELD);
  } catch (error) {
    // The row may have been written all the same, or by a run before. The bytes may only go when it is surely not there, and
    // nothing reads them.
    await account
      .removeFile(file.id)
      .then(async (removal) => {
        if (removal === 'in_use' || removal?.bytesToDelete === null) return;
        await env.BUCKET.delete(file.r2Key);
      })
      .catch(() => undefined);
    throw error;
  }
}

function tooLarge(): ApiError {
  return new ApiError('file_too_large', { param: FILE_FIELD });
}
