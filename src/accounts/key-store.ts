// An account's API keys. Of the keys themselves only hashes are kept.
import { type KeyResponse, type Limits, NO_KEY_LIMITS, type Scope } from '../contract/accounts';
import type { ListQuery, Page } from '../contract/lists';
import { addColumns } from '../platform/add-columns';
import type { KeyState } from './admission';
import { mapPage, readPage } from './read-page';

export interface NewKey {
  id: string;
  name: string;
  /** SHA-256, 64 hex digits. */
  hash: string;
  hint: string;
  scopes: Scope[] | null;
  limits: Limits;
  /** Milliseconds, like `expiresAt`. */
  createdAt: number;
  expiresAt: number | null;
}

/** A use is noted once an hour: each time would cost a row written for every request. */
const USE_NOTED_EVERY_MS = 3_600_000;

export const KEY_STORE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS keys (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    hint TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    scopes TEXT,
    limits TEXT NOT NULL DEFAULT '{}',
    last_used_at INTEGER
  );
  CREATE INDEX IF NOT EXISTS keys_by_time ON keys (created_at);
  CREATE INDEX IF NOT EXISTS keys_by_hash ON keys (substr(hash, 1, 8));
`;

export class KeyStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Brings a table of an earlier version up to date. */
  upgrade(): void {
    addColumns(this.#sql, 'keys', {
      scopes: 'TEXT',
      limits: "TEXT NOT NULL DEFAULT '{}'",
      last_used_at: 'INTEGER',
    });
  }

  add(key: NewKey): KeyResponse {
    const { id, name, hash, hint, scopes, limits, createdAt, expiresAt } = key;
    const [row] = this.#sql.exec<KeyRow>(
      `INSERT INTO keys (id, name, hash, hint, scopes, limits, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
      id,
      name,
      hash,
      hint,
      scopes && JSON.stringify(scopes),
      JSON.stringify(limits),
      createdAt,
      expiresAt,
    );
    if (row === undefined) throw new Error('the key was not stored');
    return keyResponse(row);
  }

  /** The key with this hash. The index sees its first 32 bits; the whole is compared in constant time. */
  find(hash: string): KeyState | null {
    const rows = this.#sql.exec<KeyRow>('SELECT * FROM keys WHERE substr(hash, 1, 8) = ?', hash.slice(0, 8));
    const row = rows.toArray().find((candidate) => sameHash(candidate.hash, hash));
    return row === undefined ? null : keyState(row);
  }

  /** The limits of a key, also of a revoked one whose batches still run; none for one that is not in the list. */
  limitsOf(id: string): Limits {
    const [row] = this.#sql.exec<{ limits: string }>('SELECT limits FROM keys WHERE id = ?', id);
    return row === undefined ? NO_KEY_LIMITS : JSON.parse(row.limits);
  }

  /** Notes that a key is used, to the hour. */
  use({ id, lastUsedAt }: KeyState, now: number): void {
    if (lastUsedAt !== null && now - lastUsedAt < USE_NOTED_EVERY_MS) return;
    this.#sql.exec('UPDATE keys SET last_used_at = ? WHERE id = ?', now, id);
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
  scopes: string | null;
  limits: string;
  last_used_at: number | null;
};

function keyState(row: KeyRow): KeyState {
  return {
    id: row.id,
    scopes: scopesOf(row),
    limits: JSON.parse(row.limits),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}

function scopesOf({ scopes }: KeyRow): Scope[] | null {
  return scopes === null ? null : JSON.parse(scopes);
}

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
    scopes: scopesOf(row),
    limits: { ...NO_KEY_LIMITS, ...JSON.parse(row.limits) },
    created_at: new Date(row.created_at).toISOString(),
    expires_at: isoTime(row.expires_at),
    revoked_at: isoTime(row.revoked_at),
    last_used_at: isoTime(row.last_used_at),
  };
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
