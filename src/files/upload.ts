// One file in one multipart/form-data request, streamed into R2: everything is checked, and on any failure nothing is stored.
import type { IndexedFile } from '../accounts/file-index';
import { ApiError } from '../contract/errors';
import type { FilePurpose } from '../contract/files';
import { newId } from '../contract/ids';
import { FILE_LIMIT_BYTES } from '../contract/limits';
import { type MultipartPart, parseMultipart } from '../platform/multipart';
import { MultipartError } from '../platform/multipart-headers';
import { ByteDigest } from './byte-digest';
import { cleanFilename } from './filename';
import { checkMediaType, HEAD_BYTES } from './media-type';
import { fileKey } from './object-key';
import { ObjectWriter } from './object-writer';
import { FIELD_LIMIT_BYTES, missingField, repeatedField, UploadFields } from './upload-form';

/** What the boundaries, headers and fields around a file can add to a request's length. */
const FRAMING_LIMIT_BYTES = 64 * 1024;

/** The request an upload arrives in. */
export interface UploadRequest {
  body: ReadableStream<Uint8Array> | null;
  contentType: string | null;
  /** Bytes of the whole body, or null where the client did not say. */
  contentLength: number | null;
}

/** What an upload says of its file; two uploads alike in this are the same. */
export type UploadContent = Pick<IndexedFile, 'filename' | 'size' | 'contentType' | 'purpose' | 'sha256'> & {
  expiresAfterSeconds: number | null;
};

/** Where the file's bytes go. */
type ByteSink = Pick<ObjectWriter, 'size' | 'head' | 'write' | 'finish' | 'abort'>;

/** The file's part, its bytes aside but for those that show its type. */
interface FilePart {
  declared: string | null;
  filename: string;
  head: Uint8Array;
}

/**
 * Stores the file of a form with the fields `file`, `purpose` and `expires_after[…]`, in any order.
 *
 * First the R2 object, then the index row: a crash between the two leaves an object no one can see, which the sweep
 * removes, and never a file without bytes.
 *
 * @param now milliseconds; when the file counts as created
 * @param id chosen by the caller, for a file that is made once
 * @throws ApiError `invalid_request`, `file_too_large` or `unsupported_media_type`
 */
export async function storeUpload(
  env: Env,
  accountId: string,
  request: UploadRequest,
  now: number,
  id: string = newId('file'),
): Promise<IndexedFile> {
  const r2Key = fileKey(accountId, id);
  const content = await readUpload(request, new ObjectWriter(env.BUCKET, r2Key));
  const { expiresAfterSeconds, ...said } = content;
  const expiresAt = expiresAfterSeconds === null ? null : now + expiresAfterSeconds * 1000;
  const file = { id, ...said, createdAt: now, expiresAt, r2Key };
  await addToIndex(env, accountId, file);
  return file;
}

/**
 * Reads an upload to its end, checks it as if it were to be stored, and stores nothing.
 *
 * @throws ApiError as `storeUpload` does
 */
export function describeUpload(request: UploadRequest): Promise<UploadContent> {
  return readUpload(request, new ByteDigest());
}

/** What the upload of a stored file said. */
export function uploadContentOf(file: IndexedFile): UploadContent {
  const { filename, size, contentType, purpose, sha256, createdAt, expiresAt } = file;
  const expiresAfterSeconds = expiresAt === null ? null : (expiresAt - createdAt) / 1000;
  return { filename, size, contentType, purpose, sha256, expiresAfterSeconds };
}

async function readUpload(request: UploadRequest, sink: ByteSink): Promise<UploadContent> {
  if (request.contentLength !== null && request.contentLength > FILE_LIMIT_BYTES + FRAMING_LIMIT_BYTES) {
    throw tooLarge();
  }
  const fields = new UploadFields();
  try {
    const { declared, filename, head } = await readForm(request, fields, sink);
    const { purpose, expiresAfterSeconds } = fields.complete();
    const contentType = await checkMediaType({ declared, filename, head, purpose });
    const { size } = sink;
    return { filename, size, contentType, purpose, sha256: await sink.finish(), expiresAfterSeconds };
  } catch (error) {
    await sink.abort();
    throw error instanceof MultipartError ? formError(error) : error;
  }
}

/** Reads the form to its end: the fields into `fields`, the file's bytes into `sink`. */
async function readForm(request: UploadRequest, fields: UploadFields, sink: ByteSink): Promise<FilePart> {
  if (request.body === null) throw new ApiError('invalid_request', { detail: ['body_missing'] });
  let file: FilePart | null = null;
  for await (const part of parseMultipart(request.body, request.contentType)) {
    if (part.name === 'file') {
      if (file !== null) throw repeatedField('file');
      file = await readFile(part, fields.purposeSoFar, sink);
    } else {
      fields.expect(part.name);
      fields.set(part.name, await readText(part));
    }
  }
  if (file === null) throw missingField('file');
  return file;
}

async function readFile(part: MultipartPart, purpose: FilePurpose | null, sink: ByteSink): Promise<FilePart> {
  // Without a file name it is a text field, say of a client that forgot the "@" in `curl -F file=@name`.
  if (part.filename === null)
    throw new ApiError('invalid_request', { detail: ['file_expected'], param: 'file' });
  const filename = cleanFilename(part.filename);
  const declared = part.contentType;
  let head: Uint8Array | null = null;
  for await (const chunk of part.body) {
    if (sink.size + chunk.length > FILE_LIMIT_BYTES) throw tooLarge();
    await sink.write(chunk);
    if (head === null && sink.size >= HEAD_BYTES) {
      head = sink.head(HEAD_BYTES).slice();
      await refuseEarly({ declared, filename, head }, purpose);
    }
  }
  if (sink.size === 0) throw new ApiError('invalid_request', { detail: ['file_empty'], param: 'file' });
  return { declared, filename, head: head ?? sink.head(HEAD_BYTES).slice() };
}

/** Spares a client from sending the rest of what no purpose could make acceptable. */
async function refuseEarly(file: FilePart, purpose: FilePurpose | null): Promise<void> {
  // While the purpose may still come, it is either `batch` or one of the others, which are all alike.
  const purposes: FilePurpose[] = purpose === null ? ['assistants', 'batch'] : [purpose];
  const checks = await Promise.allSettled(
    purposes.map((candidate) => checkMediaType({ ...file, purpose: candidate })),
  );
  const [first] = checks;
  if (first?.status === 'rejected' && checks.every((check) => check.status === 'rejected'))
    throw first.reason;
}

/** A field's value. */
async function readText(part: MultipartPart): Promise<string> {
  let size = 0;
  let text = '';
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of part.body) {
      size += chunk.length;
      if (size > FIELD_LIMIT_BYTES) {
        throw new ApiError('invalid_request', {
          detail: ['field_too_large', part.name, FIELD_LIMIT_BYTES / 1024],
          param: part.name,
        });
      }
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ApiError('invalid_request', { detail: ['utf8_malformed'], param: part.name, cause: error });
  }
}

async function addToIndex(env: Env, accountId: string, file: IndexedFile): Promise<void> {
  const account = env.ACCOUNTS.getByName(accountId);
  try {
    await account.addFile(file);
  } catch (error) {
    // The row may have been written all the same. The bytes may only go when it is surely not there.
    await account
      .removeFile(file.id)
      .then(() => env.BUCKET.delete(file.r2Key))
      .catch(() => undefined);
    throw error;
  }
}

function tooLarge(): ApiError {
  return new ApiError('file_too_large', { param: 'file' });
}

function formError(error: MultipartError): ApiError {
  switch (error.reason) {
    case 'not_multipart':
      return new ApiError('invalid_request', { detail: ['multipart_expected'], cause: error });
    case 'cut_off':
      return new ApiError('invalid_request', { detail: ['upload_cut_off'], cause: error });
    default:
      return new ApiError('invalid_request', {
        detail: ['multipart_malformed', error.reason.replaceAll('_', ' ')],
        cause: error,
      });
  }
}
