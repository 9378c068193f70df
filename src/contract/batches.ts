// A batch as native clients see it; OpenAI's shape is `http/openai/batch-wire.ts`.
import * as z from 'zod';
import { type ChatCompletion, type Cost, chatRequest, metadata, type Usage } from './chat';
import type { ErrorBody } from './errors';
import {
  BATCH_ITEMS_LIMIT,
  CUSTOM_ID_LIMIT_CHARACTERS,
  FILE_EXPIRY_MAXIMUM_SECONDS,
  FILE_EXPIRY_MINIMUM_SECONDS,
  MONEY_LIMIT_USD,
} from './limits';
import { listQuery } from './lists';
import type { OwnIssue } from './messages/en';
import { webhookUrl } from './webhooks';

const BATCH_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

const customId = z.string().min(1).max(CUSTOM_ID_LIMIT_CHARACTERS);

/** `1m` to `168h`. */
const completionWindow = z.string().refine((text) => windowMilliseconds(text) !== null, {
  error: 'window_invalid' satisfies OwnIssue,
});

/** A completion window in milliseconds, or null where the text is not one. */
export function windowMilliseconds(text: string): number | null {
  const match = /^([1-9]\d{0,5})(m|h)$/.exec(text);
  if (match === null) return null;
  const minutes = Number(match[1]) * (match[2] === 'h' ? 60 : 1);
  return minutes <= 168 * 60 ? minutes * 60_000 : null;
}

/** What every way of making a batch may say besides its inputs. */
const batchOptions = {
  metadata: metadata.nullish(),
  webhook_url: webhookUrl.nullish(),
  webhook_secret: z.string().min(1).max(512).nullish(),
  completion_window: completionWindow.nullish(),
  max_cost: z.number().min(0).max(MONEY_LIMIT_USD).nullish().describe('USD'),
};

/** Form 1: chat requests that share a model. A message without `model` takes the batch's. */
const sharedModelInput = chatRequest.extend({
  model: chatRequest.shape.model.optional(),
  custom_id: customId.nullish(),
});

export const sharedModelBatch = z.strictObject({
  model: chatRequest.shape.model,
  inputs: z.array(sharedModelInput).min(1).max(BATCH_ITEMS_LIMIT),
  ...batchOptions,
});
export type SharedModelBatch = z.infer<typeof sharedModelBatch>;

/** Form 2: OpenAI's batch lines, inline. The same object is a line of an input file. */
export const batchLine = z.strictObject({
  custom_id: customId,
  method: z.literal('POST'),
  url: z.literal('/v1/chat/completions'),
  body: chatRequest,
});
export type BatchLine = z.infer<typeof batchLine>;

/** Form 3: an uploaded file with form 2's inputs, one JSON object a line. */
export const fileBatch = z.strictObject({
  input_file_id: z.string().min(1),
  endpoint: z.literal('/v1/chat/completions').nullish(),
  ...batchOptions,
});
export type FileBatch = z.infer<typeof fileBatch>;

/** OpenAI's request for a batch, and what this API adds to it. */
export const openaiBatchCreate = z.strictObject({
  ...batchOptions,
  input_file_id: z.string().min(1),
  endpoint: z.literal('/v1/chat/completions'),
  completion_window: completionWindow,
  output_expires_after: z
    .strictObject({
      anchor: z.literal('created_at'),
      seconds: z.int().min(FILE_EXPIRY_MINIMUM_SECONDS).max(FILE_EXPIRY_MAXIMUM_SECONDS),
    })
    .nullish(),
});
export type OpenaiBatchCreate = z.infer<typeof openaiBatchCreate>;

export const linesBatch = z.strictObject({
  inputs: z.array(batchLine).min(1).max(BATCH_ITEMS_LIMIT),
  ...batchOptions,
});
export type LinesBatch = z.infer<typeof linesBatch>;

/** One item's outcome. `status_code` and `body` are null for an item that was never done. */
export interface BatchResult {
  custom_id: string;
  status_code: number | null;
  body: ChatCompletion | null;
  error: ErrorBody | null;
}

/** What a batch would use and cost, were it made. */
export interface DryRun {
  total: number;
  estimated_usage: Usage;
  /** null where no input's model has a known price. */
  estimated_cost: Cost | null;
}

/** OpenAI's codes for what can be wrong with a line of an input file. */
export type InputErrorCode =
  | 'invalid_json_line'
  | 'duplicate_custom_id'
  | 'invalid_url'
  | 'invalid_method'
  | 'invalid_request'
  | 'empty_file'
  | 'too_many_tasks';

export interface InputError {
  code: InputErrorCode;
  message: string;
  /** The place in the line's object, e.g. `body.messages`. */
  param: string | null;
  /** From 1; null for an error of the file as a whole. */
  line: number | null;
}

export interface BatchResponse {
  id: string;
  object: 'batch';
  status: BatchStatus;
  /** The model of every input; null where they differ. */
  model: string | null;
  total: number;
  completed: number;
  failed: number;
  results: BatchResult[] | null;
  results_url: string;
  stream_url: string;
  metadata: Record<string, string> | null;
  completion_window: string;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  expires_at: string;
  usage: Usage;
  cost: Cost | null;
  error: ErrorBody | null;
  /** Only on a batch whose input file was refused. */
  errors?: { object: 'list'; data: InputError[] };
  retry_after: number | null;
}

export const batchListQuery = listQuery.extend({ status: z.enum(BATCH_STATUSES).optional() });

export const batchCreateQuery = z.object({
  dry_run: z
    .enum(['true', 'false', '1', '0'])
    .transform((text) => text === 'true' || text === '1')
    .optional(),
});

export const resultsQuery = z.object({
  limit: listQuery.shape.limit,
  after: z.string().min(1).optional(),
  status: z.enum(['completed', 'failed']).optional(),
  order: z.enum(['input', 'committed']).default('input'),
});
export type ResultsQuery = z.infer<typeof resultsQuery>;
