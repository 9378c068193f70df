// Fetches a content part that a client names by URL: only from the public internet, so much and so long at the most.
import { ApiError } from '../contract/errors';
import type { Detail } from '../contract/messages/en';
import { cleanFilename } from '../files/filename';
import { checkMediaType } from '../files/media-type';
import { concatBytes } from '../platform/bytes';
import { guardedFetch, TargetError, type TargetPolicy } from '../platform/guarded-fetch';

/** For everything: redirects, headers and the whole body. */
export const REMOTE_PART_TIMEOUT_MS = 20_000;

/** Enough for http → https → www → the file; more is a loop, or someone's game. */
const REDIRECTS_LIMIT = 3;

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** What object stores and download servers call any bytes: no statement of a type. */
const GENERIC_TYPES = ['binary/octet-stream', 'application/x-download', 'application/force-download'];

interface RemotePart {
  bytes: Uint8Array;
  mediaType: string;
  /** The last segment of the URL's path; null where it has none. */
  filename: string | null;
}

/**
 * The bytes behind a URL, of a type on the allow-list that agrees with what the server calls them.
 *
 * @throws ApiError `invalid_request` or `unsupported_media_type`, whose words are ours alone
 */
export async function fetchRemotePart(
  url: string,
  limitBytes: number,
  policy: TargetPolicy,
): Promise<RemotePart> {
  // Not AbortSignal.timeout: its timer cannot be cleared.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), REMOTE_PART_TIMEOUT_MS);
  try {
    const response = await follow(url, policy, timeout.signal);
    const bytes = await readBody(response, limitBytes, timeout.signal);
    const filename = filenameOf(url);
    const declared = declaredType(response.headers.get('content-type'));
    return { bytes, mediaType: await checkMediaType({ declared, filename, head: bytes }), filename };
  } catch (error) {
    throw asApiError(error, timeout.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The final answer; each hop passes the guard again, since a public server may point anywhere. */
async function follow(url: string, policy: TargetPolicy, signal: AbortSignal): Promise<Response> {
  let target = url;
  for (let redirects = 0; redirects <= REDIRECTS_LIMIT; redirects++) {
    const response = await guardedFetch(target, { headers: { 'User-Agent': 'Quire/1' }, signal }, policy);
    const location = REDIRECT_STATUSES.includes(response.status) ? response.headers.get('location') : null;
    if (response.ok) return response;
    letGo(response.body);
    if (location === null) throw failed(['part_fetch_status', response.status]);
    target = URL.parse(location, target)?.href ?? location;
  }
  throw failed(['part_fetch_redirects', REDIRECTS_LIMIT]);
}

/** The whole body; no more of it than the limit is ever held. */
async function readBody(response: Response, limitBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const tooLarge = () => failed(['part_too_large', Math.floor(limitBytes / 1024 ** 2)]);
  if (Number(response.headers.get('content-length') ?? 0) > limitBytes) {
    letGo(response.body);
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
    const cancel = () => void reader.cancel().catch(() => undefined);
    // A read that waits for a silent server ends with the stream.
    signal.addEventListener('abort', cancel);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        signal.throwIfAborted();
        if (done) break;
        size += value.byteLength;
        if (size > limitBytes) throw tooLarge();
        chunks.push(value);
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      cancel();
    }
  }
  if (size === 0) throw failed(['file_empty']);
  return concatBytes(chunks);
}

function letGo(body: ReadableStream | null): void {
  void body?.cancel().catch(() => undefined);
}

function declaredType(header: string | null): string | null {
  const essence = (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return GENERIC_TYPES.includes(essence) ? null : header;
}

function filenameOf(url: string): string | null {
  const segment = new URL(url).pathname.split('/').at(-1) ?? '';
  if (segment === '') return null;
  try {
    return cleanFilename(decodeURIComponent(segment));
  } catch {
    // A lone percent sign: the name is what it looks like.
    return cleanFilename(segment);
  }
}

/** Never the runtime's own words: they can hold addresses, and what another server says is no message of ours. */
function asApiError(error: unknown, timeout: AbortSignal): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TargetError) return failed(['part_url_refused', error.reason]);
  // The signal before the error: an abort surfaces as errors of several kinds.
  if (timeout.aborted) return failed(['part_fetch_timeout', REMOTE_PART_TIMEOUT_MS / 1000]);
  return failed(['part_fetch_failed'], error);
}

function failed(detail: Detail, cause?: unknown): ApiError {
  return new ApiError('invalid_request', { detail, cause });
}
