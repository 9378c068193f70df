// What was done through the admin API, newest last. Nothing is changed in it, and the oldest goes by its age alone.
import type { AuditAction, AuditEntry, AuditListQuery } from '../contract/accounts';
import { newId } from '../contract/ids';
import type { Page } from '../contract/lists';
import { type Filter, mapPage, readPage } from './read-page';

/** A year, and the weeks in which someone asks what happened a year ago. */
const AUDIT_RETENTION_MS = 400 * 86_400_000;

/** What is written down of an action; everything else of an entry follows. */
export type AuditRecord = Pick<AuditEntry, 'action' | 'account_id' | 'key_id' | 'changes' | 'request_id'>;

export const AUDIT_LOG_SCHEMA = `
  CREATE TABLE IF NOT EXISTS audit (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    action TEXT NOT NULL,
    account_id TEXT NOT NULL,
    key_id TEXT,
    changes TEXT NOT NULL,
    request_id TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS audit_by_time ON audit (created_at);
  CREATE INDEX IF NOT EXISTS audit_by_account ON audit (account_id, created_at);
`;

export class AuditLog {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param now milliseconds */
  add({ action, account_id, key_id, changes, request_id }: AuditRecord, now: number): void {
    this.#sql.exec('DELETE FROM audit WHERE created_at < ?', now - AUDIT_RETENTION_MS);
    this.#sql.exec(
      `INSERT INTO audit (id, created_at, action, account_id, key_id, changes, request_id)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      newId('audit'),
      now,
      action,
      account_id,
      key_id,
      JSON.stringify(changes),
      request_id,
    );
  }

  /** Null where `after` is unknown. */
  list(query: AuditListQuery): Page<AuditEntry> | null {
    const filters: Filter[] = query.account === undefined ? [] : [['account_id = ?', query.account]];
    return mapPage(readPage<AuditRow>(this.#sql, 'audit', query, filters), fromRow);
  }
}

type AuditRow = {
  n: number;
  id: string;
  created_at: number;
  action: string;
  account_id: string;
  key_id: string | null;
  changes: string;
  request_id: string;
};

function fromRow(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    object: 'audit.entry',
    created_at: new Date(row.created_at).toISOString(),
    action: row.action as AuditAction,
    account_id: row.account_id,
    key_id: row.key_id,
    changes: JSON.parse(row.changes),
    request_id: row.request_id,
  };
}
