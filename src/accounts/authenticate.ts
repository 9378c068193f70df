// Whom a bearer token lets in: an account by one of its keys, or whoever runs the deployment by the admin secret.
import { sameText } from '../platform/constant-time';
import { type Caller, lineTo } from './account-line';
import type { AdmissionAnswer, Wanted } from './admission';
import { hashKey, parseKey } from './api-key';
import { DEV_ACCOUNT_ID, ensureDevAccount } from './dev-account';

/** Whom a bearer token names. Whether it lets anyone in is the account's to say. */
export interface Bearer {
  accountId: string;
  /** SHA-256, 64 hex digits; null for the local key. */
  keyHash: string | null;
}

/** Reads a bearer token, or null where the text cannot be a key: no one was asked. */
export async function readBearer(env: Env, text: string): Promise<Bearer | null> {
  if (env.DEV_KEY && (await sameText(text, env.DEV_KEY))) return { accountId: DEV_ACCOUNT_ID, keyHash: null };
  const key = parseKey(text);
  return key && { accountId: key.accountId, keyHash: await hashKey(text) };
}

/** The account's answer to a request that wants in, and the id under which it is to be settled. */
export async function admit(
  caller: Caller,
  { accountId, keyHash }: Bearer,
  wanted: Wanted,
): Promise<{ id: string; answer: AdmissionAnswer }> {
  const line = lineTo(accountId);
  const request = { id: line.nextId(), keyHash, ...wanted };
  let answer = await line.admit(caller, request);
  // The local account is made at its first use.
  if (keyHash === null && !answer.ok && 'reason' in answer && answer.reason === 'unknown') {
    await ensureDevAccount(caller.env, Date.now());
    answer = await line.admit(caller, request);
  }
  return { id: request.id, answer };
}

/** Whether a bearer token is the admin secret. Without such a secret no one is admin. */
export async function isAdmin(env: Env, bearer: string): Promise<boolean> {
  return Boolean(env.ADMIN_KEY) && sameText(bearer, env.ADMIN_KEY ?? '');
}
