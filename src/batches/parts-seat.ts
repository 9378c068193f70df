// Memory for the content parts of items. All that runs in an isolate shares its 128 MB, and a part is there until its item is
// done: without this, a batch of large documents would bring down every isolate that takes it up.
import { PARTS_LIMIT_BYTES } from '../contract/limits';

/** All items of an isolate together may hold so many bytes of parts; one that has more runs alone. */
const ROOM_BYTES = 24 * 1024 ** 2;

/** How often an item that waits looks for room. */
const LOOK_EVERY_MS = 100;

/** An invocation is stopped after 15 minutes, without a word to those that wait. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;

const seats = new Set<PartsSeat>();

/** One item's place in its isolate. */
export class PartsSeat {
  readonly #signal: AbortSignal;
  #takenAt = 0;
  #reservedBytes = 0;
  #bytes = 0;

  /** @param signal ends the item's wait */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get bytes(): number {
    return Math.max(this.#reservedBytes, this.#bytes);
  }

  /**
   * Takes room for a part of so many bytes. Before the first of its `parts` an item waits until there is room for all of them,
   * if they are as large; later it never does, since items that hold some and wait for more could wait for each other.
   */
  async take(bytes: number, parts: number): Promise<void> {
    if (!seats.has(this)) {
      const reservedBytes = Math.min(PARTS_LIMIT_BYTES, bytes * parts);
      while (!hasRoom(reservedBytes, Date.now()))
        await scheduler.wait(LOOK_EVERY_MS, { signal: this.#signal });
      this.#reservedBytes = reservedBytes;
      this.#takenAt = Date.now();
      seats.add(this);
    }
    this.#bytes += bytes;
  }

  leave(): void {
    seats.delete(this);
  }

  isForgotten(now: number): boolean {
    return now - this.#takenAt > FORGOTTEN_AFTER_MS;
  }
}

function hasRoom(bytes: number, now: number): boolean {
  let held = 0;
  for (const seat of seats) {
    if (seat.isForgotten(now)) seat.leave();
    else held += seat.bytes;
  }
  return held === 0 || held + bytes <= ROOM_BYTES;
}
