// Batches on the native surface.
import * as z from 'zod';
import {
  batchCreateQuery,
  batchEvent,
  batchListQuery,
  batchResponse,
  batchResult,
  batchStreamQuery,
  dryRunResponse,
  fileBatch,
  linesBatch,
  resultsQuery,
  sharedModelBatch,
} from '../../../contract/batches';
import { deletionOf, listOf } from '../../../contract/lists';
import { batchDeliveryAttempt, deliveryResponse } from '../../../contract/webhooks';
import {
  BATCH_EVENTS,
  BATCH_REQUESTS,
  COMPLETED_BATCH,
  DRY_RUN,
  PENDING_BATCH,
  RESULT_LINES,
  RESULTS,
  RETRY_BATCH,
} from '../examples/batches';
import { BATCH_ID } from '../examples/ids';
import { json, type Operation } from '../operation';

const CREATE = `Takes 1 to 50,000 chat requests and answers at once with 202; each costs half of the same request made alone. The body is one of three forms:

1. \`model\` and \`inputs\`: chat requests on one model, unless one names its own, each with an optional \`custom_id\`;
2. \`inputs\` as OpenAI's batch lines, which may name different models;
3. \`input_file_id\`: a JSON Lines file of such lines, uploaded with \`purpose=batch\`. Its lines are checked before any of them runs: a
   bad one makes the batch \`failed\`, with \`errors\`.

Of forms 1 and 2 any bad input is a 400 that names it. Inline inputs may take 10 MB, a file 200 MB (1 MB is 1024² bytes).

Then poll \`GET /api/v1/batches/{id}\` every \`retry_after\` seconds, open \`stream_url\` for server-sent events, or give a \`webhook_url\`.

With \`?dry_run=true\` everything is checked, nothing is made, and the answer is 200 with what the batch would use and cost.`;

const STREAM = `Server-sent events that follow the batch to its end. Each has an \`id\` that grows:

- \`status\`, at once and then on change, at most ten a second: \`BatchProgress\`;
- \`result\`, with \`?include=results\`, one for each item as it is done: \`BatchResult\`;
- \`done\`, once, with the \`Batch\`; then the server closes the stream.

A reconnect with \`Last-Event-ID\` gets exactly what is newer, also after a restart of the server. A comment every 15 s keeps proxies awake.
Since \`EventSource\` cannot send headers, the batch's \`stream_url\` carries a token that opens this stream alone; with it no key is needed.`;

const RESULTS_DESCRIPTION = `One result for each input, by pages, in input order once the batch has ended. Before that, \`order=committed\` has what is done so far.
An item that the window's end or a cancel left undone has \`status_code: null\` and the error \`batch_expired\` or \`batch_cancelled\`.

With \`Accept: application/jsonl\` the answer is all results as JSON Lines, one result a line, of which a \`Range\` can be asked for; the
query then only chooses the order.`;

const pathParameters = { id: { description: "The batch's id", example: BATCH_ID } };
const completed = { completed: { summary: 'Ended, one item failed', value: COMPLETED_BATCH } };

const LINES = {
  'application/jsonl': {
    items: batchResult,
    examples: { lines: { summary: 'All results', value: RESULT_LINES } },
  },
};

export const batchOperations = (): Operation[] => [
  {
    method: 'post',
    path: '/api/v1/batches',
    id: 'createBatch',
    tag: 'Batches',
    summary: 'Create a batch',
    description: CREATE,
    security: 'account',
    creates: true,
    query: batchCreateQuery,
    body: { content: json(z.union([sharedModelBatch, linesBatch, fileBatch]), BATCH_REQUESTS) },
    answers: {
      200: {
        description: 'With `dry_run`: what the batch would use and cost.',
        content: json(dryRunResponse, { one_model: { summary: 'An estimate', value: DRY_RUN } }),
      },
      202: {
        description: 'The batch is accepted.',
        headers: ['Location', 'Retry-After'],
        content: json(batchResponse, { one_model: { summary: 'Just made', value: PENDING_BATCH } }),
      },
    },
    errors: [
      'batch_invalid',
      'input_file_invalid',
      'input_tool_call_invalid',
      'input_file_not_found',
      'inline_batch_too_large',
      'part_type_unsupported',
    ],
  },
  {
    method: 'get',
    path: '/api/v1/batches',
    id: 'listBatches',
    tag: 'Batches',
    summary: 'List batches',
    description: 'The batches of the account, whichever surface they were made on, without their results.',
    security: 'account',
    query: batchListQuery,
    answers: { 200: { description: 'A page of batches.', content: json(listOf(batchResponse)) } },
    errors: ['query_invalid'],
  },
  {
    method: 'get',
    path: '/api/v1/batches/{id}',
    id: 'getBatch',
    tag: 'Batches',
    summary: 'Get a batch',
    description:
      'Status, counts, usage and cost; once it has ended also its results, if they are at most 1 MiB.',
    security: 'account',
    pathParameters,
    answers: {
      200: {
        description: 'The batch. `Retry-After` until it has ended.',
        headers: ['Retry-After'],
        content: json(batchResponse, completed),
      },
    },
    errors: ['batch_not_found'],
  },
  {
    method: 'post',
    path: '/api/v1/batches/{id}/cancel',
    id: 'cancelBatch',
    tag: 'Batches',
    summary: 'Cancel a batch',
    description:
      'No item starts any more. Items that are done keep their results; the others end as `batch_cancelled`. Repeating it changes nothing.',
    security: 'account',
    pathParameters,
    answers: {
      200: { description: 'The batch as it now is.', headers: ['Retry-After'], content: json(batchResponse) },
    },
    errors: ['batch_not_found'],
  },
  {
    method: 'post',
    path: '/api/v1/batches/{id}/retry',
    id: 'retryBatch',
    tag: 'Batches',
    summary: 'Retry what failed',
    description:
      'A new batch of the failed and the undone items of one that has ended, on the same terms. An uploaded input file is not needed any more.',
    security: 'account',
    creates: true,
    pathParameters,
    answers: {
      202: {
        description: 'The new batch.',
        headers: ['Location', 'Retry-After'],
        content: json(batchResponse, { retry: { summary: 'Just made', value: RETRY_BATCH } }),
      },
    },
    errors: ['nothing_to_retry', 'batch_not_found', 'batch_not_ended'],
  },
  {
    method: 'delete',
    path: '/api/v1/batches/{id}',
    id: 'deleteBatch',
    tag: 'Batches',
    summary: 'Delete a batch',
    description: 'Removes a batch that has ended, with its results and its output files, at once.',
    security: 'account',
    pathParameters,
    answers: {
      200: {
        description: 'It is deleted.',
        content: json(deletionOf('batch'), {
          deleted: { summary: 'Deleted', value: { id: BATCH_ID, object: 'batch', deleted: true } },
        }),
      },
    },
    errors: ['batch_not_found', 'batch_not_ended'],
  },
  {
    method: 'get',
    path: '/api/v1/batches/{id}/results',
    id: 'listResults',
    tag: 'Batches',
    summary: 'Page or download the results',
    description: RESULTS_DESCRIPTION,
    security: 'account',
    pathParameters,
    query: resultsQuery,
    requestHeaders: ['Accept', 'Range'],
    answers: {
      200: {
        description: 'A page of results, or all of them as lines.',
        headers: ['Accept-Ranges'],
        content: {
          ...json(listOf(batchResult), { page: { summary: 'All results of a small batch', value: RESULTS } }),
          ...LINES,
        },
      },
      206: {
        description: 'The range of the lines, which may begin and end within one.',
        headers: ['Content-Range', 'Accept-Ranges'],
        content: { 'application/jsonl': {} },
      },
    },
    errors: ['query_invalid', 'batch_not_found', 'results_not_final', 'range_outside'],
  },
  {
    method: 'get',
    path: '/api/v1/batches/{id}/stream',
    id: 'streamBatch',
    tag: 'Batches',
    summary: 'Follow a batch',
    description: STREAM,
    security: 'account_or_stream_token',
    pathParameters,
    query: batchStreamQuery,
    requestHeaders: ['Last-Event-ID'],
    answers: {
      200: {
        description: 'The events, until the batch has ended.',
        headers: ['Cache-Control'],
        content: {
          'text/event-stream': {
            items: batchEvent,
            examples: { ended: { summary: 'A batch that has ended, with its results', value: BATCH_EVENTS } },
          },
        },
      },
    },
    errors: ['query_invalid', 'batch_not_found'],
  },
  {
    method: 'get',
    path: '/api/v1/batches/{id}/deliveries',
    id: 'listDeliveries',
    tag: 'Batches',
    summary: "List the webhook's deliveries",
    description: 'Every attempt to deliver the webhook of the batch so far, the oldest first.',
    security: 'account',
    pathParameters,
    answers: { 200: { description: 'The attempts.', content: json(listOf(batchDeliveryAttempt)) } },
    errors: ['batch_not_found'],
  },
  {
    method: 'post',
    path: '/api/v1/batches/{id}/deliveries/resend',
    id: 'resendBatchWebhook',
    tag: 'Batches',
    summary: 'Send the webhook again',
    description:
      'Sends the webhook of a batch that has ended again, at once and whatever came of it, under its first id.',
    security: 'account',
    pathParameters,
    answers: {
      202: { description: 'The delivery, with its attempts so far.', content: json(deliveryResponse) },
    },
    errors: ['webhook_missing', 'batch_not_found', 'batch_not_ended'],
  },
];
