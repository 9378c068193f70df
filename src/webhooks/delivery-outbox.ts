// Deliveries in the SQLite of a Durable Object, each one message to one receiver, until they have arrived or are given up,
// and what came of every attempt: a crash loses nothing. A batch has one for its own webhook, an account one for its endpoints.
import { emptyPage, mapPage, readPage } from '../accounts/read-page';
import type { Page } from '../contract/lists';
import type {
  DeliveryAttempt,
  DeliveryListQuery,
  DeliveryResponse,
  DeliveryStatus,
} from '../contract/webhooks';
import type { DeliveryOutcome } from './deliver';
import type { DeliveryDecision } from './schedule';

/** Resending may add attempts without end; the log keeps the last ones. */
const LOGGED_ATTEMPTS = 30;

/** Due before all that is due by itself: somebody asked for it and waits. */
const DUE_FIRST = 0;

export interface NewDelivery {
  id: string;
  /** Whose it is: an endpoint's id, or any name where there is one receiver only. */
  endpointId: string;
  /** The `webhook-id`, the same at every attempt. One event goes to an endpoint once. */
  eventId: string;
  eventType: string;
  /** The exact JSON that is sent. */
  body: string;
}

/** A delivery that is due. */
export interface Delivery extends NewDelivery {
  /** Grows with every delivery of the object. */
  sequence: number;
  /** Attempts since it was put in, or since it was last asked for again: its place in the schedule. */
  tries: number;
  /** When it was due. */
  nextAt: number;
  attempts: DeliveryAttempt[];
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS deliveries (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    endpoint_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER,
    attempts TEXT NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (endpoint_id, event_id);
  CREATE INDEX IF NOT EXISTS deliveries_by_time ON deliveries (endpoint_id, created_at);
  CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (endpoint_id, next_at) WHERE next_at IS NOT NULL;
`;

/** Times are milliseconds where they are numbers. The table comes with the first delivery. */
export class DeliveryOutbox {
  readonly #sql: SqlStorage;
  /** Once it was found. Not once it was made: that transaction may still be undone. */
  #isTableKnown = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The table may be gone with everything else. */
  forget(): void {
    this.#isTableKnown = false;
  }

  /**
   * Puts a delivery in, due at once, in the transaction that makes its event true. Adding it again changes nothing.
   *
   * @param isAwaited goes before what waits already
   */
  add({ id, endpointId, eventId, eventType, body }: NewDelivery, now: number, isAwaited = false): void {
    if (!this.#isTableKnown) this.#sql.exec(SCHEMA);
    this.#sql.exec(
      `INSERT INTO deliveries (id, endpoint_id, event_id, event_type, body, created_at, status, tries, next_at, attempts)
       VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, '[]') ON CONFLICT DO NOTHING`,
      id,
      endpointId,
      eventId,
      eventType,
      body,
      now,
      isAwaited ? DUE_FIRST : now,
    );
  }

  /** What is due for an endpoint, the longest overdue first. */
  due(endpointId: string, now: number, limit: number): Delivery[] {
    if (!this.#hasTable()) return [];
    return this.#sql
      .exec<DeliveryRow>(
        'SELECT * FROM deliveries WHERE endpoint_id = ? AND next_at <= ? ORDER BY next_at, n LIMIT ?',
        endpointId,
        now,
        limit,
      )
      .toArray()
      .map(fromRow);
  }

  /** When an endpoint's next attempt is due, of those due after a time; null where there is none. */
  nextAt(endpointId: string, after = -1): number | null {
    if (!this.#hasTable()) return null;
    return this.#sql
      .exec<{ at: number | null }>(
        'SELECT min(next_at) AS at FROM deliveries WHERE endpoint_id = ? AND next_at > ?',
        endpointId,
        after,
      )
      .one().at;
  }

  /**
   * Writes down an attempt that began at a time, and what follows it. A delivery that is gone by then stays gone, and one that
   * was asked for again meanwhile, or given up, stays that, unless it has arrived.
   */
  record(delivery: Delivery, at: number, outcome: DeliveryOutcome, decision: DeliveryDecision): void {
    if (!this.#hasTable()) return;
    const [stored] = this.#sql.exec<Pick<DeliveryRow, 'status' | 'tries' | 'next_at'>>(
      'SELECT status, tries, next_at FROM deliveries WHERE n = ?',
      delivery.sequence,
    );
    if (stored === undefined) return;
    const isAsItWas = stored.tries === delivery.tries && stored.next_at === delivery.nextAt;
    const isDecided = isAsItWas || decision.status === 'delivered';
    const attempt: DeliveryAttempt = {
      attempt: (delivery.attempts.at(-1)?.attempt ?? 0) + 1,
      at: new Date(at).toISOString(),
      status: outcome.status,
      duration_ms: Math.round(outcome.durationMs),
      error: outcome.error,
      response: outcome.response,
    };
    this.#sql.exec(
      'UPDATE deliveries SET status = ?, tries = ?, next_at = ?, attempts = ? WHERE n = ?',
      isDecided ? decision.status : stored.status,
      isDecided ? delivery.tries + 1 : stored.tries,
      isDecided ? decision.nextAt : stored.next_at,
      JSON.stringify([...delivery.attempts, attempt].slice(-LOGGED_ATTEMPTS)),
      delivery.sequence,
    );
  }

  /** Sends one event again, before all others, whatever came of it. False where the endpoint was never to get it. */
  resend(endpointId: string, eventId: string): boolean {
    if (!this.#hasTable()) return false;
    const { rowsWritten } = this.#sql.exec(
      "UPDATE deliveries SET status = 'pending', tries = 0, next_at = ? WHERE endpoint_id = ? AND event_id = ?",
      DUE_FIRST,
      endpointId,
      eventId,
    );
    return rowsWritten > 0;
  }

  /** Sends again what was put in at `since` or later and failed or was given up; answers how many these are. */
  resendFailed(endpointId: string, since: number, now: number): number {
    if (!this.#hasTable()) return 0;
    return this.#sql
      .exec(
        `UPDATE deliveries SET status = 'pending', tries = 0, next_at = ?
         WHERE endpoint_id = ? AND created_at >= ?
           AND (status = 'failed' OR (status = 'pending' AND attempts <> '[]')) RETURNING n`,
        now,
        endpointId,
        since,
      )
      .toArray().length;
  }

  /** Gives up all that an endpoint has not got yet. */
  giveUp(endpointId: string): void {
    if (!this.#hasTable()) return;
    this.#sql.exec(
      "UPDATE deliveries SET status = 'failed', next_at = NULL WHERE endpoint_id = ? AND next_at IS NOT NULL",
      endpointId,
    );
  }

  /** Removes an endpoint's deliveries that were put in before a time. */
  removeBefore(endpointId: string, before: number): void {
    if (!this.#hasTable()) return;
    this.#sql.exec('DELETE FROM deliveries WHERE endpoint_id = ? AND created_at < ?', endpointId, before);
  }

  removeAll(endpointId: string): void {
    this.removeBefore(endpointId, Number.MAX_SAFE_INTEGER);
  }

  /** When an endpoint's oldest delivery was put in; null where there is none. */
  oldestAt(endpointId: string): number | null {
    if (!this.#hasTable()) return null;
    return this.#sql
      .exec<{ at: number | null }>(
        'SELECT min(created_at) AS at FROM deliveries WHERE endpoint_id = ?',
        endpointId,
      )
      .one().at;
  }

  /** An endpoint's deliveries since a time, with their attempts; null where `after` is unknown. */
  list(endpointId: string, query: DeliveryListQuery, since = 0): Page<DeliveryResponse> | null {
    if (!this.#hasTable()) return emptyPage(query);
    const page = readPage<DeliveryRow>(this.#sql, 'deliveries', query, [
      ['endpoint_id = ?', endpointId],
      ['created_at >= ?', since],
      ...(query.status === undefined ? [] : [['status = ?', query.status] as const]),
    ]);
    return mapPage(page, deliveryResponse);
  }

  #hasTable(): boolean {
    if (this.#isTableKnown) return true;
    const [table] = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'");
    this.#isTableKnown = table !== undefined;
    return this.#isTableKnown;
  }
}

type DeliveryRow = {
  n: number;
  id: string;
  endpoint_id: string;
  event_id: string;
  event_type: string;
  body: string;
  created_at: number;
  status: string;
  tries: number;
  next_at: number | null;
  attempts: string;
};

function fromRow(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    eventType: row.event_type,
    body: row.body,
    sequence: row.n,
    tries: row.tries,
    nextAt: row.next_at ?? 0,
    attempts: JSON.parse(row.attempts),
  };
}

function deliveryResponse(row: DeliveryRow): DeliveryResponse {
  const attempts: DeliveryAttempt[] = JSON.parse(row.attempts);
  // A time that is past: it waits for its turn, after what was tried already.
  const earliest = Math.max(row.created_at, Date.parse(attempts.at(-1)?.at ?? '') || 0);
  return {
    id: row.id,
    object: 'webhook_delivery',
    event_id: row.event_id,
    event_type: row.event_type,
    sequence: row.n,
    status: row.status as DeliveryStatus,
    next_attempt_at: row.next_at === null ? null : new Date(Math.max(row.next_at, earliest)).toISOString(),
    created_at: new Date(row.created_at).toISOString(),
    attempts,
  };
}
