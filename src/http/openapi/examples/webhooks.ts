// Examples of webhook endpoints and what they get.
import type { EndpointResponse, EndpointWithSecret, WebhookEventBody } from '../../../contract/webhooks';
import type { Example } from '../operation';
import { BATCH_ID, ENDPOINT_ID } from './ids';

export const ENDPOINT_REQUESTS: Record<string, Example> = {
  batches: {
    summary: 'Told of the ends of batches',
    value: { url: 'https://hooks.example.com/quire', events: ['batch.completed', 'batch.failed'] },
  },
};

export const ENDPOINT_UPDATES: Record<string, Example> = {
  events: { summary: 'Every event', value: { events: ['*'] } },
};

export const RESEND_REQUESTS: Record<string, Example> = {
  failed: { summary: 'All that failed since a time', value: { since: '2026-11-25T00:00:00Z' } },
};

export const ENDPOINT: EndpointResponse = {
  id: ENDPOINT_ID,
  object: 'webhook_endpoint',
  url: 'https://hooks.example.com/quire',
  events: ['batch.completed', 'batch.failed'],
  status: 'enabled',
  disabled_reason: null,
  failing_since: null,
  previous_secret_expires_at: null,
  created_at: '2026-11-25T01:12:19.301Z',
};

export const NEW_ENDPOINT: EndpointWithSecret = {
  ...ENDPOINT,
  secret: 'whsec_LOieLIfJnVG6XYe6Ory3NxdR0APD81q5+TRIM69FyyM=',
};

export const TEST_EVENT: WebhookEventBody = {
  id: 'evt_2b8Xk4jQ9mTzR1vWc7LpYd3N',
  object: 'event',
  type: 'webhook.test',
  created_at: 1_795_569_140,
  data: { id: ENDPOINT_ID },
};

export const COMPLETED_EVENT: WebhookEventBody = {
  id: 'evt_d9206822ec92',
  object: 'event',
  type: 'batch.completed',
  created_at: 1_795_569_140,
  data: { id: BATCH_ID },
};
