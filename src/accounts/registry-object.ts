// The Durable Object that knows every account's id, `getByName('registry')`, the audit log of the admin API, the metrics,
// and where the cron's passes go on. Accounts are added and listed here and nowhere asked for on a request's way.
import { DurableObject } from 'cloudflare:workers';
import type { AuditEntry, AuditListQuery } from '../contract/accounts';
import type { ListQuery, Page } from '../contract/lists';
import { onceAtATime } from '../platform/once-at-a-time';
import { prometheusText } from '../platform/prometheus';
import { AUDIT_LOG_SCHEMA, AuditLog, type AuditRecord } from './audit-log';
import { KEPT_METRICS_SCHEMA, KeptMetrics } from './kept-metrics';
import { collectMetrics, METRICS_ACCOUNTS_LIMIT } from './metrics';
import { mapPage, readPage } from './read-page';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS accounts (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS accounts_by_time ON accounts (created_at);
  CREATE TABLE IF NOT EXISTS cursors (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  ${AUDIT_LOG_SCHEMA}
  ${KEPT_METRICS_SCHEMA}
`;

export class RegistryObject extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #audit = new AuditLog(this.#sql);
  readonly #kept = new KeptMetrics(this.ctx.storage);
  readonly #collected = onceAtATime(() => this.#collect());

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(SCHEMA);
  }

  /** Adding an account again changes nothing. */
  add(id: string, createdAt: number): void {
    this.#sql.exec(
      'INSERT INTO accounts (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
      id,
      createdAt,
    );
  }

  /** A page of accounts, by the time they were made; null where `after` is unknown. */
  list(query: ListQuery): Page<{ id: string }> | null {
    return mapPage(readPage<AccountRow>(this.#sql, 'accounts', query), ({ id }) => ({ id }));
  }

  /** The ids of the accounts that came first, so that theirs do not come and go, and how many others there are. */
  oldest(limit: number): { ids: string[]; leftOut: number } {
    const ids = this.#sql
      .exec<{ id: string }>('SELECT id FROM accounts ORDER BY n LIMIT ?', limit)
      .toArray()
      .map(({ id }) => id);
    // Counting them would read them all; none is ever removed.
    const [last] = this.#sql.exec<{ n: number }>('SELECT n FROM accounts ORDER BY n DESC LIMIT 1');
    return { ids, leftOut: (last?.n ?? 0) - ids.length };
  }

  /** The metrics of all accounts in Prometheus' format, up to a minute old: no more often are the accounts asked. */
  async metrics(): Promise<string> {
    return this.#kept.read(Date.now()) ?? (await this.#collected());
  }

  async #collect(): Promise<string> {
    const now = Date.now();
    const families = await collectMetrics(this.env, this.oldest(METRICS_ACCOUNTS_LIMIT), now);
    const text = prometheusText(families);
    this.#kept.keep(text, now);
    return text;
  }

  /** Writes an entry of the audit log. `now` is in milliseconds. */
  audit(record: AuditRecord, now: number): void {
    this.#audit.add(record, now);
  }

  /** Null where `after` is unknown. */
  listAudit(query: AuditListQuery): Page<AuditEntry> | null {
    return this.#audit.list(query);
  }

  /** Where the pass of this name stopped, or null where it starts anew. */
  getCursor(name: string): string | null {
    const [row] = this.#sql.exec<{ value: string }>('SELECT value FROM cursors WHERE name = ?', name);
    return row?.value ?? null;
  }

  setCursor(name: string, value: string | null): void {
    if (value === null) this.#sql.exec('DELETE FROM cursors WHERE name = ?', name);
    else {
      this.#sql.exec(
        'INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
        name,
        value,
      );
    }
  }
}

type AccountRow = { n: number; id: string; created_at: number };
