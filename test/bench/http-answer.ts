// An HTTP/1.1 answer as it comes from a socket, for generators of load: what it ends with, and whether that is its end.
// Known gap: it sees where a chunked answer ends by its last bytes, which JSON and server-sent events never contain.

export const HEAD_END = '\r\n\r\n';
const CHUNKED_END = '\r\n0\r\n\r\n';
/** Enough for what tells a right answer and the end of a chunked one. */
const TAIL_CHARACTERS = 256;

/** An answer as far as it has come. */
export class HttpAnswer {
  isSuccess = false;
  isWhole = false;
  hasBody = false;
  tail = '';
  #hasHead = false;
  /** Bytes still to come; null where the answer is chunked. */
  #left: number | null = null;

  begin(): void {
    this.isSuccess = false;
    this.isWhole = false;
    this.hasBody = false;
    this.tail = '';
    this.#hasHead = false;
    this.#left = null;
  }

  add(text: string): void {
    const body = this.#hasHead ? text : this.#readHead(this.tail + text);
    if (body === null) return;
    if (body !== '') this.hasBody = true;
    this.tail =
      body.length >= TAIL_CHARACTERS
        ? body.slice(-TAIL_CHARACTERS)
        : this.tail.slice(-TAIL_CHARACTERS) + body;
    if (this.#left === null) {
      this.isWhole = this.tail.endsWith(CHUNKED_END);
    } else {
      this.#left -= body.length;
      this.isWhole = this.#left <= 0;
    }
  }

  /** What follows the head; null while it is not all there. */
  #readHead(text: string): string | null {
    const end = text.indexOf(HEAD_END);
    if (end === -1) {
      this.tail = text;
      return null;
    }
    const head = text.slice(0, end);
    this.#hasHead = true;
    this.tail = '';
    this.isSuccess = head.startsWith('HTTP/1.1 200');
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    this.#left = length === undefined ? null : Number(length);
    return text.slice(end + HEAD_END.length);
  }
}
