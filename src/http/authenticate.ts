// Who asks, and whether they may now: bearer keys of accounts, and the admin secret.
import { createMiddleware } from 'hono/factory';
import type { Wanted } from '../accounts/admission';
import { admit, isAdmin, readBearer } from '../accounts/authenticate';
import { ApiError } from '../contract/errors';
import { type Admission, type AppContext, type AppEnv, callerOf } from './context';
import { rateHeaders } from './rate-headers';
import { refusalError } from './refusal';
import { scopeOf } from './scopes';
import { timed } from './server-timing';

/** Every route after it belongs to an account, which has let the request in. */
export const authenticated = createMiddleware<AppEnv>(async (c, next) => {
  await readKey(c);
  await admitRequest(c);
  await next();
  showRates(c);
});

/**
 * Like `authenticated`, for routes that call `admitRequest` themselves, once they know what they want. Where they failed
 * before that, the key is still what is answered for first.
 */
export const authenticatedLate = createMiddleware<AppEnv>(async (c, next) => {
  await readKey(c);
  await next();
  if (c.var.admission === undefined) await admitRequest(c);
  showRates(c);
});

/** Lets the request in, or throws: 401, 403 or 429. One call to the account. */
export async function admitRequest(
  c: AppContext,
  { requests = 1, tokens = 0, price = null }: Partial<Omit<Wanted, 'scope'>> = {},
): Promise<Admission> {
  const { bearer } = c.var;
  const scope = scopeOf(c.req.method, c.req.path);
  const { id, answer } = await timed(c, 'admit', () =>
    admit(callerOf(c), bearer, { scope, requests, tokens, price }),
  );
  c.set('admission', null);
  if (!answer.ok) throw refusalError(answer);
  c.set('accountId', bearer.accountId);
  c.set('keyId', answer.keyId);
  const admission = { id, tokens, ...answer };
  c.set('admission', admission);
  return admission;
}

/** Reads the request's key, or throws 401. No one is asked about it. */
async function readKey(c: AppContext): Promise<void> {
  const bearer = await readBearer(c.env, bearerOf(c));
  if (bearer === null) throw new ApiError('authentication_error', { detail: ['key_malformed'] });
  c.set('bearer', bearer);
}

/** Says on the answer where the limits stand. */
function showRates(c: AppContext): void {
  const { admission } = c.var;
  if (admission === null) return;
  for (const [name, value] of Object.entries(rateHeaders(admission.rates))) c.res.headers.set(name, value);
}

/** Every route after it belongs to whoever runs the deployment. Where no admin secret is set there are no such routes. */
export const administered = createMiddleware<AppEnv>(async (c, next) => {
  if (!c.env.ADMIN_KEY) throw new ApiError('not_found', { missing: 'path' });
  if (!(await isAdmin(c.env, bearerOf(c)))) {
    throw new ApiError('authentication_error', { detail: ['admin_key_wrong'] });
  }
  await next();
});

function bearerOf(c: AppContext): string {
  const match = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '');
  if (match?.[1] === undefined) throw new ApiError('authentication_error', { detail: ['key_missing'] });
  return match[1];
}
