// The Durable Object that knows every account's id, `getByName('registry')`, the audit log of the admin API, and where the
// cron's passes go on. Accounts are added and listed here and nowhere asked for on a request's way.
import { DurableObject } from 'cloudflare:workers';
import type { AuditEntry, AuditListQuery } from '../contract/accounts';
import type { ListQuery, Page } from '../contract/lists';
import { AUDIT_LOG_SCHEMA, AuditLog, type AuditRecord } from './audit-log';
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
`;

export class RegistryObject extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;
  readonly #audit = new AuditLog(this.#sql);

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

  count(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM accounts').one().count;
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
