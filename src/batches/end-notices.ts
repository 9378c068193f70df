// Who is told that a batch has ended: the receiver of its own webhook, by the batch itself, and the account's endpoints,
// by the account's WebhookObject. What is to be told is stored with the end, so that no crash loses it.
import { newId } from '../contract/ids';
import type { DeliveryResponse, EventType, WebhookEvent } from '../contract/webhooks';
import { onceAtATime } from '../platform/once-at-a-time';
import { targetPolicy } from '../platform/target-policy';
import { deliverWebhook } from '../webhooks/deliver';
import { DeliveryOutbox } from '../webhooks/delivery-outbox';
import { decideDelivery, retryDelays } from '../webhooks/schedule';
import type { Batch, BatchRecord } from './batch-record';
import { fullDocument } from './documents';
import type { BatchOutcome } from './state';

/** Whom the outbox knows: the receiver of the batch's own webhook, and the account's endpoints, all together. */
const OWN_WEBHOOK = 'webhook_url';
const ACCOUNT_ENDPOINTS = 'account';

const EVENT_OF_OUTCOME: Record<BatchOutcome, EventType> = {
  completed: 'batch.completed',
  invalid: 'batch.failed',
  expired: 'batch.expired',
  cancelled: 'batch.cancelled',
};

export class EndNotices {
  readonly #env: Env;
  readonly #record: BatchRecord;
  readonly #outbox: DeliveryOutbox;

  constructor(env: Env, storage: DurableObjectStorage, record: BatchRecord) {
    this.#env = env;
    this.#record = record;
    this.#outbox = new DeliveryOutbox(storage.sql);
  }

  /** Makes the attempt of the batch's own webhook that is due. */
  readonly deliver = onceAtATime(() => this.#attemptDue());

  /** Hands the end to the account's endpoints, if they are still to be told: only when clients can see it. */
  readonly announce = onceAtATime(() => this.#publish());

  /** In the transaction that ends the batch. */
  add(ended: Batch, accountListens: boolean): void {
    const at = ended.state.endedAt ?? 0;
    const put = (endpointId: string, eventType: string, body: string) => {
      const id = newId('evt');
      this.#outbox.add({ id, eventId: id, endpointId, eventType, body }, at);
    };
    if (ended.spec.webhook !== null) put(OWN_WEBHOOK, 'batch', fullDocument(this.#record.store, ended).json);
    if (!accountListens) return;
    const event = endEvent(ended);
    put(ACCOUNT_ENDPOINTS, event.type, JSON.stringify(event));
  }

  /** The delivery of the batch's own webhook, with its attempts; null where there is none (yet). */
  own(): DeliveryResponse | null {
    const page = this.#outbox.list(OWN_WEBHOOK, { limit: 1, order: 'asc' });
    return page?.data[0] ?? null;
  }

  /** Makes the batch's own webhook due again, whatever came of it. */
  resend({ event_id: eventId }: DeliveryResponse): void {
    this.#outbox.resend(OWN_WEBHOOK, eventId);
  }

  /** When the next attempt of the batch's own webhook is due, in milliseconds; null where none is. */
  deliverAt(): number | null {
    return this.#outbox.nextAt(OWN_WEBHOOK);
  }

  /** Whether the account's endpoints are still to be told. */
  isToAnnounce(): boolean {
    return this.#outbox.nextAt(ACCOUNT_ENDPOINTS) !== null;
  }

  /** What is in memory may not be what is stored. */
  forget(): void {
    this.#outbox.forget();
  }

  async #attemptDue(): Promise<void> {
    const { webhook } = this.#record.current().spec;
    const at = Date.now();
    const [due] = this.#outbox.due(OWN_WEBHOOK, at, 1);
    if (webhook === null || due === undefined) return;
    const { url, secret } = webhook;
    const secrets = secret === null ? [] : [secret];
    const policy = targetPolicy(this.#env);
    const message = { url, secrets, id: due.eventId, sequence: null, body: due.body, policy };
    const outcome = await deliverWebhook(message, at);
    const delays = retryDelays(this.#env);
    const decision = decideDelivery(outcome, due.tries + 1, Date.now(), Math.random(), delays);
    this.#outbox.record(due, at, outcome, decision);
  }

  async #publish(): Promise<void> {
    const { accountId } = this.#record.current().spec;
    const [due] = this.#outbox.due(ACCOUNT_ENDPOINTS, Date.now(), 1);
    if (due === undefined) return;
    await this.#env.WEBHOOKS.getByName(accountId).publish(JSON.parse(due.body) as WebhookEvent);
    this.#outbox.removeAll(ACCOUNT_ENDPOINTS);
  }
}

/** What the account's endpoints are told. The id comes from the batch's: a rerun after a crash tells nothing new. */
function endEvent({ spec: { id }, state: { outcome, endedAt } }: Batch): WebhookEvent {
  return {
    id: `evt_${id.slice('batch_'.length)}`,
    type: EVENT_OF_OUTCOME[outcome ?? 'completed'],
    createdAt: endedAt ?? 0,
    data: { id },
  };
}
