// One claimed range in the hands of a consumer: what is done of it, and what is to be reported.
import { BATCH_LINE_LIMIT_BYTES } from '../contract/limits';
import { splitLines } from '../platform/json-lines';
import type { Grant, RangeCommit } from './grant';
import { isBlank } from './input-scan';
import type { FinishedItem } from './run-item';
import { allDone } from './state';

/** How long a range waits whose lines could not be read. */
const READ_RETRY_MS = 2_000;

/** An item of a range that is still to be run. */
export interface RangeItem {
  run: RangeRun;
  position: number;
  /** The input's JSON text; null where it is gone from R2. */
  line: string | null;
}

type FinishedOutcome = Extract<FinishedItem, { kind: 'outcome' }>;

export class RangeRun {
  readonly grant: Grant;
  /** Aborted once the batch says that the range is no longer ours. */
  readonly lost = new AbortController();
  #done: number;
  /** What is left of the money of a range that runs alone. */
  #left: number | null;
  #finished: FinishedOutcome[] = [];
  /** When the first of those was. */
  #finishedAt = 0;
  #pendingBytes = 0;
  #retries: Record<number, number> = {};
  #retryAfterMs = 0;
  #overloaded = false;
  #unaffordable = false;

  constructor(grant: Grant) {
    this.grant = grant;
    this.#done = grant.done;
    this.#left = grant.aloneWithNano;
  }

  /**
   * The items without an outcome, their lines read from the input object when the first is asked for. None where that fails:
   * the range goes back, and the others of its delivery go on.
   */
  async *items(bucket: R2Bucket, inputKey: string): AsyncGenerator<RangeItem> {
    let lines: string[] | null;
    try {
      lines = await readLines(bucket, inputKey, this.grant);
    } catch (error) {
      console.error(JSON.stringify({ event: 'batch.input_unread', key: inputKey, cause: String(error) }));
      this.#retryAfterMs = Math.max(this.#retryAfterMs, READ_RETRY_MS);
      return;
    }
    for (let position = 0; position < this.grant.count; position++) {
      if (!(this.grant.done & (1 << position))) {
        yield { run: this, position, line: lines?.[position] ?? null };
      }
    }
  }

  /** What the next item may cost, in nano-dollars, where the range runs alone; null where it does not. */
  get left(): number | null {
    return this.#left;
  }

  /** Whether more items may be started. */
  get isOpen(): boolean {
    return !this.lost.signal.aborted && !this.#unaffordable;
  }

  /** The next report says that this try begins: should the consumer die of it, it counts all the same. */
  begin(position: number, attempt: number): void {
    this.#retries[position] = attempt;
  }

  add(item: FinishedItem, now: number): void {
    switch (item.kind) {
      case 'retry':
        this.#retries[item.position] = item.attempt;
        this.#retryAfterMs = Math.max(this.#retryAfterMs, item.delayMs);
        this.#overloaded ||= item.overloaded;
        return;
      case 'unaffordable':
        this.#unaffordable = true;
        return;
      case 'outcome': {
        if (this.#finished.length === 0) this.#finishedAt = now;
        this.#finished.push(item);
        this.#done |= 1 << item.outcome.position;
        this.#pendingBytes += item.outcome.bytes;
        const cost = item.outcome.charge?.costNano;
        if (this.#left !== null && cost) this.#left -= cost.prompt + cost.completion;
      }
    }
  }

  /** Whether it is time to report: the range is done, or some of it has been for so long. */
  isDue(now: number, waitMs: number): boolean {
    if (this.#finished.length === 0) return false;
    return this.isComplete || now - this.#finishedAt >= waitMs;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get isComplete(): boolean {
    return this.#done === allDone(this.grant.count);
  }

  /** What is to be reported now; with `last`, what is not done goes back. */
  take(last: boolean): RangeCommit {
    const outcomes = this.#finished;
    this.#finished = [];
    this.#pendingBytes = 0;
    return this.#report(outcomes, last);
  }

  /** A report that leaves the outcomes for later. */
  signOfLife(): RangeCommit {
    return this.#report([], false);
  }

  #report(outcomes: readonly FinishedOutcome[], last: boolean): RangeCommit {
    return {
      range: this.grant.range,
      epoch: this.grant.epoch,
      report: {
        items: outcomes.map((item) => item.outcome),
        retries: this.#retries,
        release: last && !this.isComplete ? { delayMs: this.#retryAfterMs } : null,
        overloaded: last && this.#overloaded,
        unaffordable: last && this.#unaffordable,
      },
      results: outcomes.map((item) => item.text),
    };
  }
}

/** The input lines of a range, read by their byte offsets; null where the object is gone. */
async function readLines(bucket: R2Bucket, inputKey: string, grant: Grant): Promise<string[] | null> {
  const { start, end } = grant;
  const object = await bucket.get(inputKey, { range: { offset: start, length: end - start } });
  if (object === null) return null;
  // Split and decoded as when it was planned: files put together have byte order marks in the middle.
  const decoder = new TextDecoder();
  const lines: string[] = [];
  for await (const { bytes } of splitLines(object.body, BATCH_LINE_LIMIT_BYTES)) {
    if (!isBlank(bytes)) lines.push(decoder.decode(bytes));
  }
  if (lines.length !== grant.count) {
    throw new Error(`range ${grant.range} of ${inputKey} has ${lines.length} lines`);
  }
  return lines;
}
