// Money given to what is in flight, row by row, so that a crash leaves no doubt about it: what is not settled is free
// again when its time is over. There are rows only where the account or the key has a budget.

/** Longer than a call hardly ever takes; one that does is extended while it runs. */
export const RESERVATION_MS = 15 * 60_000;

interface Reservation {
  keyId: string;
  nano: number;
  /** Milliseconds; null for a batch, which lasts as long as the batch. */
  expiresAt: number | null;
}

export const RESERVATIONS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS reservations (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    nano INTEGER NOT NULL,
    expires_at INTEGER
  ) WITHOUT ROWID;
`;

export class Reservations {
  readonly #sql: SqlStorage;
  /** As stored; null before the first look. */
  #rows: Map<string, Reservation> | null = null;
  /** Sums by key. */
  readonly #sums = new Map<string, number>();
  #total = 0;
  /** No row expires before. */
  #nextExpiry = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Nano-dollars reserved for a key, or without one for the whole account. */
  reserved(keyId: string | null, now: number): number {
    this.#dropExpired(now);
    return keyId === null ? this.#total : (this.#sums.get(keyId) ?? 0);
  }

  /** What is reserved under an id; 0 for nothing. */
  nanoOf(id: string): number {
    return this.#load().get(id)?.nano ?? 0;
  }

  /** Sets what is reserved under an id, whatever it was before; nothing at all for 0. */
  set(id: string, { keyId, nano, expiresAt }: Reservation): void {
    if (this.nanoOf(id) === nano && expiresAt === null) return;
    this.drop(id);
    if (nano === 0) return;
    this.#sql.exec('INSERT INTO reservations VALUES (?, ?, ?, ?)', id, keyId, nano, expiresAt);
    this.#hold(id, { keyId, nano, expiresAt });
  }

  /** Keeps one for another while; nothing where there is none. */
  extend(id: string, expiresAt: number): void {
    const row = this.#load().get(id);
    if (row === undefined) return;
    this.#sql.exec('UPDATE reservations SET expires_at = ? WHERE id = ?', expiresAt, id);
    row.expiresAt = expiresAt;
  }

  drop(id: string): void {
    const row = this.#load().get(id);
    if (row === undefined) return;
    this.#sql.exec('DELETE FROM reservations WHERE id = ?', id);
    this.#rows?.delete(id);
    this.#add(row.keyId, -row.nano);
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#rows = null;
  }

  #dropExpired(now: number): void {
    const rows = this.#load();
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const [id, { expiresAt }] of rows) {
      if (expiresAt === null) continue;
      if (expiresAt <= now) this.drop(id);
      else this.#nextExpiry = Math.min(this.#nextExpiry, expiresAt);
    }
  }

  #load(): Map<string, Reservation> {
    if (this.#rows !== null) return this.#rows;
    this.#rows = new Map();
    this.#sums.clear();
    this.#total = 0;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    const stored = this.#sql.exec<{ id: string; key: string; nano: number; expires_at: number | null }>(
      'SELECT * FROM reservations',
    );
    for (const { id, key, nano, expires_at: expiresAt } of stored.toArray()) {
      this.#hold(id, { keyId: key, nano, expiresAt });
    }
    return this.#rows;
  }

  #hold(id: string, row: Reservation): void {
    this.#rows?.set(id, row);
    this.#add(row.keyId, row.nano);
    this.#nextExpiry = Math.min(this.#nextExpiry, row.expiresAt ?? Number.POSITIVE_INFINITY);
  }

  #add(keyId: string, nano: number): void {
    this.#total += nano;
    const sum = (this.#sums.get(keyId) ?? 0) + nano;
    if (sum === 0) this.#sums.delete(keyId);
    else this.#sums.set(keyId, sum);
  }
}
