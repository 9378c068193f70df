// What an account ever used, one sum a model: days that are over are added up once, so that reading it costs the same
// however old the account is. To be called in a transaction, with the booking of what it counts.
import { costResponse, dayOf, type LedgerEntry } from './ledger';
import type { ModelTotal } from './metrics';

const DAY_MS = 86_400_000;

/** Of the columns of `usage` those that metrics show. Costs are null until a request had a price. */
const COUNTERS = ['requests', 'prompt_tokens', 'completion_tokens'] as const;
const COSTS = ['prompt_cost_nano', 'completion_cost_nano'] as const;
const COLUMNS = [...COUNTERS, ...COSTS];

type Sums = Record<(typeof COUNTERS)[number], number> & Record<(typeof COSTS)[number], number | null>;

export const USAGE_TOTALS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS usage_totals (
    model TEXT PRIMARY KEY,
    ${COUNTERS.map((name) => `${name} INTEGER NOT NULL`).join(', ')},
    ${COSTS.map((name) => `${name} INTEGER`).join(', ')}
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS usage_closed (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    day TEXT NOT NULL
  );
`;

const SUMS = COLUMNS.map((name) => `sum(${name}) AS ${name}`).join(', ');

const ADD_UP = `
  ON CONFLICT DO UPDATE SET
    ${COUNTERS.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
    ${COSTS.map((name) => `${name} = coalesce(${name} + excluded.${name}, ${name}, excluded.${name})`).join(', ')}
`;

export class UsageTotals {
  readonly #sql: SqlStorage;
  /** The last day that is in the totals, as stored: '' before the first, null before the first look. */
  #closed: string | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Counts what is booked on a day that is in the totals: of any other day the row itself is counted. */
  book({ day, model, requests, usage, costNano }: LedgerEntry): void {
    if (day > this.#closedDay()) return;
    this.#sql.exec(
      `INSERT INTO usage_totals (model, ${COLUMNS.join(', ')}) VALUES (?, ${COLUMNS.map(() => '?').join(', ')}) ${ADD_UP}`,
      model,
      requests,
      usage.prompt_tokens,
      usage.completion_tokens,
      costNano?.prompt ?? null,
      costNano?.completion ?? null,
    );
  }

  /** All there ever was, one sum a model, by name. Adds the days that are over to the totals. */
  read(now: number): ModelTotal[] {
    this.#closeUntil(dayOf(now - DAY_MS));
    return this.#sql
      .exec<Sums & { model: string }>(
        `SELECT model, ${SUMS} FROM (
           SELECT model, ${COLUMNS.join(', ')} FROM usage_totals
           UNION ALL SELECT model, ${COLUMNS.join(', ')} FROM usage WHERE day > ?
         ) GROUP BY model ORDER BY model`,
        this.#closedDay(),
      )
      .toArray()
      .map(toTotal);
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#closed = null;
  }

  /** Writes nothing where nothing was used: those days can be closed with the next one. */
  #closeUntil(day: string): void {
    const closed = this.#closedDay();
    if (day <= closed) return;
    const [used] = this.#sql.exec('SELECT 1 FROM usage WHERE day > ? AND day <= ? LIMIT 1', closed, day);
    if (used === undefined) return;
    this.#sql.exec(
      `INSERT INTO usage_totals (model, ${COLUMNS.join(', ')})
       SELECT model, ${SUMS} FROM usage WHERE day > ? AND day <= ? GROUP BY model ${ADD_UP}`,
      closed,
      day,
    );
    this.#sql.exec(
      'INSERT INTO usage_closed VALUES (1, ?) ON CONFLICT DO UPDATE SET day = excluded.day',
      day,
    );
    this.#closed = day;
  }

  #closedDay(): string {
    if (this.#closed === null) {
      const [row] = this.#sql.exec<{ day: string }>('SELECT day FROM usage_closed');
      this.#closed = row?.day ?? '';
    }
    return this.#closed;
  }
}

function toTotal(sums: Sums & { model: string }): ModelTotal {
  const { model, requests, prompt_cost_nano: prompt, completion_cost_nano: completion } = sums;
  return {
    model,
    requests,
    promptTokens: sums.prompt_tokens,
    completionTokens: sums.completion_tokens,
    costUsd: prompt === null || completion === null ? null : costResponse({ prompt, completion }).total_cost,
  };
}
