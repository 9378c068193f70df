// A batch as native clients see it; OpenAI's shape is `http/openai/batch-wire.ts`.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import { chatCompletion, chatRequest, cost, metadata, usage } from './chat';
import { errorObject } from './errors';
import {
  BATCH_ITEMS_LIMIT,
  CUSTOM_ID_LIMIT_CHARACTERS,
  FILE_EXPIRY_MAXIMUM_SECONDS,
  FILE_EXPIRY_MINIMUM_SECONDS,
  MONEY_LIMIT_USD,
} from './limits';
import { listQuery } from './lists';
import type { OwnIssue } from './validation';
import { webhookSecret, webhookUrl } from './webhooks';

const BATCH_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

const customId = z.string().min(1).max(CUSTOM_ID_LIMIT_CHARACTERS);

/** `1m` to `168h`. */
const completionWindow = z
  .string()
  .refine((text) => windowMilliseconds(text) !== null, { error: 'window_invalid' satisfies OwnIssue })
  .meta({
    description:
      'Minutes or hours, `1m` to `168h`: what is not done by then is left undone. Without it `24h`.',
    pattern: '^[1-9]\\d{0,5}[mh]$',
    examples: ['24h'],
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
  webhook_url: webhookUrl
    .nullish()
    .describe('The batch is POSTed there once it has ended. `https:`, to a public address.'),
  webhook_secret: webhookSecret.nullish().describe('Signs the webhook'),
  completion_window: completionWindow.nullish(),
  max_cost: z
    .number()
    .min(0)
    .max(MONEY_LIMIT_USD)
    .nullish()
    .describe('USD. Once it would be passed, no item starts; the rest fail with `budget_exceeded`.'),
};

/** Form 1: chat requests that share a model. An input without `model` takes the batch's. */
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

/** One item's outcome. */
export const batchResult = z.lazy(() =>
  z.object({
    custom_id: z.string(),
    status_code: z.int().nullable().describe('As of the request alone; null for an item that was never done'),
    body: chatCompletion.nullable().describe('The answer; null where there is an error'),
    error: errorObject.nullable(),
  }),
);
export type BatchResult = z.infer<typeof batchResult>;

/** What a batch would use and cost, were it made. */
export const dryRunResponse = z.lazy(() =>
  z.object({
    total: z.int().describe('How many inputs it has'),
    estimated_usage: usage,
    estimated_cost: cost.nullable().describe("null where no input's model has a known price"),
  }),
);
export type DryRun = z.infer<typeof dryRunResponse>;

/** OpenAI's codes for what can be wrong with a line of an input file. */
const INPUT_ERROR_CODES = [
  'invalid_json_line',
  'duplicate_custom_id',
  'invalid_url',
  'invalid_method',
  'invalid_request',
  'empty_file',
  'too_many_tasks',
] as const;

const inputError = z.object({
  code: z.enum(INPUT_ERROR_CODES),
  message: z.string(),
  param: z.string().nullable().describe("The place in the line's object, e.g. `body.messages`"),
  line: z.int().nullable().describe('From 1; null for an error of the file as a whole'),
});
export type InputError = z.infer<typeof inputError>;
export type InputErrorCode = InputError['code'];

/** What is wrong with an input file, in OpenAI's shape. */
export const inputErrors = z.object({ object: z.literal('list'), data: z.array(inputError) });

/** How far a batch is: what the stream pushes. */
export const batchProgress = z.object({
  status: z.enum(BATCH_STATUSES),
  completed: z.int().describe('Items with an answer'),
  failed: z.int().describe('Items whose outcome is an error'),
  total: z.int().describe('All items; 0 while an input file is being checked'),
});
export type BatchProgress = z.infer<typeof batchProgress>;

export const batchResponse = z.lazy(() =>
  batchProgress.extend({
    id: z.string().describe('`batch_` and 12 hex digits'),
    object: z.literal('batch'),
    model: z.string().nullable().describe('The model of every input; null where they differ'),
    results: z
      .array(batchResult)
      .nullable()
      .describe('In input order, once the batch has ended and if they are at most 1 MiB; else null'),
    results_url: z.string().describe('Where the results are paged or downloaded'),
    stream_url: z.string().describe('Server-sent events without a key: its token opens this stream alone'),
    metadata: metadata.nullable(),
    completion_window: z.string(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    completed_at: z.iso.datetime().nullable().describe('When it ended, in whatever way'),
    expires_at: z.iso.datetime().describe('When its completion window ends'),
    usage,
    cost: cost.nullable().describe('null where no answer had a known price'),
    error: errorObject.nullable().describe('Why the batch as a whole could not be done'),
    errors: inputErrors.optional().describe('Only on a batch whose input file was refused'),
    retry_after: z
      .int()
      .nullable()
      .describe('Seconds until it makes sense to ask again; null once it has ended'),
  }),
);
export type BatchResponse = z.infer<typeof batchResponse>;

/** One event of a batch's stream; `data` is JSON. */
export const batchEvent = z.lazy(() => {
  const id = z.string().describe('Grows with every event: what `Last-Event-ID` takes');
  return z.discriminatedUnion('event', [
    z.object({ event: z.literal('status'), id, data: batchProgress }),
    z.object({ event: z.literal('result'), id, data: batchResult }),
    z.object({ event: z.literal('done'), id, data: batchResponse }),
  ]);
});

export const batchListQuery = listQuery.extend({
  status: z.enum(BATCH_STATUSES).optional().describe('Only batches in this status'),
});

export const batchCreateQuery = z.object({
  dry_run: z
    .enum(['true', 'false', '1', '0'])
    .transform((text) => text === 'true' || text === '1')
    .optional()
    .describe('`true` or `1`: checks and estimates, and makes nothing'),
});

export const batchStreamQuery = z.object({
  include: z.literal('results').optional().describe('Adds a `result` event for each item'),
});

export const resultsQuery = z.object({
  limit: listQuery.shape.limit,
  after: z.string().min(1).optional().describe('A `custom_id`: continues after it'),
  status: z.enum(['completed', 'failed']).optional().describe('Only results with this outcome'),
  order: z
    .enum(['input', 'committed'])
    .default('input')
    .describe('`input` once the batch has ended; `committed`, what is done so far, at any time'),
});
export type ResultsQuery = z.infer<typeof resultsQuery>;
