// The bytes of a stream in chunks as large as can be had at once. The runtime's own streams, read plainly, come in pieces of
// 4 KiB, and each piece costs a turn of the event loop and of every loop it passes through.

/** What one read asks for. More gains nothing. */
const READ_BYTES = 64 * 1024;

/**
 * A chunk is valid until the next one is asked for: then its memory is written to again. Ending the iteration early
 * cancels the stream.
 */
export async function* largeChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = byteReader(stream);
  if (reader === null) return yield* stream;
  let buffer = new ArrayBuffer(READ_BYTES);
  let isDone = false;
  try {
    while (!isDone) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      isDone = done;
      if (value === undefined) continue;
      if (value.length > 0) yield value;
      // The one that was given, which the runtime has handed on and back.
      buffer = value.buffer as ArrayBuffer;
    }
  } finally {
    // A stream that already failed rejects here once more; its error has been thrown.
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}

/** Null for a stream of a script's own making, whose chunks are as large as it made them. */
function byteReader(stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}
