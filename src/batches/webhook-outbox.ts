// The batch's webhook, kept in its Durable Object until it is delivered or given up: a crash loses nothing.
import { deliverWebhook } from '../webhooks/deliver';
import { decideDelivery } from '../webhooks/schedule';

/** One attempt, as `GET /batches/{id}/deliveries` lists it. */
export interface DeliveryAttempt {
  webhook_id: string;
  attempt: number;
  at: string;
  status: number | null;
  duration_ms: number;
  error: string | null;
}

interface OutboxRow {
  [column: string]: SqlStorageValue;
  id: string;
  url: string;
  secret: string | null;
  body: string;
  attempt: number;
  next_at: number | null;
  state: string;
}

export const OUTBOX_SCHEMA = `
  CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT,
    body TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    next_at INTEGER,
    state TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE delivery_attempts (
    n INTEGER PRIMARY KEY,
    webhook_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    duration_ms INTEGER NOT NULL,
    error TEXT
  );
`;

export class WebhookOutbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Puts a message in, due at once. To be called in the transaction that makes its event true. */
  add(message: { id: string; url: string; secret: string | null; body: string }, now: number): void {
    const { id, url, secret, body } = message;
    this.#sql.exec("INSERT INTO outbox VALUES (?, ?, ?, ?, 0, ?, 'pending')", id, url, secret, body, now);
  }

  /** When the next attempt is due, or null. */
  nextAt(): number | null {
    return this.#sql.exec<{ at: number | null }>('SELECT min(next_at) AS at FROM outbox').one().at;
  }

  /** Makes every attempt that is due, and records what came of it. */
  async deliverDue(now: number, policy: { allowPrivate: boolean }): Promise<void> {
    for (const row of this.#sql.exec<OutboxRow>('SELECT * FROM outbox WHERE next_at <= ?', now).toArray()) {
      const { id, url, secret, body } = row;
      const at = Date.now();
      const outcome = await deliverWebhook({ url, secret, id, body, policy }, at);
      const attempt = row.attempt + 1;
      const decision = decideDelivery(outcome, attempt, Date.now(), Math.random());
      this.#sql.exec(
        'INSERT INTO delivery_attempts VALUES (NULL, ?, ?, ?, ?, ?, ?)',
        id,
        attempt,
        at,
        outcome.status,
        Math.round(outcome.durationMs),
        outcome.error,
      );
      this.#sql.exec(
        'UPDATE outbox SET attempt = ?, next_at = ?, state = ? WHERE id = ?',
        attempt,
        decision.nextAt,
        decision.state,
        id,
      );
    }
  }

  /** Every attempt so far, oldest first. */
  attempts(): DeliveryAttempt[] {
    return this.#sql
      .exec<{
        webhook_id: string;
        attempt: number;
        at: number;
        status: number | null;
        duration_ms: number;
        error: string | null;
      }>('SELECT * FROM delivery_attempts ORDER BY n')
      .toArray()
      .map(({ webhook_id, attempt, at, status, duration_ms, error }) => ({
        webhook_id,
        attempt,
        at: new Date(at).toISOString(),
        status,
        duration_ms,
        error,
      }));
  }
}
