// The Durable Object of one batch: it loads, asks `state.ts` what happens next, saves in one transaction, and then
// tells the world (queue, subscribers, account, webhook). Its SQLite is the truth; queue messages are hints.
import { DurableObject } from 'cloudflare:workers';
import type { ResultsQuery } from '../contract/batches';
import type { DeliveryResponse } from '../contract/webhooks';
import { sameText } from '../platform/constant-time';
import { onceAtATime } from '../platform/once-at-a-time';
import * as money from './batch-budget';
import { logCreated, logStarted } from './batch-log';
import { BatchRecord } from './batch-record';
import type { BatchDocument, BatchSnapshot } from './batch-response';
import type { BatchMessage, BatchSpec, RangeCut } from './batch-spec';
import { Dispatcher } from './dispatcher';
import { batchSnapshot, fullDocument, linesResponse, progressSource } from './documents';
import { EndNotices } from './end-notices';
import { batchEntry, finishBatch, removeTraces } from './finish';
import { type Claimed, type Grant, grantOf, type RangeCommit } from './grant';
import * as lease from './lease';
import type { PlanGrant } from './plan';
import { ProgressHub } from './progress-stream';
import { type ResultsPage, resultsInCommitOrder, resultsInInputOrder, sequenceOf, takePage } from './results';
import { retentionMs } from './retention';
import * as machine from './state';

/** Why results cannot be had. */
export type ResultsRefusal = 'not_final' | 'after_unknown';

/** Where a batch that is tried again finds its inputs, and which of them it takes. */
export interface RetrySource {
  spec: BatchSpec;
  /** Indexes of the items that failed or were never done, ascending; null for a file that was not read to its end. */
  items: number[] | null;
}

/** How long after a failed step (account, R2) it is tried again. */
const STEP_RETRY_MS = 2_000;

/** How often a batch asks by itself whether its account has room for it; an ended batch of the account wakes it. */
const ROOM_CHECK_MS = 30_000;

export class BatchObject extends DurableObject<Env> {
  readonly #record = new BatchRecord(this.ctx.storage);
  readonly #dispatcher = new Dispatcher(this.#record, this.env.BATCH_QUEUE);
  readonly #notices = new EndNotices(this.env, this.ctx.storage, this.#record);
  readonly #hub = new ProgressHub(progressSource(this.#record));
  /** When the account was last asked for room; an object that just woke asks at once. */
  #roomAskedAt = 0;
  /** After an alarm that failed: the next one is not before, or one whose time is past would ring without a pause. */
  #restUntil = 0;
  /** Consumers that wait for the end, each with what ends its wait. */
  readonly #watchers = new Map<string, () => void>();

  /** Makes the batch of inputs that are cut already, or of a file that is to be planned. Null where this id is taken. */
  async create(
    spec: BatchSpec,
    inputs: { cuts: RangeCut[]; model: string | null } | null,
  ): Promise<BatchSnapshot | null> {
    if (this.#record.get() !== null) return null;
    const { store } = this.#record;
    const total = inputs?.cuts.reduce((sum, cut) => sum + cut.customIds.length, 0) ?? 0;
    this.ctx.storage.transactionSync(() => {
      store.create(spec, machine.newBatchState(inputs && { total, model: inputs.model }));
      store.addRanges(inputs?.cuts ?? []);
    });
    logCreated(this.#record.current());
    await this.#arm();
    // Where this fails the list lacks the batch until it starts.
    await this.env.ACCOUNTS.getByName(spec.accountId)
      .addBatch(batchEntry(this.#record.current()))
      .catch(this.#logStep('batch.list_failed', spec.id));
    return this.snapshot(spec.accountId);
  }

  /** The batch as native clients see it, or null where it is not this account's. */
  get(accountId: string): BatchDocument | null {
    const batch = this.#record.owned(accountId);
    return batch && fullDocument(this.#record.store, batch);
  }

  /** The batch without its results, or null where it is not this account's. */
  snapshot(accountId: string): BatchSnapshot | null {
    const batch = this.#record.owned(accountId);
    return batch && batchSnapshot(batch);
  }

  /** Ends the batch now; a batch that has ended stays as it is. False where it is not this account's. */
  async cancel(accountId: string): Promise<boolean> {
    const batch = this.#record.owned(accountId);
    if (batch === null) return false;
    this.#record.transaction(() => this.#record.save(machine.finalize(batch.state, 'cancelled', Date.now())));
    await this.#arm();
    // What fails here, the alarm does again; the answer then says that the batch is still at it.
    await this.#finish().catch(this.#logStep('batch.finish_failed', batch.spec.id));
    return true;
  }

  /** Removes an ended batch and all it holds. */
  async remove(accountId: string): Promise<'removed' | 'not_found' | 'not_ended'> {
    const batch = this.#record.owned(accountId);
    if (batch === null) return 'not_found';
    if (batch.state.phase !== 'ended') return 'not_ended';
    // The account's endpoints hear of every end, also of one whose event could not be handed over yet.
    await this.#notices.announce();
    await this.#destroy();
    return 'removed';
  }

  /** What of an ended batch can be tried again; null where it is not this account's. */
  retrySource(accountId: string): RetrySource | 'not_ended' | 'refused' | null {
    const batch = this.#record.owned(accountId);
    if (batch === null) return null;
    if (batch.state.phase !== 'ended') return 'not_ended';
    const { plan } = batch.state;
    if (plan !== null && plan.status !== 'done') return { spec: batch.spec, items: null };
    if (batch.state.outcome === 'invalid') return 'refused';
    const items: number[] = [];
    for (const { index, status } of resultsInInputOrder(this.#record.store, batch)) {
      if (status !== 'completed') items.push(index);
    }
    return { spec: batch.spec, items };
  }

  /** A page of results; null where the batch is not this account's. */
  results(accountId: string, query: ResultsQuery): ResultsPage | ResultsRefusal | null {
    const batch = this.#record.owned(accountId);
    if (batch === null) return null;
    const { store } = this.#record;
    const after = query.after === undefined ? null : store.locate(query.after);
    if (query.after !== undefined && after === null) return 'after_unknown';
    if (query.order === 'committed') {
      const sequence = after && sequenceOf(store, batch, after.range, after.position);
      if (after !== null && sequence === null) return 'after_unknown';
      return takePage(resultsInCommitOrder(store, batch, sequence ?? 0), query.limit, query.status);
    }
    if (batch.state.phase !== 'ended') return 'not_final';
    const from = after ? { range: after.range.n, position: after.position + 1 } : undefined;
    return takePage(resultsInInputOrder(store, batch, from), query.limit, query.status);
  }

  /** The delivery of the batch's own webhook, with its attempts; null inside where there is none (yet). */
  delivery(accountId: string): { delivery: DeliveryResponse | null } | null {
    return this.#record.owned(accountId) && { delivery: this.#notices.own() };
  }

  /** Sends the batch's own webhook again now, whatever came of it. */
  async resendWebhook(accountId: string): Promise<DeliveryResponse | 'not_ended' | 'no_webhook' | null> {
    const batch = this.#record.owned(accountId);
    if (batch === null) return null;
    if (batch.spec.webhook === null) return 'no_webhook';
    const delivery = this.#notices.own();
    if (delivery === null) return 'not_ended';
    this.#notices.resend(delivery);
    await this.#arm();
    // Where this fails only the cron does not know of it.
    await this.env.ACCOUNTS.getByName(accountId)
      .unsettleBatch(batch.spec.id)
      .catch(this.#logStep('batch.unsettle_failed', batch.spec.id));
    return this.#notices.own();
  }

  /** Whether a batch is here: R2 objects under its prefix are its own then. */
  holdsData(): boolean {
    return this.#record.get() !== null;
  }

  /** Does what is due, for whoever knows that something may be: the cron, or the account that has room again. */
  async wake(): Promise<void> {
    await this.alarm();
  }

  /**
   * Sets the alarm where there should be one and is none: the platform gives up on alarms that failed seven times. Answers
   * whether there is anything to do before retention is over.
   */
  async ensureAlarm(): Promise<boolean> {
    const batch = this.#record.get();
    if (batch === null) return false;
    await this.#arm();
    if (batch.state.phase !== 'ended') return true;
    return this.#notices.deliverAt() !== null || this.#notices.isToAnnounce();
  }

  /** Its account, or its key, has a budget now. */
  async budgetSet(): Promise<void> {
    if (this.#record.get() === null) return;
    this.#record.transaction(() => this.#record.save(money.putUnderBudget(this.#record.current().state)));
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Opens the planning of the input file, or null for a message that is stale or repeated. */
  claimPlan(epoch: number): PlanGrant | null {
    const batch = this.#record.get();
    const plan = batch?.state.phase === 'planning' ? batch.state.plan : null;
    const claimed = plan && lease.claim(plan, epoch, Date.now());
    if (!batch || !plan || !claimed) return null;
    const { spec, state } = batch;
    this.#record.transaction(() => this.#record.save({ ...state, plan: { ...plan, ...claimed } }));
    return {
      epoch,
      inputKey: spec.inputKey,
      locale: spec.locale,
      hasBounds: spec.hasBounds,
      from: { byte: plan.byte, line: plan.line, item: plan.item },
      model: state.model,
    };
  }

  /** The custom_ids of ranges that are cut already, a page at a time: a planner that goes on must know them. */
  plannedIds(fromRange: number, limit: number): string[][] {
    return this.#record.get() === null ? [] : this.#record.store.customIds(fromRange, limit);
  }

  /** Records how far a planner has come. Answers whether the plan is still its own. */
  async commitPlan(epoch: number, report: machine.PlanReport, cuts: RangeCut[]): Promise<boolean> {
    const state = this.#record.get()?.state;
    const planned = state && machine.commitPlan(state, epoch, report, Date.now());
    if (!planned) return false;
    this.#record.transaction(() => {
      if (planned.outcome === 'invalid') this.#record.store.removeRanges();
      else this.#record.store.addRanges(cuts);
      this.#record.save(planned);
    });
    // The rest is the alarm's: it starts the batch, or ends it.
    if (report.done) await this.alarm();
    return !report.done;
  }

  /** Opens the ranges a consumer's messages name; those that are stale or repeated are left out. */
  claim(messages: { range: number; epoch: number }[]): Claimed | null {
    const batch = this.#record.get();
    if (batch === null) return null;
    const { store } = this.#record;
    const now = Date.now();
    const grants = this.#record.transaction(() =>
      messages.flatMap(({ range: n, epoch }): Grant[] => {
        const range = store.range(n);
        const claimed = range && machine.claim(batch.state, range, epoch, now);
        if (range === null || claimed === null) return [];
        store.saveRange({ ...range, ...claimed });
        return [grantOf(range)];
      }),
    );
    const { accountId, origin, locale, inputKey, maxCostNano } = batch.spec;
    const hasCeiling = money.ceilingOf(batch.state, maxCostNano) !== null;
    return { spec: { accountId, origin, locale, inputKey, hasCeiling }, grants };
  }

  /**
   * Waits until items may no longer run, so that a consumer stops at once where the batch is cancelled or over. `watcher`
   * is a name of the consumer's own choice, under which its last commit ends the wait.
   */
  untilOver(watcher: string): Promise<void> {
    if (this.#record.get()?.state.phase !== 'running') return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.set(watcher, resolve);
    return promise;
  }

  /**
   * Records what a consumer did. Answers for each range whether it is still the consumer's.
   *
   * @param watcher with the last report: the name the consumer waited under
   */
  async commit(commits: RangeCommit[], watcher?: string): Promise<boolean[]> {
    if (watcher !== undefined) this.#release(watcher);
    if (this.#record.get() === null) return commits.map(() => false);
    const now = Date.now();
    const [held, { messages, needsMoney }] = this.#record.transaction(() => [
      commits.map((commit) => this.#commitRange(commit, now)),
      this.#dispatcher.dispatch(now),
    ]);
    this.#hub.changed();
    this.#send(messages);
    if (needsMoney) this.ctx.waitUntil(this.#fund());
    await this.#arm();
    this.#finishSoon();
    return held;
  }

  /** The queue gave up on a message: what it names is handed out again, unless somebody claimed it. */
  async giveUp(message: BatchMessage): Promise<void> {
    if (this.#record.get() === null) return;
    this.#dispatcher.takeBack([message], Date.now());
    await this.#arm();
  }

  /** The two answers that are streams: `…/stream`, the events, and `…/results`, all results as JSON Lines. */
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const batch = this.#record.get();
    const accountId = request.headers.get('x-quire-account');
    const allowed =
      batch !== null &&
      (accountId === null
        ? await sameText(url.searchParams.get('token') ?? '', batch.spec.streamToken)
        : accountId === batch.spec.accountId);
    if (!allowed) return new Response(null, { status: 404 });
    if (url.pathname.endsWith('/results')) {
      const order = url.searchParams.get('order');
      return linesResponse(this.#record.store, batch, order, request.headers.get('range'));
    }
    const lastEventId = request.headers.get('last-event-id') ?? '';
    const after = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
    return new Response(this.#hub.subscribe(after, url.searchParams.get('include') === 'results'));
  }

  /** Alarms end after six failures in a row, so none may fail: whatever happens, the next one is set. */
  override async alarm(): Promise<void> {
    const batch = this.#record.get();
    if (batch === null) return;
    await this.#tick(Date.now()).catch((error: unknown) => {
      this.#logStep('batch.alarm_failed', batch.spec.id)(error);
      this.#restUntil = Date.now() + STEP_RETRY_MS;
    });
    await this.#arm();
  }

  /** Everything that is due: planning, start, expiry, lost work, the end, the webhook, retention. */
  async #tick(now: number): Promise<void> {
    const { spec } = this.#record.current();
    if (now >= spec.expiresAt) {
      this.#record.transaction(() =>
        this.#record.save(machine.finalize(this.#record.current().state, 'expired', now)),
      );
    }
    if (this.#record.current().state.phase === 'waiting') await this.#startIfRoom(now);
    const { messages, needsMoney } = this.#record.transaction(() => {
      this.#dispatcher.reclaimLost(now);
      return this.#dispatcher.dispatch(now);
    });
    this.#hub.changed();
    this.#send(messages);
    if (needsMoney) await this.#fund();
    await this.#finish();
    const { state } = this.#record.current();
    if (state.phase !== 'ended') return;
    await this.#notices.deliver();
    await this.#notices.announce();
    // A webhook that is still to be delivered keeps its batch.
    if (this.#notices.deliverAt() === null && now >= this.#retainedUntil(state)) await this.#destroy();
  }

  #commitRange({ range: n, epoch, report, results }: RangeCommit, now: number): boolean {
    const { store } = this.#record;
    const range = store.range(n);
    const commit = range && machine.commit(this.#record.current().state, range, epoch, report, now);
    if (range === null || commit === null) return false;
    if (commit.isSignOfLife) {
      store.hear(n, commit.range.deadline);
      return true;
    }
    const [first] = commit.recorded;
    const packs = first === undefined ? range.packs : [...range.packs, first.sequence];
    if (first !== undefined) {
      const byPosition = new Map(report.items.map(({ position }, index) => [position, results[index]]));
      store.addPack(
        { sequence: first.sequence, range: n, items: commit.recorded },
        commit.recorded.map(({ position }) => byPosition.get(position) ?? new Uint8Array()),
      );
    }
    store.saveRange({ ...range, ...commit.range, packs });
    this.#record.save(commit.batch);
    return commit.range.status === 'leased';
  }

  /** Off the caller's path; what the queue does not take waits for the alarm. */
  #send(messages: BatchMessage[]): void {
    if (messages.length === 0) return;
    const sent = this.#dispatcher.send(messages).then((taken) => (taken ? undefined : this.#arm()));
    this.ctx.waitUntil(sent);
  }

  async #startIfRoom(now: number): Promise<void> {
    this.#roomAskedAt = Date.now();
    const batch = this.#record.current();
    const start = await this.env.ACCOUNTS.getByName(batch.spec.accountId).startBatch(batchEntry(batch));
    if (start === null) return;
    this.#record.transaction(() => {
      const started = machine.start(this.#record.current().state, now);
      this.#record.save(start.hasBudget ? money.putUnderBudget(started) : started);
    });
    const { state } = this.#record.current();
    if (state.phase === 'running') logStarted(this.#record.current());
  }

  /** Asks the account for money and hands out what it pays for. Never throws. */
  readonly #fund = onceAtATime(() =>
    this.#askForMoney().catch((error: unknown) => {
      this.#logStep('batch.fund_failed', this.#record.get()?.spec.id ?? '')(error);
      return scheduler.wait(STEP_RETRY_MS);
    }),
  );

  async #askForMoney(): Promise<void> {
    this.#record.transaction(() => this.#record.save(money.letGo(this.#record.current().state)));
    const batch = this.#record.current();
    const { spec, state } = batch;
    const wish = money.wishFor(state, this.#dispatcher.waiting(Date.now()), spec.maxCostNano);
    const grant = await this.env.ACCOUNTS.getByName(spec.accountId).fundBatch(
      batchEntry(batch),
      state.ledger,
      wish,
    );
    const spent = machine.spentNano(state);
    const now = Date.now();
    const { messages } = this.#record.transaction(() => {
      this.#record.save(money.fund(this.#record.current().state, spent, wish, grant, now));
      return this.#dispatcher.dispatch(now);
    });
    this.#hub.changed();
    this.#send(messages);
    await this.#arm();
    this.#finishSoon();
  }

  /** As `#finish`, off the caller's path; what fails here, the alarm does again. */
  #finishSoon(): void {
    const { spec } = this.#record.current();
    this.ctx.waitUntil(this.#finish().catch(this.#logStep('batch.finish_failed', spec.id)));
  }

  /** Finishes the batch if it is at its end. */
  #finish(): Promise<void> {
    return this.#record.current().state.phase === 'finalizing' ? this.#end() : Promise.resolve();
  }

  readonly #end = onceAtATime(async () => {
    for (const watcher of this.#watchers.keys()) this.#release(watcher);
    await finishBatch(this.env, this.#record, this.#notices);
    this.#hub.changed();
    await this.#notices.announce();
    await this.#arm();
  });

  #release(watcher: string): void {
    this.#watchers.get(watcher)?.();
    this.#watchers.delete(watcher);
  }

  readonly #destroy = onceAtATime(async () => {
    // Another may have asked for it, too, and have been first.
    const batch = this.#record.get();
    if (batch === null) return;
    await removeTraces(this.env, batch);
    this.#record.forget();
    await this.ctx.storage.deleteAll();
    this.#notices.forget();
  });

  /** Sets the alarm for the next thing that is due, if it is not set for earlier. */
  async #arm(): Promise<void> {
    const batch = this.#record.get();
    if (batch === null) return;
    const at = Math.max(this.#nextAt(batch), this.#restUntil, Date.now());
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || at < armed) await this.ctx.storage.setAlarm(at);
  }

  #nextAt({ spec, state }: { spec: BatchSpec; state: machine.BatchState }): number {
    switch (state.phase) {
      case 'planning': {
        const { plan } = state;
        return Math.min(spec.expiresAt, (plan?.status === 'waiting' ? plan.notBefore : plan?.deadline) ?? 0);
      }
      case 'waiting':
        return Math.min(spec.expiresAt, this.#roomAskedAt + ROOM_CHECK_MS);
      case 'running': {
        const { dispatch, deadline } = this.#record.store.nextTimes();
        // Where money is short, the ranges in flight are waited for, not the clock.
        const isShort = money.ceilingOf(state, spec.maxCostNano) !== null && state.inFlight > 0;
        const hasRoom = machine.roomInWindow(state) > 0 && !isShort;
        const askAt = state.budget?.short ? state.budget.askAt : 0;
        return Math.min(
          spec.expiresAt,
          deadline ?? spec.expiresAt,
          hasRoom && dispatch !== null ? Math.max(dispatch, askAt) : spec.expiresAt,
        );
      }
      case 'finalizing':
        return Date.now() + STEP_RETRY_MS;
      case 'ended':
        return Math.min(
          this.#notices.deliverAt() ?? this.#retainedUntil(state),
          this.#notices.isToAnnounce() ? Date.now() + STEP_RETRY_MS : Number.POSITIVE_INFINITY,
        );
    }
  }

  /** Logs what a step failed with. One that was at work when its batch was deleted has nothing left to do. */
  #logStep(event: string, batchId: string): (error: unknown) => void {
    return (error) => {
      if (this.#record.get() === null) return;
      const cause = error instanceof Error ? error.message : String(error);
      console.error(JSON.stringify({ event, batch: batchId, cause }));
    };
  }

  #retainedUntil(state: machine.BatchState): number {
    return (state.endedAt ?? 0) + retentionMs(this.env);
  }
}
