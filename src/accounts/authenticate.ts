// Whom a bearer token lets in: an account by one of its keys, or whoever runs the deployment by the admin secret.
import { sameText } from '../platform/constant-time';
import type { KeyAdmission } from './admission';
import { hashKey, parseKey } from './api-key';
import { DEV_KEY_ID, ensureDevAccount } from './dev-account';

/** `malformed`: the text cannot be a key, and no one was asked. */
export type Admission = KeyAdmission | { ok: false; reason: 'malformed' };

/** Finds the account and the key a bearer token stands for, or why it stands for none. */
export async function authenticate(env: Env, bearer: string, now: number = Date.now()): Promise<Admission> {
  if (env.DEV_KEY && (await sameText(bearer, env.DEV_KEY))) {
    const account = await ensureDevAccount(env, now);
    if (account.status === 'suspended') return { ok: false, reason: 'suspended' };
    return { ok: true, accountId: account.id, keyId: DEV_KEY_ID };
  }
  const key = parseKey(bearer);
  if (key === null) return { ok: false, reason: 'malformed' };
  return env.ACCOUNTS.getByName(key.accountId).admit(await hashKey(bearer), now);
}

/** Whether a bearer token is the admin secret. Without such a secret no one is admin. */
export async function isAdmin(env: Env, bearer: string): Promise<boolean> {
  return Boolean(env.ADMIN_KEY) && sameText(bearer, env.ADMIN_KEY ?? '');
}
