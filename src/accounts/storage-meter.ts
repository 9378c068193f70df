// How many bytes an account stores, its files and the parts of its uploads together: a counter, so that no one has to add up.
export const STORAGE_METER_SCHEMA = `
  CREATE TABLE IF NOT EXISTS storage (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    used_bytes INTEGER NOT NULL,
    checked_id TEXT
  );
  INSERT INTO storage
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

  used(): number {
    return this.#sql.exec<{ used_bytes: number }>('SELECT used_bytes FROM storage').one().used_bytes;
  }

  /** Bytes that came, or went where it is negative: in the transaction in which they do. */
  count(bytes: number): void {
    if (bytes !== 0) this.#sql.exec('UPDATE storage SET used_bytes = used_bytes + ?', bytes);
  }

  /** The file up to which the cron has compared the index with R2; null where it starts anew. */
  get checkedId(): string | null {
    return this.#sql.exec<{ checked_id: string | null }>('SELECT checked_id FROM storage').one().checked_id;
  }

  set checkedId(id: string | null) {
    this.#sql.exec('UPDATE storage SET checked_id = ?', id);
  }
}
