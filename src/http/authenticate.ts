// Who asks: bearer keys of accounts, and the admin secret.
import { createMiddleware } from 'hono/factory';
import { type Admission, authenticate, isAdmin } from '../accounts/authenticate';
import { ApiError } from '../contract/errors';
import type { Detail } from '../contract/messages/en';
import type { AppContext, AppEnv } from './context';
import { timed } from './server-timing';

const REFUSALS: Record<Extract<Admission, { ok: false }>['reason'], Detail> = {
  malformed: ['key_malformed'],
  unknown: ['key_unknown'],
  revoked: ['key_revoked'],
  expired: ['key_expired'],
  suspended: ['account_suspended'],
};

/** Admits the request's key or throws: 401, or 403 for a suspended account. */
export async function admit(c: AppContext): Promise<void> {
  const bearer = bearerOf(c);
  const admission = await timed(c, 'admit', () => authenticate(c.env, bearer));
  if (!admission.ok) {
    throw new ApiError(admission.reason === 'suspended' ? 'permission_denied' : 'authentication_error', {
      detail: REFUSALS[admission.reason],
    });
  }
  c.set('accountId', admission.accountId);
  c.set('keyId', admission.keyId);
}

/** Every route after it belongs to an account. */
export const authenticated = createMiddleware<AppEnv>(async (c, next) => {
  await admit(c);
  await next();
});

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
