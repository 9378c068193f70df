// Uploads a file with its progress, which `fetch` cannot tell: hence XMLHttpRequest.
import type { FileResponse, UploadPurpose } from '../../contract/files';
import { commonHeaders, endSessionAfter, failureOf, noAnswer } from './request';

const PATH = '/api/v1/files';

interface UploadOptions {
  purpose: UploadPurpose;
  /** Seconds after which the file is removed; never without it. */
  expiresAfter?: number;
  /** The share sent so far, 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** @throws ApiFailure; a DOMException `AbortError` after an abort */
export async function uploadFile(file: File, options: UploadOptions): Promise<FileResponse> {
  const form = new FormData();
  form.set('purpose', options.purpose);
  if (options.expiresAfter !== undefined) {
    form.set('expires_after[anchor]', 'created_at');
    form.set('expires_after[seconds]', String(options.expiresAfter));
  }
  form.set('file', file);
  const answer = await post(form, options);
  if (answer.status === 200) return JSON.parse(answer.responseText);
  const requestId = answer.getResponseHeader('x-request-id');
  const failure = failureOf(answer.status, answer.responseText, requestId);
  endSessionAfter(failure, PATH);
  throw failure;
}

function post(
  form: FormData,
  { onProgress, signal }: Pick<UploadOptions, 'onProgress' | 'signal'>,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    upload.open('POST', PATH);
    for (const [name, value] of Object.entries(commonHeaders(PATH))) upload.setRequestHeader(name, value);
    upload.upload.addEventListener('progress', ({ loaded, total }) => onProgress?.(loaded / total));
    upload.addEventListener('load', () => resolve(upload));
    upload.addEventListener('error', () => reject(noAnswer()));
    upload.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    signal?.addEventListener('abort', () => upload.abort());
    upload.send(form);
  });
}
