// The object that holds a batch, as `BatchObject` is written but with arrays for storage: each method mirrors the one of
// its name there. What awaits is a process of steps. What a transaction does is told to the oracle once it is through.

import type { BatchMessage } from '../../src/batches/batch-spec';
import type { Grant, RangeCommit } from '../../src/batches/grant';
import * as lease from '../../src/batches/lease';
import * as machine from '../../src/batches/state';
import { isInFlight, must, type Oracle } from './history-oracle';
import { CRASH, type World } from './history-world';

interface Row extends machine.RangeState {
  n: number;
}

const BATCH = 'batch_history';
const STEP_RETRY_MS = 2_000;

export class HistoryObject {
  state: machine.BatchState;
  rows: readonly Row[] = [];
  /** Deadlines after signs of life, which are kept in memory alone, and since when. */
  #heard = new Map<number, number>();
  #heardSince = 0;
  /** What the account has booked. */
  booked: machine.BatchState['ledger'] | null = null;
  readonly #world: World;
  readonly #oracle: Oracle;
  #isFinishing = false;
  /** What the oracle is told once the transaction is through. */
  #news: (() => void)[] = [];

  constructor(world: World, oracle: Oracle) {
    this.#world = world;
    this.#oracle = oracle;
    const { ranges, planned, window } = world.scenario;
    const total = ranges.reduce((sum, items) => sum + items.length, 0);
    this.state = machine.newBatchState(planned ? null : { total, model: 'm' });
    if (window !== null) this.state = { ...this.state, window };
    if (!planned) this.#addRanges(ranges.length);
  }

  /** What it held in memory is gone. */
  forget(): void {
    this.#isFinishing = false;
    this.#heard.clear();
    this.#heardSince = this.#world.now;
  }

  *tick(now: number): Generator<void, void> {
    if (now >= this.#world.expiresAt) {
      this.#transaction(() => this.#save(machine.finalize(this.state, 'expired', now)));
    }
    if (this.state.phase === 'waiting') {
      const hasRoom = this.#world.mischief === 0 || this.#world.chance.is(0.7);
      yield;
      if (hasRoom) this.#transaction(() => this.#save(machine.start(this.state, now)));
    }
    const messages = this.#transaction(() => {
      this.#reclaimPlan(now, now, false);
      for (const row of this.#current()) {
        if (!isInFlight(row) || row.deadline > now) continue;
        const prolonged = machine.prolong(this.state, row, this.#heardSince, now);
        if (prolonged === null) this.#reclaim(row, now, now, false);
        else this.#saveRow({ ...row, ...prolonged });
      }
      return [...this.#dispatchPlan(now), ...this.#dispatch(now)];
    });
    this.#send(messages);
    if (this.state.phase === 'finalizing') yield* this.#finish();
  }

  cancel(): void {
    this.#transaction(() => this.#save(machine.finalize(this.state, 'cancelled', this.#world.now)));
    this.#finishSoon();
  }

  claimPlan(epoch: number): machine.PlanState | null {
    const { state } = this;
    const { plan } = state;
    const claimed = state.phase === 'planning' && plan && lease.claim(plan, epoch, this.#world.now);
    if (!claimed) return null;
    this.#transaction(() => {
      this.#news.push(() => this.#oracle.planHeard(this.#world.now));
      this.#save({ ...state, plan: { ...plan, ...claimed } });
    });
    return plan;
  }

  commitPlan(epoch: number, report: machine.PlanReport, cuts: number): boolean {
    const planned = machine.commitPlan(this.state, epoch, report, this.#world.now);
    if (!planned) return false;
    must(this.state.plan?.epoch === epoch, 'a planner with a stale epoch was heard');
    this.#transaction(() => {
      this.#news.push(() => this.#oracle.planHeard(this.#world.now));
      if (planned.outcome === 'invalid') this.rows = [];
      else this.#addRanges(cuts);
      this.#save(planned);
    });
    if (report.done) this.#world.alarm();
    return !report.done;
  }

  claim(messages: { range: number; epoch: number }[]): Grant[] {
    const { now } = this.#world;
    return this.#transaction(() =>
      messages.flatMap(({ range: n, epoch }): Grant[] => {
        const row = this.rows[n];
        const claimed = row && machine.claim(this.state, row, epoch, now);
        if (!claimed) return [];
        this.#saveRow({ ...row, ...claimed });
        this.#news.push(() => this.#oracle.claimed(n, row, this.state, now));
        const { count, done, attempts } = row;
        const aloneWithNano = row.boundNano === machine.UNBOUNDED ? row.reservedNano : null;
        const place = { first: 0, start: 0, end: 0, customIds: [] };
        const oneByOne = machine.runsOneByOne(row);
        return [{ range: n, epoch, ...place, count, done, attempts, aloneWithNano, oneByOne }];
      }),
    );
  }

  commit(commits: RangeCommit[]): boolean[] {
    const { now } = this.#world;
    const [held, messages] = this.#transaction(() => [
      commits.map((commit) => this.#commitRange(commit, now)),
      this.#dispatch(now),
    ]);
    this.#send(messages);
    this.#finishSoon();
    return held;
  }

  #commitRange({ range: n, epoch, report }: RangeCommit, now: number): boolean {
    const row = this.#current()[n];
    const { state } = this;
    const commit = row && machine.commit(state, row, epoch, report, now);
    if (!commit) {
      this.#news.push(() => this.#oracle.refused(n, epoch, state));
      return false;
    }
    this.#news.push(() => this.#oracle.committed(n, epoch, report, commit, state, now));
    if (commit.isSignOfLife) {
      this.#heard.set(n, commit.range.deadline);
      return true;
    }
    this.#saveRow({ ...row, ...commit.range });
    this.#save(commit.batch);
    return commit.range.status === 'leased';
  }

  giveUp(message: BatchMessage): void {
    const { plan } = this.state;
    if (message.kind === 'plan') {
      if (plan?.epoch === message.epoch)
        this.#transaction(() => this.#reclaimPlan(plan.deadline, plan.deadline, true));
      return;
    }
    const row = this.rows[message.range];
    if (row?.epoch === message.epoch) {
      this.#transaction(() => this.#reclaim(row, row.deadline, this.#world.now, true));
    }
  }

  #dispatch(now: number): BatchMessage[] {
    const { ceilingNano } = this.#world.scenario;
    const room = machine.roomInWindow(this.state);
    const messages: BatchMessage[] = [];
    const waiting = this.rows.filter((row) => row.status === 'waiting' && row.notBefore <= now);
    const ready = [false, true].flatMap((last) => waiting.filter((row) => machine.isSuspect(row) === last));
    for (const row of ready.slice(0, room)) {
      if (machine.isSuspect(row) && this.state.inFlight > 0) break;
      const nano = ceilingNano === null ? 0 : machine.allowance(this.state, row, ceilingNano);
      if (nano === null) break;
      if (nano === 0 && row.boundNano > 0) {
        this.#save(machine.reachCeiling(this.state, now));
        break;
      }
      const { batch, range } = machine.dispatch(this.state, row, nano, now);
      this.#saveRow({ ...row, ...range });
      this.#save(batch);
      this.#news.push(() => this.#oracle.dispatched(row.n, range.epoch, now));
      messages.push({ kind: 'run', batch: BATCH, range: row.n, epoch: range.epoch });
    }
    must(messages.length === 0 || this.state.inFlight <= this.state.window, 'more in flight than the window');
    return messages;
  }

  #dispatchPlan(now: number): BatchMessage[] {
    const { plan } = this.state;
    if (this.state.phase !== 'planning' || plan?.status !== 'waiting' || plan.notBefore > now) return [];
    const queued = { ...plan, ...lease.dispatch(plan, now) };
    this.#save({ ...this.state, plan: queued });
    this.#news.push(() => this.#oracle.planHeard(now));
    return [{ kind: 'plan', batch: BATCH, epoch: queued.epoch }];
  }

  #send(messages: BatchMessage[]): void {
    if (messages.length > 0) this.#world.start('object', this.#sending(messages));
  }

  /** A queue that says no may have taken the messages all the same. */
  *#sending(messages: BatchMessage[]): Generator<void, void> {
    const chance = this.#world.chance;
    const refused = chance.is(this.#world.mischief);
    if (!refused || chance.is(0.3)) {
      for (const message of messages) {
        if (chance.is(this.#world.mischief)) continue;
        this.#world.post(message);
        if (chance.is(this.#world.mischief)) this.#world.post(message);
      }
    }
    if (!refused) return;
    yield;
    const again = this.#world.now + STEP_RETRY_MS;
    this.#transaction(() => {
      for (const message of messages) this.#takeBack(message, again);
    });
  }

  #takeBack(message: BatchMessage, notBefore: number): void {
    const { plan } = this.state;
    if (message.kind === 'plan') {
      if (plan?.status === 'queued' && plan.epoch === message.epoch)
        this.#reclaimPlan(plan.deadline, notBefore, true);
      return;
    }
    const row = this.rows[message.range];
    if (row?.status === 'queued' && row.epoch === message.epoch)
      this.#reclaim(row, row.deadline, notBefore, true);
  }

  #reclaim(row: Row, now: number, notBefore: number, forced: boolean): void {
    const reclaimed = machine.reclaim(this.state, row, now, notBefore);
    if (reclaimed === null) return;
    this.#news.push(() => this.#oracle.reclaimed(row.n, forced, this.#world.now));
    this.#saveRow({ ...row, ...reclaimed.range });
    this.#save(reclaimed.batch);
  }

  #reclaimPlan(now: number, notBefore: number, forced: boolean): void {
    const { state } = this;
    const reclaimed = state.plan && lease.reclaim(state.plan, now, notBefore);
    if (!state.plan || !reclaimed) return;
    this.#news.push(() => this.#oracle.planReclaimed(forced, this.#world.now));
    this.#save({ ...state, plan: { ...state.plan, ...reclaimed } });
  }

  #finishSoon(): void {
    if (this.state.phase === 'finalizing') this.#world.start('object', this.#finish());
  }

  *#finish(): Generator<void, void> {
    if (this.#isFinishing || this.state.phase !== 'finalizing') return;
    this.#isFinishing = true;
    const { state } = this;
    const { now } = this.#world;
    yield;
    // The output files or the account may fail: the alarm does it again.
    if (!this.#world.chance.is(this.#world.mischief)) {
      const ended = machine.end(state, now);
      this.booked = state.ledger;
      yield;
      this.#transaction(() => this.#save(ended));
    }
    this.#isFinishing = false;
  }

  nextAt(): number {
    const { state } = this;
    switch (state.phase) {
      case 'planning': {
        const { plan } = state;
        const dueAt = (plan?.status === 'waiting' ? plan.notBefore : plan?.deadline) ?? 0;
        return Math.min(this.#world.expiresAt, dueAt);
      }
      case 'waiting':
        return this.#world.now;
      case 'running': {
        const isShort = this.#world.scenario.ceilingNano !== null && state.inFlight > 0;
        const hasRoom = machine.roomInWindow(state) > 0 && !isShort;
        let dueAt = this.#world.expiresAt;
        for (const row of this.#current()) {
          const isWaiting = row.status === 'waiting' && !(machine.isSuspect(row) && state.inFlight > 0);
          if (isWaiting && hasRoom) dueAt = Math.min(dueAt, row.notBefore);
          if (isInFlight(row)) dueAt = Math.min(dueAt, row.deadline);
        }
        return dueAt;
      }
      case 'finalizing':
        return this.#world.now + STEP_RETRY_MS;
      case 'ended':
        return Number.POSITIVE_INFINITY;
    }
  }

  #addRanges(count: number): void {
    const { ranges, ceilingNano } = this.#world.scenario;
    const from = this.rows.length;
    const added = ranges.slice(from, from + count).map((items, index) => {
      const bound = ceilingNano === null ? 0 : items.reduce((sum, item) => sum + item.bound, 0);
      return { ...machine.newRangeState(items.length, bound), n: from + index };
    });
    this.rows = [...this.rows, ...added];
  }

  /** The rows as the object knows them, with what it heard of their consumers. */
  #current(): Row[] {
    return this.rows.map((row) => ({ ...row, deadline: this.#heard.get(row.n) ?? row.deadline }));
  }

  #saveRow(row: Row): void {
    this.#heard.delete(row.n);
    this.rows = this.rows.with(row.n, row);
  }

  #save(state: machine.BatchState): void {
    this.state = state;
  }

  /** All of it is stored, or nothing is and the object is gone. */
  #transaction<T>(run: () => T): T {
    const { state, rows } = this;
    const result = run();
    const news = this.#news;
    this.#news = [];
    if (this.#world.chance.is(this.#world.mischief / 10)) {
      this.state = state;
      this.rows = rows;
      this.#world.crashObject();
      throw CRASH;
    }
    for (const tell of news) tell();
    return result;
  }
}
