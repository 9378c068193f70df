// A file, and an upload in parts, in OpenAI's words. Times are unix seconds.
import type { IndexedFile } from '../../accounts/file-index';
import type { UploadState } from '../../files/upload-in-parts';

/** OpenAI's `FileObject`. */
export function openaiFile(file: IndexedFile) {
  return {
    id: file.id,
    object: 'file' as const,
    bytes: file.size,
    created_at: seconds(file.createdAt),
    ...(file.expiresAt !== null && { expires_at: seconds(file.expiresAt) }),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed' as const,
  };
}

/** OpenAI's `Upload`. */
export function openaiUpload(upload: UploadState) {
  return {
    id: upload.id,
    object: 'upload' as const,
    bytes: upload.bytes,
    created_at: seconds(upload.createdAt),
    expires_at: seconds(upload.expiresAt),
    filename: upload.filename,
    purpose: upload.purpose,
    status: upload.status,
    file: upload.file === null ? null : openaiFile(upload.file),
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
