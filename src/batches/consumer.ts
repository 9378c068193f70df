// The queue's consumer: claims the ranges its messages name, runs their items, and commits what is done.
import pMap from 'p-map';
import { ApiError } from '../contract/errors';
import type { BatchObject, Grant, RangeCommit } from './batch-object';
import type { RangeMessage } from './batch-spec';
import { type FinishedItem, readLines, runItem } from './run-item';
import { allDone, LEASE_MS } from './state';

/** One invocation may have six connections waiting for their headers. */
const ITEM_CONCURRENCY = 6;

/** Results are handed over at least this often, and once they weigh this much. */
const COMMIT_INTERVAL_MS = 2_000;
const COMMIT_BYTES = 1024 ** 2;

/** A lease is kept alive by three signs of life in its time. */
const BEAT_INTERVAL_MS = LEASE_MS / 3;

/** An invocation is stopped after 15 minutes: it starts nothing in the last three. */
const START_DEADLINE_MS = 12 * 60_000;

/** How long a message waits in the queue after its batch could not be reached. */
const REDELIVERY_SECONDS = 5;

/** Runs the ranges of one delivery; each message is acknowledged once its range is committed or given back. */
export async function consumeBatchQueue(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const messages = (batch.messages as Message<RangeMessage>[]).toSorted(
    (a, b) => a.body.range - b.body.range,
  );
  const startUntil = Date.now() + START_DEADLINE_MS;
  const groups = Map.groupBy(messages, (message) => message.body.batch);
  await Promise.all(
    Array.from(groups, async ([batchId, group]) => {
      try {
        await runRanges(
          env,
          batchId,
          group.map((message) => message.body),
          startUntil,
        );
        for (const message of group) message.ack();
      } catch (error) {
        console.error(
          JSON.stringify({ event: 'batch.delivery_failed', batch: batchId, cause: String(error) }),
        );
        for (const message of group) message.retry({ delaySeconds: REDELIVERY_SECONDS });
      }
    }),
  );
}

/** Messages the queue gave up on: their ranges are handed out again, as the batch's alarm would do later. */
export async function consumeDeadLetters(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  for (const message of batch.messages as Message<RangeMessage>[]) {
    const { batch: batchId, range, epoch } = message.body;
    await env.BATCHES.getByName(batchId).giveUp(range, epoch);
    message.ack();
  }
}

async function runRanges(
  env: Env,
  batchId: string,
  messages: RangeMessage[],
  startUntil: number,
): Promise<void> {
  const stub = env.BATCHES.getByName(batchId);
  const claimed = await stub.claim(messages);
  if (claimed === null || claimed.grants.length === 0) return;
  const { spec, grants } = claimed;
  const runs = grants.map((grant) => new RangeRun(grant));
  const committer = new Committer(stub, runs);
  try {
    const items = (
      await Promise.all(
        runs.map(async (run) => {
          const lines = await readLines(env.BUCKET, spec.inputKey, run.grant);
          return lines.flatMap((line, position) =>
            run.grant.done & (1 << position) ? [] : [{ run, line, position }],
          );
        }),
      )
    ).flat();
    await pMap(
      items,
      async ({ run, line, position }) => {
        if (run.lost.signal.aborted || Date.now() > startUntil) return;
        const attempt = (run.grant.attempts[position] ?? 0) + 1;
        const finished = await runItem(
          env,
          spec,
          itemRequestId(batchId, run.grant.first + position),
          { line, position, attempt },
          run.lost.signal,
        );
        run.add(finished);
        await committer.flushIfLarge();
      },
      { concurrency: ITEM_CONCURRENCY },
    );
    await committer.flush(true);
  } finally {
    committer.stop();
  }
}

/** The request id of an item: the same at every try, and it names the place. */
function itemRequestId(batchId: string, index: number): string {
  return `req_${batchId.slice('batch_'.length)}_${index}`;
}

/** One claimed range in the hands of this invocation. */
class RangeRun {
  readonly grant: Grant;
  /** Aborted once the batch says that the range is no longer ours. */
  readonly lost = new AbortController();
  #done: number;
  #finished: FinishedItem[] = [];
  #retries: Record<number, number> = {};
  #retryAfterMs = 0;
  #overloaded = false;

  constructor(grant: Grant) {
    this.grant = grant;
    this.#done = grant.done;
  }

  add(item: FinishedItem): void {
    if (item.kind === 'retry') {
      this.#retries[item.position] = item.attempt;
      this.#retryAfterMs = Math.max(this.#retryAfterMs, item.delayMs);
      this.#overloaded ||= item.overloaded;
    } else {
      this.#finished.push(item);
      this.#done |= 1 << item.outcome.position;
    }
  }

  get pendingBytes(): number {
    return this.#finished.reduce(
      (bytes, item) => bytes + (item.kind === 'outcome' ? item.outcome.bytes : 0),
      0,
    );
  }

  get isComplete(): boolean {
    return this.#done === allDone(this.grant.count);
  }

  /** What is to be reported now; with `last`, what is not done goes back. */
  take(last: boolean): RangeCommit {
    const outcomes = this.#finished.filter((item) => item.kind === 'outcome');
    this.#finished = [];
    return {
      range: this.grant.range,
      epoch: this.grant.epoch,
      report: {
        items: outcomes.map((item) => item.outcome),
        retries: this.#retries,
        release: last && !this.isComplete ? { delayMs: this.#retryAfterMs } : null,
        overloaded: last && this.#overloaded,
      },
      results: outcomes.map((item) => item.text),
    };
  }
}

/** Hands over what is finished: every two seconds, when it is much, and at the end; in between it only beats. */
class Committer {
  readonly #stub: DurableObjectStub<BatchObject>;
  #runs: RangeRun[];
  #flushing: Promise<void> = Promise.resolve();
  #flushedAt = Date.now();
  readonly #timer = setInterval(() => {
    const beatDue = Date.now() - this.#flushedAt >= BEAT_INTERVAL_MS;
    // A failed commit surfaces at the last flush, which waits for the same chain.
    if (beatDue || this.#pendingBytes > 0) this.flush(false).catch(() => undefined);
  }, COMMIT_INTERVAL_MS);

  constructor(stub: DurableObjectStub<BatchObject>, runs: RangeRun[]) {
    this.#stub = stub;
    this.#runs = runs;
  }

  get #pendingBytes(): number {
    return this.#runs.reduce((bytes, run) => bytes + run.pendingBytes, 0);
  }

  async flushIfLarge(): Promise<void> {
    if (this.#pendingBytes >= COMMIT_BYTES) await this.flush(false);
  }

  /** One commit after the other: a range's reports must arrive in order. */
  flush(last: boolean): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#commit(last));
    return this.#flushing;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #commit(last: boolean): Promise<void> {
    this.#flushedAt = Date.now();
    const runs = this.#runs;
    if (runs.length === 0) return;
    const commits = runs.map((run) => run.take(last));
    const held = await this.#stub.commit(commits);
    this.#runs = runs.filter((run, index) => {
      if (held[index]) return true;
      if (!run.isComplete && !last) run.lost.abort(new ApiError('batch_cancelled'));
      return false;
    });
  }
}
