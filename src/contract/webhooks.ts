// Webhook endpoints of an account, the events they get, and the log of what was delivered.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import { WEBHOOK_URL_LIMIT_CHARACTERS } from './limits';
import { listQuery } from './lists';
import type { OwnIssue } from './validation';

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

/** An event as receivers read it: OpenAI's shape. */
export const webhookEventBody = z.lazy(() =>
  z.object({
    id: z.string().describe('`evt_…`: the same at every attempt'),
    object: z.literal('event'),
    type: z.enum([...EVENT_TYPES, 'webhook.test']),
    created_at: z.int().describe('Unix seconds'),
    data: z
      .record(z.string(), z.union([z.string(), z.number(), z.null()]))
      .describe('`id` names the object it is about; the rest depends on the type'),
  }),
);
export type WebhookEventBody = z.infer<typeof webhookEventBody>;

/** What Standard Webhooks puts before a secret in base64. */
export const WHSEC_PREFIX = 'whsec_';

/** Base64 whose padding may be missing. No white space, which some decoders would skip and others not. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=?|[A-Za-z0-9+/]{2}(?:==)?)$/;

/** The base64 in a secret of the form `whsec_…`, or null for any other text. */
export function whsecBase64(secret: string): string | null {
  if (!secret.startsWith(WHSEC_PREFIX)) return null;
  const encoded = secret.slice(WHSEC_PREFIX.length);
  return BASE64.test(encoded) ? encoded : null;
}

/** A secret of a client's own. Of `whsec_` and base64 the bytes are the key, of any other text its own. */
export const webhookSecret = z
  .string()
  .min(1)
  .max(512)
  .refine((secret) => !secret.startsWith(WHSEC_PREFIX) || whsecBase64(secret) !== null, {
    error: 'webhook_secret_invalid' satisfies OwnIssue,
  });

/** Also the batch's own webhook. */
export const webhookUrl = z.string().min(1).max(WEBHOOK_URL_LIMIT_CHARACTERS);

const eventFilter = z
  .array(z.enum([...EVENT_TYPES, ALL_EVENTS]))
  .min(1)
  .max(20)
  .describe('Event types; `*` for all, those of later versions included');

const ENDPOINT_STATUSES = ['enabled', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

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

export const endpointResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('`we_…`'),
    object: z.literal('webhook_endpoint'),
    url: z.string(),
    events: eventFilter,
    status: z.enum(ENDPOINT_STATUSES),
    disabled_reason: z
      .enum(DISABLED_REASONS)
      .nullable()
      .describe(
        '`request`: its owner did it; `failing`: five days without a success; `gone`: it answered 410',
      ),
    failing_since: z.iso.datetime().nullable().describe('null once a delivery succeeded'),
    previous_secret_expires_at: z.iso.datetime().nullable().describe('Set for a day after a rotation'),
    created_at: z.iso.datetime(),
  }),
);
export type EndpointResponse = z.infer<typeof endpointResponse>;

/** With the secret, which is shown when it is made and never again. */
export const endpointWithSecret = z.lazy(() =>
  endpointResponse.unwrap().extend({ secret: z.string().describe('`whsec_…`: it is shown this once') }),
);
export type EndpointWithSecret = z.infer<typeof endpointWithSecret>;

const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const deliveryAttempt = z.lazy(() =>
  z.object({
    attempt: z.int().describe('From 1'),
    at: z.iso.datetime(),
    status: z.int().nullable().describe('The HTTP status of the answer; null where none came'),
    duration_ms: z.int(),
    error: z.string().nullable().describe('null where it was delivered'),
    response: z.string().nullable().describe("The start of the answer's body"),
  }),
);
export type DeliveryAttempt = z.infer<typeof deliveryAttempt>;

/** An attempt to deliver a batch's own webhook. */
export const batchDeliveryAttempt = z.lazy(() =>
  deliveryAttempt.unwrap().extend({ webhook_id: z.string().describe('The header `webhook-id`') }),
);
export type BatchDeliveryAttempt = z.infer<typeof batchDeliveryAttempt>;

/** One event on its way to one endpoint. */
export const deliveryResponse = z.lazy(() =>
  z.object({
    id: z.string(),
    object: z.literal('webhook_delivery'),
    event_id: z.string().describe('The header `webhook-id`'),
    event_type: z.string(),
    sequence: z.int().describe('The header `X-Webhook-Sequence`'),
    status: z.enum(DELIVERY_STATUSES),
    next_attempt_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    attempts: z.array(deliveryAttempt),
  }),
);
export type DeliveryResponse = z.infer<typeof deliveryResponse>;

/** How many deliveries are sent again. */
export const resendResponse = z.lazy(() =>
  z.object({ object: z.literal('webhook_resend'), resent: z.int() }),
);
export type ResendResponse = z.infer<typeof resendResponse>;

export const deliveryListQuery = listQuery.extend({
  status: z.enum(DELIVERY_STATUSES).optional().describe('Only deliveries in this status'),
});
export type DeliveryListQuery = z.infer<typeof deliveryListQuery>;

/** One delivery, or all since a time that were tried or given up, but have not arrived. */
export const deliveryResend = z
  .strictObject({
    event_id: z.string().min(1).optional().describe('This one, whatever came of it'),
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('All events since then that were tried or given up, but have not arrived'),
  })
  .refine(({ event_id, since }) => (event_id === undefined) !== (since === undefined), {
    error: 'resend_what' satisfies OwnIssue,
  });
export type DeliveryResend = z.infer<typeof deliveryResend>;

/** Whether an endpoint with this filter is told of an event. */
export function isListening(filter: EndpointCreate['events'], type: EventType): boolean {
  return filter.some((wanted) => wanted === ALL_EVENTS || wanted === type);
}
