// An account's batches as its list shows them. Each batch's own Durable Object is the truth and keeps its entry current.
import type { BatchStatus } from '../contract/batches';
import type { ListQuery, Page } from '../contract/lists';
import { addColumns } from '../platform/add-columns';
import { type Filter, mapPage, readPage } from './read-page';

export interface NewBatchEntry {
  id: string;
  /** The key it was made with. */
  keyId: string;
  /** Milliseconds. */
  createdAt: number;
  status: BatchStatus;
  /** The uploaded file it reads; null for inputs that came inline. */
  inputFileId: string | null;
}

export interface BatchEntry extends NewBatchEntry {
  /** The ended batch as its object would describe it, as JSON; null before its end. */
  summary: string | null;
}

export type BatchIndexQuery = ListQuery & { status?: BatchStatus | undefined };

export const BATCH_INDEX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS batches (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    input_file_id TEXT,
    summary TEXT,
    key TEXT NOT NULL DEFAULT '',
    unsettled INTEGER NOT NULL DEFAULT 1
  );
  CREATE INDEX IF NOT EXISTS batches_by_time ON batches (created_at);
  CREATE INDEX IF NOT EXISTS batches_by_status ON batches (status, created_at);
  CREATE INDEX IF NOT EXISTS batches_by_input ON batches (input_file_id) WHERE input_file_id IS NOT NULL;
  CREATE TABLE IF NOT EXISTS ended_batches (
    status TEXT PRIMARY KEY,
    count INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO ended_batches
    SELECT status, count(*) FROM batches
    WHERE status NOT IN ('pending', 'running') AND NOT EXISTS (SELECT 1 FROM ended_batches) GROUP BY status;
`;

export class BatchIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Brings a table of an earlier version up to date. */
  upgrade(): void {
    addColumns(this.#sql, 'batches', {
      key: "TEXT NOT NULL DEFAULT ''",
      unsettled: 'INTEGER NOT NULL DEFAULT 1',
    });
    // Here since the column has to be there before.
    this.#sql.exec('CREATE INDEX IF NOT EXISTS batches_unsettled ON batches (n) WHERE unsettled = 1');
  }

  /** Adding a batch again changes nothing: what the entry says by then is newer. */
  add({ id, keyId, createdAt, status, inputFileId }: NewBatchEntry): void {
    const [added] = this.#sql.exec(
      `INSERT INTO batches (id, key, created_at, status, input_file_id) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING RETURNING n`,
      id,
      keyId,
      createdAt,
      status,
      inputFileId,
    );
    if (added !== undefined) this.#countEnded(status, 1);
  }

  update(id: string, status: BatchStatus, summary: string | null): void {
    const [before] = this.#sql.exec<{ status: string }>('SELECT status FROM batches WHERE id = ?', id);
    if (before === undefined) return;
    this.#sql.exec('UPDATE batches SET status = ?, summary = ? WHERE id = ?', status, summary, id);
    if (before.status === status) return;
    this.#countEnded(before.status, -1);
    this.#countEnded(status, 1);
  }

  /** Those that have not ended are few, and counted when they are asked for. */
  #countEnded(status: string, batches: number): void {
    if (status === 'pending' || status === 'running') return;
    this.#sql.exec(
      'INSERT INTO ended_batches VALUES (?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
      status,
      batches,
    );
  }

  /** The next batches that have something to do, in order: those after `after`, a place that the last answer said. */
  unsettled(after: number, limit: number): { ids: string[]; last: number } {
    const rows = this.#sql
      .exec<{ n: number; id: string }>(
        'SELECT n, id FROM batches WHERE unsettled = 1 AND n > ? ORDER BY n LIMIT ?',
        after,
        limit,
      )
      .toArray();
    return { ids: rows.map(({ id }) => id), last: rows.length < limit ? 0 : (rows.at(-1)?.n ?? 0) };
  }

  /** A batch has nothing left to do before its retention is over. */
  settle(id: string): void {
    this.#sql.exec('UPDATE batches SET unsettled = 0 WHERE id = ?', id);
  }

  /** It has something to do again. */
  unsettle(id: string): void {
    this.#sql.exec('UPDATE batches SET unsettled = 1 WHERE id = ?', id);
  }

  remove(id: string): void {
    const [row] = this.#sql.exec<{ status: string }>('DELETE FROM batches WHERE id = ? RETURNING status', id);
    if (row !== undefined) this.#countEnded(row.status, -1);
  }

  isRunning(id: string): boolean {
    const [row] = this.#sql.exec("SELECT 1 FROM batches WHERE id = ? AND status = 'running'", id);
    return row !== undefined;
  }

  /** What came after the end of a batch, though it was sent before, must not bring it back. */
  hasEnded(id: string): boolean {
    const [row] = this.#sql.exec(
      "SELECT 1 FROM batches WHERE id = ? AND status NOT IN ('pending', 'running')",
      id,
    );
    return row !== undefined;
  }

  /** Running batches of a key, or without one of the whole account. */
  countRunning(keyId: string | null): number {
    return this.#sql
      .exec<{ count: number }>(
        "SELECT count(*) AS count FROM batches WHERE status = 'running' AND (? IS NULL OR key = ?)",
        keyId,
        keyId,
      )
      .one().count;
  }

  countByStatus(): Partial<Record<BatchStatus, number>> {
    const rows = this.#sql.exec<{ status: string; count: number }>(
      `SELECT status, count(*) AS count FROM batches WHERE status IN ('pending', 'running') GROUP BY status
       UNION ALL SELECT status, count FROM ended_batches WHERE count > 0`,
    );
    return Object.fromEntries(rows.toArray().map(({ status, count }) => [status, count]));
  }

  /** Batches of a status, the oldest first; -1 for all of them. */
  withStatus(status: BatchStatus, limit: number): string[] {
    return this.#sql
      .exec<{ id: string }>(
        'SELECT id FROM batches WHERE status = ? ORDER BY created_at, n LIMIT ?',
        status,
        limit,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** Which batches read a file: `unfinished` ones now, `ended` ones perhaps again when they are retried. */
  readersOf(fileId: string): 'unfinished' | 'ended' | null {
    const [row] = this.#sql.exec<{ unfinished: number }>(
      `SELECT status IN ('pending', 'running') AS unfinished FROM batches WHERE input_file_id = ?
       ORDER BY unfinished DESC LIMIT 1`,
      fileId,
    );
    if (row === undefined) return null;
    return row.unfinished === 1 ? 'unfinished' : 'ended';
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
  input_file_id: string | null;
  summary: string | null;
  key: string;
};

function fromRow(row: BatchRow): BatchEntry {
  return {
    id: row.id,
    keyId: row.key,
    createdAt: row.created_at,
    status: row.status as BatchStatus,
    inputFileId: row.input_file_id,
    summary: row.summary,
  };
}
