// A file as native clients see it; OpenAI's shape is `http/openai/file-wire.ts`.
import * as z from 'zod';

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

const fileResponse = z.object({
  id: z.string(),
  filename: z.string(),
  size: z.int().describe('bytes'),
  content_type: z.string(),
  purpose: z.enum(FILE_PURPOSES),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  status: z.literal('processed'),
  sha256: z.string(),
});
export type FileResponse = z.infer<typeof fileResponse>;
