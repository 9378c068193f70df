// Cuts a sequence of input lines into ranges.
import type { RangeCut } from './batch-spec';

/** Items in a range: one bit each in an integer, and few enough that one consumer is done within minutes. */
const RANGE_ITEMS_LIMIT = 25;

/** Bytes in a range: what one consumer holds in memory at once, several ranges at a time. */
const RANGE_BYTES_LIMIT = 1024 ** 2;

/** Feed it every line in order; it hands out each range once it is full. */
export class RangeCutter {
  #open: RangeCut | null = null;
  #next = { index: 0, byte: 0 };

  /** Adds a line of `bytes` (its line break included) and answers the range that this filled, if any. */
  add(customId: string, bytes: number): RangeCut | null {
    const full = this.#open !== null && this.#isFullFor(this.#open, bytes) ? this.flush() : null;
    this.#open ??= { first: this.#next.index, start: this.#next.byte, end: this.#next.byte, customIds: [] };
    this.#open.customIds.push(customId);
    this.#open.end += bytes;
    this.#next = { index: this.#next.index + 1, byte: this.#open.end };
    return full;
  }

  /** The last, unfinished range, if there is one. */
  flush(): RangeCut | null {
    const cut = this.#open;
    this.#open = null;
    return cut;
  }

  #isFullFor(cut: RangeCut, bytes: number): boolean {
    return cut.customIds.length >= RANGE_ITEMS_LIMIT || cut.end - cut.start + bytes > RANGE_BYTES_LIMIT;
  }
}
