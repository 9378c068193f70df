// A streaming multipart/form-data parser (RFC 7578, RFC 2046): bytes flow through, no part's body is held.
import { concatBytes } from './bytes';
import { largeChunks } from './large-chunks';
import { boundaryOf, MultipartError, type PartHeaders, parsePartHeaders } from './multipart-headers';

export interface MultipartPart extends PartHeaders {
  /**
   * The content, once, in the pieces it arrives in, each valid until the next is asked for. What is left unread is
   * skipped when the next part is asked for.
   */
  body: AsyncIterable<Uint8Array>;
}

/** A form upload has a handful of fields; more is an attempt to keep us busy. */
const PART_LIMIT = 100;

/** Room for a long file name, percent-encoded, and then some. */
const PART_HEADERS_LIMIT_BYTES = 8 * 1024;

/** RFC 2046 has us ignore what precedes the first and follows the last boundary: a line break at most, from real clients. */
const IGNORED_LIMIT_BYTES = 64 * 1024;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const HYPHEN = 0x2d;
const HEADERS_END = [CR, LF, CR, LF];

/**
 * The parts of a multipart/form-data body, in order, read only as fast as they are consumed. Ending the iteration
 * early, or an error, cancels the body.
 *
 * @param contentType the request's `Content-Type`, which names the boundary
 * @throws MultipartError `cut_off` where the body ends, or breaks, before its last boundary
 *
 * @example
 * for await (const part of parseMultipart(request.body, request.headers.get('content-type'))) {
 *   for await (const chunk of part.body) size += chunk.byteLength;
 * }
 */
export async function* parseMultipart(
  body: ReadableStream<Uint8Array>,
  contentType: string | null,
): AsyncGenerator<MultipartPart, void> {
  const scanner = new Scanner(body, boundaryOf(contentType));
  try {
    await scanner.skipPreamble();
    for (let count = 0; (await scanner.boundaryLine()) === 'part'; count++) {
      if (count === PART_LIMIT) throw new MultipartError('too_many_parts');
      const headers = parsePartHeaders(await scanner.headerBlock());
      const content = { open: true };
      yield { ...headers, body: partBody(scanner, content) };
      content.open = false;
      while ((await scanner.content()) !== null);
    }
    await scanner.skipEpilogue();
  } finally {
    await scanner.cancel();
  }
}

async function* partBody(scanner: Scanner, content: { open: boolean }): AsyncGenerator<Uint8Array, void> {
  while (content.open) {
    const chunk = await scanner.content();
    if (chunk === null) return;
    yield chunk;
  }
}

/** Reads the body piece by piece and knows where in its structure it stands. */
class Scanner {
  readonly #chunks: AsyncGenerator<Uint8Array, void>;
  /** CR LF `--` boundary. Its only CR is its first byte, so failed matches never overlap and the search is linear. */
  readonly #delimiter: Uint8Array;
  /** Read but not consumed. Starts as the line break that a delimiter at the very start of the body lacks. */
  #rest: Uint8Array = new Uint8Array([CR, LF]);
  #inContent = true;

  constructor(body: ReadableStream<Uint8Array>, boundary: string) {
    this.#chunks = largeChunks(body);
    this.#delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  }

  async skipPreamble(): Promise<void> {
    try {
      let size = 0;
      for (let chunk = await this.content(); chunk !== null; chunk = await this.content()) {
        size += chunk.length;
        if (size > IGNORED_LIMIT_BYTES) throw new MultipartError('no_parts_found');
      }
    } catch (error) {
      // With a cause the connection broke; without one the body ended, and was complete for all we know.
      const ended = error instanceof MultipartError && error.cause === undefined;
      throw ended ? new MultipartError('no_parts_found') : error;
    }
  }

  /** The next piece of the current content, or null when the delimiter after it has been consumed. */
  async content(): Promise<Uint8Array | null> {
    while (this.#inContent) {
      const { at, found } = this.#findDelimiter();
      if (at > 0) return this.#take(at);
      if (found) {
        this.#take(this.#delimiter.length);
        this.#inContent = false;
      } else {
        await this.#more();
      }
    }
    return null;
  }

  /** What follows a delimiter: `--` after the last part, else blanks and a line break. */
  async boundaryLine(): Promise<'part' | 'end'> {
    while (this.#rest.length < 2) await this.#more();
    if (this.#rest[0] === HYPHEN && this.#rest[1] === HYPHEN) return 'end';
    for (;;) {
      const blanks = this.#rest.findIndex((byte) => byte !== SPACE && byte !== TAB);
      if (blanks !== -1 && this.#rest.length >= blanks + 2) {
        this.#take(blanks);
        break;
      }
      if (this.#rest.length > PART_HEADERS_LIMIT_BYTES) throw new MultipartError('boundary_line_malformed');
      await this.#more();
    }
    if (this.#rest[0] !== CR || this.#rest[1] !== LF) throw new MultipartError('boundary_line_malformed');
    this.#take(2);
    return 'part';
  }

  /** The header lines up to the empty one. The content is next. */
  async headerBlock(): Promise<Uint8Array> {
    while (this.#rest.length < 2) await this.#more();
    if (this.#rest[0] === CR && this.#rest[1] === LF) throw new MultipartError('disposition_missing');
    for (let from = 0; ; ) {
      const at = indexOfBytes(this.#rest, HEADERS_END, from);
      if ((at === -1 ? this.#rest.length : at) > PART_HEADERS_LIMIT_BYTES) {
        throw new MultipartError('headers_too_large');
      }
      if (at !== -1) {
        const block = this.#take(at);
        this.#take(HEADERS_END.length);
        this.#inContent = true;
        return block;
      }
      from = Math.max(0, this.#rest.length - HEADERS_END.length + 1);
      await this.#more();
    }
  }

  async skipEpilogue(): Promise<void> {
    for (let size = this.#rest.length; size <= IGNORED_LIMIT_BYTES; ) {
      const chunk = await this.#read();
      if (chunk === null) return;
      size += chunk.length;
    }
    throw new MultipartError('epilogue_too_large');
  }

  async cancel(): Promise<void> {
    await this.#chunks.return();
  }

  /** How many bytes of the rest are surely content, and whether a whole delimiter follows them. */
  #findDelimiter(): { at: number; found: boolean } {
    const rest = this.#rest;
    for (let at = rest.indexOf(CR); at !== -1; at = rest.indexOf(CR, at + 1)) {
      const match = this.#matchAt(at);
      if (match !== 'no') return { at, found: match === 'yes' };
    }
    return { at: rest.length, found: false };
  }

  /** `undecided` where the rest ends before it can be told. */
  #matchAt(start: number): 'yes' | 'no' | 'undecided' {
    const rest = this.#rest;
    const delimiter = this.#delimiter;
    for (let i = 1; i < delimiter.length; i++) {
      if (start + i >= rest.length) return 'undecided';
      if (rest[start + i] !== delimiter[i]) return 'no';
    }
    // A longer word that starts like the boundary is content.
    const end = start + delimiter.length;
    switch (rest[end]) {
      case undefined:
        return 'undecided';
      case CR:
      case LF:
      case SPACE:
      case TAB:
        return 'yes';
      case HYPHEN:
        return rest[end + 1] === undefined ? 'undecided' : rest[end + 1] === HYPHEN ? 'yes' : 'no';
      default:
        return 'no';
    }
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** One more chunk into the rest, which is never longer than a delimiter or a header block when this is called. */
  async #more(): Promise<void> {
    // Copied first: a chunk is gone when the next one is read.
    const rest = this.#rest.slice();
    const chunk = await this.#read();
    if (chunk === null) throw new MultipartError('cut_off');
    this.#rest = rest.length === 0 ? chunk : concatBytes([rest, chunk]);
  }

  /** The next chunk, or null at the body's end. */
  async #read(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#chunks.next();
      return done ? null : value;
    } catch (cause) {
      throw new MultipartError('cut_off', cause);
    }
  }
}

function indexOfBytes(bytes: Uint8Array, wanted: readonly number[], from: number): number {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
