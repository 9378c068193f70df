// Uploads a file: in one request where it fits into one, else in parts.
import type { FileResponse } from '../../contract/files';
import { BATCH_INPUT_LIMIT_BYTES, UPLOAD_LIMIT_BYTES } from '../../contract/limits';
import { formatBytes } from '../format';
import { messages } from '../preferences';
import { postForm } from './post-form';
import { ApiFailure } from './request';
import { type UploadOptions, uploadInParts } from './upload-in-parts';

/** The API takes more, but no body of 100 MB, the form included, gets through Cloudflare's Free and Pro plans. */
const ONE_REQUEST_LIMIT_BYTES = 90 * 1024 ** 2;

/**
 * @param limitBytes where less can be used than the API would take
 * @throws ApiFailure; a DOMException `AbortError` after an abort
 */
export async function uploadFile(
  file: File,
  options: UploadOptions,
  limitBytes = options.purpose === 'batch' ? BATCH_INPUT_LIMIT_BYTES : UPLOAD_LIMIT_BYTES,
): Promise<FileResponse> {
  if (file.size > limitBytes) throw tooLarge(limitBytes);
  if (file.size > ONE_REQUEST_LIMIT_BYTES) return uploadInParts(file, options);
  const form = new FormData();
  form.set('purpose', options.purpose);
  if (options.expiresAfter !== undefined) {
    form.set('expires_after[anchor]', 'created_at');
    form.set('expires_after[seconds]', String(options.expiresAfter));
  }
  form.set('file', file);
  return postForm('/api/v1/files', form, options);
}

/** Said before anything is sent: the server would say the same. */
function tooLarge(limitBytes: number): ApiFailure {
  const message = messages.value.files.tooLarge(formatBytes(limitBytes));
  return new ApiFailure(null, { type: 'file_too_large', message, param: 'file' });
}
