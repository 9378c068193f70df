// What every handler finds on its Hono context.
import type { Context } from 'hono';
import type { Caller } from '../accounts/account-line';
import type { Admitted } from '../accounts/admission';
import type { Bearer } from '../accounts/authenticate';
import type { BatchMaker } from '../batches/intake';
import type { ErrorType } from '../contract/errors';
import type { Locale } from '../contract/messages/render';

/** How a request was let in. */
export interface Admission extends Admitted {
  /** What it is settled by. */
  id: string;
  /** Counted for it until then. */
  tokens: number;
}

export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    locale: Locale;
    /** Whom the request's key names; nobody said yet that it lets anyone in. */
    bearer: Bearer;
    /** Who asks. Set once the account has let the request in; admin routes have none. */
    accountId: string;
    keyId: string;
    /** How it was let in; null for one that was not. */
    admission: Admission | null;
    /** SHA-256 of a JSON body's bytes, of requests with an `Idempotency-Key`. */
    bodyDigest?: string;
    // What the request's line of log and `Server-Timing` are made of.
    /** Milliseconds of each piece of the request. */
    timings?: Record<string, number>;
    /** What the request was charged; `costNano` is null where no price is known. */
    spend?: { model: string; tokens: number; costNano: number | null };
    errorType?: ErrorType;
    /** Settles with the end of a streamed answer; rejects where the client did not wait for it. */
    ended?: Promise<unknown>;
  };
}

export type AppContext = Context<AppEnv>;

/** Who makes a batch with this request, and from where. */
export function makerOf(c: AppContext): BatchMaker {
  const { accountId, keyId, locale, admission } = c.var;
  return { accountId, keyId, locale, origin: originOf(c), hasBudget: admission?.hasBudget ?? false };
}

/** The origin the client used: URLs in answers are made on it. */
export function originOf(c: AppContext): string {
  return new URL(c.req.url).origin;
}

/** The request as a caller of its account's object. */
export function callerOf(c: AppContext): Caller {
  return { env: c.env, waitUntil: (work) => c.executionCtx.waitUntil(work) };
}
