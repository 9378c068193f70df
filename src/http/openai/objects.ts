// The objects of OpenAI's API that this one answers with. Lazy: only the OpenAPI document reads them as values.
import * as z from 'zod';
import { inputErrors } from '../../contract/batches';
import { metadata } from '../../contract/chat';
import { FILE_PURPOSES, UPLOAD_PURPOSES } from '../../contract/files';
import { UPLOAD_STATUSES } from '../../contract/uploads';

/** OpenAI's `FileObject`. Times are unix seconds. */
export const openaiFileObject = z.lazy(() =>
  z.object({
    id: z.string().describe('`file_…`, the same on both surfaces'),
    object: z.literal('file'),
    bytes: z.int(),
    created_at: z.int().describe('Unix seconds'),
    expires_at: z.int().optional().describe('Unix seconds; left out for never'),
    filename: z.string(),
    purpose: z.enum(FILE_PURPOSES),
    status: z.literal('processed'),
  }),
);
export type OpenaiFile = z.infer<typeof openaiFileObject>;

/** OpenAI's `Upload`. */
export const openaiUploadObject = z.lazy(() =>
  z.object({
    id: z.string().describe('`upload_…`, the same on both surfaces'),
    object: z.literal('upload'),
    bytes: z.int().describe('Of the whole file, as announced'),
    created_at: z.int().describe('Unix seconds'),
    expires_at: z.int().describe('When it ends by itself if it is not completed: unix seconds'),
    filename: z.string(),
    purpose: z.enum(UPLOAD_PURPOSES),
    status: z.enum(UPLOAD_STATUSES),
    file: openaiFileObject.nullable().describe('Once it is completed, until it is deleted'),
  }),
);
export type OpenaiUpload = z.infer<typeof openaiUploadObject>;

/** OpenAI's `UploadPart`. */
export const openaiUploadPartObject = z.lazy(() =>
  z.object({
    id: z.string().describe('What `part_ids` names'),
    object: z.literal('upload.part'),
    created_at: z.int().describe('Unix seconds'),
    upload_id: z.string(),
  }),
);
export type OpenaiUploadPart = z.infer<typeof openaiUploadPartObject>;

const BATCH_STATUSES = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;

/** OpenAI's `Batch` object. */
export const openaiBatchObject = z.lazy(() => {
  const time = z.int().nullable().describe('Unix seconds');
  const count = z.int().min(0);
  return z.object({
    id: z.string().describe('`batch_` and 12 hex digits, the same on both surfaces'),
    object: z.literal('batch'),
    endpoint: z.literal('/v1/chat/completions'),
    model: z.string().nullable().describe('The model of every line; null where they differ'),
    errors: inputErrors.nullable().describe('What is wrong with the input file of a `failed` batch'),
    input_file_id: z
      .string()
      .nullable()
      .describe('null for a batch made on the native surface without a file'),
    completion_window: z.string(),
    status: z.enum(BATCH_STATUSES),
    output_file_id: z.string().nullable().describe('Once ended: the answers; null where there is none'),
    error_file_id: z.string().nullable().describe('Once ended: the failed and the undone lines'),
    created_at: z.int().describe('Unix seconds'),
    in_progress_at: time,
    expires_at: time.describe('When its completion window ends: unix seconds'),
    finalizing_at: time,
    completed_at: time,
    failed_at: time,
    expired_at: time,
    cancelling_at: time,
    cancelled_at: time,
    request_counts: z.object({ total: count, completed: count, failed: count }),
    usage: z.object({
      input_tokens: count,
      input_tokens_details: z.object({ cached_tokens: count }),
      output_tokens: count,
      output_tokens_details: z.object({ reasoning_tokens: count }),
      total_tokens: count,
    }),
    metadata: metadata.nullable(),
  });
});
export type OpenaiBatch = z.infer<typeof openaiBatchObject>;
