// Makes accounts. An account is an object of its own and an entry in the registry, which two calls write: the entry comes
// first, so that every account is listed, and an entry that never got its account shows nowhere.
import type { AccountCreate, AccountResponse } from '../contract/accounts';
import { newId } from '../contract/ids';
import type { NewAccount } from './account-record';

/** A new account. A crash half-way leaves no more than an entry that no one sees. */
export async function createAccount(env: Env, account: AccountCreate, now: number): Promise<AccountResponse> {
  const { name, limits } = account;
  return openAccount(env, { id: newId('acct'), name, limits, createdAt: now });
}

/** Makes the account with this id, or completes one that was half made; one that is there stays as it is. */
export async function openAccount(env: Env, account: NewAccount): Promise<AccountResponse> {
  await env.REGISTRY.getByName('registry').add(account.id, account.createdAt);
  return env.ACCOUNTS.getByName(account.id).create(account);
}
