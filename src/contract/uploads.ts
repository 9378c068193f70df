// A file sent in parts, as OpenAI's Uploads API has it. Both surfaces take the same requests.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import { fileResponse, UPLOAD_PURPOSES } from './files';
import { FILE_EXPIRY_MAXIMUM_SECONDS, FILE_EXPIRY_MINIMUM_SECONDS, UPLOAD_PARTS_LIMIT } from './limits';

export const UPLOAD_STATUSES = ['pending', 'completed', 'cancelled', 'expired'] as const;
export type UploadStatus = (typeof UPLOAD_STATUSES)[number];

export const uploadCreate = z.strictObject({
  bytes: z.int().min(1).describe('Of the whole file'),
  filename: z.string().min(1).max(4096),
  mime_type: z.string().max(255),
  purpose: z.enum(UPLOAD_PURPOSES),
  expires_after: z
    .strictObject({
      anchor: z.literal('created_at'),
      seconds: z.int().min(FILE_EXPIRY_MINIMUM_SECONDS).max(FILE_EXPIRY_MAXIMUM_SECONDS),
    })
    .nullish()
    .describe("Of the file: counted from the upload's completion"),
});
export type UploadCreate = z.infer<typeof uploadCreate>;

export const uploadComplete = z.strictObject({
  part_ids: z.array(z.string().min(1)).min(1).max(UPLOAD_PARTS_LIMIT).describe("In the file's order"),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/i)
    .nullish()
    .describe('Of the whole file, 32 hex digits'),
});
export type UploadComplete = z.infer<typeof uploadComplete>;

/** An upload as native clients see it; OpenAI's shape is `http/openai/objects.ts`. */
export const uploadResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('`upload_…`, the same on both surfaces'),
    object: z.literal('upload'),
    bytes: z.int().describe('Of the whole file, as announced'),
    filename: z.string(),
    mime_type: z.string(),
    purpose: z.enum(UPLOAD_PURPOSES),
    status: z.enum(UPLOAD_STATUSES),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().describe('When it ends by itself if it is not completed'),
    file: fileResponse.nullable().describe('Once it is completed, until it is deleted'),
  }),
);
export type UploadResponse = z.infer<typeof uploadResponse>;

/** A part as native clients see it. */
export const uploadPartResponse = z.lazy(() =>
  z.object({
    id: z.string().describe('What `part_ids` names'),
    object: z.literal('upload.part'),
    created_at: z.iso.datetime(),
    upload_id: z.string(),
  }),
);
export type UploadPartResponse = z.infer<typeof uploadPartResponse>;
