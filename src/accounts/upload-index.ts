// An account's uploads in parts, and their parts: the rows say what exists, R2 holds the bytes.
import type { UploadPurpose } from '../contract/files';
import { UPLOAD_LIFETIME_SECONDS } from '../contract/limits';
import type { UploadStatus } from '../contract/uploads';

/** An ended upload is remembered for as long as a client may ask what became of it. */
const MEMORY_MS = 86_400_000;

/** Times are milliseconds. */
export interface StoredUpload {
  id: string;
  filename: string;
  /** Of the whole file, as stated. */
  bytes: number;
  /** As stated. */
  mimeType: string;
  purpose: UploadPurpose;
  createdAt: number;
  expiresAt: number;
  fileExpiresAfterSeconds: number | null;
  status: UploadStatus;
  /** Once it is completed: its file, and the parts it was made of. */
  fileId: string | null;
  partIds: string[] | null;
}

export type NewUpload = Omit<StoredUpload, 'expiresAt' | 'status' | 'fileId' | 'partIds'>;

export interface StoredPart {
  id: string;
  uploadId: string;
  /** Bytes. */
  size: number;
}

export const UPLOAD_INDEX_SCHEMA = `
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    filename TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mime_type TEXT NOT NULL,
    purpose TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    file_expires_after_seconds INTEGER,
    status TEXT NOT NULL,
    file_id TEXT,
    part_ids TEXT
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS uploads_by_expiry ON uploads (expires_at);
  CREATE TABLE IF NOT EXISTS upload_parts (
    upload_id TEXT NOT NULL,
    id TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (upload_id, id)
  ) WITHOUT ROWID;
`;

export class UploadIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(upload: NewUpload): StoredUpload {
    const stored: StoredUpload = {
      ...upload,
      expiresAt: upload.createdAt + UPLOAD_LIFETIME_SECONDS * 1000,
      status: 'pending',
      fileId: null,
      partIds: null,
    };
    this.#sql.exec(
      `INSERT INTO uploads
         (id, filename, bytes, mime_type, purpose, created_at, expires_at, file_expires_after_seconds, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      stored.id,
      stored.filename,
      stored.bytes,
      stored.mimeType,
      stored.purpose,
      stored.createdAt,
      stored.expiresAt,
      stored.fileExpiresAfterSeconds,
      stored.status,
    );
    return stored;
  }

  /** One whose hour is over stays `pending` until it is ended: what began in time may still come to its end. */
  get(id: string): StoredUpload | null {
    const [row] = this.#sql.exec<UploadRow>('SELECT * FROM uploads WHERE id = ?', id);
    return row === undefined ? null : fromRow(row);
  }

  /** Notes how an upload ended. */
  end(id: string, status: UploadStatus, file: { fileId: string; partIds: string[] } | null): void {
    this.#sql.exec(
      'UPDATE uploads SET status = ?, file_id = ?, part_ids = ? WHERE id = ?',
      status,
      file?.fileId ?? null,
      file === null ? null : JSON.stringify(file.partIds),
      id,
    );
  }

  addPart({ id, uploadId, size }: StoredPart): void {
    this.#sql.exec('INSERT INTO upload_parts (upload_id, id, size) VALUES (?, ?, ?)', uploadId, id, size);
  }

  parts(uploadId: string): StoredPart[] {
    return this.#sql
      .exec<{ id: string; size: number }>('SELECT id, size FROM upload_parts WHERE upload_id = ?', uploadId)
      .toArray()
      .map(({ id, size }) => ({ id, uploadId, size }));
  }

  hasPart(uploadId: string, id: string): boolean {
    const [row] = this.#sql.exec('SELECT 1 FROM upload_parts WHERE upload_id = ? AND id = ?', uploadId, id);
    return row !== undefined;
  }

  /** Takes an upload's parts away and answers them. */
  removeParts(uploadId: string): StoredPart[] {
    const parts = this.parts(uploadId);
    this.#sql.exec('DELETE FROM upload_parts WHERE upload_id = ?', uploadId);
    return parts;
  }

  /** Pending uploads whose hour is over, the oldest first. */
  overdue(now: number, limit: number): string[] {
    return this.#sql
      .exec<{ id: string }>(
        "SELECT id FROM uploads WHERE expires_at <= ? AND status = 'pending' ORDER BY expires_at LIMIT ?",
        now,
        limit,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** Ended uploads need not be remembered for ever. */
  forgetOld(now: number): void {
    this.#sql.exec("DELETE FROM uploads WHERE expires_at <= ? AND status <> 'pending'", now - MEMORY_MS);
  }
}

type UploadRow = {
  id: string;
  filename: string;
  bytes: number;
  mime_type: string;
  purpose: string;
  created_at: number;
  expires_at: number;
  file_expires_after_seconds: number | null;
  status: string;
  file_id: string | null;
  part_ids: string | null;
};

function fromRow(row: UploadRow): StoredUpload {
  return {
    id: row.id,
    filename: row.filename,
    bytes: row.bytes,
    mimeType: row.mime_type,
    purpose: row.purpose as UploadPurpose,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    fileExpiresAfterSeconds: row.file_expires_after_seconds,
    status: row.status as UploadStatus,
    fileId: row.file_id,
    partIds: row.part_ids === null ? null : JSON.parse(row.part_ids),
  };
}
