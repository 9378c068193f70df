// The queue's consumer: claims what its messages name, runs ranges' items and plans input files, and commits.
import { exports } from 'cloudflare:workers';
import pLimit, { type LimitFunction } from 'p-limit';
import pMap from 'p-map';
import { ApiError } from '../contract/errors';
import type { BatchObject } from './batch-object';
import { type BatchMessage, itemRequestId } from './batch-spec';
import type { Claimed } from './grant';
import { LEASE_MS } from './lease';
import { planInput } from './plan';
import { type RangeItem, RangeRun } from './range-run';
import { runItem } from './run-item';

/** One invocation may have six connections waiting for their headers. */
const ITEM_CONCURRENCY = 6;

/**
 * How long an outcome may wait for others of its range, but for the first ones of a delivery: small batches show at once
 * that they move. Each report writes three rows, whatever is in it; in this time a model that takes a second an item is
 * done with a range, which is then reported once.
 */
const REPORT_AFTER_MS = 5_000;

/** How often is looked whether results are due to be handed over, which they also are once they weigh so much. */
const COMMIT_INTERVAL_MS = 1_000;
const COMMIT_BYTES = 1024 ** 2;

/** A lease is kept alive by three signs of life in its time. */
const BEAT_INTERVAL_MS = LEASE_MS / 3;

/** An invocation is stopped after 15 minutes: it starts nothing in the last three. */
const START_DEADLINE_MS = 12 * 60_000;

/** How long a message waits in the queue after its batch could not be reached. */
const REDELIVERY_SECONDS = 5;

/** Ranges whose custom_ids are read at once: at most 13 MB. */
const PLANNED_IDS_PAGE = 500;

/** How long a delivery holds up the next ones where they come one at a time. */
const DETACH_AFTER_MS = 500;

/** What one delivery shares among its batches: the connections, and the time. */
interface Invocation {
  env: Env;
  limit: LimitFunction;
  startUntil: number;
}

/** Each message is acknowledged once what it names is done, given back, or in other hands. */
export async function consumeBatchQueue(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const invocation = newInvocation(env);
  const groups = Map.groupBy(batch.messages as Message<BatchMessage>[], ({ body }) => body.batch);
  await Promise.all(
    Array.from(groups, async ([batchId, group]) => {
      const messages = group.map(({ body }) => body);
      try {
        if (env.DETACH_DELIVERIES === 'true') await runDetached(batchId, messages);
        else await runMessages(invocation, batchId, messages);
        for (const message of group) message.ack();
      } catch (error) {
        logFailure(batchId, error);
        for (const message of group) message.retry({ delaySeconds: REDELIVERY_SECONDS });
      }
    }),
  );
}

/** Runs messages of a batch outside of any delivery. Never throws: the lease tells of what was not done. */
export async function runInBackground(env: Env, batchId: string, messages: BatchMessage[]): Promise<void> {
  await runMessages(newInvocation(env), batchId, messages).catch((error) => logFailure(batchId, error));
}

/** Fast work is waited for, so that messages behind it gather and come together; slow work goes on by itself. */
async function runDetached(batchId: string, messages: BatchMessage[]): Promise<void> {
  await Promise.race([exports.BackgroundRunner.run(batchId, messages), scheduler.wait(DETACH_AFTER_MS)]);
}

function newInvocation(env: Env): Invocation {
  return { env, limit: pLimit(ITEM_CONCURRENCY), startUntil: Date.now() + START_DEADLINE_MS };
}

function logFailure(batchId: string, error: unknown): void {
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(JSON.stringify({ event: 'batch.delivery_failed', batch: batchId, cause }));
}

async function runMessages(
  invocation: Invocation,
  batchId: string,
  messages: readonly BatchMessage[],
): Promise<void> {
  await Promise.all([runRanges(invocation, batchId, messages), planFile(invocation, batchId, messages)]);
}

/** Messages the queue gave up on: what they name is handed out again, as the batch's alarm would do later. */
export async function consumeDeadLetters(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  for (const message of batch.messages as Message<BatchMessage>[]) {
    await env.BATCHES.getByName(message.body.batch).giveUp(message.body);
    message.ack();
  }
}

async function planFile(
  { env }: Invocation,
  batchId: string,
  messages: readonly BatchMessage[],
): Promise<void> {
  const epochs = messages.flatMap((message) => (message.kind === 'plan' ? [message.epoch] : []));
  if (epochs.length === 0) return;
  const stub = env.BATCHES.getByName(batchId);
  // Of several, all but the newest are stale.
  const grant = await stub.claimPlan(Math.max(...epochs));
  if (grant === null) return;
  const seen = new Set<string>();
  for (let from = 0; ; from += PLANNED_IDS_PAGE) {
    const ids = await stub.plannedIds(from, PLANNED_IDS_PAGE);
    for (const range of ids) for (const id of range) seen.add(id);
    if (ids.length < PLANNED_IDS_PAGE) break;
  }
  await planInput(env.BUCKET, grant, seen, (epoch, report, cuts) => stub.commitPlan(epoch, report, cuts));
}

async function runRanges(
  invocation: Invocation,
  batchId: string,
  messages: readonly BatchMessage[],
): Promise<void> {
  const { env, limit } = invocation;
  const named = messages.flatMap((message) => (message.kind === 'run' ? [message] : []));
  if (named.length === 0) return;
  named.sort((a, b) => a.range - b.range);
  const stub = env.BATCHES.getByName(batchId);
  const claimed = await stub.claim(named);
  if (claimed === null || claimed.grants.length === 0) return;
  const { spec, grants } = claimed;
  const runs = grants.map((grant) => new RangeRun(grant));
  const watcher = crypto.randomUUID();
  const committer = new Committer(stub, runs, watcher);
  // Pushed, since a cancelled batch starts no item. Where the push is lost, the next commit says the same.
  stub.untilOver(watcher).then(
    () => committer.stopAll(),
    () => undefined,
  );
  // A batch hands in six items at a time, so that all batches of the delivery take turns.
  const concurrency = runs.some((run) => run.left !== null || run.grant.oneByOne) ? 1 : ITEM_CONCURRENCY;
  try {
    await pMap(
      itemsOf(runs, env.BUCKET, spec.inputKey),
      (item) => limit(() => runRangeItem(invocation, batchId, spec, item, committer)),
      { concurrency },
    );
    await committer.flush('last');
  } finally {
    committer.stop();
  }
}

async function* itemsOf(
  runs: readonly RangeRun[],
  bucket: R2Bucket,
  inputKey: string,
): AsyncGenerator<RangeItem> {
  for (const run of runs) yield* run.items(bucket, inputKey);
}

async function runRangeItem(
  { env, startUntil }: Invocation,
  batchId: string,
  spec: Claimed['spec'],
  { run, line, position }: RangeItem,
  committer: Committer,
): Promise<void> {
  if (!run.isOpen || Date.now() > startUntil) return;
  const { first, customIds, attempts, oneByOne } = run.grant;
  const attempt = (attempts[position] ?? 0) + 1;
  if (oneByOne) {
    run.begin(position, attempt);
    await committer.flush('all');
    if (!run.isOpen) return;
  }
  const item = {
    line,
    customId: customIds[position] ?? '',
    position,
    attempt,
    requestId: itemRequestId(batchId, first + position),
    limit: spec.hasCeiling ? (run.left ?? ('bound' as const)) : null,
  };
  const finished = await runItem(env, spec, item, run.lost.signal);
  run.add(finished, Date.now());
  await committer.flushIfLarge();
}

/** What is handed over: the ranges that are due, what there is of any range, or all, with what is not done given back. */
type Flush = 'due' | 'all' | 'last';

/** Hands over what is finished: when it is due, when it is much, and at the end; in between it only beats. */
class Committer {
  readonly #stub: DurableObjectStub<BatchObject>;
  readonly #watcher: string;
  #runs: RangeRun[];
  #flushing: Promise<void> = Promise.resolve();
  #beatenAt = Date.now();
  #reportAfterMs = 0;
  readonly #timer = setInterval(() => {
    // A failed commit surfaces at the last flush, which waits for the same chain.
    this.flush('due').catch(() => undefined);
  }, COMMIT_INTERVAL_MS);

  constructor(stub: DurableObjectStub<BatchObject>, runs: RangeRun[], watcher: string) {
    this.#stub = stub;
    this.#runs = runs;
    this.#watcher = watcher;
  }

  get #pendingBytes(): number {
    return this.#runs.reduce((bytes, run) => bytes + run.pendingBytes, 0);
  }

  async flushIfLarge(): Promise<void> {
    if (this.#pendingBytes >= COMMIT_BYTES) await this.flush('all');
  }

  /**
   * One commit after the other: a range's reports must arrive in order. After one that failed nothing can be reported any
   * more, and what runs on would be paid for and lost.
   */
  flush(what: Flush): Promise<void> {
    this.#flushing = this.#flushing
      .then(() => this.#commit(what))
      .catch((error) => {
        this.stopAll();
        throw error;
      });
    return this.#flushing;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Nothing more is started, and what is in flight is dropped: the batch is over, or cannot be reached. */
  stopAll(): void {
    for (const run of this.#runs) run.lost.abort(new ApiError('batch_cancelled'));
  }

  async #commit(what: Flush): Promise<void> {
    const now = Date.now();
    const last = what === 'last';
    const taken = new Set(this.#runs.filter((run) => what !== 'due' || run.isDue(now, this.#reportAfterMs)));
    const isBeat = what !== 'due' || now - this.#beatenAt >= BEAT_INTERVAL_MS;
    const runs = isBeat ? this.#runs : Array.from(taken);
    if (runs.length === 0 && !last) return;
    if (isBeat) this.#beatenAt = now;
    if (taken.size > 0) this.#reportAfterMs = REPORT_AFTER_MS;
    const commits = runs.map((run) => (taken.has(run) ? run.take(last) : run.signOfLife()));
    const held = await this.#stub.commit(commits, last ? this.#watcher : undefined);
    const left = new Set(runs.filter((_run, index) => !held[index]));
    for (const run of left) if (!run.isComplete && !last) run.lost.abort(new ApiError('batch_cancelled'));
    this.#runs = this.#runs.filter((run) => !left.has(run));
  }
}
