// `Idempotency-Key`: a creating request runs once, and its repeats get the first answer. See docs/idempotency.md.
import type { IdempotencyClaim, IdempotencyObject } from '../accounts/idempotency-object';
import { ApiError } from '../contract/errors';
import type { IdPrefix } from '../contract/ids';
import { sha256Hex } from '../platform/sha256';
import type { AppContext } from './context';
import { errorResponse } from './error-response';
import { errorWithStatus } from './error-with-status';

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** Three in the time of a lease. */
const BEAT_INTERVAL_MS = 5_000;

/** What of an answer's headers is its own; the others are made anew for every request. */
const KEPT_HEADERS = ['content-type', 'location', 'retry-after', 'retry-after-ms', 'x-should-retry'];

/** Refusals that another try may not meet. All other 4xx are the request's own fault and stay. */
const PASSING_STATUSES = [401, 403, 409, 429];

/** A request that makes something. */
export interface Creation<T> {
  /** The kind of id that `make` needs, so that every run makes the same object; null where it makes none. */
  makes: IdPrefix | null;
  make: (id: string | undefined) => Promise<T>;
  /** What a run made that was cut off before its answer was kept; null where it made nothing. */
  find?: (id: string) => Promise<T | null>;
  answer: (made: T) => Response;
  /**
   * For bodies that differ from try to try, as multipart ones do by their boundary: what a body says, of what was made
   * of it and of a repeat, which is read to its end. Without it the bytes of a JSON body decide.
   */
  body?: { of: (made: T) => object; ofRepeat: () => Promise<object> };
}

/**
 * Runs a creating request, once for its key if it has one.
 *
 * @throws ApiError `invalid_request` for a malformed key; `conflict` while the first request runs; and what `make` throws
 */
export async function runOnce<T>(c: AppContext, creation: Creation<T>): Promise<Response> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return creation.answer(await creation.make(undefined));
  if (!KEY_PATTERN.test(key)) {
    throw new ApiError('invalid_request', {
      detail: ['idempotency_key_invalid'],
      param: 'Idempotency-Key',
    });
  }
  const { body } = creation;
  const stub = c.env.IDEMPOTENCY.getByName(`${c.var.accountId}:${key}`);
  const known = body === undefined ? await fingerprint(c, c.var.bodyDigest ?? '') : null;
  const claim: IdempotencyClaim = await stub.claim(known, creation.makes);
  switch (claim.state) {
    case 'run':
      return runHeld(c, creation, stub, { ...claim, known });
    case 'running':
      throw new ApiError('conflict', {
        detail: ['idempotency_running'],
        param: 'Idempotency-Key',
        retryable: true,
        retryAfterMs: claim.retryAfterMs,
      });
    case 'done': {
      const isSame =
        body === undefined || (await fingerprint(c, await body.ofRepeat())) === claim.fingerprint;
      return isSame ? replay(claim.response) : otherRequest(c);
    }
    case 'mismatch':
      return otherRequest(c);
  }
}

/** Runs the request under its lease and has its answer kept, unless another try may fare better. */
async function runHeld<T>(
  c: AppContext,
  { make, find, answer, body }: Creation<T>,
  stub: DurableObjectStub<IdempotencyObject>,
  lease: { holder: string; id: string | null; isRerun: boolean; known: string | null },
): Promise<Response> {
  const { holder, id, isRerun, known } = lease;
  const beat = setInterval(() => void stub.extend(holder).catch(() => undefined), BEAT_INTERVAL_MS);
  const keep = (kept: string, response: Response) =>
    // The work is done: what fails here costs a later repeat its replay, not this client its answer.
    stub.record(holder, kept, response).catch((cause) => {
      console.error(JSON.stringify({ event: 'idempotency.record_failed', cause: String(cause) }));
    });
  try {
    const before = isRerun && id !== null ? ((await find?.(id)) ?? null) : null;
    const made = before ?? (await make(id ?? undefined));
    const kept = known ?? (await fingerprint(c, body?.of(made) ?? ''));
    if (before !== null && body !== undefined && (await fingerprint(c, await body.ofRepeat())) !== kept) {
      await stub.release(holder);
      return otherRequest(c);
    }
    const { response, copy } = await twice(answer(made));
    await keep(kept, copy);
    return response;
  } catch (error) {
    const { response, copy } = await twice(errorResponse(c, error));
    const isLasting = response.status < 500 && !PASSING_STATUSES.includes(response.status);
    // A body that was not read to its end is not known.
    if (isLasting && known !== null) await keep(known, copy);
    else await stub.release(holder).catch(() => undefined);
    return response;
  } finally {
    clearInterval(beat);
  }
}

/** The response, and a copy of it to keep. */
async function twice(response: Response): Promise<{ response: Response; copy: Response }> {
  const bytes = await response.arrayBuffer();
  const { status } = response;
  const headers = KEPT_HEADERS.flatMap((name): [string, string][] => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { response: new Response(bytes, response), copy: new Response(bytes, { status, headers }) };
}

function replay(first: Response): Response {
  const again = new Response(first.body, first);
  again.headers.set('Idempotent-Replayed', 'true');
  return again;
}

function otherRequest(c: AppContext): Response {
  const error = new ApiError('invalid_request', {
    detail: ['idempotency_other_request'],
    param: 'Idempotency-Key',
  });
  return errorWithStatus(c, error, 422);
}

/** What tells this request from others of its account. */
function fingerprint(c: AppContext, body: string | object): Promise<string> {
  const { pathname, search } = new URL(c.req.url);
  const sorted = typeof body === 'string' ? body : Object.entries(body).sort();
  return sha256Hex(JSON.stringify([c.req.method, pathname + search, sorted]));
}
