// The Durable Object of one batch: it loads, asks `state.ts` what happens next, saves in one transaction, and then
// tells the world (queue, subscribers, account, webhook). Its SQLite is the truth; queue messages are hints.
import { DurableObject } from 'cloudflare:workers';
import type { ResultsQuery } from '../contract/batches';
import { newId } from '../contract/ids';
import { INLINE_RESULTS_LIMIT_BYTES } from '../contract/limits';
import { sameText } from '../platform/constant-time';
import { encodeEvent } from '../platform/server-sent-events';
import { type BatchDocument, batchDocument, batchProgress, batchStatus } from './batch-response';
import { type BatchSpec, batchPrefix, type RangeCut, type RangeMessage } from './batch-spec';
import { BatchStore, type RangeRow } from './batch-store';
import { ProgressHub } from './progress-stream';
import { type ResultsPage, resultsInCommitOrder, resultsInInputOrder, takePage } from './results';
import * as machine from './state';
import { type DeliveryAttempt, OUTBOX_SCHEMA, WebhookOutbox } from './webhook-outbox';

/** What a consumer needs to run a range it claimed. */
export interface Grant {
  range: number;
  epoch: number;
  /** Index of its first item in the batch. */
  first: number;
  /** Byte offsets of its lines in the input object, and how many there are. */
  start: number;
  end: number;
  count: number;
  /** Positions already recorded, one bit each, and failed tries of the others. */
  done: number;
  attempts: Record<number, number>;
}

export interface Claimed {
  spec: Pick<BatchSpec, 'accountId' | 'origin' | 'locale' | 'inputKey'>;
  grants: Grant[];
}

/** A consumer's report on one range, with the JSON text of each outcome as bytes. */
export interface RangeCommit {
  range: number;
  epoch: number;
  report: machine.RangeReport;
  /** In the order of `report.items`. */
  results: Uint8Array[];
}

/** Why a results page cannot be had. */
export type ResultsRefusal = 'not_final' | 'after_unknown';

/** A queue takes this many messages at once. */
const SEND_BATCH_LIMIT = 100;

/** How long after a failed step (queue, account) it is tried again. */
const STEP_RETRY_MS = 2_000;

/** Result events a subscriber is given at once. */
const EVENT_CHUNK_RESULTS = 50;

const DAY_MS = 86_400_000;

interface Loaded {
  spec: BatchSpec;
  state: machine.BatchState;
  /** The status the account's index has last been told. */
  indexed: string;
}

export class BatchObject extends DurableObject<Env> {
  readonly #store = new BatchStore(this.ctx.storage.sql);
  readonly #outbox = new WebhookOutbox(this.ctx.storage.sql);
  readonly #hub = new ProgressHub({
    newest: () => {
      const state = this.#load()?.state;
      return { sequence: state?.sequence ?? 0, ended: state === undefined || state.phase === 'ended' };
    },
    resultEvents: (sequence) => this.#resultEvents(sequence),
    statusEvent: (id) => {
      const state = this.#load()?.state;
      return state ? encodeEvent({ id, event: 'status', data: JSON.stringify(batchProgress(state)) }) : '';
    },
    doneEvent: (id) => {
      const loaded = this.#load();
      return loaded ? encodeEvent({ id, event: 'done', data: this.#document(loaded).json }) : '';
    },
  });
  #loaded: Loaded | null = null;
  #finishing: Promise<void> | null = null;

  /** Makes the batch. Null where this id is taken. */
  async create(spec: BatchSpec, cuts: RangeCut[]): Promise<BatchDocument | null> {
    if (this.#load() !== null) return null;
    const total = cuts.reduce((sum, cut) => sum + cut.customIds.length, 0);
    this.ctx.storage.transactionSync(() => {
      this.#store.create(spec, machine.newBatchState(total), cuts);
      this.ctx.storage.sql.exec(OUTBOX_SCHEMA);
    });
    await this.#arm();
    await this.#index().catch(logStep('batch.index_failed', spec.id));
    return this.get(spec.accountId);
  }

  /** The batch, or null where it is not this account's. */
  get(accountId: string): BatchDocument | null {
    const loaded = this.#owned(accountId);
    return loaded && this.#document(loaded);
  }

  /** Ends the batch now; a batch that has ended stays as it is. */
  async cancel(accountId: string): Promise<BatchDocument | null> {
    const loaded = this.#owned(accountId);
    if (loaded === null) return null;
    this.#transaction(() => this.#save(machine.finalize(loaded.state, 'cancelled')));
    await this.#finish().catch(logStep('batch.finish_failed', loaded.spec.id));
    await this.#arm();
    return this.get(accountId);
  }

  /** Removes an ended batch and all it holds. */
  async remove(accountId: string): Promise<'removed' | 'not_found' | 'not_ended'> {
    const loaded = this.#owned(accountId);
    if (loaded === null) return 'not_found';
    if (loaded.state.phase !== 'ended') return 'not_ended';
    await this.#destroy(loaded.spec);
    return 'removed';
  }

  /** A page of results; null where the batch is not this account's. */
  results(accountId: string, query: ResultsQuery): ResultsPage | ResultsRefusal | null {
    const loaded = this.#owned(accountId);
    if (loaded === null) return null;
    const after = query.after === undefined ? null : this.#store.locate(query.after);
    if (query.after !== undefined && after === null) return 'after_unknown';
    if (query.order === 'committed') {
      const sequence = after && this.#sequenceOf(after.range, after.position);
      if (after !== null && sequence === null) return 'after_unknown';
      return takePage(resultsInCommitOrder(this.#store, sequence ?? 0), query.limit, query.status);
    }
    if (loaded.state.phase !== 'ended') return 'not_final';
    const from = after ? { range: after.range.n, position: after.position + 1 } : { range: 0, position: 0 };
    return takePage(resultsInInputOrder(this.#store, loaded, from), query.limit, query.status);
  }

  deliveries(accountId: string): DeliveryAttempt[] | null {
    return this.#owned(accountId) && this.#outbox.attempts();
  }

  /** Whether R2 objects under this batch's prefix are still its own. */
  holdsData(): boolean {
    return this.#load() !== null;
  }

  /** What the alarm would do, for the cron to call where the alarm seems lost. False where no batch is here. */
  async catchUp(): Promise<boolean> {
    await this.alarm();
    return this.holdsData();
  }

  /** Opens the ranges a consumer's messages name; those that are stale or repeated are left out. */
  claim(messages: Pick<RangeMessage, 'range' | 'epoch'>[]): Claimed | null {
    const loaded = this.#load();
    if (loaded === null) return null;
    const now = Date.now();
    const grants = this.#transaction(() =>
      messages.flatMap(({ range: n, epoch }): Grant[] => {
        const range = this.#store.range(n);
        const claimed = range && machine.claim(loaded.state, range, epoch, now);
        if (range === null || claimed === null) return [];
        this.#store.saveRange({ ...range, ...claimed });
        const { first, start, end, count, done, attempts } = range;
        return [{ range: n, epoch, first, start, end, count, done, attempts }];
      }),
    );
    const { accountId, origin, locale, inputKey } = loaded.spec;
    return { spec: { accountId, origin, locale, inputKey }, grants };
  }

  /** Records what a consumer did. Answers for each range whether it is still the consumer's. */
  async commit(commits: RangeCommit[]): Promise<boolean[]> {
    const loaded = this.#load();
    if (loaded === null) return commits.map(() => false);
    const now = Date.now();
    let messages: RangeMessage[] = [];
    const held = this.#transaction(() => {
      const answers = commits.map((commit) => this.#commitRange(commit, now));
      messages = this.#dispatch(now);
      return answers;
    });
    this.#hub.changed();
    this.#send(messages);
    if (loaded.spec && this.#load()?.state.phase === 'finalizing') {
      this.ctx.waitUntil(this.#finish().catch(logStep('batch.finish_failed', loaded.spec.id)));
    }
    await this.#arm();
    return held;
  }

  /** The queue gave up on a message: its range is dispatched again if nobody else has it. */
  async giveUp(n: number, epoch: number): Promise<void> {
    const range = this.#load() && this.#store.range(n);
    if (!range || range.epoch !== epoch) return;
    this.#transaction(() => this.#reclaim([range], range.deadline));
    await this.#arm();
  }

  /** The event stream. `Last-Event-ID` and `include=results` as in the contract; the Worker has checked the key. */
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const loaded = this.#load();
    const accountId = request.headers.get('x-quire-account');
    const allowed =
      loaded !== null &&
      (accountId === null
        ? await sameText(url.searchParams.get('token') ?? '', loaded.spec.streamToken)
        : accountId === loaded.spec.accountId);
    if (!allowed) return new Response(null, { status: 404 });
    const lastEventId = request.headers.get('last-event-id') ?? '';
    const after = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
    return new Response(this.#hub.subscribe(after, url.searchParams.get('include') === 'results'));
  }

  /** Alarms end after six failures in a row, so none may fail: whatever happens, the next one is set. */
  override async alarm(): Promise<void> {
    const loaded = this.#load();
    if (loaded === null) return;
    await this.#tick(Date.now()).catch(logStep('batch.alarm_failed', loaded.spec.id));
    await this.#arm();
  }

  /** Everything that is due: start, expiry, lost ranges, the end, the webhook, retention. */
  async #tick(now: number): Promise<void> {
    const loaded = this.#load();
    if (loaded === null) return;
    const messages = this.#transaction(() => {
      this.#save(machine.start(this.#state(), now));
      if (now >= loaded.spec.expiresAt) this.#save(machine.finalize(this.#state(), 'expired'));
      this.#reclaim(this.#store.overdueRanges(now), now);
      return this.#dispatch(now);
    });
    this.#send(messages);
    this.#hub.changed();
    if (this.#state().phase === 'finalizing') await this.#finish();
    await this.#index();
    if (this.#state().phase !== 'ended') return;
    await this.#outbox.deliverDue(now, { allowPrivate: this.env.ALLOW_PRIVATE_NETWORK === 'true' });
    if (now >= this.#retainedUntil(this.#state())) await this.#destroy(loaded.spec);
  }

  #commitRange({ range: n, epoch, report, results }: RangeCommit, now: number): boolean {
    const range = this.#store.range(n);
    const commit = range && machine.commit(this.#state(), range, epoch, report, now);
    if (range === null || commit === null) return false;
    const [first] = commit.recorded;
    const packs = first === undefined ? range.packs : [...range.packs, first.sequence];
    if (first !== undefined) {
      const texts = commit.recorded.map(
        (item) => results[report.items.findIndex(({ position }) => position === item.position)],
      );
      this.#store.addPack(
        { sequence: first.sequence, range: n, items: commit.recorded },
        texts.map((text) => text ?? new Uint8Array()),
      );
    }
    this.#store.saveRange({ ...range, ...commit.range, packs });
    this.#save(commit.batch);
    return commit.range.status === 'leased';
  }

  /** Marks as many waiting ranges as the window has room for; their messages are to be sent after the transaction. */
  #dispatch(now: number): RangeMessage[] {
    const loaded = this.#load();
    const room = loaded === null ? 0 : machine.roomInWindow(loaded.state);
    if (loaded === null || room === 0) return [];
    const ranges = this.#store
      .waitingRanges(now, room)
      .map((range) => ({ ...range, ...machine.dispatch(range, now) }));
    for (const range of ranges) this.#store.saveRange(range);
    if (ranges.length > 0) this.#save({ ...loaded.state, inFlight: loaded.state.inFlight + ranges.length });
    return ranges.map(({ n, epoch }) => ({ batch: loaded.spec.id, range: n, epoch }));
  }

  /** Sends hints; where the queue does not take them, the ranges go back and the alarm tries again. */
  #send(messages: RangeMessage[]): void {
    for (let from = 0; from < messages.length; from += SEND_BATCH_LIMIT) {
      const some = messages.slice(from, from + SEND_BATCH_LIMIT);
      const sent = this.env.BATCH_QUEUE.sendBatch(some.map((body) => ({ body }))).catch(async (error) => {
        logStep('batch.send_failed', some[0]?.batch ?? '')(error);
        const ranges = some.flatMap(({ range: n, epoch }) => {
          const range = this.#store.range(n);
          return range?.status === 'queued' && range.epoch === epoch ? [range] : [];
        });
        this.#transaction(() => this.#reclaim(ranges, Number.MAX_SAFE_INTEGER, Date.now() + STEP_RETRY_MS));
        await this.#arm();
      });
      this.ctx.waitUntil(sent);
    }
  }

  /** Ranges that are lost as of `now` wait again, until `notBefore`. */
  #reclaim(ranges: RangeRow[], now: number, notBefore = 0): void {
    for (const range of ranges) {
      const reclaimed = machine.reclaim(range, now);
      if (reclaimed === null) continue;
      this.#store.saveRange({ ...range, ...reclaimed, notBefore });
      const state = this.#state();
      this.#save({ ...state, inFlight: state.inFlight - 1 });
    }
  }

  /** Books the spend, then makes the end visible: in that order, so that an ended batch is always paid for. */
  #finish(): Promise<void> {
    this.#finishing ??= this.#finishOnce().finally(() => {
      this.#finishing = null;
    });
    return this.#finishing;
  }

  async #finishOnce(): Promise<void> {
    const { spec, state } = this.#load() ?? {};
    if (spec === undefined || state?.phase !== 'finalizing') return;
    await this.env.ACCOUNTS.getByName(spec.accountId).settleBatch(spec.id, spec.keyId, state.ledger);
    const now = Date.now();
    this.#transaction(() => {
      this.#save(machine.end(this.#state(), now));
      if (spec.webhook === null) return;
      const body = this.#document({ spec, state: this.#state() }).json;
      this.#outbox.add({ id: newId('evt'), ...spec.webhook, body }, now);
    });
    this.#hub.changed();
    await this.#index();
    await this.#arm();
  }

  /** Tells the account's index of batches what changed. What it missed, the alarm tells it later. */
  async #index(): Promise<void> {
    const loaded = this.#load();
    if (loaded === null) return;
    const { spec, state, indexed } = loaded;
    const status = batchStatus(state);
    if (indexed === status) return;
    const account = this.env.ACCOUNTS.getByName(spec.accountId);
    if (indexed === '') {
      await account.addBatch({ id: spec.id, createdAt: spec.createdAt, status, model: spec.model });
    }
    if (indexed !== '' || state.phase === 'ended') {
      const summary = state.phase === 'ended' ? batchDocument(spec, state, null).json : null;
      await account.updateBatch(spec.id, status, summary);
    }
    this.#store.saveIndexed(status);
    this.#loaded = { ...(this.#load() ?? loaded), indexed: status };
  }

  async #destroy(spec: BatchSpec): Promise<void> {
    const prefix = batchPrefix(spec.accountId, spec.id);
    const { objects } = await this.env.BUCKET.list({ prefix });
    if (objects.length > 0) await this.env.BUCKET.delete(objects.map(({ key }) => key));
    await this.env.ACCOUNTS.getByName(spec.accountId).removeBatch(spec.id);
    this.#loaded = null;
    await this.ctx.storage.deleteAll();
  }

  /** Sets the alarm for the next thing that is due, if it is not set for earlier. */
  async #arm(): Promise<void> {
    const at = this.#nextAt();
    if (at === null) return;
    const armed = await this.ctx.storage.getAlarm();
    if (armed === null || at < armed) await this.ctx.storage.setAlarm(at);
  }

  #nextAt(): number | null {
    const loaded = this.#load();
    if (loaded === null) return null;
    const { spec, state, indexed } = loaded;
    const due: (number | null)[] = [indexed === batchStatus(state) ? null : Date.now() + STEP_RETRY_MS];
    if (state.phase === 'waiting') due.push(Date.now());
    if (state.phase === 'finalizing') due.push(Date.now() + STEP_RETRY_MS);
    if (state.phase === 'running') {
      const { dispatch, deadline } = this.#store.nextTimes();
      due.push(spec.expiresAt, deadline, machine.roomInWindow(state) > 0 ? dispatch : null);
    }
    if (state.phase === 'ended') due.push(this.#outbox.nextAt(), this.#retainedUntil(state));
    const times = due.filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  #retainedUntil(state: machine.BatchState): number {
    return (state.endedAt ?? 0) + Number(this.env.RETENTION_DAYS) * DAY_MS;
  }

  #document(batch: Pick<Loaded, 'spec' | 'state'>): BatchDocument {
    return batchDocument(batch.spec, batch.state, this.#inlineResults(batch));
  }

  /** The texts of all results where the batch has ended and they are few enough to ride along, else null. */
  #inlineResults(batch: Pick<Loaded, 'spec' | 'state'>): string[] | null {
    if (batch.state.phase !== 'ended' || batch.state.resultBytes > INLINE_RESULTS_LIMIT_BYTES) return null;
    const texts: string[] = [];
    let size = 2;
    for (const entry of resultsInInputOrder(this.#store, batch, { range: 0, position: 0 })) {
      const text = entry.text();
      size += new TextEncoder().encode(text).byteLength + 1;
      if (size > INLINE_RESULTS_LIMIT_BYTES) return null;
      texts.push(text);
    }
    return texts;
  }

  #resultEvents(sequence: number): { text: string; sequence: number } | null {
    let text = '';
    let last = sequence;
    let count = 0;
    for (const entry of resultsInCommitOrder(this.#store, sequence)) {
      if (entry.sequence === null || count++ === EVENT_CHUNK_RESULTS) break;
      last = entry.sequence;
      text += encodeEvent({ id: last, event: 'result', data: entry.text() });
    }
    return text === '' ? null : { text, sequence: last };
  }

  #sequenceOf(range: RangeRow, position: number): number | null {
    for (const sequence of range.packs) {
      const place = this.#store.pack(sequence)?.items.findIndex((item) => item.position === position) ?? -1;
      if (place !== -1) return sequence + place;
    }
    return null;
  }

  #load(): Loaded | null {
    this.#loaded ??= this.#store.load();
    return this.#loaded;
  }

  #owned(accountId: string): Loaded | null {
    const loaded = this.#load();
    return loaded?.spec.accountId === accountId ? loaded : null;
  }

  #state(): machine.BatchState {
    const loaded = this.#load();
    if (loaded === null) throw new Error('this batch object holds no batch');
    return loaded.state;
  }

  /** Takes a new state; `#transaction` writes it with everything else, once. */
  #save(state: machine.BatchState): void {
    const loaded = this.#load();
    if (loaded !== null) this.#loaded = { ...loaded, state };
  }

  /** All of it is stored, or nothing is and the state is read again. */
  #transaction<T>(run: () => T): T {
    const before = this.#state();
    try {
      return this.ctx.storage.transactionSync(() => {
        const result = run();
        if (this.#state() !== before) this.#store.saveState(this.#state());
        return result;
      });
    } catch (error) {
      this.#loaded = null;
      throw error;
    }
  }
}

function logStep(event: string, batchId: string): (error: unknown) => void {
  return (error) => {
    console.error(
      JSON.stringify({
        event,
        batch: batchId,
        cause: error instanceof Error ? error.message : String(error),
      }),
    );
  };
}
