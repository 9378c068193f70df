// Where an account's requests come in and are paid for: it loads, asks `admission.ts`, and stores what follows. Called in
// a transaction of the account's object.
import type { Scope } from '../contract/accounts';
import { nanoFromUsd } from '../contract/money';
import type { AccountRecord } from './account-record';
import { type AdmissionAnswer, decideAdmission, hasBudget, holdersOf, type KeyState } from './admission';
import { type BatchGrant, type BatchWish, grantBatch, type Purse } from './budget';
import type { BudgetEvents } from './budget-events';
import { DEV_KEY_ID } from './dev-account';
import type { AdmissionRequest, ExchangeAnswer, ExchangeMessage, Settlement } from './exchange';
import type { KeyStore } from './key-store';
import { ACCOUNT_HOLDER, type Holder, holderKind, RateLimits } from './rate-limits';
import { RESERVATION_MS, type Reservations } from './reservations';
import type { UsageBook } from './usage-book';

export const SETTLED_GROUPS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS settled_groups (
    line TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/** A line repeats a group for minutes at the most; isolates come and go. */
const LINE_REMEMBERED_MS = 86_400_000;

/** Isolates whose last answers are kept. */
const LINES_LIMIT = 1_000;

/** What an account's requests are settled in. */
interface Books {
  record: AccountRecord;
  keys: KeyStore;
  usage: UsageBook;
  reservations: Reservations;
  events: BudgetEvents;
}

export class FrontDesk {
  readonly #sql: SqlStorage;
  readonly #books: Books;
  readonly #rates = new RateLimits();
  /** The last exchange of each line, for one that is repeated. */
  readonly #answered = new Map<string, { number: number; answers: ExchangeAnswer }>();
  /** The last group that was taken of each line, as stored. */
  readonly #taken = new Map<string, number>();

  constructor(sql: SqlStorage, books: Books) {
    this.#sql = sql;
    this.#books = books;
  }

  /** Settlements first: they make room. */
  exchange({ line, number, admissions, settled, running }: ExchangeMessage, now: number): ExchangeAnswer {
    if (settled !== null) this.#settleGroup(line, settled, now);
    const last = this.#answered.get(line);
    if (last?.number === number) return last.answers;
    for (const id of running) this.#books.reservations.extend(id, now + RESERVATION_MS);
    const answers = admissions.map((request) => this.#admit(request, now));
    this.#answered.delete(line);
    this.#answered.set(line, { number, answers });
    const [oldest] = this.#answered.keys();
    if (this.#answered.size > LINES_LIMIT && oldest !== undefined) this.#answered.delete(oldest);
    return answers;
  }

  /** The money of the holders that have a budget. */
  purses(holders: readonly Holder[], now: number): Purse[] {
    const { usage, reservations } = this.#books;
    return holders.flatMap((holder) => {
      const budget = holder.limits.monthly_budget ?? null;
      if (budget === null) return [];
      const keyId = holder.id === ACCOUNT_HOLDER ? null : holder.id;
      const spentNano = usage.spentNano(keyId, now);
      const reservedNano = reservations.reserved(keyId, now);
      return [{ holder: holderKind(holder), budgetNano: nanoFromUsd(budget), spentNano, reservedNano }];
    });
  }

  /** The account and a key of it as holders of limits. */
  holders(keyId: string): Holder[] {
    const account = this.#books.record.read();
    return account === null
      ? []
      : holdersOf(account.limits, { id: keyId, limits: this.#books.keys.limitsOf(keyId) });
  }

  /** Notes what of the account's budget is spent by now, or that it is too little. */
  noteSpend(isShort: boolean, now: number): void {
    const account = this.#books.record.read();
    if (account === null) return;
    const [purse] = this.purses([{ id: ACCOUNT_HOLDER, limits: account.limits }], now);
    if (purse !== undefined) this.#books.events.note(purse, isShort, now);
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#taken.clear();
  }

  /** Gives a batch more of the money, beside what it holds; null where there is no budget. */
  fundBatch(id: string, keyId: string, wish: BatchWish, now: number): BatchGrant | null {
    const { reservations } = this.#books;
    const purses = this.purses(this.holders(keyId), now);
    if (purses.length === 0) {
      reservations.drop(id);
      return null;
    }
    const own = reservations.nanoOf(id);
    const grant = grantBatch(
      purses.map((purse) => ({ ...purse, reservedNano: purse.reservedNano - own })),
      wish,
    );
    reservations.set(id, { keyId, nano: wish.heldNano + grant.nano, expiresAt: null });
    this.noteSpend(grant.short === 'spent' && wish.heldNano + grant.nano === 0, now);
    return grant;
  }

  #admit({ id, keyHash, ...wanted }: AdmissionRequest, now: number): AdmissionAnswer {
    const { record, keys, reservations } = this.#books;
    const key = keyHash === null ? devKey(now) : keys.find(keyHash);
    const rates = this.#rates;
    const pursesOf = (holders: readonly Holder[]) => this.purses(holders, now);
    const decision = decideAdmission({ account: record.read(), key, rates, pursesOf }, wanted, now);
    if (!decision.ok) {
      if ('reason' in decision) return decision;
      const { refusal, holders } = decision;
      if (refusal.reason === 'budget' && refusal.short === 'spent') this.noteSpend(true, now);
      return { ok: false, refusal, rates: rates.report(holders, now) };
    }
    const { keyId, holders, grant } = decision;
    if (key !== null) keys.use(key, now);
    const tokensAt = rates.take(holders, wanted, now);
    if (grant !== null) {
      reservations.set(id, { keyId, nano: grant.nano, expiresAt: now + RESERVATION_MS });
    }
    const report = rates.report(holders, now);
    return { ok: true, keyId, rates: report, grant, tokensAt, hasBudget: hasBudget(holders) };
  }

  #settleGroup(
    line: string,
    { number, settlements }: NonNullable<ExchangeMessage['settled']>,
    now: number,
  ): void {
    if (number <= this.#lastTaken(line, now)) return;
    for (const settlement of settlements) this.#settle(settlement, now);
    this.noteSpend(false, now);
    this.#sql.exec(
      `INSERT INTO settled_groups VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET number = excluded.number, at = excluded.at`,
      line,
      number,
      now,
    );
    this.#taken.set(line, number);
  }

  /** One that cannot be booked must not keep the others from it. */
  #settle({ id, keyId, spend, tokens }: Settlement, now: number): void {
    try {
      if (tokens !== null) this.#rates.correct([{ id: ACCOUNT_HOLDER }, { id: keyId }], tokens, now);
      if (spend !== null) this.#books.usage.book(keyId, { ...spend, requests: 1 });
      this.#books.reservations.drop(id);
    } catch (error) {
      console.error(JSON.stringify({ event: 'settlement.failed', key: keyId, cause: String(error) }));
    }
  }

  #lastTaken(line: string, now: number): number {
    const known = this.#taken.get(line);
    if (known !== undefined) return known;
    const [row] = this.#sql.exec<{ number: number }>(
      'SELECT number FROM settled_groups WHERE line = ?',
      line,
    );
    if (row === undefined) {
      this.#sql.exec('DELETE FROM settled_groups WHERE at < ?', now - LINE_REMEMBERED_MS);
      this.#taken.clear();
    }
    const number = row?.number ?? 0;
    this.#taken.set(line, number);
    return number;
  }
}

/** The local key is no row: all of the account's limits are its own. */
function devKey(now: number): KeyState {
  const scopes: Scope[] | null = null;
  return { id: DEV_KEY_ID, scopes, limits: {}, expiresAt: null, revokedAt: null, lastUsedAt: now };
}
