// Webhook endpoints of an account.
import { deletionOf, listOf, listQuery } from '../../../contract/lists';
import {
  deliveryListQuery,
  deliveryResend,
  deliveryResponse,
  endpointCreate,
  endpointResponse,
  endpointUpdate,
  endpointWithSecret,
  resendResponse,
  webhookEventBody,
} from '../../../contract/webhooks';
import { ENDPOINT_ID } from '../examples/ids';
import {
  ENDPOINT,
  ENDPOINT_REQUESTS,
  ENDPOINT_UPDATES,
  NEW_ENDPOINT,
  RESEND_REQUESTS,
  TEST_EVENT,
} from '../examples/webhooks';
import { json, type Operation } from '../operation';

const CREATE = `An endpoint gets thin events, such as \`batch.completed\`, signed as Standard Webhooks says. The answer shows the secret, this once.
\`events\` left out is every event. An account has at most 20 endpoints; one that fails for five days is disabled and says so.`;

const pathParameters = { id: { description: "The endpoint's id", example: ENDPOINT_ID } };
const examples = { endpoint: { summary: 'An endpoint', value: ENDPOINT } };

export const webhookOperations = (): Operation[] => [
  {
    method: 'post',
    path: '/api/v1/webhooks',
    id: 'createWebhook',
    tag: 'Webhooks',
    summary: 'Register an endpoint',
    description: CREATE,
    security: 'account',
    body: { content: json(endpointCreate, ENDPOINT_REQUESTS) },
    answers: {
      201: {
        description: 'The endpoint, with its secret.',
        headers: ['Location'],
        content: json(endpointWithSecret, { batches: { summary: 'A new endpoint', value: NEW_ENDPOINT } }),
      },
    },
    errors: ['webhook_url_refused', 'body_too_large'],
  },
  {
    method: 'get',
    path: '/api/v1/webhooks',
    id: 'listWebhooks',
    tag: 'Webhooks',
    summary: 'List endpoints',
    description: 'The endpoints of the account, without their secrets.',
    security: 'account',
    query: listQuery,
    answers: { 200: { description: 'A page of endpoints.', content: json(listOf(endpointResponse)) } },
    errors: ['query_invalid'],
  },
  {
    method: 'get',
    path: '/api/v1/webhooks/{id}',
    id: 'getWebhook',
    tag: 'Webhooks',
    summary: 'Get an endpoint',
    description: 'Its URL, events and whether it works.',
    security: 'account',
    pathParameters,
    answers: { 200: { description: 'The endpoint.', content: json(endpointResponse, examples) } },
    errors: ['webhook_not_found'],
  },
  {
    method: 'patch',
    path: '/api/v1/webhooks/{id}',
    id: 'updateWebhook',
    tag: 'Webhooks',
    summary: 'Change an endpoint',
    description:
      'What is left out stays as it is. What is on its way goes to the new URL; `status: "disabled"` gives it up.',
    security: 'account',
    pathParameters,
    body: { content: json(endpointUpdate, ENDPOINT_UPDATES) },
    answers: { 200: { description: 'The endpoint as it now is.', content: json(endpointResponse) } },
    errors: ['webhook_url_refused', 'webhook_not_found', 'body_too_large'],
  },
  {
    method: 'delete',
    path: '/api/v1/webhooks/{id}',
    id: 'deleteWebhook',
    tag: 'Webhooks',
    summary: 'Remove an endpoint',
    description: 'With its log. What is on its way is given up.',
    security: 'account',
    pathParameters,
    answers: {
      200: {
        description: 'It is removed.',
        content: json(deletionOf('webhook_endpoint'), {
          deleted: {
            summary: 'Removed',
            value: { id: ENDPOINT_ID, object: 'webhook_endpoint', deleted: true },
          },
        }),
      },
    },
    errors: ['webhook_not_found'],
  },
  {
    method: 'post',
    path: '/api/v1/webhooks/{id}/rotate',
    id: 'rotateWebhookSecret',
    tag: 'Webhooks',
    summary: 'Rotate the secret',
    description: 'Makes a new secret and shows it. For a day the old one signs beside it.',
    security: 'account',
    pathParameters,
    answers: {
      200: { description: 'The endpoint, with its new secret.', content: json(endpointWithSecret) },
    },
    errors: ['webhook_not_found'],
  },
  {
    method: 'post',
    path: '/api/v1/webhooks/{id}/test',
    id: 'testWebhook',
    tag: 'Webhooks',
    summary: 'Try an endpoint',
    description:
      'Sends a `webhook.test` to it, whatever its `events`. The log of deliveries says what came of it.',
    security: 'account',
    pathParameters,
    answers: {
      202: {
        description: 'The event that is sent.',
        content: json(webhookEventBody, { test: { summary: 'A test', value: TEST_EVENT } }),
      },
    },
    errors: ['webhook_not_found', 'webhook_disabled'],
  },
  {
    method: 'get',
    path: '/api/v1/webhooks/{id}/deliveries',
    id: 'listWebhookDeliveries',
    tag: 'Webhooks',
    summary: 'List deliveries',
    description: 'The log of 30 days: every event for the endpoint, with its attempts.',
    security: 'account',
    pathParameters,
    query: deliveryListQuery,
    answers: { 200: { description: 'A page of deliveries.', content: json(listOf(deliveryResponse)) } },
    errors: ['query_invalid', 'webhook_not_found'],
  },
  {
    method: 'post',
    path: '/api/v1/webhooks/{id}/deliveries/resend',
    id: 'resendWebhookDeliveries',
    tag: 'Webhooks',
    summary: 'Send events again',
    description:
      'One event, whatever came of it, or all since a time that were tried or given up, but have not arrived. They keep their ids.',
    security: 'account',
    pathParameters,
    body: { content: json(deliveryResend, RESEND_REQUESTS) },
    answers: { 202: { description: 'How many are sent again.', content: json(resendResponse) } },
    errors: ['body_invalid', 'webhook_not_found', 'event_not_found', 'webhook_disabled', 'body_too_large'],
  },
];
