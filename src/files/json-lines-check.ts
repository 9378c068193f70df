// Whether a file that streams by can be JSON Lines: UTF-8 throughout, and an object on the first line that is not blank.
// Every line is checked in earnest when a batch is made of it.
import { ApiError } from '../contract/errors';
import { BATCH_LINE_LIMIT_BYTES, JSON_DEPTH_LIMIT } from '../contract/limits';
import type { Detail } from '../contract/messages/en';
import { concatBytes } from '../platform/bytes';
import { parseJsonStrictly } from '../platform/strict-json';
import { Utf8Check } from '../platform/utf8-check';

const LF = 0x0a;
const OPENING_BRACE = 0x7b;
const BLANKS: readonly number[] = [0x20, 0x09, 0x0d, LF];
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];

/** What is quoted of a first line that is no object. */
const QUOTED_BYTES = 24;

export class JsonLinesCheck {
  readonly #utf8 = new Utf8Check();
  /** The first line as far as it has come; null once it is known to be an object. */
  #line: Uint8Array[] | null = [];
  #lineBytes = 0;
  /** Bytes before the first line's own. */
  #blankBytes = 0;
  #problem: ApiError | null = null;

  /** What is wrong so far, if anything. */
  get problem(): ApiError | null {
    return this.#problem;
  }

  /** The next bytes. Those of the first line are copied. */
  add(chunk: Uint8Array): void {
    if (this.#problem !== null) return;
    if (!this.#utf8.add(chunk)) this.#problem = invalid(['lines_not_utf8']);
    else if (this.#line !== null) this.#readLine(this.#line, chunk);
  }

  /** What is wrong with the whole file, if anything. */
  finish(): ApiError | null {
    if (this.#problem !== null) return this.#problem;
    if (!this.#utf8.finish()) this.#problem = invalid(['lines_not_utf8']);
    // A file of blank lines alone is for the batch to refuse, as one without inputs.
    else if (this.#line !== null && this.#lineBytes > 0) this.#judge(this.#line);
    return this.#problem;
  }

  #readLine(line: Uint8Array[], chunk: Uint8Array): void {
    const rest = this.#lineBytes === 0 ? this.#skipBlanks(chunk) : chunk;
    if (rest.length === 0) return;
    const end = rest.indexOf(LF);
    const piece = rest.slice(0, end === -1 ? rest.length : end);
    line.push(piece);
    this.#lineBytes += piece.length;
    if (line[0]?.[0] !== OPENING_BRACE) this.#judge(line);
    else if (this.#lineBytes > BATCH_LINE_LIMIT_BYTES) {
      this.#problem = invalid(['input_too_large', BATCH_LINE_LIMIT_BYTES / 1024 ** 2]);
    } else if (end !== -1) this.#judge(line);
  }

  /** What follows white space, and a byte order mark at the file's start. */
  #skipBlanks(chunk: Uint8Array): Uint8Array {
    const before = this.#blankBytes;
    const start = chunk.findIndex(
      (byte, at) => !BLANKS.includes(byte) && byte !== BYTE_ORDER_MARK[before + at],
    );
    const blanks = start === -1 ? chunk.length : start;
    this.#blankBytes += blanks;
    return chunk.subarray(blanks);
  }

  #judge(line: Uint8Array[]): void {
    const bytes = concatBytes(line);
    this.#line = null;
    if (bytes[0] !== OPENING_BRACE) {
      const opening = new TextDecoder().decode(bytes.subarray(0, QUOTED_BYTES), { stream: true });
      this.#problem = invalid(['first_line_no_object', JSON.stringify(opening.trim())]);
      return;
    }
    const result = parseJsonStrictly(bytes, JSON_DEPTH_LIMIT);
    // Depth and keys are what the batch reports, with the line's number.
    if (!result.ok && result.problem === 'syntax') {
      this.#problem = invalid(['first_line_malformed', result.reason]);
    }
  }
}

function invalid(detail: Detail): ApiError {
  return new ApiError('invalid_request', { detail });
}
