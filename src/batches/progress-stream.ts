// A batch's events to any number of subscribers. A subscriber is a cursor over stored events: nothing is buffered
// for it, a slow one just reads later, and after a restart it goes on exactly where it was.
import { encodeRetry, KEEP_ALIVE } from '../platform/server-sent-events';
import { SharedEvents } from './shared-events';

/** At most ten status events a second to each subscriber. */
const PUSH_INTERVAL_MS = 100;

/** And so many to all of them: what telling takes, the object lacks for the commits that it tells of. */
const EVENTS_PER_SECOND = 10_000;

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
  /** When it looks again, though nothing has changed: it has been told nothing for so long. */
  quietAt: number;
  wake(): void;
}

export class ProgressHub {
  readonly #events: SharedEvents;
  readonly #waiting = new Set<Waiter>();
  #subscribers = 0;
  /** Goes up when all that wait are woken for a change: each is told one status in a round. */
  #round = 0;
  /** When the next round begins; null while there is nothing to tell. */
  #roundAt: number | null = null;
  /** When anything was last told to anybody. */
  #toldAt = 0;
  /** One for all: a timer for each of thousands is much of the work of telling them. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(source: ProgressSource) {
    this.#events = new SharedEvents(source);
  }

  /** Something was committed: every subscriber looks again, at most ten times a second, less often where they are many. */
  changed(): void {
    if (this.#roundAt !== null || this.#subscribers === 0) return;
    const intervalMs = Math.max(PUSH_INTERVAL_MS, (this.#subscribers * 1000) / EVENTS_PER_SECOND);
    this.#roundAt = Math.max(Date.now(), this.#toldAt + intervalMs);
    this.#ringAt(this.#roundAt);
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
            const { pieces, ended } = subscriber.next(this.#round);
            // Counted from the last byte: it is woken more often than there is something to send.
            const quietAt = sentAt + KEEP_ALIVE_MS;
            if (pieces.length > 0 || quietAt <= now) {
              for (const piece of pieces.length > 0 ? pieces : [KEEP_ALIVE]) controller.enqueue(piece);
              sentAt = now;
              this.#toldAt = now;
              if (!ended) return;
              controller.close();
              this.#left();
              return;
            }
            const { promise, resolve } = Promise.withResolvers<void>();
            waiter = { quietAt, wake: resolve };
            this.#waiting.add(waiter);
            this.#ringAt(quietAt);
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
    const isForAll = this.#roundAt !== null && this.#roundAt <= now;
    if (isForAll) {
      this.#roundAt = null;
      this.#round += 1;
    }
    let nextAt = this.#roundAt ?? Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      if (isForAll || waiter.quietAt <= now) {
        this.#waiting.delete(waiter);
        waiter.wake();
      } else {
        nextAt = Math.min(nextAt, waiter.quietAt);
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
  /** The round in which it was last told a status. */
  #statusRound = -1;
  /** What is sent before anything else. */
  #greeting: Uint8Array[] = [RETRY];

  constructor(events: SharedEvents, after: number | null, includeResults: boolean) {
    this.#events = events;
    this.#includeResults = includeResults;
    this.#cursor = after ?? 0;
    // Results are replayed from the first: the status that greets them must not carry a higher number than theirs.
    if (after === null && includeResults && !events.newest().ended) this.#greeting.push(events.status(0));
  }

  /** What to send now: events, or nothing where there is no news or it comes in a later round. */
  next(round: number): { pieces: Uint8Array[]; ended: boolean } {
    const pieces = this.#greeting;
    this.#greeting = [];
    const results = this.#includeResults ? this.#events.results(this.#cursor) : null;
    if (results !== null) {
      this.#cursor = results.sequence;
      return { pieces: [...pieces, results.bytes], ended: false };
    }
    const { sequence, ended } = this.#events.newest();
    const status = ended ? sequence - 1 : sequence;
    if (status > this.#cursor && (ended || round > this.#statusRound)) {
      this.#statusRound = round;
      this.#cursor = status;
      pieces.push(this.#events.status(status));
    }
    if (ended) pieces.push(this.#events.done(sequence));
    return { pieces, ended };
  }
}
