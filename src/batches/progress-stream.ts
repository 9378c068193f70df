// A batch's events to any number of subscribers. A subscriber is a cursor over stored events: nothing is buffered
// for it, a slow one just reads later, and after a restart it goes on exactly where it was.
import { encodeRetry, KEEP_ALIVE } from '../platform/server-sent-events';
import { SharedEvents } from './shared-events';

/** At most ten status events a second. */
const PUSH_INTERVAL_MS = 100;
const KEEP_ALIVE_MS = 15_000;
const RECONNECT_MS = 2_000;
const RETRY = new TextEncoder().encode(encodeRetry(RECONNECT_MS));

/** What subscribers read: the stored batch, as encoded events. */
export interface ProgressSource {
  /** The newest event number. Once ended, `done` has it and the last status the one below. */
  newest(): { sequence: number; ended: boolean };
  /** Some result events above `sequence` in the order of their commits, and the number of the last; null for none. */
  resultEvents(sequence: number): { text: string; sequence: number } | null;
  statusEvent(id: number): string;
  doneEvent(id: number): string;
}

/** A subscriber that has nothing to send. */
interface Waiter {
  /** When it looks again, though nothing has changed. */
  lookAt: number;
  wake(): void;
}

export class ProgressHub {
  readonly #events: SharedEvents;
  readonly #waiting = new Set<Waiter>();
  #subscribers = 0;
  /** When all that wait are woken for a change; null while there is none. */
  #wakeAllAt: number | null = null;
  #wokenAt = 0;
  /** One for all: a timer for each of thousands is much of the work of telling them. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(source: ProgressSource) {
    this.#events = new SharedEvents(source);
  }

  /** Something was committed: every subscriber looks again, at most ten times a second. */
  changed(): void {
    if (this.#wakeAllAt !== null || this.#waiting.size === 0) return;
    this.#wakeAllAt = Math.max(Date.now(), this.#wokenAt + PUSH_INTERVAL_MS);
    this.#ringAt(this.#wakeAllAt);
  }

  /**
   * Events newer than `after` as bytes, until the batch has ended; null is a first connection, which is told the
   * present status at once and, with results, every result from the first one on.
   */
  subscribe(after: number | null, includeResults: boolean): ReadableStream<Uint8Array> {
    const subscriber = new Subscriber(this.#events, after, includeResults);
    let waiter: Waiter | null = null;
    let sentAt = Date.now();
    this.#subscribers += 1;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          for (;;) {
            const now = Date.now();
            const { pieces, ended, waitMs } = subscriber.next(now);
            // Counted from the last byte: it is woken more often than there is something to send.
            const quietAt = sentAt + KEEP_ALIVE_MS;
            if (pieces.length > 0 || quietAt <= now) {
              for (const piece of pieces.length > 0 ? pieces : [KEEP_ALIVE]) controller.enqueue(piece);
              sentAt = now;
              if (!ended) return;
              controller.close();
              this.#left();
              return;
            }
            const { promise, resolve } = Promise.withResolvers<void>();
            waiter = { lookAt: Math.min(now + (waitMs ?? KEEP_ALIVE_MS), quietAt), wake: resolve };
            this.#waiting.add(waiter);
            this.#ringAt(waiter.lookAt);
            await promise;
          }
        },
        cancel: () => {
          if (waiter !== null) this.#waiting.delete(waiter);
          this.#left();
        },
      },
      { highWaterMark: 0 },
    );
  }

  #left(): void {
    this.#subscribers -= 1;
    if (this.#subscribers === 0) this.#events.forget();
  }

  /** Sets the timer for a time, if it is not set for earlier. */
  #ringAt(time: number): void {
    if (time >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => this.#ring(), Math.max(0, time - Date.now()));
  }

  #ring(): void {
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = Date.now();
    const isForAll = this.#wakeAllAt !== null && this.#wakeAllAt <= now;
    if (isForAll) {
      this.#wakeAllAt = null;
      this.#wokenAt = now;
    }
    let nextAt = this.#wakeAllAt ?? Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      if (isForAll || waiter.lookAt <= now) {
        this.#waiting.delete(waiter);
        waiter.wake();
      } else {
        nextAt = Math.min(nextAt, waiter.lookAt);
      }
    }
    if (nextAt < Number.POSITIVE_INFINITY) this.#ringAt(nextAt);
  }
}

/** One connection's place in the events. */
class Subscriber {
  readonly #events: SharedEvents;
  readonly #includeResults: boolean;
  /** The number of the newest event it has seen. */
  #cursor: number;
  #statusAt = 0;
  /** What is sent before anything else. */
  #greeting: Uint8Array[] = [RETRY];

  constructor(events: SharedEvents, after: number | null, includeResults: boolean) {
    this.#events = events;
    this.#includeResults = includeResults;
    this.#cursor = after ?? 0;
    // Results are replayed from the first: the status that greets them must not carry a higher number than theirs.
    if (after === null && includeResults && !events.newest().ended) this.#greeting.push(events.status(0));
  }

  /** What to send now: events, or nothing and, where a status is only held back, for how long. */
  next(now: number): { pieces: Uint8Array[]; ended: boolean; waitMs: number | null } {
    const pieces = this.#greeting;
    this.#greeting = [];
    const results = this.#includeResults ? this.#events.results(this.#cursor) : null;
    if (results !== null) {
      this.#cursor = results.sequence;
      return { pieces: [...pieces, results.bytes], ended: false, waitMs: null };
    }
    const { sequence, ended } = this.#events.newest();
    const status = ended ? sequence - 1 : sequence;
    if (ended) {
      if (status > this.#cursor) pieces.push(this.#events.status(status));
      return { pieces: [...pieces, this.#events.done(sequence)], ended: true, waitMs: null };
    }
    if (status <= this.#cursor) return { pieces, ended: false, waitMs: null };
    const waitMs = this.#statusAt + PUSH_INTERVAL_MS - now;
    if (waitMs > 0) return { pieces, ended: false, waitMs };
    this.#statusAt = now;
    this.#cursor = status;
    return { pieces: [...pieces, this.#events.status(status)], ended: false, waitMs: null };
  }
}
