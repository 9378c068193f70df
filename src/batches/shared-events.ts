// The events of a batch as bytes, made once for all subscribers that are told the same: most of them are, at any time.
import type { ProgressSource } from './progress-stream';

const ENCODER = new TextEncoder();

interface ResultEvents {
  bytes: Uint8Array;
  /** The number of the last. */
  sequence: number;
}

/** It holds one event of each kind, the one that was last asked for, as long as there is anyone to be told. */
export class SharedEvents {
  readonly #source: ProgressSource;
  #status: { text: string; bytes: Uint8Array } | null = null;
  #done: { id: number; bytes: Uint8Array } | null = null;
  #results: { after: number; newest: number; found: ResultEvents } | null = null;
  /** Above this number there were no results, as long as this was the newest. */
  #noResults: { above: number; newest: number } | null = null;

  constructor(source: ProgressSource) {
    this.#source = source;
  }

  newest(): ReturnType<ProgressSource['newest']> {
    return this.#source.newest();
  }

  /** Told apart by their text: one number can stand for several, the greeting's. */
  status(id: number): Uint8Array {
    const text = this.#source.statusEvent(id);
    if (this.#status?.text !== text) this.#status = { text, bytes: ENCODER.encode(text) };
    return this.#status.bytes;
  }

  /** Told apart by its number: what has ended does not change, and its document is much work. */
  done(id: number): Uint8Array {
    if (this.#done?.id !== id) this.#done = { id, bytes: ENCODER.encode(this.#source.doneEvent(id)) };
    return this.#done.bytes;
  }

  /** Some results above `after`; null for none. Both are the same until there is a newer event. */
  results(after: number): ResultEvents | null {
    const newest = this.#source.newest().sequence;
    if (this.#noResults?.newest === newest && this.#noResults.above <= after) return null;
    if (this.#results?.newest === newest && this.#results.after === after) return this.#results.found;
    const events = this.#source.resultEvents(after);
    if (events === null) {
      this.#noResults = { above: after, newest };
      return null;
    }
    const found = { bytes: ENCODER.encode(events.text), sequence: events.sequence };
    this.#results = { after, newest, found };
    return found;
  }

  /** Lets go of what it holds. */
  forget(): void {
    this.#status = null;
    this.#done = null;
    this.#results = null;
    this.#noResults = null;
  }
}
