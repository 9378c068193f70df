// What the binding throws, as one of our errors: its messages begin with a code of Cloudflare's
// (https://developers.cloudflare.com/workers-ai/platform/errors/).
import type { ApiError } from '../../contract/errors';
import type { Upstream } from '../provider';
import { providerError } from '../provider-error';

/** The status each code stands for; where ours differs from Cloudflare's table, the line says why. */
const STATUS_BY_CODE: Readonly<Record<number, number>> = {
  3003: 400,
  3006: 413,
  3007: 408,
  3008: 408,
  3010: 413, // the context window; not in the table
  3023: 403,
  3036: 429,
  3039: 400,
  3040: 503, // 429 in the table, but it is the model that has no capacity left, not us who asked too often
  3041: 403,
  3042: 404,
  5004: 400,
  5007: 404, // 400 in the table: no such model
  5016: 403,
  5018: 403,
  5021: 413, // the context window; not in the table
};

/** The account's free allocation is used up: no retry helps today. */
const ALLOCATION_USED = 3036;

/** An exception of `AI.run`, or of the stream that it answered. */
export function runError(upstream: Upstream, error: unknown): ApiError {
  return codedError(upstream, error instanceof Error ? error.message : String(error), error);
}

/** The error that an answer, or an event of a stream, holds in place of anything else; null where it holds none. */
export function errorIn(
  upstream: Upstream,
  { error, errors }: { error?: unknown; errors?: unknown },
): ApiError | null {
  const [first]: unknown[] = [error ?? errors].flat();
  if (first === undefined || first === null) return null;
  if (typeof first !== 'object') return codedError(upstream, String(first));
  const { code, message } = first as { code?: unknown; message?: unknown };
  const words = typeof message === 'string' ? message : 'no message';
  return codedError(upstream, code === undefined ? words : `${code}: ${words}`);
}

export function brokenAnswer({ provider, key }: Upstream, message: string): ApiError {
  return providerError({ provider, status: null, message, key });
}

function codedError({ provider, key }: Upstream, text: string, cause?: unknown): ApiError {
  const [, digits, words = text] = /^(?:\w*Error: )*(\d{3,4}): ?([\s\S]*)$/.exec(text) ?? [];
  const code = Number(digits);
  return providerError({
    provider,
    status: digits === undefined ? null : statusOf(code),
    message: words.trim() === '' ? 'no message' : words,
    code: code === ALLOCATION_USED ? 'insufficient_quota' : null,
    key,
    cause,
  });
}

function statusOf(code: number): number | null {
  // Three digits are an HTTP status; of Cloudflare's own codes, those from 5000 on are about the request.
  if (code < 1000) return code >= 400 && code < 600 ? code : null;
  return STATUS_BY_CODE[code] ?? (code >= 5000 && code < 6000 ? 400 : null);
}
