// The Durable Object of one account, `getByName(accountId)`: its own row, keys, files, batches and usage.
// Asking an object that holds nothing writes nothing; the tables come with the first write.
import { DurableObject } from 'cloudflare:workers';
import type {
  AccountResponse,
  AccountUpdate,
  AccountUse,
  KeyCreate,
  KeyResponse,
  UsageResponse,
} from '../contract/accounts';
import { newId } from '../contract/ids';
import type { ListQuery, Page } from '../contract/lists';
import { usdFromNano } from '../contract/money';
import { ACCOUNT_RECORD_SCHEMA, AccountRecord, type AccountState, type NewAccount } from './account-record';
import { ACCOUNT_STORAGE_SCHEMA, AccountStorage, type StorageRefusal } from './account-storage';
import { hasBudget, isAllowed } from './admission';
import { hashKey, keyHint, makeKey } from './api-key';
import {
  BATCH_INDEX_SCHEMA,
  type BatchEntry,
  BatchIndex,
  type BatchIndexQuery,
  type NewBatchEntry,
} from './batch-index';
import type { BatchGrant, BatchWish } from './budget';
import { BUDGET_EVENTS_SCHEMA, BudgetEvents } from './budget-events';
import type { ExchangeAnswer, ExchangeMessage } from './exchange';
import type { FileListQuery, FileSize, IndexedFile } from './file-index';
import { FrontDesk, SETTLED_GROUPS_SCHEMA } from './front-desk';
import { KEY_STORE_SCHEMA, KeyStore } from './key-store';
import type { LedgerEntry } from './ledger';
import type { AccountMetrics } from './metrics';
import { ACCOUNT_HOLDER, type Holder } from './rate-limits';
import { emptyPage } from './read-page';
import { RESERVATIONS_SCHEMA, Reservations } from './reservations';
import type { StorageRoom } from './storage-meter';
import type { NewUpload, StoredPart, StoredUpload } from './upload-index';
import { USAGE_BOOK_SCHEMA, UsageBook, type UsageReportQuery } from './usage-book';

const SCHEMA = [
  ACCOUNT_RECORD_SCHEMA,
  KEY_STORE_SCHEMA,
  ACCOUNT_STORAGE_SCHEMA,
  BATCH_INDEX_SCHEMA,
  USAGE_BOOK_SCHEMA,
  RESERVATIONS_SCHEMA,
  SETTLED_GROUPS_SCHEMA,
  BUDGET_EVENTS_SCHEMA,
].join('\n');

/** How many waiting batches learn that one has ended: some may still be planning, so more than the one there is room for. */
const WOKEN_BATCHES = 10;

/** In the object's key-value storage. Never removed: it spares a call only. */
const WEBHOOKS_KEY = 'has_webhooks';

/** In the object's key-value storage: up to which batch the cron has looked for missing alarms. */
const CHECKED_BATCH_KEY = 'checked_batch';

/** How long after webhooks could not be reached an event is handed to them again. */
const EVENT_RETRY_MS = 30_000;

/** What came of removing a file: the R2 key of bytes that no one needs any more, or null for bytes that stay. */
export type FileRemoval = 'in_use' | { bytesToDelete: string | null };

/** What an account is told of a batch's end. */
export interface BatchEnd {
  /** All that the batch spent. */
  ledger: LedgerEntry[];
  files: IndexedFile[];
  /** The batch as JSON, for lists. */
  summary: string;
  /** It has a webhook of its own, which is still to be sent. */
  hasWebhook: boolean;
}

/** Times are milliseconds where they are numbers. */
export class AccountObject extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #record = new AccountRecord(this.#sql);
  readonly #keys = new KeyStore(this.#sql);
  readonly #stored = new AccountStorage(
    this.ctx.storage,
    () => this.#record.read()?.limits.storage_bytes ?? null,
  );
  readonly #batches = new BatchIndex(this.#sql);
  readonly #usage = new UsageBook(this.#sql);
  readonly #reservations = new Reservations(this.#sql);
  readonly #events = new BudgetEvents(this.#sql);
  readonly #desk = new FrontDesk(this.#sql, {
    record: this.#record,
    keys: this.#keys,
    usage: this.#usage,
    reservations: this.#reservations,
    events: this.#events,
  });
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
    const created = this.describe();
    if (created === null) throw new Error('the account was not stored');
    return created;
  }

  describe(now: number = Date.now()): AccountResponse | null {
    const account = this.#account();
    return account && { ...account, used: this.#used(now) };
  }

  /** The account as the holder of a key sees it: only who may read usage is told what is used. */
  describeTo(keyId: string): AccountResponse | null {
    const account = this.describe();
    // The local key is no row, and may do everything.
    const scopes = this.describeKey(keyId)?.scopes ?? null;
    return account && (isAllowed(scopes, 'usage') ? account : { ...account, used: null });
  }

  /** The account as it is then, or null where there is none. */
  async update(update: AccountUpdate): Promise<AccountResponse | null> {
    this.#held(undefined, () => {
      this.#record.update(update);
      // It may be active again, or have a higher limit.
      this.#wakeWaitingBatches();
    });
    if (typeof update.limits?.monthly_budget === 'number') await this.#tellOfBudget();
    return this.describe();
  }

  /** Lets requests in and books what others used: `AccountLine` is the caller. */
  exchange(message: ExchangeMessage, now: number = Date.now()): ExchangeAnswer {
    if (message.settled !== null) this.#makeTables();
    return this.#held(
      message.admissions.map(() => ({ ok: false, reason: 'unknown' })),
      () => this.#transaction(() => this.#desk.exchange(message, now)),
    );
  }

  /**
   * A new key: `secret` is its text, which is kept nowhere. Null where there is no account.
   */
  async createKey(
    { name, scopes, expires_at: expiresAt, limits }: KeyCreate,
    now: number = Date.now(),
  ): Promise<{ key: KeyResponse; secret: string } | null> {
    const account = this.#account();
    if (account === null) return null;
    const secret = makeKey(account.id);
    const hash = await hashKey(secret);
    const key = this.#keys.add({
      id: newId('key'),
      name,
      hash,
      hint: keyHint(secret),
      scopes: scopes ?? null,
      limits: limits ?? {},
      createdAt: now,
      expiresAt: expiresAt ? Date.parse(expiresAt) : null,
    });
    return { key, secret };
  }

  /** Null where `after` is unknown, like every list here. */
  listKeys(query: ListQuery): Page<KeyResponse> | null | 'no_account' {
    return this.#account() === null ? 'no_account' : this.#keys.list(query);
  }

  describeKey(id: string): KeyResponse | null {
    return this.#held(null, () => this.#keys.describe(id));
  }

  /** False where there is no such key. From here on it admits no one; revoking it again changes nothing. */
  revokeKey(id: string, now: number): boolean {
    return this.#held(false, () => this.#keys.revoke(id, now));
  }

  /** How much there is to store in; null where there is no limit. */
  storageRoom(): StorageRoom | null {
    return this.#held(null, () => this.#stored.room());
  }

  /** Null where the file is listed now; one that was listed stays as it is. */
  addFile(file: IndexedFile): StorageRefusal | null {
    this.#makeTables();
    return this.#stored.addFile(file);
  }

  /**
   * Takes a file off the list, unless an unfinished batch reads it; null where there is none. Its bytes may go only where
   * the answer says so: an ended batch that is tried again still needs them.
   */
  removeFile(id: string): FileRemoval | null {
    return this.#held(null, () => {
      const r2Key = this.#stored.files.keyOf(id);
      const readers = this.#batches.readersOf(id);
      if (r2Key === null) return null;
      if (readers === 'unfinished') return 'in_use';
      this.#stored.removeFile(id);
      return { bytesToDelete: readers === null ? r2Key : null };
    });
  }

  /** Whether anyone knows of the bytes of a file. */
  holdsBytes(fileId: string): boolean {
    return this.#held(
      false,
      () => this.#stored.files.keyOf(fileId) !== null || this.#batches.readersOf(fileId) !== null,
    );
  }

  /** Null for a file that is unknown or has expired. */
  getFile(id: string, now: number): IndexedFile | null {
    return this.#held(null, () => this.#stored.files.get(id, now));
  }

  fileSizes(ids: string[], now: number): FileSize[] {
    return this.#held([], () => this.#stored.files.sizes(ids, now));
  }

  listFiles(query: FileListQuery, now: number): Page<IndexedFile> | null {
    return this.#held(emptyPage(query), () => this.#stored.files.list(query, now));
  }

  /** Files that have expired and are still to be removed, the oldest expiry first. */
  expiredFiles(now: number, limit: number): IndexedFile[] {
    return this.#held([], () => this.#stored.files.expired(now, limit));
  }

  /** The ids of the next files to be compared with R2: made before a time, in order. The cron walks round and round. */
  filesToCheck(before: number, limit: number): string[] {
    return this.#held([], () => this.#stored.nextToCheck(before, limit));
  }

  /** Refused where a file of its size would pass the limit. */
  addUpload(upload: NewUpload): StoredUpload | StorageRefusal {
    this.#makeTables();
    return this.#stored.addUpload(upload);
  }

  /** An upload whose hour is over says `pending` until the cron ends it. */
  getUpload(id: string): StoredUpload | null {
    return this.#held(null, () => this.#stored.uploads.get(id));
  }

  addUploadPart(part: StoredPart): StorageRefusal | null {
    return this.#held({ refused: 'not_found' }, () => this.#stored.addPart(part));
  }

  uploadParts(uploadId: string): StoredPart[] {
    return this.#held([], () => this.#stored.uploads.parts(uploadId));
  }

  /** Lists the file in place of all the upload's parts: they are answered, their bytes to be deleted. */
  completeUpload(id: string, file: IndexedFile, partIds: string[]): StoredPart[] | StorageRefusal {
    return this.#held({ refused: 'not_found' }, () => this.#stored.completeUpload(id, file, partIds));
  }

  /** Answers the parts, their bytes to be deleted. */
  cancelUpload(id: string): StoredPart[] | StorageRefusal {
    return this.#held({ refused: 'not_found' }, () => this.#stored.cancelUpload(id));
  }

  /** Ends uploads whose hour is over and answers their parts, their bytes to be deleted. */
  expireUploads(now: number, limit: number): StoredPart[] {
    return this.#held([], () => this.#stored.expireUploads(now, limit));
  }

  /** Whether an upload still needs the bytes of a part. */
  holdsUploadPart(uploadId: string, partId: string): boolean {
    return this.#held(false, () => this.#stored.uploads.hasPart(uploadId, partId));
  }

  addBatch(batch: NewBatchEntry): void {
    this.#makeTables();
    this.#batches.add(batch);
  }

  /**
   * Whether a batch may run now: from then on it counts as running, and it is told whether it has to ask for money. Null
   * where there is no room, while the account is suspended, or where it has ended. Asking again answers the same.
   */
  startBatch(batch: NewBatchEntry): { hasBudget: boolean } | null {
    this.#makeTables();
    if (this.#batches.hasEnded(batch.id)) return null;
    const holders = this.#desk.holders(batch.keyId);
    if (!this.#batches.isRunning(batch.id)) {
      // Counted only where it matters: it reads a row for each batch that runs.
      const isFull = ({ id, limits: { concurrent_batches: limit = null } }: Holder) =>
        limit !== null && this.#batches.countRunning(id === ACCOUNT_HOLDER ? null : id) >= limit;
      if (this.#record.read()?.status === 'suspended' || holders.some(isFull)) return null;
      this.ctx.storage.transactionSync(() => {
        this.#batches.add(batch);
        this.#batches.update(batch.id, 'running', null);
      });
    }
    return { hasBudget: hasBudget(holders) };
  }

  /**
   * Books what a batch has spent by now and gives it more, beside what it holds; null where there is no budget, or where the
   * batch has ended.
   */
  fundBatch(
    { id, keyId }: NewBatchEntry,
    ledger: LedgerEntry[],
    wish: BatchWish,
    now: number = Date.now(),
  ): BatchGrant | null {
    this.#makeTables();
    return this.#transaction(() => {
      this.#usage.bookBatch(id, keyId, ledger);
      return this.#batches.hasEnded(id) ? null : this.#desk.fundBatch(id, keyId, wish, now);
    });
  }

  /**
   * Books a batch's spend, lists its output files and notes its end, all or nothing; a repeated call changes nothing. The
   * batches that wait for room are told of it. Answers whether the account has, or had, webhook endpoints to be told too.
   */
  endBatch(batch: NewBatchEntry, end: BatchEnd): { hasWebhooks: boolean } {
    this.#makeTables();
    this.#transaction(() => {
      this.#usage.bookBatch(batch.id, batch.keyId, end.ledger);
      this.#reservations.drop(batch.id);
      this.#desk.noteSpend(false, Date.now());
      for (const file of end.files) this.#stored.addOutputFile(file);
      this.#batches.add(batch);
      this.#batches.update(batch.id, batch.status, end.summary);
      if (!end.hasWebhook && !this.hasWebhooks()) this.#batches.settle(batch.id);
    });
    this.#wakeWaitingBatches();
    return { hasWebhooks: this.hasWebhooks() };
  }

  /** The account is about to have a webhook endpoint: from here on its WebhookObject is told of events. */
  noteWebhooks(): void {
    this.ctx.storage.kv.put(WEBHOOKS_KEY, true);
  }

  /** Whether an event can have anyone who listens. */
  hasWebhooks(): boolean {
    return this.ctx.storage.kv.get(WEBHOOKS_KEY) === true;
  }

  /**
   * Takes a batch off the list; what it spent stays booked. Answers whether no one needs its input's bytes any more, also to a
   * removal that is repeated: so the caller says which uploaded file it read, or null.
   */
  removeBatch(id: string, inputFileId: string | null): boolean {
    this.#held(undefined, () => this.#batches.remove(id));
    return inputFileId === null || !this.holdsBytes(inputFileId);
  }

  listBatches(query: BatchIndexQuery): Page<BatchEntry> | null {
    return this.#held(emptyPage(query), () => this.#batches.list(query));
  }

  /** Batches made before a time, the oldest first. */
  staleBatches(before: number, limit: number): NewBatchEntry[] {
    return this.#held([], () => this.#batches.stale(before, limit));
  }

  /**
   * Where an alarm may be missing, since the platform gave up on it: the next batches that have something to do, and whether
   * there are webhooks. The account's own is set again here. The cron walks round and round.
   */
  async alarmsToCheck(limit: number): Promise<{ batches: string[]; hasWebhooks: boolean }> {
    if (!this.#hasTables) return { batches: [], hasWebhooks: false };
    if (this.#events.arePending() && (await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now());
    }
    const after = this.ctx.storage.kv.get<number>(CHECKED_BATCH_KEY) ?? 0;
    const { ids, last } = this.#batches.unsettled(after, limit);
    if (last !== after) this.ctx.storage.kv.put(CHECKED_BATCH_KEY, last);
    return { batches: ids, hasWebhooks: this.hasWebhooks() };
  }

  /** A batch of which the cron found that it has nothing left to do. */
  settleBatch(id: string): void {
    this.#held(undefined, () => this.#batches.settle(id));
  }

  /** An ended batch has something to do again: the cron looks after it. */
  unsettleBatch(id: string): void {
    this.#held(undefined, () => this.#batches.unsettle(id));
  }

  /** Null where there is no account. */
  usage(query: UsageReportQuery): UsageResponse | null {
    if (this.#account() === null) return null;
    return {
      object: 'usage',
      from: query.from ?? null,
      to: query.to ?? null,
      group_by: query.groupBy,
      ...this.#usage.report(query),
    };
  }

  /** The account but for what it uses: counting that reads a row for each batch that runs. */
  #account(): AccountState | null {
    return this.#held(null, () => this.#record.read());
  }

  #used(now: number): AccountUse {
    return {
      spent: usdFromNano(this.#usage.spentNano(null, now)),
      reserved: usdFromNano(this.#reservations.reserved(null, now)),
      storage_bytes: this.#stored.usedBytes(),
      concurrent_batches: this.#batches.countRunning(null),
    };
  }

  /** Batches that wait for room look again. */
  #wakeWaitingBatches(): void {
    for (const id of this.#batches.withStatus('pending', WOKEN_BATCHES)) {
      // A batch that is not reached asks by itself after a while.
      this.ctx.waitUntil(
        this.env.BATCHES.getByName(id)
          .wake()
          .catch(() => undefined),
      );
    }
  }

  /** From now on batches that run already ask for money. */
  async #tellOfBudget(): Promise<void> {
    const running = this.#held([], () => this.#batches.withStatus('running', -1));
    await Promise.all(
      running.map((id) =>
        this.env.BATCHES.getByName(id)
          .budgetSet()
          .catch((error: unknown) => {
            console.error(JSON.stringify({ event: 'budget.untold', batch: id, cause: String(error) }));
          }),
      ),
    );
  }

  /** The account's share of the deployment's metrics; null where there is no account. */
  metrics(now: number = Date.now()): AccountMetrics | null {
    const account = this.#account();
    return (
      account && {
        status: account.status,
        usage: this.#transaction(() => this.#usage.totals(now)),
        batches: this.#batches.countByStatus(),
        files: this.#stored.fileTotals(),
      }
    );
  }

  /** Alarms end after seven failures in a row, so none may fail. */
  override async alarm(): Promise<void> {
    const account = this.#account();
    if (account === null) return;
    try {
      const webhooks = this.env.WEBHOOKS.getByName(account.id);
      await this.#events.handOver((event) => webhooks.publish(event));
    } catch (error) {
      console.error(
        JSON.stringify({ event: 'budget.unannounced', account: account.id, cause: String(error) }),
      );
      await this.ctx.storage.setAlarm(Date.now() + EVENT_RETRY_MS);
    }
  }

  /** What `ask` answers, or `nothing` in an object that holds nothing. */
  #held<T>(nothing: T, ask: () => T): T {
    return this.#hasTables ? ask() : nothing;
  }

  /** All of it is stored, or nothing is and what is in memory is read again. */
  #transaction<T>(run: () => T): T {
    try {
      const result = this.ctx.storage.transactionSync(run);
      // Stored with what it announces.
      if (this.#events.takeNews()) void this.ctx.storage.setAlarm(Date.now());
      return result;
    } catch (error) {
      for (const held of [this.#usage, this.#reservations, this.#events, this.#desk]) held.forget();
      throw error;
    }
  }

  #makeTables(): void {
    if (this.#hasTables) return;
    this.#sql.exec(SCHEMA);
    for (const table of [this.#keys, this.#stored, this.#usage, this.#batches]) table.upgrade();
    this.#hasTables = true;
  }
}
