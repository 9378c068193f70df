// A file in OpenAI's words.
import type { IndexedFile } from '../../accounts/file-index';

/** OpenAI's `FileObject`. Times are unix seconds. */
export function openaiFile(file: IndexedFile) {
  return {
    id: file.id,
    object: 'file' as const,
    bytes: file.size,
    created_at: Math.floor(file.createdAt / 1000),
    ...(file.expiresAt !== null && { expires_at: Math.floor(file.expiresAt / 1000) }),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed' as const,
  };
}
