// The Durable Object of one account, `getByName(accountId)`: its own row, keys, files, batches and usage.
// Asking an object that holds nothing writes nothing; the tables come with the first write.
import { DurableObject } from 'cloudflare:workers';
import type { AccountResponse, AccountUpdate, KeyResponse, UsageResponse } from '../contract/accounts';
import type { BatchStatus } from '../contract/batches';
import { newId } from '../contract/ids';
import type { ListQuery, Page } from '../contract/lists';
import { ACCOUNT_RECORD_SCHEMA, AccountRecord, type NewAccount } from './account-record';
import { decideAdmission, type KeyAdmission } from './admission';
import { hashKey, keyHint, makeKey } from './api-key';
import {
  BATCH_INDEX_SCHEMA,
  type BatchEntry,
  BatchIndex,
  type BatchIndexQuery,
  type NewBatchEntry,
} from './batch-index';
import { FILE_INDEX_SCHEMA, FileIndex, type FileListQuery, type IndexedFile } from './file-index';
import { KEY_STORE_SCHEMA, KeyStore } from './key-store';
import type { LedgerEntry } from './ledger';
import { emptyPage } from './read-page';
import {
  EMPTY_USAGE_REPORT,
  type Spend,
  USAGE_BOOK_SCHEMA,
  UsageBook,
  type UsageReportQuery,
} from './usage-book';

const SCHEMA = [
  ACCOUNT_RECORD_SCHEMA,
  KEY_STORE_SCHEMA,
  FILE_INDEX_SCHEMA,
  BATCH_INDEX_SCHEMA,
  USAGE_BOOK_SCHEMA,
].join('\n');

/** Times are milliseconds where they are numbers. */
export class AccountObject extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #record = new AccountRecord(this.#sql);
  readonly #keys = new KeyStore(this.#sql);
  readonly #files = new FileIndex(this.#sql);
  readonly #batches = new BatchIndex(this.#sql);
  readonly #usage = new UsageBook(this.#sql);
  #hasTables = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const [table] = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'account'");
    // Also where they are there: an object of an earlier version gets the tables that came since.
    if (table !== undefined) this.#makeTables();
  }

  /** Makes the account and answers it; one that is there stays as it is. */
  create(account: NewAccount): AccountResponse {
    this.#makeTables();
    this.#record.create(account);
    const created = this.#record.read();
    if (created === null) throw new Error('the account was not stored');
    return created;
  }

  describe(): AccountResponse | null {
    return this.#held(null, () => this.#record.read());
  }

  /** The account as it is then, or null where there is none. */
  update(update: AccountUpdate): AccountResponse | null {
    return this.#held(null, () => {
      this.#record.update(update);
      return this.#record.read();
    });
  }

  /** Whether the key with this hash lets its bearer in. */
  admit(keyHash: string, now: number): KeyAdmission {
    const [account, key] = this.#held([null, null], () => [this.#record.read(), this.#keys.find(keyHash)]);
    return decideAdmission(account, key, now);
  }

  /**
   * A new key: `secret` is its text, which is kept nowhere. `expiresAt` is ISO 8601.
   *
   * @throws Error where there is no account
   */
  async createKey(
    { name, expiresAt }: { name: string; expiresAt: string | null },
    now: number = Date.now(),
  ): Promise<{ key: KeyResponse; secret: string }> {
    const account = this.describe();
    if (account === null) throw new Error('this account object holds no account');
    const secret = makeKey(account.id);
    const hash = await hashKey(secret);
    const key = this.#keys.add({
      id: newId('key'),
      name,
      hash,
      hint: keyHint(secret),
      createdAt: now,
      expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
    });
    return { key, secret };
  }

  /** Null where `after` is unknown, like every list here. */
  listKeys(query: ListQuery): Page<KeyResponse> | null {
    return this.#held(emptyPage(query), () => this.#keys.list(query));
  }

  /** False where there is no such key. From here on it admits no one; revoking it again changes nothing. */
  revokeKey(id: string, now: number): boolean {
    return this.#held(false, () => this.#keys.revoke(id, now));
  }

  addFile(file: IndexedFile): void {
    this.#makeTables();
    this.#files.add(file);
  }

  removeFile(id: string): void {
    this.#held(undefined, () => this.#files.remove(id));
  }

  /** Null for a file that is unknown or has expired. */
  getFile(id: string, now: number): IndexedFile | null {
    return this.#held(null, () => this.#files.get(id, now));
  }

  listFiles(query: FileListQuery, now: number): Page<IndexedFile> | null {
    return this.#held(emptyPage(query), () => this.#files.list(query, now));
  }

  /** Files that have expired and are still to be removed, the oldest expiry first. */
  expiredFiles(now: number, limit: number): IndexedFile[] {
    return this.#held([], () => this.#files.expired(now, limit));
  }

  addBatch(batch: NewBatchEntry): void {
    this.#makeTables();
    this.#batches.add(batch);
  }

  /** A batch that is not listed is left alone. */
  updateBatch(id: string, status: BatchStatus, summary: string | null): void {
    this.#held(undefined, () => this.#batches.update(id, status, summary));
  }

  /** Takes a batch off the list. What it spent stays booked. */
  removeBatch(id: string): void {
    this.#held(undefined, () => this.#batches.remove(id));
  }

  listBatches(query: BatchIndexQuery): Page<BatchEntry> | null {
    return this.#held(emptyPage(query), () => this.#batches.list(query));
  }

  /** Batches made before a time, the oldest first. */
  staleBatches(before: number, limit: number): NewBatchEntry[] {
    return this.#held([], () => this.#batches.stale(before, limit));
  }

  /** Books one request. */
  settle({ keyId, ...spend }: Spend): void {
    this.#makeTables();
    this.#usage.book(keyId, { ...spend, requests: 1 });
  }

  /** Books a batch, whose ledger holds all it spent so far: of a repeated call only what is new. */
  settleBatch(batchId: string, keyId: string, ledger: LedgerEntry[]): void {
    this.#makeTables();
    this.ctx.storage.transactionSync(() => this.#usage.bookBatch(batchId, keyId, ledger));
  }

  usage(query: UsageReportQuery): UsageResponse {
    return {
      object: 'usage',
      from: query.from ?? null,
      to: query.to ?? null,
      group_by: query.groupBy,
      ...this.#held(EMPTY_USAGE_REPORT, () => this.#usage.report(query)),
    };
  }

  /** What `ask` answers, or `nothing` in an object that holds nothing. */
  #held<T>(nothing: T, ask: () => T): T {
    return this.#hasTables ? ask() : nothing;
  }

  #makeTables(): void {
    if (this.#hasTables) return;
    this.#sql.exec(SCHEMA);
    this.#hasTables = true;
  }
}
