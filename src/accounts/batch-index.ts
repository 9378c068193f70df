// An account's batches as its list shows them. Each batch's own Durable Object is the truth and keeps its entry current.
import type { BatchStatus } from '../contract/batches';
import type { ListQuery, Page } from '../contract/lists';
import { type Filter, mapPage, readPage } from './read-page';

export interface NewBatchEntry {
  id: string;
  /** Milliseconds. */
  createdAt: number;
  status: BatchStatus;
  /** Null where the inputs' models differ. */
  model: string | null;
}

export interface BatchEntry extends NewBatchEntry {
  /** The ended batch as JSON, without results; null before its end. */
  summary: string | null;
}

export type BatchIndexQuery = ListQuery & { status?: BatchStatus | undefined };

export const BATCH_INDEX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS batches (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    model TEXT,
    summary TEXT
  );
  CREATE INDEX IF NOT EXISTS batches_by_time ON batches (created_at);
  CREATE INDEX IF NOT EXISTS batches_by_status ON batches (status, created_at);
`;

export class BatchIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adding a batch again changes nothing: what the entry says by then is newer. */
  add({ id, createdAt, status, model }: NewBatchEntry): void {
    this.#sql.exec(
      'INSERT INTO batches (id, created_at, status, model) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      id,
      createdAt,
      status,
      model,
    );
  }

  update(id: string, status: BatchStatus, summary: string | null): void {
    this.#sql.exec('UPDATE batches SET status = ?, summary = ? WHERE id = ?', status, summary, id);
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM batches WHERE id = ?', id);
  }

  list(query: BatchIndexQuery): Page<BatchEntry> | null {
    const filters: Filter[] = query.status === undefined ? [] : [['status = ?', query.status]];
    return mapPage(readPage<BatchRow>(this.#sql, 'batches', query, filters), fromRow);
  }

  /** Batches made before a time in milliseconds, the oldest first. */
  stale(before: number, limit: number): NewBatchEntry[] {
    return this.#sql
      .exec<BatchRow>(
        'SELECT * FROM batches WHERE created_at < ? ORDER BY created_at, n LIMIT ?',
        before,
        limit,
      )
      .toArray()
      .map((row) => {
        const { summary, ...entry } = fromRow(row);
        return entry;
      });
  }
}

type BatchRow = {
  n: number;
  id: string;
  created_at: number;
  status: string;
  model: string | null;
  summary: string | null;
};

function fromRow(row: BatchRow): BatchEntry {
  return {
    id: row.id,
    createdAt: row.created_at,
    status: row.status as BatchStatus,
    model: row.model,
    summary: row.summary,
  };
}
