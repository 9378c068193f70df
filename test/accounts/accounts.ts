// Accounts to test with, and a look at what their objects store.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AccountObject } from '../../src/accounts/account-object';
import type { AdmissionAnswer, Wanted } from '../../src/accounts/admission';
import type { Settlement } from '../../src/accounts/exchange';
import type { IndexedFile } from '../../src/accounts/file-index';
import type { UsageReportQuery } from '../../src/accounts/usage-book';
import type { KeyCreate, KeyResponse, Limits, UsageResponse } from '../../src/contract/accounts';
import { newId } from '../../src/contract/ids';
import type { ListQuery, Page } from '../../src/contract/lists';

export const NOW = Date.UTC(2026, 0, 31, 12);

/** The object of an account that is not made yet. */
export function emptyAccount(): DurableObjectStub<AccountObject> {
  return env.ACCOUNTS.getByName(newId('acct'));
}

export async function newAccount(limits: Limits = {}): Promise<DurableObjectStub<AccountObject>> {
  const id = newId('acct');
  const account = env.ACCOUNTS.getByName(id);
  await account.create({ id, name: 'test', limits, createdAt: NOW });
  return account;
}

/** A new key of an account that is there. */
export async function createKey(
  account: DurableObjectStub<AccountObject>,
  key: KeyCreate,
  now: number = Date.now(),
): Promise<{ key: KeyResponse; secret: string }> {
  const created = await account.createKey(key, now);
  if (created === null) throw new Error('there is no account');
  return created;
}

/** A page of its keys; null where `after` is unknown. */
export async function listKeys(
  account: DurableObjectStub<AccountObject>,
  query: ListQuery,
): Promise<Page<KeyResponse> | null> {
  const keys = await account.listKeys(query);
  if (keys === 'no_account') throw new Error('there is no account');
  return keys;
}

/** The usage of an account that is there. */
export async function usageReport(
  account: DurableObjectStub<AccountObject>,
  query: UsageReportQuery,
): Promise<UsageResponse> {
  const report = await account.usage(query);
  if (report === null) throw new Error('there is no account');
  return report;
}

/** What a request wants that asks no model and needs no scope. */
export const LITTLE: Wanted = { scope: null, requests: 1, tokens: 0, price: null };

let calls = 0;

/** Asks an account to let one request in, as an isolate does that never asked before. */
export async function admit(
  account: Pick<AccountObject, 'exchange'> | DurableObjectStub<AccountObject>,
  keyHash: string | null,
  now: number = NOW,
  wanted: Partial<Wanted> & { id?: string } = {},
): Promise<AdmissionAnswer> {
  calls += 1;
  const admissions = [{ id: `request ${calls}`, keyHash, ...LITTLE, ...wanted }];
  const message = { line: `line ${calls}`, number: 1, admissions, settled: null, running: [] };
  const [answer] = await account.exchange(message, now);
  if (answer === undefined) throw new Error('the account answered nothing');
  return answer;
}

/** Settles requests in one group. */
export async function settle(
  account: DurableObjectStub<AccountObject>,
  settlements: (Partial<Settlement> & Pick<Settlement, 'spend'>)[],
  now: number = NOW,
): Promise<void> {
  calls += 1;
  const group = settlements.map((settlement, index) => ({
    id: `settled ${calls}.${index}`,
    keyId: 'key_a',
    tokens: null,
    ...settlement,
  }));
  const settled = { number: 1, settlements: group };
  await account.exchange({ line: `line ${calls}`, number: 1, admissions: [], settled, running: [] }, now);
}

/** A file as an account lists it. */
export function file(values: Partial<IndexedFile> = {}): IndexedFile {
  const id = newId('file');
  return {
    id,
    filename: '그림.png',
    size: 123,
    contentType: 'image/png',
    purpose: 'vision',
    createdAt: NOW,
    expiresAt: null,
    sha256: 'f'.repeat(64),
    r2Key: `files/acct/${id}`,
    ...values,
  };
}

/** Nano-dollars that an account has reserved, row by row. */
export function reservedBy({ accountId }: { accountId: string }): Promise<number> {
  return runInDurableObject(env.ACCOUNTS.getByName(accountId), (_object, { storage }) => {
    const sum = 'SELECT coalesce(sum(nano), 0) AS nano FROM reservations';
    return storage.sql.exec<{ nano: number }>(sum).one().nano;
  });
}

/** Every row of every table, as one text; empty where there is no table. */
export function stored(account: DurableObjectStub<AccountObject>): Promise<string> {
  return runInDurableObject(account, (_object, { storage: { sql } }) =>
    sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => `${name}: ${JSON.stringify(sql.exec(`SELECT * FROM ${name}`).toArray())}`)
      .join('\n'),
  );
}

/** The ids of a whole list, page by page. */
export async function walk(
  list: (after: { after?: string }) => Promise<{ data: { id: string }[]; hasMore: boolean } | null>,
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const last = ids.at(-1);
    const page = await list(last === undefined ? {} : { after: last });
    if (page === null) throw new Error(`the list knows no ${last}`);
    ids.push(...page.data.map(({ id }) => id));
    if (!page.hasMore) return ids;
  }
}
