// Whether bytes that stream by are UTF-8 throughout (RFC 3629).

export class Utf8Check {
  /** `ignoreBOM` keeps a mark in: no one reads the text. */
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #isValid = true;

  /** The next bytes. After the first that cannot be, none are looked at. Answers whether they may still be UTF-8. */
  add(chunk: Uint8Array): boolean {
    return this.#decode(() => this.#decoder.decode(chunk, { stream: true }));
  }

  /** Whether all were, and the last character is whole. */
  finish(): boolean {
    return this.#decode(() => this.#decoder.decode());
  }

  #decode(decode: () => void): boolean {
    if (!this.#isValid) return false;
    try {
      decode();
    } catch {
      this.#isValid = false;
    }
    return this.#isValid;
  }
}
