// The Durable Object of one account's webhooks, `getByName(accountId)`: its endpoints, what is on its way to them, and the
// log. It is none of AccountObject's, so that slow receivers hold up no admission. Asking one that holds nothing writes nothing.
import { DurableObject } from 'cloudflare:workers';
import { emptyPage } from '../accounts/read-page';
import { newId } from '../contract/ids';
import { WEBHOOK_ENDPOINTS_LIMIT } from '../contract/limits';
import type { ListQuery, Page } from '../contract/lists';
import type {
  DeliveryListQuery,
  DeliveryResend,
  DeliveryResponse,
  EndpointCreate,
  EndpointResponse,
  EndpointUpdate,
  EndpointWithSecret,
  WebhookEvent,
  WebhookEventBody,
} from '../contract/webhooks';
import { DeliveryOutbox } from './delivery-outbox';
import { DeliveryRunner, eventBody, LOG_RETENTION_MS } from './delivery-runner';
import { HEALTHY } from './endpoint-health';
import { ENDPOINT_STORE_SCHEMA, type Endpoint, EndpointStore, endpointResponse } from './endpoint-store';
import { newSecret } from './sign';

/** How long the old secret signs beside the new one. */
const SECRET_OVERLAP_MS = 86_400_000;

/** Times are milliseconds where they are numbers. */
export class WebhookObject extends DurableObject<Env> {
  readonly #endpoints = new EndpointStore(this.ctx.storage.sql);
  readonly #outbox = new DeliveryOutbox(this.ctx.storage.sql);
  readonly #runner = new DeliveryRunner(this.ctx, this.env, this.#endpoints, this.#outbox);
  #hasTables = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const [table] = ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'endpoints'");
    this.#hasTables = table !== undefined;
  }

  /** Sends an event to every enabled endpoint that listens. Once it is back, no crash loses it; again, it changes nothing. */
  async publish(event: WebhookEvent): Promise<void> {
    if (!this.#hasTables) return;
    this.ctx.storage.transactionSync(() => this.#runner.publish(event));
    await this.#runner.deliver();
  }

  /** A new endpoint, or null where the account has as many as it may. */
  async create(accountId: string, { url, events }: EndpointCreate): Promise<EndpointWithSecret | null> {
    // Before there is one: an account that has an endpoint knows it, whatever crashes.
    await this.env.ACCOUNTS.getByName(accountId).noteWebhooks();
    this.#makeTables();
    if (this.#endpoints.all().length >= WEBHOOK_ENDPOINTS_LIMIT) return null;
    const now = Date.now();
    const endpoint: Endpoint = {
      id: newId('we'),
      url,
      events,
      status: 'enabled',
      disabledReason: null,
      createdAt: now,
      secret: newSecret(),
      previousSecret: null,
      previousSecretUntil: null,
      ...HEALTHY,
    };
    this.#endpoints.save(endpoint);
    return { ...endpointResponse(endpoint, now), secret: endpoint.secret };
  }

  /** Null where `after` is unknown. */
  list(query: ListQuery): Page<EndpointResponse> | null {
    const page = this.#hasTables ? this.#endpoints.list(query) : emptyPage(query);
    const now = Date.now();
    return page && { ...page, data: page.data.map((endpoint) => endpointResponse(endpoint, now)) };
  }

  get(id: string): EndpointResponse | null {
    const endpoint = this.#find(id);
    return endpoint && endpointResponse(endpoint, Date.now());
  }

  /** The endpoint as it is then, or null. A new URL and enabling forget past failures; disabling gives up what is on its way. */
  async update(id: string, { url, events, status }: EndpointUpdate): Promise<EndpointResponse | null> {
    const before = this.#find(id);
    if (before === null) return null;
    const isFresh =
      (url ?? before.url) !== before.url || (status === 'enabled' && before.status === 'disabled');
    const endpoint: Endpoint = {
      ...before,
      url: url ?? before.url,
      events: events ?? before.events,
      ...(isFresh && HEALTHY),
      ...(status === 'enabled' && { status, disabledReason: null }),
    };
    this.ctx.storage.transactionSync(() => {
      this.#endpoints.save(endpoint);
      if (status === 'disabled' && before.status === 'enabled') this.#runner.disable(endpoint, 'request');
    });
    await this.#runner.deliver();
    return this.get(id);
  }

  /** Removes an endpoint, its log and what is on its way to it. False where there is none. */
  remove(id: string): boolean {
    if (this.#find(id) === null) return false;
    this.ctx.storage.transactionSync(() => {
      this.#endpoints.remove(id);
      this.#outbox.removeAll(id);
    });
    return true;
  }

  /** Gives an endpoint a new secret, which the old one outlives by a day; null where there is no endpoint. */
  rotate(id: string): EndpointWithSecret | null {
    const before = this.#find(id);
    if (before === null) return null;
    const now = Date.now();
    const endpoint: Endpoint = {
      ...before,
      secret: newSecret(),
      previousSecret: before.secret,
      previousSecretUntil: now + SECRET_OVERLAP_MS,
    };
    this.#endpoints.save(endpoint);
    return { ...endpointResponse(endpoint, now), secret: endpoint.secret };
  }

  /** Sends an event that means nothing to one endpoint, whatever it listens to, at once: whoever asks, waits. */
  async sendTest(id: string): Promise<WebhookEventBody | 'disabled' | null> {
    const endpoint = this.#find(id);
    if (endpoint === null) return null;
    if (endpoint.status === 'disabled') return 'disabled';
    const event: WebhookEvent = {
      id: newId('evt'),
      type: 'webhook.test',
      createdAt: Date.now(),
      data: { id },
    };
    this.ctx.storage.transactionSync(() => {
      this.#endpoints.save({ ...endpoint, heldUntil: null });
      this.#runner.send(event, endpoint, true);
    });
    await this.#runner.deliver();
    return eventBody(event);
  }

  /** An endpoint's log; null where there is no endpoint. */
  deliveries(id: string, query: DeliveryListQuery): Page<DeliveryResponse> | 'after_unknown' | null {
    if (this.#find(id) === null) return null;
    return this.#outbox.list(id, query, Date.now() - LOG_RETENTION_MS) ?? 'after_unknown';
  }

  /** Sends again now; answers how many deliveries that are. */
  async resend(
    id: string,
    { event_id: eventId, since }: DeliveryResend,
  ): Promise<number | 'disabled' | 'event_unknown' | null> {
    const endpoint = this.#find(id);
    if (endpoint === null) return null;
    if (endpoint.status === 'disabled') return 'disabled';
    const now = Date.now();
    const resent = this.ctx.storage.transactionSync(() => {
      // Whoever asks says that the endpoint is back: it is tried at once.
      this.#endpoints.save({ ...endpoint, heldUntil: null });
      if (since !== undefined) return this.#outbox.resendFailed(id, Date.parse(since), now);
      return this.#outbox.resend(id, eventId ?? '') ? 1 : null;
    });
    if (resent === null) return 'event_unknown';
    await this.#runner.deliver();
    return resent;
  }

  /** Goes on where the platform gave up on the alarm, after it failed seven times. */
  async ensureAlarm(): Promise<void> {
    if (this.#hasTables) await this.#runner.deliver();
  }

  override async alarm(): Promise<void> {
    if (this.#hasTables) await this.#runner.wake();
  }

  #find(id: string): Endpoint | null {
    return this.#hasTables ? this.#endpoints.get(id) : null;
  }

  #makeTables(): void {
    if (this.#hasTables) return;
    this.ctx.storage.sql.exec(ENDPOINT_STORE_SCHEMA);
    this.#hasTables = true;
  }
}
