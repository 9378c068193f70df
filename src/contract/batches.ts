// A batch as native clients see it; OpenAI's shape is `http/openai/batch-wire.ts`.
import * as z from 'zod';
import { type ChatCompletion, type Cost, chatRequest, metadata, type Usage } from './chat';
import type { ErrorBody } from './errors';
import { BATCH_ITEMS_LIMIT, CUSTOM_ID_LIMIT_CHARACTERS } from './limits';
import { listQuery } from './lists';

const BATCH_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

const customId = z.string().min(1).max(CUSTOM_ID_LIMIT_CHARACTERS);

/** `1m` to `168h`. */
const completionWindow = z.string().refine((text) => windowMilliseconds(text) !== null, {
  error: 'minutes or hours between 1m and 168h, e.g. "24h"',
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
  webhook_url: z.string().min(1).max(2048).nullish(),
  webhook_secret: z.string().min(1).max(512).nullish(),
  completion_window: completionWindow.nullish(),
  max_cost: z.number().min(0).nullish().describe('USD'),
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
const batchLine = z.strictObject({
  custom_id: customId,
  method: z.literal('POST'),
  url: z.literal('/v1/chat/completions'),
  body: chatRequest,
});
export type BatchLine = z.infer<typeof batchLine>;

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
  retry_after: number | null;
}

export const batchListQuery = listQuery.extend({ status: z.enum(BATCH_STATUSES).optional() });

export const resultsQuery = z.object({
  limit: listQuery.shape.limit,
  after: z.string().min(1).optional(),
  status: z.enum(['completed', 'failed']).optional(),
  order: z.enum(['input', 'committed']).default('input'),
});
export type ResultsQuery = z.infer<typeof resultsQuery>;
