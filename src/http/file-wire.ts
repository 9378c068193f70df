// A file, and an upload in parts, as native clients see them. Times are ISO 8601.
import type { IndexedFile } from '../accounts/file-index';
import type { FileResponse } from '../contract/files';
import type { UploadResponse } from '../contract/uploads';
import type { UploadState } from '../files/upload-in-parts';

export function nativeFile(file: IndexedFile): FileResponse {
  return {
    id: file.id,
    filename: file.filename,
    size: file.size,
    content_type: file.contentType,
    purpose: file.purpose,
    created_at: new Date(file.createdAt).toISOString(),
    expires_at: file.expiresAt === null ? null : new Date(file.expiresAt).toISOString(),
    status: 'processed',
    sha256: file.sha256,
  };
}

export function nativeUpload(upload: UploadState): UploadResponse {
  return {
    id: upload.id,
    object: 'upload',
    bytes: upload.bytes,
    filename: upload.filename,
    mime_type: upload.mimeType,
    purpose: upload.purpose,
    status: upload.status,
    created_at: new Date(upload.createdAt).toISOString(),
    expires_at: new Date(upload.expiresAt).toISOString(),
    file: upload.file === null ? null : nativeFile(upload.file),
  };
}
