// A file sent in parts, as OpenAI's Uploads API has it. Both surfaces take the same requests.
import * as z from 'zod';
import { type FileResponse, UPLOAD_PURPOSES, type UploadPurpose } from './files';
import { FILE_EXPIRY_MAXIMUM_SECONDS, FILE_EXPIRY_MINIMUM_SECONDS, UPLOAD_PARTS_LIMIT } from './limits';

export type UploadStatus = 'pending' | 'completed' | 'cancelled' | 'expired';

export const uploadCreate = z.strictObject({
  bytes: z.int().min(1).describe('of the whole file'),
  filename: z.string().min(1).max(4096),
  mime_type: z.string().max(255),
  purpose: z.enum(UPLOAD_PURPOSES),
  expires_after: z
    .strictObject({
      anchor: z.literal('created_at'),
      seconds: z.int().min(FILE_EXPIRY_MINIMUM_SECONDS).max(FILE_EXPIRY_MAXIMUM_SECONDS),
    })
    .nullish()
    .describe("of the file: counted from the upload's completion"),
});
export type UploadCreate = z.infer<typeof uploadCreate>;

export const uploadComplete = z.strictObject({
  part_ids: z.array(z.string().min(1)).min(1).max(UPLOAD_PARTS_LIMIT).describe("in the file's order"),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/i)
    .nullish()
    .describe('of the whole file, 32 hex digits'),
});
export type UploadComplete = z.infer<typeof uploadComplete>;

/** An upload as native clients see it; OpenAI's shape is `http/openai/file-wire.ts`. */
export interface UploadResponse {
  id: string;
  object: 'upload';
  bytes: number;
  filename: string;
  mime_type: string;
  purpose: UploadPurpose;
  status: UploadStatus;
  created_at: string;
  expires_at: string;
  /** Once it is completed, until it is deleted. */
  file: FileResponse | null;
}
