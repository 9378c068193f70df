// Follows one batch: over its stream, and by polling only where no stream can be had.
import { signal } from '@preact/signals';
import type { BatchResponse, BatchResult } from '../../contract/batches';
import { BATCH_POLL_SECONDS } from '../../contract/limits';
import { type ApiFailure, requestJson } from '../api/request';
import { asFailure } from '../api/use-resource';
import { BatchTally, type ErrorGroup, type Progress } from './batch-tally';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'polling' | 'ended';

export interface WatchView {
  /** As the server told it last, but for the counts, which are the newest known. */
  batch: BatchResponse;
  connection: Connection;
  failure: ApiFailure | null;
  recent: readonly BatchResult[];
  errorGroups: ErrorGroup[];
  /** USD, from the results seen; null where they are not streamed or have no price. */
  cost: number | null;
  rate: number | null;
}

/** Of larger batches only the counts are streamed: a stream with results begins with all that there are. */
const STREAMED_RESULTS_LIMIT = 5_000;

/** The page is drawn again at most so often, however fast results come. */
const DRAW_INTERVAL_MS = 120;
/** Speed and time left move on also when nothing comes. */
const TICK_MS = 1_000;

export class BatchWatch {
  /** null until the batch was read once. */
  readonly view = signal<WatchView | null>(null);
  /** Why there is nothing to see. */
  readonly missing = signal<ApiFailure | null>(null);
  readonly #path: string;
  readonly #tally = new BatchTally();
  #batch: BatchResponse | null = null;
  #connection: Connection = 'connecting';
  #failure: ApiFailure | null = null;
  #source: EventSource | null = null;
  #pollTimer: ReturnType<typeof setTimeout> | undefined;
  #drawTimer: ReturnType<typeof setTimeout> | undefined;
  #tickTimer: ReturnType<typeof setInterval> | undefined;
  #stopped = false;

  constructor(id: string) {
    this.#path = `/api/v1/batches/${encodeURIComponent(id)}`;
  }

  /** Reads the batch, and follows it while it has not ended. Once more is fine where nothing could be read. */
  async start(): Promise<void> {
    await this.#read();
    if (this.#batch === null || this.#stopped || isEnded(this.#batch)) return;
    this.#tickTimer = setInterval(() => this.#draw(), TICK_MS);
    this.#stream(this.#batch, streamsResults(this.#batch));
  }

  /** To be called once: nothing is heard of the batch afterwards. */
  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  #close(): void {
    this.#source?.close();
    clearTimeout(this.#pollTimer);
    clearTimeout(this.#drawTimer);
    clearInterval(this.#tickTimer);
  }

  async #read(): Promise<void> {
    try {
      const batch = await requestJson<BatchResponse>('GET', this.#path);
      this.#failure = null;
      this.#setBatch(batch);
    } catch (error) {
      this.#failure = asFailure(error);
    }
    this.#draw();
  }

  #setBatch(batch: BatchResponse): void {
    this.#batch = batch;
    this.#tally.addProgress(batch, Date.now());
    if (!isEnded(batch)) return;
    this.#connection = 'ended';
    this.#close();
  }

  #stream(batch: BatchResponse, withResults: boolean): void {
    // On the origin this page came from, which the batch need not have been made on.
    const url = new URL(batch.stream_url);
    if (withResults) url.searchParams.set('include', 'results');
    const source = new EventSource(url.pathname + url.search);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#connection = 'live';
      this.#drawSoon();
    });
    source.addEventListener('status', (event) => {
      const progress = JSON.parse(event.data) as Progress;
      this.#batch = { ...(this.#batch ?? batch), ...progress };
      this.#tally.addProgress(progress, Date.now());
      this.#drawSoon();
      // How many a file has is known only once it was read.
      if (!withResults || streamsResults(progress)) return;
      source.close();
      this.#stream(batch, false);
    });
    source.addEventListener('result', (event) => {
      this.#tally.addResult(JSON.parse(event.data));
      this.#drawSoon();
    });
    source.addEventListener('done', (event) => {
      this.#setBatch(JSON.parse(event.data));
      this.#draw();
    });
    source.addEventListener('error', () => {
      // The browser connects again by itself and says where it was, unless the server refused.
      if (source.readyState === EventSource.CLOSED) {
        this.#poll();
        return;
      }
      this.#connection = 'reconnecting';
      this.#drawSoon();
    });
  }

  #poll(): void {
    this.#connection = 'polling';
    this.#drawSoon();
    const seconds = this.#batch?.retry_after ?? BATCH_POLL_SECONDS;
    this.#pollTimer = setTimeout(async () => {
      await this.#read();
      if (!this.#stopped && this.#batch !== null && !isEnded(this.#batch)) this.#poll();
    }, seconds * 1000);
  }

  #drawSoon(): void {
    this.#drawTimer ??= setTimeout(() => this.#draw(), DRAW_INTERVAL_MS);
  }

  #draw(): void {
    clearTimeout(this.#drawTimer);
    this.#drawTimer = undefined;
    if (this.#stopped) return;
    if (this.#batch === null) {
      this.missing.value = this.#failure;
      return;
    }
    this.view.value = {
      batch: this.#batch,
      connection: this.#connection,
      failure: this.#failure,
      recent: this.#tally.recent(),
      errorGroups: this.#tally.errorGroups(),
      cost: this.#tally.cost(),
      rate: this.#tally.rate(Date.now()),
    };
  }
}

/** Whether the results of a batch are streamed while it runs. */
export function streamsResults({ total }: Pick<BatchResponse, 'total'>): boolean {
  return total <= STREAMED_RESULTS_LIMIT;
}

export function isEnded({ status }: Pick<BatchResponse, 'status'>): boolean {
  return status !== 'pending' && status !== 'running';
}
