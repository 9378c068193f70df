// The account of local runs: there from its first use, and only where DEV_KEY is set.
import { openAccount } from './create-account';

export const DEV_ACCOUNT_ID = 'dev';

/** What usage is booked on under DEV_KEY, which is no key of the account's own. */
export const DEV_KEY_ID = 'key_dev';

/** Makes the account, unless it is there. */
export async function ensureDevAccount(env: Env, now: number): Promise<void> {
  await openAccount(env, { id: DEV_ACCOUNT_ID, name: DEV_ACCOUNT_ID, createdAt: now });
}
