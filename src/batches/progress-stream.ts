// A batch's events to any number of subscribers. A subscriber is a cursor over stored events: nothing is buffered
// for it, a slow one just reads later, and after a restart it goes on exactly where it was.
import { encodeRetry, KEEP_ALIVE } from '../platform/server-sent-events';

/** At most ten status events a second. */
const PUSH_INTERVAL_MS = 100;
const KEEP_ALIVE_MS = 15_000;
const RECONNECT_MS = 2_000;

/** What subscribers read: the stored batch, as encoded events. */
export interface ProgressSource {
  /** The newest event number. Once ended, `done` has it and the last status the one below. */
  newest(): { sequence: number; ended: boolean };
  /** Some result events above `sequence` in the order of their commits, and the number of the last; null for none. */
  resultEvents(sequence: number): { text: string; sequence: number } | null;
  statusEvent(id: number): string;
  doneEvent(id: number): string;
}

export class ProgressHub {
  readonly #source: ProgressSource;
  #waiting = new Set<() => void>();
  #wokenAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(source: ProgressSource) {
    this.#source = source;
  }

  /** Something was committed: every subscriber looks again, at most ten times a second. */
  changed(): void {
    if (this.#timer !== null || this.#waiting.size === 0) return;
    const delay = Math.max(0, this.#wokenAt + PUSH_INTERVAL_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#wokenAt = Date.now();
      const waiting = this.#waiting;
      this.#waiting = new Set();
      for (const wake of waiting) wake();
    }, delay);
  }

  /**
   * Events newer than `after` as bytes, until the batch has ended; null is a first connection, which is told the
   * present status at once and, with results, every result from the first one on.
   */
  subscribe(after: number | null, includeResults: boolean): ReadableStream<Uint8Array> {
    const subscriber = new Subscriber(this.#source, after, includeResults);
    const encoder = new TextEncoder();
    let wake: (() => void) | null = null;
    let sentAt = Date.now();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          for (;;) {
            const event = subscriber.next(Date.now());
            // Counted from the last byte: it is woken more often than there is something to send.
            const quietMs = sentAt + KEEP_ALIVE_MS - Date.now();
            if (event.text !== '' || quietMs <= 0) {
              controller.enqueue(event.text === '' ? KEEP_ALIVE : encoder.encode(event.text));
              sentAt = Date.now();
              if (event.ended) controller.close();
              return;
            }
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, Math.min(event.waitMs ?? quietMs, quietMs));
              wake = () => {
                clearTimeout(timer);
                resolve();
              };
              this.#waiting.add(wake);
            });
            if (wake !== null) this.#waiting.delete(wake);
          }
        },
        cancel: () => {
          if (wake !== null) this.#waiting.delete(wake);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

/** One connection's place in the events. */
class Subscriber {
  readonly #source: ProgressSource;
  readonly #includeResults: boolean;
  /** The number of the newest event it has seen. */
  #cursor: number;
  #statusAt = 0;
  /** What is sent before anything else. */
  #greeting = encodeRetry(RECONNECT_MS);

  constructor(source: ProgressSource, after: number | null, includeResults: boolean) {
    this.#source = source;
    this.#includeResults = includeResults;
    this.#cursor = after ?? 0;
    // Results are replayed from the first: the status that greets them must not carry a higher number than theirs.
    if (after === null && includeResults && !source.newest().ended) this.#greeting += source.statusEvent(0);
  }

  /** What to send now: events, or nothing (`''`) and, where a status is only held back, for how long. */
  next(now: number): { text: string; ended: boolean; waitMs: number | null } {
    const greeting = this.#greeting;
    this.#greeting = '';
    const results = this.#includeResults ? this.#source.resultEvents(this.#cursor) : null;
    if (results !== null) {
      this.#cursor = results.sequence;
      return { text: greeting + results.text, ended: false, waitMs: null };
    }
    const { sequence, ended } = this.#source.newest();
    const status = ended ? sequence - 1 : sequence;
    if (ended) {
      const last = status > this.#cursor ? this.#source.statusEvent(status) : '';
      return { text: greeting + last + this.#source.doneEvent(sequence), ended: true, waitMs: null };
    }
    if (status <= this.#cursor) return { text: greeting, ended: false, waitMs: null };
    const waitMs = this.#statusAt + PUSH_INTERVAL_MS - now;
    if (waitMs > 0) return { text: greeting, ended: false, waitMs };
    this.#statusAt = now;
    this.#cursor = status;
    return { text: greeting + this.#source.statusEvent(status), ended: false, waitMs: null };
  }
}
