// An account's API keys. Of the keys themselves only hashes are kept.
import type { KeyResponse } from '../contract/accounts';
import type { ListQuery, Page } from '../contract/lists';
import type { KeyState } from './admission';
import { mapPage, readPage } from './read-page';

export interface NewKey {
  id: string;
  name: string;
  /** SHA-256, 64 hex digits. */
  hash: string;
  hint: string;
  /** Milliseconds, like `expiresAt`. */
  createdAt: number;
  expiresAt: number | null;
}

export const KEY_STORE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS keys (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
  );
  CREATE INDEX IF NOT EXISTS keys_by_time ON keys (created_at);
  CREATE INDEX IF NOT EXISTS keys_by_hash ON keys (substr(hash, 1, 8));
`;

export class KeyStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(key: NewKey): KeyResponse {
    const { id, name, hash, hint, createdAt, expiresAt } = key;
    const [row] = this.#sql.exec<KeyRow>(
      `INSERT INTO keys (id, name, hash, hint, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING *`,
      id,
      name,
      hash,
      hint,
      createdAt,
      expiresAt,
    );
    if (row === undefined) throw new Error('the key was not stored');
    return keyResponse(row);
  }

  /** The key with this hash. The index sees its first 32 bits; the whole is compared in constant time. */
  find(hash: string): KeyState | null {
    const rows = this.#sql.exec<KeyRow>('SELECT * FROM keys WHERE substr(hash, 1, 8) = ?', hash.slice(0, 8));
    for (const row of rows.toArray()) {
      if (sameHash(row.hash, hash)) {
        return { id: row.id, expiresAt: row.expires_at, revokedAt: row.revoked_at };
      }
    }
    return null;
  }

  describe(id: string): KeyResponse | null {
    const [row] = this.#sql.exec<KeyRow>('SELECT * FROM keys WHERE id = ?', id);
    return row === undefined ? null : keyResponse(row);
  }

  list(query: ListQuery): Page<KeyResponse> | null {
    return mapPage(readPage<KeyRow>(this.#sql, 'keys', query), keyResponse);
  }

  /** False where there is no such key. One that is revoked keeps its time. */
  revoke(id: string, now: number): boolean {
    const [row] = this.#sql.exec(
      'UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? RETURNING id',
      now,
      id,
    );
    return row !== undefined;
  }
}

type KeyRow = {
  n: number;
  id: string;
  name: string;
  hash: string;
  hint: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
};

function sameHash(a: string, b: string): boolean {
  const encoder = new TextEncoder();
  const [bytesA, bytesB] = [encoder.encode(a), encoder.encode(b)];
  return bytesA.length === bytesB.length && crypto.subtle.timingSafeEqual(bytesA, bytesB);
}

function keyResponse(row: KeyRow): KeyResponse {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    created_at: isoTime(row.created_at),
    expires_at: row.expires_at === null ? null : isoTime(row.expires_at),
    revoked_at: row.revoked_at === null ? null : isoTime(row.revoked_at),
  };
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
