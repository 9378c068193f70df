// What an account stores, files and uploads in parts, under one limit: each change and its count in one transaction.
import { UPLOAD_PARTS_LIMIT } from '../contract/limits';
import type { UploadStatus } from '../contract/uploads';
import { FILE_INDEX_SCHEMA, FileIndex, type IndexedFile } from './file-index';
import { STORAGE_METER_SCHEMA, StorageMeter, type StorageRoom } from './storage-meter';
import {
  type NewUpload,
  type StoredPart,
  type StoredUpload,
  UPLOAD_INDEX_SCHEMA,
  UploadIndex,
} from './upload-index';

// In this order: the meter starts with the files that are there.
export const ACCOUNT_STORAGE_SCHEMA = [FILE_INDEX_SCHEMA, UPLOAD_INDEX_SCHEMA, STORAGE_METER_SCHEMA].join(
  '\n',
);

/** Why something was not stored: the account's limit, or what has become of the upload it belongs to. */
export type StorageRefusal =
  | { refused: 'storage_full'; room: StorageRoom }
  | { refused: 'not_found' }
  | { refused: 'not_pending'; status: UploadStatus }
  | { refused: 'too_many_parts' };

export class AccountStorage {
  readonly files: FileIndex;
  readonly uploads: UploadIndex;
  readonly #storage: DurableObjectStorage;
  readonly #meter: StorageMeter;
  readonly #limit: () => number | null;

  /** @param limit the account's, in bytes, or null where it has none */
  constructor(storage: DurableObjectStorage, limit: () => number | null) {
    this.#storage = storage;
    this.files = new FileIndex(storage.sql);
    this.uploads = new UploadIndex(storage.sql);
    this.#meter = new StorageMeter(storage.sql);
    this.#limit = limit;
  }

  /** Brings a table of an earlier version up to date. */
  upgrade(): void {
    this.#meter.upgrade();
  }

  /** Of the files that are stored; those that have expired count until they are removed. */
  fileTotals(): { count: number; bytes: number } {
    return this.#meter.files();
  }

  usedBytes(): number {
    return this.#meter.used();
  }

  /** Null where there is no limit. */
  room(): StorageRoom | null {
    const limit = this.#limit();
    return limit === null ? null : { limit, used: this.#meter.used() };
  }

  /** Lists a file, unless it would pass the limit; one that is listed stays as it is. */
  addFile(file: IndexedFile): StorageRefusal | null {
    return this.#transaction(() => {
      if (this.files.keyOf(file.id) !== null) return null;
      return this.#fullFor(file.size) ?? this.addOutputFile(file);
    });
  }

  /** Lists a file that the server made, whatever the limit: it counts all the same. Null. */
  addOutputFile(file: IndexedFile): null {
    if (this.files.add(file)) this.#meter.countFile(1, file.size);
    return null;
  }

  removeFile(id: string): void {
    this.#transaction(() => {
      const size = this.files.remove(id);
      if (size !== null) this.#meter.countFile(-1, -size);
    });
  }

  addUpload(upload: NewUpload): StoredUpload | StorageRefusal {
    return this.#transaction(() => this.#fullFor(upload.bytes) ?? this.uploads.add(upload));
  }

  addPart(part: StoredPart): StorageRefusal | null {
    return this.#transaction(() => {
      const refusal = this.#notPending(part.uploadId) ?? this.#fullFor(part.size);
      if (refusal !== null) return refusal;
      if (this.uploads.parts(part.uploadId).length >= UPLOAD_PARTS_LIMIT)
        return { refused: 'too_many_parts' };
      this.uploads.addPart(part);
      this.#meter.count(part.size);
      return null;
    });
  }

  /** The file takes the place of all the parts: they are answered, and are no one's any more. */
  completeUpload(id: string, file: IndexedFile, partIds: string[]): StoredPart[] | StorageRefusal {
    return this.#transaction(() => {
      const refusal = this.#notPending(id);
      if (refusal !== null) return refusal;
      this.addOutputFile(file);
      return this.#endUpload(id, 'completed', { fileId: file.id, partIds });
    });
  }

  /** Answers the parts, which are no one's any more. */
  cancelUpload(id: string): StoredPart[] | StorageRefusal {
    return this.#transaction(() => this.#notPending(id) ?? this.#endUpload(id, 'cancelled', null));
  }

  /** Ends uploads whose hour is over, and answers their parts. */
  expireUploads(now: number, limit: number): StoredPart[] {
    return this.#transaction(() => {
      this.uploads.forgetOld(now);
      return this.uploads.overdue(now, limit).flatMap((id) => this.#endUpload(id, 'expired', null));
    });
  }

  /** The ids of the next files to be compared with R2, in order; after the last ones it starts anew. */
  nextToCheck(before: number, limit: number): string[] {
    const after = this.#meter.checkedId;
    const ids = this.files.idsAfter(after ?? '', before, limit);
    const last = ids.length === limit ? (ids.at(-1) ?? null) : null;
    if (last !== after) this.#meter.checkedId = last;
    return ids;
  }

  #endUpload(
    id: string,
    status: UploadStatus,
    file: { fileId: string; partIds: string[] } | null,
  ): StoredPart[] {
    this.uploads.end(id, status, file);
    const parts = this.uploads.removeParts(id);
    this.#meter.count(-parts.reduce((sum, { size }) => sum + size, 0));
    return parts;
  }

  #fullFor(bytes: number): StorageRefusal | null {
    const room = this.room();
    return room !== null && room.used + bytes > room.limit ? { refused: 'storage_full', room } : null;
  }

  #notPending(uploadId: string): StorageRefusal | null {
    const upload = this.uploads.get(uploadId);
    if (upload === null) return { refused: 'not_found' };
    return upload.status === 'pending' ? null : { refused: 'not_pending', status: upload.status };
  }

  #transaction<T>(change: () => T): T {
    return this.#storage.transactionSync(change);
  }
}
