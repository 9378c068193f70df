// Hands a batch's work to the queue: the planning of its file, then as many ranges as window and ceiling have room for.
// What is handed out and lost comes back here.
import { decideDispatch } from './batch-budget';
import type { BatchRecord } from './batch-record';
import type { BatchMessage } from './batch-spec';
import type { RangeRow } from './batch-store';
import * as lease from './lease';
import * as machine from './state';

/** A queue takes this many messages at once. */
const SEND_BATCH_LIMIT = 100;

/** How long after the queue refused messages their work is handed out again. */
const SEND_RETRY_MS = 2_000;

/** What was handed out, and whether the account has to be asked for more money before anything else can be. */
interface Dispatched {
  messages: BatchMessage[];
  needsMoney: boolean;
}

export class Dispatcher {
  readonly #record: BatchRecord;
  readonly #queue: Queue;

  constructor(record: BatchRecord, queue: Queue) {
    this.#record = record;
    this.#queue = queue;
  }

  /** In a transaction: takes back what is lost as of `now`. */
  reclaimLost(now: number): void {
    this.#reclaimPlan(now, now);
    const { store } = this.#record;
    for (const row of store.overdueRanges(now)) {
      const prolonged = machine.prolong(this.#record.current().state, row, store.heardSince, now);
      if (prolonged === null) this.#reclaim(row, now, now);
      else store.saveRange({ ...row, ...prolonged });
    }
  }

  /** In a transaction: marks what is handed out now. The messages are to be sent after it. */
  dispatch(now: number): Dispatched {
    return this.#record.current().state.phase === 'planning'
      ? { messages: this.#dispatchPlan(now), needsMoney: false }
      : this.#dispatchRanges(now);
  }

  /** Ranges that could be handed out now, with the most that each can cost. */
  waiting(now: number): RangeRow[] {
    const { spec, state } = this.#record.current();
    const room = machine.roomInWindow(state);
    const rows = room === 0 ? [] : this.#record.store.waitingRanges(now, room);
    // A batch that was cut before there was any limit to its money has no bounds.
    if (spec.hasBounds || !state.budget) return rows;
    return rows.map((row) => ({ ...row, boundNano: machine.UNBOUNDED }));
  }

  /** Sends hints. False where the queue did not take them all: that work waits a little. Never throws. */
  async send(messages: readonly BatchMessage[]): Promise<boolean> {
    let taken = true;
    for (let from = 0; from < messages.length; from += SEND_BATCH_LIMIT) {
      const some = messages.slice(from, from + SEND_BATCH_LIMIT);
      try {
        await this.#queue.sendBatch(some.map((body) => ({ body })));
      } catch (error) {
        const { id } = this.#record.current().spec;
        console.error(JSON.stringify({ event: 'batch.send_failed', batch: id, cause: String(error) }));
        this.takeBack(some, Date.now() + SEND_RETRY_MS);
        taken = false;
      }
    }
    return taken;
  }

  /** Messages that never arrive: what they name waits until `notBefore`, unless somebody claimed it all the same. */
  takeBack(messages: readonly BatchMessage[], notBefore: number): void {
    this.#record.transaction(() => {
      for (const message of messages) this.#takeBackOne(message, notBefore);
    });
  }

  #takeBackOne(message: BatchMessage, notBefore: number): void {
    const work =
      message.kind === 'plan' ? this.#record.current().state.plan : this.#record.store.range(message.range);
    if (work?.status !== 'queued' || work.epoch !== message.epoch) return;
    if (message.kind === 'plan') this.#reclaimPlan(work.deadline, notBefore);
    else this.#reclaim(work as RangeRow, work.deadline, notBefore);
  }

  #dispatchPlan(now: number): BatchMessage[] {
    const { spec, state } = this.#record.current();
    const { plan } = state;
    if (plan?.status !== 'waiting' || plan.notBefore > now) return [];
    const queued = { ...plan, ...lease.dispatch(plan, now) };
    this.#record.save({ ...state, plan: queued });
    return [{ kind: 'plan', batch: spec.id, epoch: queued.epoch }];
  }

  #dispatchRanges(now: number): Dispatched {
    const { spec } = this.#record.current();
    const messages: BatchMessage[] = [];
    for (const row of this.waiting(now)) {
      const { state } = this.#record.current();
      if (machine.isSuspect(row) && state.inFlight > 0) break;
      const next = decideDispatch(state, row, spec.maxCostNano, now);
      if (next === 'ask') return { messages, needsMoney: true };
      if (next === 'wait') break;
      if (next === 'max_cost' || next === 'budget') {
        this.#record.save(machine.reachCeiling(state, now, next));
        break;
      }
      const { batch, range } = machine.dispatch(state, row, next, now);
      this.#record.store.saveRange({ ...row, ...range });
      this.#record.save(batch);
      messages.push({ kind: 'run', batch: spec.id, range: row.n, epoch: range.epoch });
    }
    return { messages, needsMoney: false };
  }

  #reclaim(row: RangeRow, now: number, notBefore: number): void {
    const reclaimed = machine.reclaim(this.#record.current().state, row, now, notBefore);
    if (reclaimed === null) return;
    this.#record.store.saveRange({ ...row, ...reclaimed.range });
    this.#record.save(reclaimed.batch);
  }

  #reclaimPlan(now: number, notBefore: number): void {
    const { state } = this.#record.current();
    const reclaimed = state.plan && lease.reclaim(state.plan, now, notBefore);
    if (state.plan && reclaimed) this.#record.save({ ...state, plan: { ...state.plan, ...reclaimed } });
  }
}
