// Hands an answer to the browser as a download: a large one flows to the disk where the browser can do that, any other
// passes through memory. A plain link would do neither: it carries no key, and a key has no place in a URL.
import { whole } from './request';

/** Smaller ones are not worth the question of where to. */
const STREAMED_FROM_BYTES = 16 * 1024 ** 2;

/** Long enough for the browser to have begun. */
const RELEASE_MS = 10_000;

interface RemovableFile extends FileSystemFileHandle {
  remove?: () => Promise<void>;
}

/** Only Chromium's browsers have it, on secure origins. */
type SavePicker = (options: { suggestedName: string }) => Promise<RemovableFile>;

/**
 * @param bytes how large it is; null where that is not known and may be much
 * @param ask called once it is known where the answer goes, and not at all where the person thinks better of it
 * @throws whatever `ask` throws; ApiFailure for an answer that breaks off
 */
export async function saveAnswer(
  filename: string,
  bytes: number | null,
  ask: () => Promise<Response>,
): Promise<void> {
  const isLarge = bytes === null || bytes >= STREAMED_FROM_BYTES;
  const place = isLarge ? await choosePlace(filename) : 'memory';
  if (place === 'nowhere') return;
  try {
    const answer = await ask();
    if (place === 'memory' || answer.body === null) saveBlob(await whole(answer.blob()), filename);
    else await whole(answer.body.pipeTo(await place.createWritable()));
  } catch (error) {
    // What went wrong is to be heard of, not that the rest of it stays.
    if (place !== 'memory') await removeEmpty(place).catch(() => {});
    throw error;
  }
}

/** A file is made, or emptied, when it is chosen, and filled at the end of its download. Not every browser can remove it. */
async function removeEmpty(file: RemovableFile): Promise<void> {
  if ((await file.getFile()).size === 0) await file.remove?.();
}

async function choosePlace(filename: string): Promise<RemovableFile | 'memory' | 'nowhere'> {
  const { showSaveFilePicker } = window as { showSaveFilePicker?: SavePicker };
  if (showSaveFilePicker === undefined) return 'memory';
  try {
    return await showSaveFilePicker({ suggestedName: filename });
  } catch (error) {
    return error instanceof DOMException && error.name === 'AbortError' ? 'nowhere' : 'memory';
  }
}

function saveBlob(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
}
