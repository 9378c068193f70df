// Splits a stream of bytes into lines, however the chunks fall. A line's bytes are copied once, no line is held longer.
import { concatBytes } from './bytes';

export interface ByteLine {
  /** Without the line break; empty where the line is too long to be held. */
  bytes: Uint8Array;
  /** Bytes it takes in the stream, its line break included. */
  length: number;
  tooLong: boolean;
}

const LF = 0x0a;

/** The lines of a stream, in order; the last one needs no line break. Lines over `limitBytes` come without bytes. */
export async function* splitLines(
  stream: ReadableStream<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<ByteLine, void> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  const take = (breakLength: number): ByteLine => {
    const tooLong = size > limitBytes;
    const line = {
      bytes: tooLong ? new Uint8Array() : concatBytes(pieces),
      length: size + breakLength,
      tooLong,
    };
    pieces = [];
    size = 0;
    return line;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      pieces.push(chunk.subarray(from, at));
      size += at - from;
      yield take(1);
      from = at + 1;
    }
    size += chunk.length - from;
    // What is too long already is only counted.
    if (size <= limitBytes) pieces.push(chunk.subarray(from));
    else pieces = [];
  }
  if (size > 0) yield take(0);
}
