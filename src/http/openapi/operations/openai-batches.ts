// Batches on the OpenAI-compatible surface: the same batches in OpenAI's shape.
import { openaiBatchCreate } from '../../../contract/batches';
import { listOf, listQuery } from '../../../contract/lists';
import { openaiBatchObject } from '../../openai/objects';
import { OPENAI_BATCH, OPENAI_BATCH_REQUESTS } from '../examples/batches';
import { BATCH_ID } from '../examples/ids';
import { json, type Operation } from '../operation';

const CREATE = `Takes a JSON Lines file uploaded with \`purpose=batch\`, one request a line. The lines are checked asynchronously: a bad one makes the batch \`failed\`, with \`errors\`.
Answers go to the file \`output_file_id\`, failed and undone lines to \`error_file_id\`.

Beyond OpenAI's members it takes \`webhook_url\`, \`webhook_secret\` and \`max_cost\`, as the native surface does.`;

const pathParameters = { id: { description: "The batch's id", example: BATCH_ID } };
const examples = { file: { summary: 'Just made', value: OPENAI_BATCH } };

export const openaiBatchOperations = (): Operation[] => [
  {
    method: 'post',
    path: '/v1/batches',
    id: 'openaiCreateBatch',
    tag: 'Batches',
    summary: 'Create a batch',
    description: CREATE,
    security: 'account',
    creates: true,
    body: { content: json(openaiBatchCreate, OPENAI_BATCH_REQUESTS) },
    answers: { 200: { description: 'The batch.', content: json(openaiBatchObject, examples) } },
    errors: ['body_invalid', 'input_file_invalid', 'input_file_not_found', 'body_too_large'],
  },
  {
    method: 'get',
    path: '/v1/batches',
    id: 'openaiListBatches',
    tag: 'Batches',
    summary: 'List batches',
    description: 'The batches of the account, whichever surface they were made on.',
    security: 'account',
    query: listQuery,
    answers: { 200: { description: 'A page of batches.', content: json(listOf(openaiBatchObject)) } },
    errors: ['query_invalid'],
  },
  {
    method: 'get',
    path: '/v1/batches/{id}',
    id: 'openaiGetBatch',
    tag: 'Batches',
    summary: 'Get a batch',
    description: 'Status, counts, times and the ids of its output files.',
    security: 'account',
    pathParameters,
    answers: { 200: { description: 'The batch.', content: json(openaiBatchObject) } },
    errors: ['batch_not_found'],
  },
  {
    method: 'post',
    path: '/v1/batches/{id}/cancel',
    id: 'openaiCancelBatch',
    tag: 'Batches',
    summary: 'Cancel a batch',
    description: 'No line starts any more. Answers that are there stay in the output file.',
    security: 'account',
    pathParameters,
    answers: { 200: { description: 'The batch as it now is.', content: json(openaiBatchObject) } },
    errors: ['batch_not_found'],
  },
];
