// All results of a batch as JSON Lines, streamed, whole or a byte range of them.
import { JSON_LINES_TYPE } from '../contract/files';
import type { ByteRange } from '../platform/byte-range';
import { concatBytes } from '../platform/bytes';
import type { ResultEntry } from './results';

/** What is handed out at once. */
const CHUNK_BYTES = 256 * 1024;

const LINE_BREAK = new Uint8Array([0x0a]);

/** Bytes of all lines together: known without reading a single result. */
export function linesSize(entries: Iterable<ResultEntry>): number {
  let size = 0;
  for (const entry of entries) size += entry.size + LINE_BREAK.byteLength;
  return size;
}

/** The lines, or those bytes of them that the range holds; results before it are not read. */
export function resultLines(
  entries: Iterable<ResultEntry>,
  range: ByteRange | null,
): ReadableStream<Uint8Array> {
  const pieces = linePieces(entries, range ?? { offset: 0, length: Number.MAX_SAFE_INTEGER });
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk: Uint8Array[] = [];
        let size = 0;
        while (size < CHUNK_BYTES) {
          const { done, value } = pieces.next();
          if (done) {
            if (size > 0) controller.enqueue(concatBytes(chunk));
            controller.close();
            return;
          }
          chunk.push(value);
          size += value.byteLength;
        }
        controller.enqueue(concatBytes(chunk));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Status and headers of an answer with these lines; `size` is null where it is not known. */
export function rangeInit(size: number | null, range: ByteRange | null): ResponseInit {
  const type = { 'Content-Type': JSON_LINES_TYPE };
  if (size === null) return { status: 200, headers: type };
  const headers = { ...type, 'Accept-Ranges': 'bytes', 'Content-Length': String(range?.length ?? size) };
  if (range === null) return { status: 200, headers };
  const last = range.offset + range.length - 1;
  return { status: 206, headers: { ...headers, 'Content-Range': `bytes ${range.offset}-${last}/${size}` } };
}

function* linePieces(entries: Iterable<ResultEntry>, range: ByteRange): Generator<Uint8Array> {
  const end = range.offset + range.length;
  let start = 0;
  for (const entry of entries) {
    const next = start + entry.size + LINE_BREAK.byteLength;
    if (start >= end) return;
    if (next > range.offset) {
      const line = concatBytes([entry.json(), LINE_BREAK]);
      yield line.subarray(Math.max(0, range.offset - start), end - start);
    }
    start = next;
  }
}
