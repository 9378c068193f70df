// A file, and an upload in parts, as native clients see them. Times are ISO 8601.
import type { IndexedFile } from '../accounts/file-index';
import type { StoredPart } from '../accounts/upload-index';
import type { FileResponse } from '../contract/files';
import type { UploadPartResponse, UploadResponse } from '../contract/uploads';
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

/** `now` (milliseconds) is when the part was stored. */
export function nativeUploadPart({ id, uploadId }: StoredPart, now: number): UploadPartResponse {
  return { id, object: 'upload.part', created_at: new Date(now).toISOString(), upload_id: uploadId };
}
