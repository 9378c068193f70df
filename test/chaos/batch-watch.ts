// One client that follows a batch by its stream: it comes back after every cut, goes away by itself now and then, and says
// each time which event it has seen last, as `EventSource` does.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse } from '../../src/contract/batches.ts';
import { type BatchEvent, watchBatch } from '../e2e/batch-client.ts';

/** Beside those who are there from the first event, some come in the middle. */
const LATE_SHARE = 0.3;
const LATE_MOST_MS = 4_000;

/** Some connections are given up: a laptop that is closed, a proxy that has had enough. */
const LEAVING_SHARE = 0.4;
const LEAVING_MOST_MS = 3_000;
/** No connection is kept for longer, in case that it is one on which nothing comes any more. */
const CONNECTION_LIMIT_MS = 40_000;

const RETURN_INTERVAL_MS = 250;

export interface Watched {
  origin: string;
  key: string;
  /** What the batch was made with; OpenAI's object has no `stream_url`. */
  made: Pick<BatchResponse, 'id'> & Partial<Pick<BatchResponse, 'stream_url'>>;
  random: () => number;
}

export class BatchWatch {
  readonly includesResults: boolean;
  /** All that it was told, over every connection. */
  readonly events: BatchEvent[] = [];
  /** The statuses with which it was not let in. */
  readonly refusals: unknown[] = [];
  connections = 0;
  readonly #url: string;
  readonly #key: string | null;
  readonly #random: () => number;
  #isClosed = false;

  private constructor({ origin, key, made, random }: Watched) {
    this.includesResults = random() < 0.75;
    const byToken = made.stream_url !== undefined && random() < 0.6 ? made.stream_url : null;
    this.#url = byToken ?? `${origin}/api/v1/batches/${made.id}/stream`;
    this.#key = byToken === null ? key : null;
    this.#random = random;
  }

  static start(watched: Watched): BatchWatch {
    const watch = new BatchWatch(watched);
    void watch.#follow();
    return watch;
  }

  /** Whether it was told the end. */
  get isOver(): boolean {
    return this.events.at(-1)?.event === 'done';
  }

  /** It gives up, told or not. */
  close(): void {
    this.#isClosed = true;
  }

  async #follow(): Promise<void> {
    if (this.#random() < LATE_SHARE) await sleep(this.#random() * LATE_MOST_MS);
    while (!this.#isClosed && !this.isOver) {
      await this.#connect();
      await sleep(RETURN_INTERVAL_MS);
    }
  }

  /** Until it is told the end, goes away or is refused; meanwhile it connects again whenever it is cut off. */
  async #connect(): Promise<void> {
    const last = this.events.at(-1)?.id;
    const limitMs = this.#random() < LEAVING_SHARE ? this.#random() * LEAVING_MOST_MS : CONNECTION_LIMIT_MS;
    const watch = watchBatch(this.#url, {
      includeResults: this.includesResults,
      ...(last !== undefined && { lastEventId: last }),
      ...(this.#key !== null && { key: this.#key }),
      onEvent: (event) => this.events.push(event),
    });
    const over = new AbortController();
    await Promise.race([
      watch.done.catch(({ cause }: Error) => this.refusals.push(cause)),
      sleep(limitMs, undefined, { signal: over.signal }).catch(() => undefined),
    ]);
    over.abort();
    watch.close();
    this.connections += watch.connections();
  }
}
