// Examples of batches: one of two inputs, of which the second fails, at its stages.
import type { BatchResponse, BatchResult, DryRun } from '../../../contract/batches';
import { NO_USAGE, usageFrom } from '../../../contract/chat';
import type { ListResponse } from '../../../contract/lists';
import { encodeEvent, encodeRetry } from '../../../platform/server-sent-events';
import type { OpenaiBatch } from '../../openai/objects';
import type { Example } from '../operation';
import { BATCH_ID, INPUT_FILE_ID } from './ids';

const line = (customId: string, content: string) => ({
  custom_id: customId,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'sandbox', messages: [{ role: 'user', content }] },
});

export const BATCH_REQUESTS: Record<string, Example> = {
  one_model: {
    summary: 'Inputs that share a model; the second one fails on purpose',
    value: {
      model: 'sandbox',
      inputs: [
        { custom_id: 'hello', messages: [{ role: 'user', content: 'Hello' }] },
        {
          custom_id: 'refused',
          messages: [{ role: 'user', content: '@sandbox error=content_policy_violation' }],
        },
      ],
      metadata: { job: 'nightly' },
      max_cost: 1,
      webhook_url: 'https://hooks.example.com/quire',
      webhook_secret: 'a secret of your own',
    },
  },
  lines: {
    summary: "OpenAI's batch lines",
    value: {
      inputs: [line('hello', 'Hello'), line('annyeong', '안녕하세요')],
      completion_window: '24h',
    },
  },
  file: {
    summary: 'An uploaded file of lines',
    value: { input_file_id: INPUT_FILE_ID, completion_window: '12h' },
  },
};

export const OPENAI_BATCH_REQUESTS: Record<string, Example> = {
  file: {
    summary: 'An uploaded file of lines',
    value: { input_file_id: INPUT_FILE_ID, endpoint: '/v1/chat/completions', completion_window: '24h' },
  },
};

const BATCH_URL = `https://quire.example/api/v1/batches/${BATCH_ID}`;

export const DRY_RUN: DryRun = {
  total: 2,
  estimated_usage: usageFrom({ prompt: 17, completion: 512 }),
  estimated_cost: {
    prompt_cost: 8.5e-7,
    completion_cost: 0.0001024,
    total_cost: 0.00010325,
    currency: 'USD',
  },
};

const FIRST_RESULT: BatchResult = {
  custom_id: 'hello',
  status_code: 200,
  body: {
    id: 'chatcmpl-oUpOEzMCrLAsNcT6T8LU4NOM',
    object: 'chat.completion',
    created: 1_795_568_962,
    model: 'sandbox',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'You said: "Hello"', refusal: null },
        finish_reason: 'stop',
      },
    ],
    usage: usageFrom({ prompt: 4, completion: 6 }),
    cost: { prompt_cost: 2e-7, completion_cost: 0.0000012, total_cost: 0.0000014, currency: 'USD' },
  },
  error: null,
};

const SECOND_RESULT: BatchResult = {
  custom_id: 'refused',
  status_code: 400,
  body: null,
  error: {
    type: 'content_policy_violation',
    code: 'content_policy_violation',
    message: 'The request violates the content policy',
    param: null,
    request_id: 'req_3f0c9a1b2c4d_1',
  },
};

export const PENDING_BATCH: BatchResponse = {
  id: BATCH_ID,
  object: 'batch',
  status: 'pending',
  completed: 0,
  failed: 0,
  total: 2,
  model: 'sandbox',
  results_url: `${BATCH_URL}/results`,
  stream_url: `${BATCH_URL}/stream?token=YxajIFwr7PtdJuDOZsonL3NKTbeFYwd1NFFE7hcyzqi`,
  metadata: { job: 'nightly' },
  completion_window: '24h',
  created_at: '2026-11-25T01:09:22.935Z',
  started_at: null,
  completed_at: null,
  expires_at: '2026-11-26T01:09:22.935Z',
  usage: NO_USAGE,
  cost: { prompt_cost: 0, completion_cost: 0, total_cost: 0, currency: 'USD' },
  error: null,
  retry_after: 5,
  results: null,
};

/** The new batch of the one item that failed. */
export const RETRY_BATCH: BatchResponse = { ...PENDING_BATCH, total: 1 };

export const COMPLETED_BATCH: BatchResponse = {
  ...PENDING_BATCH,
  status: 'completed',
  completed: 1,
  failed: 1,
  started_at: '2026-11-25T01:09:22.952Z',
  completed_at: '2026-11-25T01:09:22.981Z',
  usage: usageFrom({ prompt: 4, completion: 6 }),
  cost: { prompt_cost: 2e-7, completion_cost: 0.0000012, total_cost: 0.0000014, currency: 'USD' },
  retry_after: null,
  results: [FIRST_RESULT, SECOND_RESULT],
};

export const RESULTS: ListResponse<BatchResult> = {
  object: 'list',
  data: [FIRST_RESULT, SECOND_RESULT],
  first_id: 'hello',
  last_id: 'refused',
  has_more: false,
};

export const RESULT_LINES = [FIRST_RESULT, SECOND_RESULT]
  .map((result) => `${JSON.stringify(result)}\n`)
  .join('');

const { status, completed, failed, total } = COMPLETED_BATCH;

export const BATCH_EVENTS = [
  encodeRetry(2000),
  event(3, 'result', FIRST_RESULT),
  event(4, 'result', SECOND_RESULT),
  event(6, 'status', { status, completed, failed, total }),
  event(7, 'done', COMPLETED_BATCH),
].join('');

export const OPENAI_BATCH: OpenaiBatch = {
  id: BATCH_ID,
  object: 'batch',
  endpoint: '/v1/chat/completions',
  model: null,
  errors: null,
  input_file_id: INPUT_FILE_ID,
  completion_window: '24h',
  status: 'validating',
  output_file_id: null,
  error_file_id: null,
  created_at: 1_795_568_962,
  in_progress_at: null,
  expires_at: 1_795_655_362,
  finalizing_at: null,
  completed_at: null,
  failed_at: null,
  expired_at: null,
  cancelling_at: null,
  cancelled_at: null,
  request_counts: { total: 0, completed: 0, failed: 0 },
  usage: {
    input_tokens: 0,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 0,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 0,
  },
  metadata: null,
};

function event(id: number, name: string, data: object): string {
  return encodeEvent({ id, event: name, data: JSON.stringify(data) });
}
