// Takes a file's bytes as `ObjectWriter` does and stores nothing: what is wanted is only what they are.
import { concatBytes } from '../platform/bytes';
import { encodeHex } from '../platform/hex';
import { HEAD_BYTES, TAIL_BYTES } from './media-type';

export class ByteDigest {
  readonly #digest = new crypto.DigestStream('SHA-256');
  readonly #writer = this.#digest.getWriter();
  readonly #head = new Uint8Array(HEAD_BYTES);
  #tail: Uint8Array = new Uint8Array();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  head(length: number): Uint8Array {
    return this.#head.subarray(0, Math.min(length, this.#size));
  }

  tail(length: number): Uint8Array {
    return this.#tail.slice(-length);
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#size < HEAD_BYTES) this.#head.set(chunk.subarray(0, HEAD_BYTES - this.#size), this.#size);
    this.#tail = concatBytes([this.#tail, chunk]).slice(-TAIL_BYTES);
    this.#size += chunk.length;
    await this.#writer.write(chunk);
  }

  /** The SHA-256 of the bytes, in hex. */
  async finish(): Promise<string> {
    await this.#writer.close();
    return encodeHex(new Uint8Array(await this.#digest.digest));
  }

  async abort(): Promise<void> {
    await this.#writer.abort().catch(() => undefined);
    await this.#digest.digest.catch(() => undefined);
  }
}
