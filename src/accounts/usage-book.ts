// What an account used and owes, summed per UTC day, model and key. Nothing is ever taken out of it.
import type { UsageGroup, UsageResponse, UsageRow, UsageSum } from '../contract/accounts';
import type { Cost } from '../contract/chat';
import { addColumns } from '../platform/add-columns';
import { monthOf } from './budget';
import { costResponse, type LedgerEntry, ledgerGrowth, mergeLedgers } from './ledger';
import type { ModelTotal } from './metrics';
import { USAGE_TOTALS_SCHEMA, UsageTotals } from './usage-totals';

export interface UsageReportQuery {
  /** UTC days, both included; without one there is no such end. */
  from?: string | undefined;
  to?: string | undefined;
  groupBy: UsageGroup;
}

export type UsageReport = Pick<UsageResponse, 'data' | 'total'>;

/** The sums kept of every row, beside its cost. */
const COUNTERS = [
  'requests',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_cached_tokens',
  'prompt_text_tokens',
  'prompt_image_tokens',
  'prompt_audio_tokens',
  'completion_text_tokens',
  'completion_reasoning_tokens',
  'batch_requests',
] as const;

/** Null until a request had a price; the last two until an item of a batch had one. */
const COSTS = [
  'prompt_cost_nano',
  'completion_cost_nano',
  'batch_prompt_cost_nano',
  'batch_completion_cost_nano',
] as const;

type Sums = Record<(typeof COUNTERS)[number], number> & Record<(typeof COSTS)[number], number | null>;

export const USAGE_BOOK_SCHEMA = `
  CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT NOT NULL,
    ${COUNTERS.map((name) => `${name} INTEGER NOT NULL`).join(', ')},
    ${COSTS.map((name) => `${name} INTEGER`).join(', ')},
    PRIMARY KEY (day, model, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS booked_batches (
    id TEXT PRIMARY KEY,
    ledger TEXT NOT NULL
  ) WITHOUT ROWID;
  ${USAGE_TOTALS_SCHEMA}
`;

const BOOK = `
  INSERT INTO usage (day, model, key, ${[...COUNTERS, ...COSTS].join(', ')})
  VALUES (?, ?, ?, ${[...COUNTERS, ...COSTS].map(() => '?').join(', ')})
  ON CONFLICT DO UPDATE SET
    ${COUNTERS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
    ${COSTS.map((name) => `${name} = coalesce(${name} + excluded.${name}, ${name}, excluded.${name})`).join(', ')}
`;

const SUMS = [
  ...COUNTERS.map((name) => `coalesce(sum(${name}), 0) AS ${name}`),
  ...COSTS.map((name) => `sum(${name}) AS ${name}`),
].join(', ');

/** What was spent in one month, as the rows of its days add up. */
interface MonthSpend {
  month: string;
  totalNano: number;
  byKey: Map<string, number>;
}

export class UsageBook {
  readonly #sql: SqlStorage;
  readonly #totals: UsageTotals;
  /** Of the month that was last asked for: every admission under a budget asks. */
  #spend: MonthSpend | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#totals = new UsageTotals(sql);
  }

  /** Brings a table of an earlier version up to date. */
  upgrade(): void {
    addColumns(this.#sql, 'usage', {
      batch_requests: 'INTEGER NOT NULL DEFAULT 0',
      batch_prompt_cost_nano: 'INTEGER',
      batch_completion_cost_nano: 'INTEGER',
    });
  }

  /** Adds an entry's spend to its day, model and key. To be called in a transaction. */
  book(keyId: string, entry: LedgerEntry, by: 'request' | 'batch' = 'request'): void {
    const sums = toSums(entry, by);
    this.#sql.exec(BOOK, entry.day, entry.model, keyId, ...[...COUNTERS, ...COSTS].map((name) => sums[name]));
    this.#totals.book(entry);
    if (this.#spend?.month === entry.day.slice(0, 7)) addSpend(this.#spend, keyId, nanoOf(entry));
  }

  /** Nano-dollars spent in the UTC month of `now`, by a key, or without one by the whole account. */
  spentNano(keyId: string | null, now: number): number {
    const month = monthOf(now);
    if (this.#spend?.month !== month) this.#spend = this.#loadSpend(month);
    return keyId === null ? this.#spend.totalNano : (this.#spend.byKey.get(keyId) ?? 0);
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#spend = null;
    this.#totals.forget();
  }

  #loadSpend(month: string): MonthSpend {
    const spend: MonthSpend = { month, totalNano: 0, byKey: new Map() };
    const rows = this.#sql.exec<{ key: string; nano: number }>(
      `SELECT key, sum(coalesce(prompt_cost_nano, 0) + coalesce(completion_cost_nano, 0)) AS nano
       FROM usage WHERE day BETWEEN ? AND ? GROUP BY key`,
      `${month}-01`,
      `${month}-31`,
    );
    for (const { key, nano } of rows.toArray()) addSpend(spend, key, nano);
    return spend;
  }

  /**
   * Adds what a batch spent since it was last booked: `ledger` is all its spend so far. To be called in a transaction.
   * What is booked of a batch is remembered for good, since a repeated call may outlive the batch.
   */
  bookBatch(batchId: string, keyId: string, ledger: readonly LedgerEntry[]): void {
    const [row] = this.#sql.exec<{ ledger: string }>(
      'SELECT ledger FROM booked_batches WHERE id = ?',
      batchId,
    );
    const booked: LedgerEntry[] = row === undefined ? [] : JSON.parse(row.ledger);
    const growth = ledgerGrowth(ledger, booked);
    if (growth.length === 0) return;
    for (const entry of growth) this.book(keyId, entry, 'batch');
    this.#sql.exec(
      'INSERT INTO booked_batches VALUES (?, ?) ON CONFLICT DO UPDATE SET ledger = excluded.ledger',
      batchId,
      JSON.stringify(mergeLedgers(booked, ledger)),
    );
  }

  /** All there ever was, one sum a model. To be called in a transaction. */
  totals(now: number): ModelTotal[] {
    return this.#totals.read(now);
  }

  /** One row a group, in the order of their names, and the sum of all. */
  report({ from, to, groupBy }: UsageReportQuery): UsageReport {
    const days = [from ?? '', to ?? '9999-12-31'];
    const rows = this.#sql.exec<Sums & { name: string }>(
      `SELECT ${groupBy} AS name, ${SUMS} FROM usage WHERE day BETWEEN ? AND ? GROUP BY name ORDER BY name`,
      ...days,
    );
    const total = this.#sql.exec<Sums>(`SELECT ${SUMS} FROM usage WHERE day BETWEEN ? AND ?`, ...days).one();
    return {
      data: rows.toArray().map((row): UsageRow => ({ [groupBy]: row.name, ...fromSums(row) })),
      total: fromSums(total),
    };
  }
}

function addSpend(spend: MonthSpend, keyId: string, nano: number): void {
  spend.totalNano += nano;
  spend.byKey.set(keyId, (spend.byKey.get(keyId) ?? 0) + nano);
}

function nanoOf({ costNano }: LedgerEntry): number {
  return costNano === null ? 0 : costNano.prompt + costNano.completion;
}

function toSums({ requests, usage, costNano }: LedgerEntry, by: 'request' | 'batch'): Sums {
  const isBatch = by === 'batch';
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
  return {
    requests,
    prompt_tokens: usage.prompt_tokens,
    completion_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
    prompt_cached_tokens: prompt.cached_tokens,
    prompt_text_tokens: prompt.text_tokens,
    prompt_image_tokens: prompt.image_tokens,
    prompt_audio_tokens: prompt.audio_tokens,
    completion_text_tokens: completion.text_tokens,
    completion_reasoning_tokens: completion.reasoning_tokens,
    prompt_cost_nano: costNano?.prompt ?? null,
    completion_cost_nano: costNano?.completion ?? null,
    batch_requests: isBatch ? requests : 0,
    batch_prompt_cost_nano: isBatch && costNano ? costNano.prompt : null,
    batch_completion_cost_nano: isBatch && costNano ? costNano.completion : null,
  };
}

function fromSums(sums: Sums): UsageSum {
  return {
    requests: sums.requests,
    usage: {
      prompt_tokens: sums.prompt_tokens,
      completion_tokens: sums.completion_tokens,
      total_tokens: sums.total_tokens,
      prompt_tokens_details: {
        cached_tokens: sums.prompt_cached_tokens,
        text_tokens: sums.prompt_text_tokens,
        image_tokens: sums.prompt_image_tokens,
        audio_tokens: sums.prompt_audio_tokens,
      },
      completion_tokens_details: {
        text_tokens: sums.completion_text_tokens,
        reasoning_tokens: sums.completion_reasoning_tokens,
      },
    },
    cost: costOf(sums.requests, sums.prompt_cost_nano, sums.completion_cost_nano),
    batch: fromBatchSums(sums),
  };
}

function fromBatchSums(sums: Sums): UsageSum['batch'] {
  const { batch_requests: requests, batch_prompt_cost_nano: prompt } = sums;
  const cost = costOf(requests, prompt, sums.batch_completion_cost_nano);
  // They cost half, so that as much again was saved.
  return { requests, cost, discount: cost?.total_cost ?? null };
}

/** No requests cost nothing; requests of which none had a price cost an unknown amount. */
function costOf(requests: number, prompt: number | null, completion: number | null): Cost | null {
  if (requests > 0 && (prompt === null || completion === null)) return null;
  return costResponse({ prompt: prompt ?? 0, completion: completion ?? 0 });
}
