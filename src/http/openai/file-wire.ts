// A file, and an upload in parts, in OpenAI's words. Times are unix seconds.
import type { IndexedFile } from '../../accounts/file-index';
import type { StoredPart } from '../../accounts/upload-index';
import type { UploadState } from '../../files/upload-in-parts';
import type { OpenaiFile, OpenaiUpload, OpenaiUploadPart } from './objects';

/** A file as OpenAI's `FileObject`. */
export function openaiFile(file: IndexedFile): OpenaiFile {
  return {
    id: file.id,
    object: 'file',
    bytes: file.size,
    created_at: seconds(file.createdAt),
    ...(file.expiresAt !== null && { expires_at: seconds(file.expiresAt) }),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
  };
}

/** An upload as OpenAI's `Upload`. */
export function openaiUpload(upload: UploadState): OpenaiUpload {
  return {
    id: upload.id,
    object: 'upload',
    bytes: upload.bytes,
    created_at: seconds(upload.createdAt),
    expires_at: seconds(upload.expiresAt),
    filename: upload.filename,
    purpose: upload.purpose,
    status: upload.status,
    file: upload.file === null ? null : openaiFile(upload.file),
  };
}

/** A part stored at `now` (milliseconds) as OpenAI's `UploadPart`. */
export function openaiUploadPart({ id, uploadId }: StoredPart, now: number): OpenaiUploadPart {
  return { id, object: 'upload.part', created_at: seconds(now), upload_id: uploadId };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
