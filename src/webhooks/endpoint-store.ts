// An account's webhook endpoints. Their secrets leave it in two ways: to sign, and once in the answer that made them.
import { mapPage, readPage } from '../accounts/read-page';
import type { ListQuery, Page } from '../contract/lists';
import type { DisabledReason, EndpointCreate, EndpointResponse, EndpointStatus } from '../contract/webhooks';
import type { EndpointHealth } from './endpoint-health';

/** Times are milliseconds. */
export interface Endpoint extends EndpointHealth {
  id: string;
  url: string;
  events: EndpointCreate['events'];
  status: EndpointStatus;
  disabledReason: DisabledReason | null;
  createdAt: number;
  secret: string;
  /** The one before the last rotation, and until when it signs too. */
  previousSecret: string | null;
  previousSecretUntil: number | null;
}

export const ENDPOINT_STORE_SCHEMA = `
  CREATE TABLE IF NOT EXISTS endpoints (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    status TEXT NOT NULL,
    disabled_reason TEXT,
    created_at INTEGER NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_secret_until INTEGER,
    failures INTEGER NOT NULL,
    failing_since INTEGER,
    held_until INTEGER
  );
`;

export class EndpointStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Writes an endpoint, whether it is new or not. */
  save(endpoint: Endpoint): void {
    this.#sql.exec(
      `INSERT INTO endpoints (id, url, events, status, disabled_reason, created_at, secret, previous_secret,
         previous_secret_until, failures, failing_since, held_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, events = excluded.events, status = excluded.status,
         disabled_reason = excluded.disabled_reason, secret = excluded.secret,
         previous_secret = excluded.previous_secret, previous_secret_until = excluded.previous_secret_until,
         failures = excluded.failures, failing_since = excluded.failing_since, held_until = excluded.held_until`,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.events),
      endpoint.status,
      endpoint.disabledReason,
      endpoint.createdAt,
      endpoint.secret,
      endpoint.previousSecret,
      endpoint.previousSecretUntil,
      endpoint.failures,
      endpoint.failingSince,
      endpoint.heldUntil,
    );
  }

  get(id: string): Endpoint | null {
    const [row] = this.#sql.exec<EndpointRow>('SELECT * FROM endpoints WHERE id = ?', id);
    return row === undefined ? null : fromRow(row);
  }

  all(): Endpoint[] {
    return this.#sql.exec<EndpointRow>('SELECT * FROM endpoints ORDER BY n').toArray().map(fromRow);
  }

  /** Null where `after` is unknown. */
  list(query: ListQuery): Page<Endpoint> | null {
    return mapPage(readPage<EndpointRow>(this.#sql, 'endpoints', query), fromRow);
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM endpoints WHERE id = ?', id);
  }
}

/** An endpoint as clients see it: without its secrets. */
export function endpointResponse(endpoint: Endpoint, now: number): EndpointResponse {
  const { previousSecretUntil: until } = endpoint;
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    url: endpoint.url,
    events: endpoint.events,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    failing_since: isoTime(endpoint.failingSince),
    previous_secret_expires_at: until === null || until <= now ? null : isoTime(until),
    created_at: new Date(endpoint.createdAt).toISOString(),
  };
}

/** What signs a message at `now`, the newest first. */
export function signingSecrets(endpoint: Endpoint, now: number): string[] {
  const { secret, previousSecret, previousSecretUntil } = endpoint;
  const isPreviousValid = previousSecret !== null && (previousSecretUntil ?? 0) > now;
  return isPreviousValid ? [secret, previousSecret] : [secret];
}

type EndpointRow = {
  n: number;
  id: string;
  url: string;
  events: string;
  status: string;
  disabled_reason: string | null;
  created_at: number;
  secret: string;
  previous_secret: string | null;
  previous_secret_until: number | null;
  failures: number;
  failing_since: number | null;
  held_until: number | null;
};

function fromRow(row: EndpointRow): Endpoint {
  return {
    id: row.id,
    url: row.url,
    events: JSON.parse(row.events),
    status: row.status as EndpointStatus,
    disabledReason: row.disabled_reason as DisabledReason | null,
    createdAt: row.created_at,
    secret: row.secret,
    previousSecret: row.previous_secret,
    previousSecretUntil: row.previous_secret_until,
    failures: row.failures,
    failingSince: row.failing_since,
    heldUntil: row.held_until,
  };
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
