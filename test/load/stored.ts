// What a local run keeps on disk: all of it in bytes, and the objects in its R2 one by one.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where miniflare keeps the bytes of R2's objects and of uploads under way, a file each. */
const BLOBS_FOLDER = /[/\\]r2[/\\].*[/\\]blobs$/;

export interface Stored {
  bytes: number;
  /** Files that hold bytes of R2. */
  blobs: number;
  blobBytes: number;
}

export async function storedIn(folder: string): Promise<Stored> {
  const stored: Stored = { bytes: 0, blobs: 0, blobBytes: 0 };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // One that is removed while we look takes no room.
    const size = await stat(join(entry.parentPath, entry.name)).then(
      (found) => found.size,
      () => 0,
    );
    stored.bytes += size;
    if (!BLOBS_FOLDER.test(entry.parentPath)) continue;
    stored.blobs += 1;
    stored.blobBytes += size;
  }
  return stored;
}
