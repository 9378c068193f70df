// The account of local runs: there from its first use, and only where DEV_KEY is set.
import type { AccountResponse } from '../contract/accounts';
import { openAccount } from './create-account';

export const DEV_ACCOUNT_ID = 'dev';

/** What usage is booked on under DEV_KEY, which is no key of the account's own. */
export const DEV_KEY_ID = 'key_dev';

/** The account as it is, made first where it is missing. */
export async function ensureDevAccount(env: Env, now: number): Promise<AccountResponse> {
  const found = await env.ACCOUNTS.getByName(DEV_ACCOUNT_ID).describe();
  return found ?? (await openAccount(env, { id: DEV_ACCOUNT_ID, name: DEV_ACCOUNT_ID, createdAt: now }));
}
