// A file as native clients see it; OpenAI's shape is `http/openai/file-wire.ts`.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import { FILE_EXPIRY_MAXIMUM_SECONDS, FILE_EXPIRY_MINIMUM_SECONDS } from './limits';
import { listQuery } from './lists';

/** What a client may upload a file for. */
export const UPLOAD_PURPOSES = ['assistants', 'batch', 'vision', 'user_data', 'evals', 'fine-tune'] as const;
export type UploadPurpose = (typeof UPLOAD_PURPOSES)[number];

/** `batch_output` files are made by the server: a batch's output and error files. */
export const FILE_PURPOSES = [...UPLOAD_PURPOSES, 'batch_output'] as const;
export type FilePurpose = (typeof FILE_PURPOSES)[number];

/** The media types an upload or an inline part may have, besides JSON Lines for `batch`. Aliases are folded first. */
export const MEDIA_TYPES = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'application/pdf',
  'audio/mpeg',
  'audio/wav',
  'audio/ogg',
  'text/plain',
  'text/csv',
] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** What `purpose=batch` files are stored as. */
export const JSON_LINES_TYPE = 'application/jsonl';

/** The fields beside the file in an upload's form. */
export const uploadFields = z.strictObject({
  purpose: z.enum(UPLOAD_PURPOSES).optional().describe('Without it `assistants`'),
  'expires_after[anchor]': z.literal('created_at').optional(),
  'expires_after[seconds]': z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.int().min(FILE_EXPIRY_MINIMUM_SECONDS).max(FILE_EXPIRY_MAXIMUM_SECONDS))
    .optional()
    .describe('3600 to 2592000; with the anchor, when the file is removed'),
});

export const fileListQuery = listQuery.extend({
  purpose: z.enum(FILE_PURPOSES).optional().describe('Only files of this purpose'),
});

export const fileResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('`file_…`, the same on both surfaces'),
    filename: z.string(),
    size: z.int().describe('Bytes'),
    content_type: z.string().describe('As its leading bytes show it'),
    purpose: z.enum(FILE_PURPOSES),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable().describe('When it is removed; null for never'),
    status: z.literal('processed'),
    sha256: z.string().describe('64 hex digits'),
  }),
);
export type FileResponse = z.infer<typeof fileResponse>;
