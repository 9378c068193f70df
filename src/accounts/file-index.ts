// An account's files: the row says that a file exists, R2 holds its bytes.
import type { FilePurpose } from '../contract/files';
import type { ListQuery, Page } from '../contract/lists';
import { type Filter, mapPage, readPage } from './read-page';

export interface IndexedFile {
  id: string;
  filename: string;
  /** Bytes. */
  size: number;
  contentType: string;
  purpose: FilePurpose;
  /** Milliseconds, like `expiresAt`, from which on the file is gone. */
  createdAt: number;
  expiresAt: number | null;
  /** 64 hex digits. */
  sha256: string;
  r2Key: string;
}

export type FileSize = Pick<IndexedFile, 'id' | 'size' | 'contentType'>;

export type FileListQuery = ListQuery & { purpose?: FilePurpose | undefined };

export const FILE_INDEX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS files (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    filename TEXT NOT NULL,
    size INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    purpose TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    sha256 TEXT NOT NULL,
    r2_key TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS files_by_time ON files (created_at);
  CREATE INDEX IF NOT EXISTS files_by_purpose ON files (purpose, created_at);
  CREATE INDEX IF NOT EXISTS files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
`;

export class FileIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adding a file again changes nothing, and answers false. */
  add(file: IndexedFile): boolean {
    const [added] = this.#sql.exec(
      `INSERT INTO files (id, filename, size, content_type, purpose, created_at, expires_at, sha256, r2_key)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING n`,
      file.id,
      file.filename,
      file.size,
      file.contentType,
      file.purpose,
      file.createdAt,
      file.expiresAt,
      file.sha256,
      file.r2Key,
    );
    return added !== undefined;
  }

  /** Answers the bytes that are gone with it: null where there is no such file. */
  remove(id: string): number | null {
    const [row] = this.#sql.exec<{ size: number }>('DELETE FROM files WHERE id = ? RETURNING size', id);
    return row?.size ?? null;
  }

  /** Null for a file that is unknown or has expired. */
  get(id: string, now: number): IndexedFile | null {
    const [row] = this.#sql.exec<FileRow>(
      'SELECT * FROM files WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)',
      id,
      now,
    );
    return row === undefined ? null : fromRow(row);
  }

  /** Also of a file that has expired, until it is removed. */
  keyOf(id: string): string | null {
    const [row] = this.#sql.exec<{ r2_key: string }>('SELECT r2_key FROM files WHERE id = ?', id);
    return row?.r2_key ?? null;
  }

  /** Those of these files that are there and have not expired. */
  sizes(ids: readonly string[], now: number): FileSize[] {
    return this.#sql
      .exec<{ id: string; size: number; content_type: string }>(
        `SELECT id, size, content_type FROM files
         WHERE id IN (SELECT value FROM json_each(?)) AND (expires_at IS NULL OR expires_at > ?)`,
        JSON.stringify(ids),
        now,
      )
      .toArray()
      .map(({ id, size, content_type: contentType }) => ({ id, size, contentType }));
  }

  list(query: FileListQuery, now: number): Page<IndexedFile> | null {
    const filters: Filter[] = [['(expires_at IS NULL OR expires_at > ?)', now]];
    if (query.purpose !== undefined) filters.push(['purpose = ?', query.purpose]);
    return mapPage(readPage<FileRow>(this.#sql, 'files', query, filters), fromRow);
  }

  /** Files made before a time, by id, which is also the order of their keys; from the one after `after` on. */
  idsAfter(after: string, before: number, limit: number): string[] {
    return this.#sql
      .exec<{ id: string }>(
        'SELECT id FROM files WHERE id > ? AND created_at < ? ORDER BY id LIMIT ?',
        after,
        before,
        limit,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** Files that have expired and are still to be removed, the oldest expiry first. */
  expired(now: number, limit: number): IndexedFile[] {
    return this.#sql
      .exec<FileRow>('SELECT * FROM files WHERE expires_at <= ? ORDER BY expires_at LIMIT ?', now, limit)
      .toArray()
      .map(fromRow);
  }
}

type FileRow = {
  n: number;
  id: string;
  filename: string;
  size: number;
  content_type: string;
  purpose: string;
  created_at: number;
  expires_at: number | null;
  sha256: string;
  r2_key: string;
};

function fromRow(row: FileRow): IndexedFile {
  return {
    id: row.id,
    filename: row.filename,
    size: row.size,
    contentType: row.content_type,
    purpose: row.purpose as FilePurpose,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    sha256: row.sha256,
    r2Key: row.r2_key,
  };
}
