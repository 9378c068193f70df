// How many bytes an account stores, its files and the parts of its uploads together, and how many and how much of it are
// files: counters in one row, so that no one has to add up.
import { addColumns } from '../platform/add-columns';

export const STORAGE_METER_SCHEMA = `
  CREATE TABLE IF NOT EXISTS storage (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    used_bytes INTEGER NOT NULL,
    checked_id TEXT,
    file_count INTEGER,
    file_bytes INTEGER
  );
  INSERT INTO storage (one, used_bytes, checked_id)
    SELECT 1, (SELECT coalesce(sum(size), 0) FROM files), NULL WHERE NOT EXISTS (SELECT 1 FROM storage);
`;

/** What an account may store and does. Bytes. */
export interface StorageRoom {
  limit: number;
  used: number;
}

export class StorageMeter {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Brings a table of an earlier version up to date, and one that was just made. */
  upgrade(): void {
    addColumns(this.#sql, 'storage', { file_count: 'INTEGER', file_bytes: 'INTEGER' });
    this.#sql.exec(
      `UPDATE storage SET (file_count, file_bytes) = (SELECT count(*), coalesce(sum(size), 0) FROM files)
       WHERE file_count IS NULL`,
    );
  }

  files(): { count: number; bytes: number } {
    return this.#sql
      .exec<{ count: number; bytes: number }>('SELECT file_count AS count, file_bytes AS bytes FROM storage')
      .one();
  }

  used(): number {
    return this.#sql.exec<{ used_bytes: number }>('SELECT used_bytes FROM storage').one().used_bytes;
  }

  /** Bytes that came, or went where it is negative: in the transaction in which they do. */
  count(bytes: number): void {
    if (bytes !== 0) this.#sql.exec('UPDATE storage SET used_bytes = used_bytes + ?', bytes);
  }

  /** Files, and their bytes, that came, or went where they are negative: in the transaction in which they do. */
  countFile(files: number, bytes: number): void {
    this.#sql.exec(
      `UPDATE storage SET used_bytes = used_bytes + ?2, file_count = file_count + ?1, file_bytes = file_bytes + ?2`,
      files,
      bytes,
    );
  }

  /** The file up to which the cron has compared the index with R2; null where it starts anew. */
  get checkedId(): string | null {
    return this.#sql.exec<{ checked_id: string | null }>('SELECT checked_id FROM storage').one().checked_id;
  }

  set checkedId(id: string | null) {
    this.#sql.exec('UPDATE storage SET checked_id = ?', id);
  }
}
