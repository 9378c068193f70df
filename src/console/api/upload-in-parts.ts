// Uploads a large file by the Uploads API: slices of it, some at once, each sent again where it fails to arrive.
import type { FileResponse, UploadPurpose } from '../../contract/files';
import type { UploadPartResponse, UploadResponse } from '../../contract/uploads';
import { accountKey } from '../session';
import { postForm, type SendOptions } from './post-form';
import { ApiFailure, request, requestJson } from './request';

export interface UploadOptions extends SendOptions {
  purpose: UploadPurpose;
  /** Seconds after which the file is removed; never without it. */
  expiresAfter?: number;
}

/** 512 MiB are 32 of them. What has to be sent again after a failure is some seconds of an ordinary line. */
export const PART_BYTES = 16 * 1024 ** 2;

/** One is not slowed by the wait for its answer, and of a browser's six connections some are left for the page. */
export const PARTS_AT_ONCE = 3;

/** The waits before something is sent again: over a minute together, in which a limit of requests a minute has passed. */
const RETRY_WAITS_MS = [1_000, 4_000, 15_000, 45_000];

/** How long the word that an upload is over may hold up the next one: without it, the server ends it after its hour. */
const CANCEL_LIMIT_MS = 10_000;

/**
 * A file whose upload fails or is aborted is cancelled on the server, with all that was sent of it.
 *
 * @throws ApiFailure; a DOMException `AbortError` after an abort
 */
export async function uploadInParts(file: File, options: UploadOptions): Promise<FileResponse> {
  // Also where the session has ended meanwhile.
  const key = accountKey.value ?? '';
  const { id } = await requestJson<UploadResponse>('POST', '/api/v1/uploads', {
    body: creation(file, options),
    ...(options.signal && { signal: options.signal }),
  });
  const path = `/api/v1/uploads/${id}`;
  const failing = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failing.signal]) : failing.signal;
  try {
    const partIds = await sendParts(file, `${path}/parts`, signal, options.onProgress);
    const completed = await retried(signal, () =>
      requestJson<UploadResponse>('POST', `${path}/complete`, { body: { part_ids: partIds }, signal }),
    );
    if (completed.file === null) throw new Error(`${id} has no file`);
    return completed.file;
  } catch (error) {
    // The other parts under way are for nothing.
    failing.abort();
    const over = { key, signal: AbortSignal.timeout(CANCEL_LIMIT_MS) };
    await request('POST', `${path}/cancel`, over).catch(() => undefined);
    throw error;
  }
}

function creation({ name, size, type }: File, { purpose, expiresAfter }: UploadOptions): object {
  return {
    bytes: size,
    filename: name,
    mime_type: type || 'application/octet-stream',
    purpose,
    ...(expiresAfter !== undefined && { expires_after: { anchor: 'created_at', seconds: expiresAfter } }),
  };
}

/** The ids of all parts, in the file's order. */
async function sendParts(
  file: File,
  path: string,
  signal: AbortSignal,
  onProgress: UploadOptions['onProgress'],
): Promise<string[]> {
  const count = Math.ceil(file.size / PART_BYTES);
  const ids: string[] = [];
  const sent = new Array<number>(count).fill(0);
  const told = (index: number, bytes: number) => {
    sent[index] = bytes;
    onProgress?.(sent.reduce((sum, part) => sum + part, 0) / file.size);
  };
  let next = 0;
  const sendNext = async () => {
    while (next < count) {
      const index = next++;
      const slice = file.slice(index * PART_BYTES, (index + 1) * PART_BYTES);
      const form = new FormData();
      form.set('data', slice);
      const onShare = (share: number) => told(index, share * slice.size);
      const { id } = await retried(signal, () =>
        postForm<UploadPartResponse>(path, form, { onProgress: onShare, signal }),
      );
      ids[index] = id;
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendNext));
  return ids;
}

/** Does something again where that can help. Parts and completions may be sent twice: the server makes one file. */
async function retried<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (const waitMs of RETRY_WAITS_MS) {
    try {
      return await act();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      await wait(waitMs, signal);
    }
  }
  return act();
}

/** No answer, too many requests, or trouble of the server's own. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiFailure)) return false;
  return error.status === null || error.status === 429 || error.status >= 500;
}

/** @throws the signal's reason */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
