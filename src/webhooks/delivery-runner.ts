// Carries an account's deliveries to its endpoints: which attempt may begin, what came of it, and when the object has to wake.
// Attempts run beside whatever else the object does; nothing waits for them.
import { newId } from '../contract/ids';
import {
  type DisabledReason,
  isListening,
  type WebhookEvent,
  type WebhookEventBody,
} from '../contract/webhooks';
import { targetPolicy } from '../platform/target-policy';
import { type AttemptLoad, hasRoom } from './attempt-room';
import { type DeliveryOutcome, deliverWebhook } from './deliver';
import type { Delivery, DeliveryOutbox } from './delivery-outbox';
import { decideHealth } from './endpoint-health';
import { type Endpoint, type EndpointStore, signingSecrets } from './endpoint-store';
import { decideDelivery, retryDelays } from './schedule';

/** How long a delivery is kept, from when it was put in. */
export const LOG_RETENTION_MS = 30 * 86_400_000;

/** What is past its time may lie for so long: one pass a day removes it. */
const LOG_REMOVAL_EVERY_MS = 86_400_000;

/** Attempts that a crash cut off are made again after this: longer than any takes. */
const ATTEMPT_LEASE_MS = 45_000;

/** Each ended attempt starts the next, up to here; then the alarm goes on, for an invocation has so many requests. */
const ATTEMPTS_PER_WAKE = 500;

export class DeliveryRunner {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #endpoints: EndpointStore;
  readonly #outbox: DeliveryOutbox;
  /** Attempts under way, by the delivery's sequence number: their endpoints. */
  readonly #underWay = new Map<number, string>();
  /** When each endpoint was last called, as a count: who waited longest is next. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  readonly #oldest = new Map<string, number>();
  #attemptsLeft = ATTEMPTS_PER_WAKE;

  constructor(ctx: DurableObjectState, env: Env, endpoints: EndpointStore, outbox: DeliveryOutbox) {
    this.#ctx = ctx;
    this.#env = env;
    this.#endpoints = endpoints;
    this.#outbox = outbox;
  }

  /** Puts an event in for every enabled endpoint that listens. */
  publish(event: WebhookEvent): void {
    for (const endpoint of this.#endpoints.all()) {
      if (endpoint.status === 'enabled' && isListening(endpoint.events, event.type))
        this.send(event, endpoint);
    }
  }

  /** Puts an event in for one endpoint; one that is awaited goes before what waits already. */
  send(event: WebhookEvent, { id: endpointId }: Endpoint, isAwaited = false): void {
    const body = JSON.stringify(eventBody(event));
    const delivery = { id: newId('dlv'), endpointId, eventId: event.id, eventType: event.type, body };
    this.#outbox.add(delivery, Date.now(), isAwaited);
  }

  /** At the alarm, which is an invocation of its own: goes on with all that is due, and lets go of what is past its time. */
  async wake(): Promise<void> {
    this.#attemptsLeft = ATTEMPTS_PER_WAKE;
    const before = Date.now() - LOG_RETENTION_MS;
    for (const { id } of this.#endpoints.all()) this.#outbox.removeBefore(id, before);
    this.#oldest.clear();
    await this.deliver();
  }

  /** Begins every attempt that is due and has room, and sets the alarm for the next. Nothing waits for the attempts. */
  async deliver(): Promise<void> {
    const now = Date.now();
    const endpoints = this.#endpoints.all();
    const next = () => this.#next(endpoints, now);
    for (let delivery = next(); delivery !== null; delivery = next()) this.#begin(delivery);
    await this.#arm(endpoints, now);
  }

  /** A delivery whose attempt may begin, of the endpoint that waited longest among those with the fewest under way. */
  #next(all: readonly Endpoint[], now: number): Delivery | null {
    if (this.#attemptsLeft === 0) return null;
    const endpoints = all.filter(({ status }) => status === 'enabled');
    const ready = endpoints
      .map((endpoint) => ({ endpoint, load: this.#load(endpoint, endpoints) }))
      .filter(({ endpoint, load }) => hasRoom(endpoint, load, now))
      .sort((a, b) => a.load.own - b.load.own || this.#turnOf(a.endpoint) - this.#turnOf(b.endpoint));
    for (const { endpoint, load } of ready) {
      const due = this.#outbox.due(endpoint.id, now, load.own + 1);
      const delivery = due.find(({ sequence }) => !this.#underWay.has(sequence));
      if (delivery !== undefined) return delivery;
    }
    return null;
  }

  #turnOf({ id }: Endpoint): number {
    return this.#turns.get(id) ?? 0;
  }

  #load({ id }: Endpoint, endpoints: readonly Endpoint[]): AttemptLoad {
    const underWay = Array.from(this.#underWay.values());
    const failing = new Set(endpoints.filter(({ failures }) => failures > 0).map((endpoint) => endpoint.id));
    return {
      all: underWay.length,
      failing: underWay.filter((endpointId) => failing.has(endpointId)).length,
      own: underWay.filter((endpointId) => endpointId === id).length,
    };
  }

  #begin(delivery: Delivery): void {
    this.#attemptsLeft -= 1;
    this.#turns.set(delivery.endpointId, ++this.#turn);
    this.#underWay.set(delivery.sequence, delivery.endpointId);
    this.#ctx.waitUntil(
      this.#attempt(delivery)
        .finally(() => this.#underWay.delete(delivery.sequence))
        .then(() => this.deliver())
        .catch((error) => {
          // The alarm, which is set while an attempt is under way, takes it up again.
          console.error(JSON.stringify({ event: 'webhook.delivery_failed', cause: String(error) }));
        }),
    );
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const endpoint = this.#endpoints.get(delivery.endpointId);
    if (endpoint === null) return;
    const at = Date.now();
    const outcome = await deliverWebhook(
      {
        url: endpoint.url,
        secrets: signingSecrets(endpoint, at),
        id: delivery.eventId,
        sequence: delivery.sequence,
        body: delivery.body,
        policy: targetPolicy(this.#env),
      },
      at,
    );
    this.#ctx.storage.transactionSync(() => this.#settle(delivery, endpoint.url, at, outcome));
  }

  /** Writes down what came of an attempt, for the delivery and for its endpoint as it is by now. */
  #settle(delivery: Delivery, url: string, at: number, outcome: DeliveryOutcome): void {
    const endpoint = this.#endpoints.get(delivery.endpointId);
    if (endpoint === null) return;
    const now = Date.now();
    const tries = delivery.tries + 1;
    const decision = decideDelivery(outcome, tries, now, Math.random(), retryDelays(this.#env));
    this.#outbox.record(delivery, at, outcome, decision);
    if (endpoint.status === 'disabled') this.#outbox.giveUp(endpoint.id);
    // What an address that was replaced meanwhile answered says nothing about the new one.
    if (endpoint.status === 'disabled' || endpoint.url !== url) return;
    const { health, disable } = decideHealth(endpoint, outcome, now, Math.random());
    if (health.failures !== endpoint.failures) this.#endpoints.save({ ...endpoint, ...health });
    if (disable !== null) this.disable({ ...endpoint, ...health }, disable);
  }

  /** Sends an endpoint nothing more, and tells the others where its owner did not ask for it. */
  disable(endpoint: Endpoint, reason: DisabledReason): void {
    this.#endpoints.save({ ...endpoint, status: 'disabled', disabledReason: reason });
    this.#outbox.giveUp(endpoint.id);
    if (reason === 'request') return;
    this.publish({
      id: newId('evt'),
      type: 'webhook.disabled',
      createdAt: Date.now(),
      data: { id: endpoint.id, reason },
    });
  }

  /** Sets the alarm for the next thing that comes due, if it is not set for earlier; an object that has nothing to do sleeps. */
  async #arm(endpoints: readonly Endpoint[], now: number): Promise<void> {
    const at = this.#nextAt(endpoints, now);
    if (at === null) return;
    const armed = await this.#ctx.storage.getAlarm();
    if (armed === null || at < armed) await this.#ctx.storage.setAlarm(at);
  }

  /** When an endpoint's oldest delivery was put in. Only `wake` removes any, but for those of an endpoint that is removed too. */
  #oldestAt(endpointId: string): number | null {
    const oldest = this.#oldest.get(endpointId) ?? this.#outbox.oldestAt(endpointId);
    if (oldest !== null) this.#oldest.set(endpointId, oldest);
    return oldest;
  }

  /** What is due and waits for room needs no alarm: an attempt under way makes that room when it ends. */
  #nextAt(endpoints: readonly Endpoint[], now: number): number | null {
    const times = endpoints.flatMap(({ id, status, heldUntil }) => {
      const oldest = this.#oldestAt(id);
      const removal = oldest === null ? [] : [oldest + LOG_RETENTION_MS + LOG_REMOVAL_EVERY_MS];
      const held = status === 'enabled' ? (heldUntil ?? 0) : Number.POSITIVE_INFINITY;
      const next = this.#outbox.nextAt(id, held > now ? -1 : now);
      return next === null || held === Number.POSITIVE_INFINITY
        ? removal
        : [...removal, Math.max(next, held)];
    });
    if (this.#underWay.size > 0) times.push(now + ATTEMPT_LEASE_MS);
    else if (this.#attemptsLeft === 0) times.push(now);
    return times.length === 0 ? null : Math.min(...times);
  }
}

/** The event as receivers read it. */
export function eventBody({ id, type, createdAt, data }: WebhookEvent): WebhookEventBody {
  return { id, object: 'event', type, created_at: Math.floor(createdAt / 1000), data };
}
