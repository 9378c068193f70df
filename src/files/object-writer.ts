// Writes a stream of unknown length to R2 with flat memory: one put while it is small, else parts of equal size.
import { concatBytes } from '../platform/bytes';
import { encodeHex } from '../platform/hex';

/** The least R2 takes for any part but the last: all writers of an isolate share its 128 MB. */
const PART_BYTES = 5 * 1024 ** 2;

/** The buffer grows to a part's size only as a file needs it, most are small; and in few steps, each leaves one to collect. */
const BUFFER_START_BYTES = 64 * 1024;
const BUFFER_GROWTH = 16;

/** So many writers at once may fill a second buffer while the first is on its way; the others wait for it. */
const SECOND_BUFFERS_LIMIT = 4;

/** The writers of this isolate that have one. Weak, since the runtime ends a request that is cut off without a word. */
const doubleBuffered = new Set<WeakRef<ObjectWriter>>();

/**
 * One object being written. Nothing is visible under the key before `finish`; after any failure call `abort`.
 */
export class ObjectWriter {
  readonly #bucket: R2Bucket;
  readonly #key: string;
  readonly #digest = new crypto.DigestStream('SHA-256');
  readonly #digestWriter = this.#digest.getWriter();
  #buffer = new Uint8Array(BUFFER_START_BYTES);
  #buffered = 0;
  /** The other of two buffers, while or after its part is on its way. */
  #spare: Uint8Array<ArrayBuffer> | null = null;
  readonly #weakly = new WeakRef(this);
  #flushedBytes = 0;
  #upload: R2MultipartUpload | null = null;
  #parts: R2UploadedPart[] = [];
  #partOnItsWay: Promise<void> = Promise.resolve();

  constructor(bucket: R2Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#flushedBytes + this.#buffered;
  }

  /** The first bytes. Only what the first part holds: ask for it while `size` is small. */
  head(length: number): Uint8Array {
    return this.#buffer.subarray(0, Math.min(length, this.#buffered));
  }

  /** The last bytes: no more than a part's size, and all of them where there are fewer. */
  tail(length: number): Uint8Array {
    const buffered = this.#buffer.subarray(0, this.#buffered);
    if (this.#flushedBytes === 0 || this.#buffered >= length) return buffered.slice(-length);
    // The part before the current one was full; where there is one buffer, its end is not overwritten yet.
    return concatBytes([(this.#spare ?? this.#buffer).subarray(this.#buffered - length), buffered]);
  }

  /** Takes a copy of the chunk. Waits while there is no room for it. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      // Only when more arrives, so that the last part is never empty.
      if (this.#buffered === PART_BYTES) await this.#flush();
      const piece = chunk.subarray(from, from + PART_BYTES - this.#buffered);
      this.#grow(this.#buffered + piece.length);
      this.#buffer.set(piece, this.#buffered);
      this.#buffered += piece.length;
      from += piece.length;
    }
  }

  /** Makes the object visible and answers the SHA-256 of its bytes, in hex. */
  async finish(): Promise<string> {
    const last = this.#buffer.subarray(0, this.#buffered);
    await this.#digestWriter.write(last);
    await this.#digestWriter.close();
    if (this.#upload === null) {
      await this.#bucket.put(this.#key, last);
    } else {
      await this.#partOnItsWay;
      await this.#sendPart(this.#upload, last);
      await this.#upload.complete(this.#parts);
    }
    doubleBuffered.delete(this.#weakly);
    return encodeHex(new Uint8Array(await this.#digest.digest));
  }

  /** Leaves nothing behind. Before `finish` has succeeded. */
  async abort(): Promise<void> {
    doubleBuffered.delete(this.#weakly);
    await this.#partOnItsWay.catch(() => undefined);
    // Where even this fails, R2 drops the parts by itself after a week; they are no object till then.
    await this.#upload?.abort().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const full = this.#buffer;
    await this.#digestWriter.write(full);
    this.#upload ??= await this.#bucket.createMultipartUpload(this.#key);
    await this.#partOnItsWay;
    this.#partOnItsWay = this.#sendPart(this.#upload, full);
    // Whoever awaits it next learns of a failure; until then it is not an unhandled one.
    this.#partOnItsWay.catch(() => undefined);
    if (this.#spare !== null || this.#takesSecondBuffer()) {
      this.#buffer = this.#spare ?? new Uint8Array(PART_BYTES);
      this.#spare = full;
    } else {
      await this.#partOnItsWay;
    }
    this.#flushedBytes += full.length;
    this.#buffered = 0;
  }

  async #sendPart(upload: R2MultipartUpload, bytes: Uint8Array): Promise<void> {
    this.#parts.push(await upload.uploadPart(this.#parts.length + 1, bytes));
  }

  #takesSecondBuffer(): boolean {
    for (const writer of doubleBuffered) if (writer.deref() === undefined) doubleBuffered.delete(writer);
    if (doubleBuffered.size >= SECOND_BUFFERS_LIMIT) return false;
    doubleBuffered.add(this.#weakly);
    return true;
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(PART_BYTES, Math.max(needed, this.#buffer.length * BUFFER_GROWTH)));
    grown.set(this.#buffer.subarray(0, this.#buffered));
    this.#buffer = grown;
  }
}
