// Cuts a sequence of input lines into ranges.
import type { RangeCut } from './batch-spec';

/** Items in a range: one bit each in an integer, and few enough that one consumer is done within minutes. */
const RANGE_ITEMS_LIMIT = 25;

/** Bytes in a range: what one consumer holds in memory at once. A longer line is a range of its own. */
const RANGE_BYTES_LIMIT = 1024 ** 2;

/** A line as it is cut: where it lies, line break included, and the most it can cost. */
export interface CutLine {
  customId: string;
  start: number;
  length: number;
  boundNano: number;
}

/** Feed it every line in order; it hands out each range once it is full. */
export class RangeCutter {
  #open: RangeCut | null = null;
  #nextItem: number;

  constructor(firstItem = 0) {
    this.#nextItem = firstItem;
  }

  /** Adds a line and answers the range that was full before it, if any. */
  add({ customId, start, length, boundNano }: CutLine): RangeCut | null {
    const full = this.#open !== null && this.#isFullFor(this.#open, start + length) ? this.flush() : null;
    this.#open ??= { first: this.#nextItem, start, end: start, customIds: [], boundNano: 0 };
    this.#open.customIds.push(customId);
    this.#open.end = start + length;
    this.#open.boundNano += boundNano;
    this.#nextItem += 1;
    return full;
  }

  /** The last, unfinished range, if there is one. */
  flush(): RangeCut | null {
    const cut = this.#open;
    this.#open = null;
    return cut;
  }

  #isFullFor(cut: RangeCut, end: number): boolean {
    return cut.customIds.length >= RANGE_ITEMS_LIMIT || end - cut.start > RANGE_BYTES_LIMIT;
  }
}
