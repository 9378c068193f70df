// Webhook endpoints of an account, the events they get, and the log of what was delivered.
import * as z from 'zod';
import { WEBHOOK_URL_LIMIT_CHARACTERS } from './limits';
import { listQuery } from './lists';
import type { OwnIssue } from './messages/en';

/** What happens in an account that an endpoint can ask to be told of. */
const EVENT_TYPES = [
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
  'budget.threshold',
  'webhook.disabled',
] as const;

/** `webhook.test` is only sent when it is asked for, to the endpoint it was asked of. */
export type EventType = (typeof EVENT_TYPES)[number] | 'webhook.test';

/** Stands for every type, those that are still to come included. */
const ALL_EVENTS = '*';

/** Something that happened, for whoever listens. */
export interface WebhookEvent {
  /** `evt_…`: an event published twice under one id is one event. */
  id: string;
  type: EventType;
  /** Milliseconds. */
  createdAt: number;
  /** `id` names the object it is about; the rest depends on the type. Thin: receivers ask the API for more. */
  data: Record<string, string | number | null>;
}

/** An event as receivers read it: OpenAI's shape, with unix seconds. */
export interface WebhookEventBody {
  id: string;
  object: 'event';
  type: EventType;
  created_at: number;
  data: WebhookEvent['data'];
}

/** Also the batch's own webhook. */
export const webhookUrl = z.string().min(1).max(WEBHOOK_URL_LIMIT_CHARACTERS);

const eventFilter = z
  .array(z.enum([...EVENT_TYPES, ALL_EVENTS]))
  .min(1)
  .max(20)
  .describe('event types; "*" for all');

const ENDPOINT_STATUSES = ['enabled', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

/** `request`: its owner did it. `failing`: five days without a success. `gone`: it answered 410. */
const DISABLED_REASONS = ['request', 'failing', 'gone'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

export const endpointCreate = z.strictObject({
  url: webhookUrl,
  events: eventFilter.default([ALL_EVENTS]),
});
export type EndpointCreate = z.infer<typeof endpointCreate>;

/** What is left out stays as it is. */
export const endpointUpdate = z.strictObject({
  url: webhookUrl.optional(),
  events: eventFilter.optional(),
  status: z.enum(ENDPOINT_STATUSES).optional(),
});
export type EndpointUpdate = z.infer<typeof endpointUpdate>;

const endpointResponse = z.object({
  id: z.string(),
  object: z.literal('webhook_endpoint'),
  url: z.string(),
  events: eventFilter,
  status: z.enum(ENDPOINT_STATUSES),
  disabled_reason: z.enum(DISABLED_REASONS).nullable(),
  failing_since: z.iso.datetime().nullable().describe('null once a delivery succeeded'),
  previous_secret_expires_at: z.iso.datetime().nullable().describe('set for a day after a rotation'),
  created_at: z.iso.datetime(),
});
export type EndpointResponse = z.infer<typeof endpointResponse>;

/** With the secret, which is shown when it is made and never again. */
const endpointWithSecret = endpointResponse.extend({ secret: z.string().describe('whsec_…') });
export type EndpointWithSecret = z.infer<typeof endpointWithSecret>;

const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One attempt. `status` is null where no answer came, `error` where it was delivered. */
const deliveryAttempt = z.object({
  attempt: z.int(),
  at: z.iso.datetime(),
  status: z.int().nullable(),
  duration_ms: z.int(),
  error: z.string().nullable(),
  response: z.string().nullable().describe("the start of the answer's body"),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttempt>;

/** One event on its way to one endpoint. */
const deliveryResponse = z.object({
  id: z.string(),
  object: z.literal('webhook_delivery'),
  event_id: z.string().describe('the header webhook-id'),
  event_type: z.string(),
  sequence: z.int().describe('the header X-Webhook-Sequence'),
  status: z.enum(DELIVERY_STATUSES),
  next_attempt_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  attempts: z.array(deliveryAttempt),
});
export type DeliveryResponse = z.infer<typeof deliveryResponse>;

export const deliveryListQuery = listQuery.extend({ status: z.enum(DELIVERY_STATUSES).optional() });
export type DeliveryListQuery = z.infer<typeof deliveryListQuery>;

/** One delivery, or all made since a time that have not arrived. */
export const deliveryResend = z
  .strictObject({
    event_id: z.string().min(1).optional(),
    since: z.iso.datetime({ offset: true }).optional(),
  })
  .refine(({ event_id, since }) => (event_id === undefined) !== (since === undefined), {
    error: 'resend_what' satisfies OwnIssue,
  });
export type DeliveryResend = z.infer<typeof deliveryResend>;

/** Whether an endpoint with this filter is told of an event. */
export function isListening(filter: EndpointCreate['events'], type: EventType): boolean {
  return filter.some((wanted) => wanted === ALL_EVENTS || wanted === type);
}
