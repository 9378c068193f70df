// What must hold of a batch whatever happens, kept apart from the code under test: the oracle learns what was done,
// keeps its own books, and compares.
import { batchProgress } from '../../src/batches/batch-response';
import { LEASE_MS } from '../../src/batches/lease';
import type { BatchState, Commit, ItemOutcome, RangeReport, RangeState } from '../../src/batches/state';
import { isSuspect, spentNano, totals } from '../../src/batches/state';
import type { Scenario } from './history-scenario';

class Violation extends Error {
  override readonly name = 'Violation';
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Violation(what);
}

/** The oracle's book on one range. */
interface RangeBook {
  /** Recorded positions, one bit each. */
  recorded: number;
  /** The newest epoch, and the newest that was claimed. */
  epoch: number;
  claimedEpoch: number;
  /** Who holds it, by epoch, and when it was last heard of. */
  holder: { epoch: number; heardAt: number } | null;
  dispatchedAt: number;
  notBefore: number;
  attempts: Record<number, number>;
}

export class Oracle {
  readonly #scenario: Scenario;
  readonly #books: RangeBook[] = [];
  #lastSequence = 0;
  #completed = 0;
  #failed = 0;
  #bytes = 0;
  #spent = 0;
  /** Requests and nano-dollars by day and model. */
  readonly #charges = new Map<string, { requests: number; nano: number }>();
  /** When the plan was last handed out or its planner heard of. */
  #planHeardAt = 0;
  #before: BatchState | null = null;
  #rowsBefore: readonly RangeState[] = [];
  /** How often a range was lost on the way. */
  losses = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  dispatched(n: number, epoch: number, now: number): void {
    const book = this.#book(n);
    must(epoch > book.epoch, `range ${n} goes out under an epoch that is not new`);
    must(book.holder === null, `range ${n} goes out while somebody holds it`);
    must(now >= book.notBefore, `range ${n} goes out before its time`);
    book.epoch = epoch;
    book.dispatchedAt = now;
  }

  claimed(n: number, { epoch, attempts }: RangeState, state: BatchState, now: number): void {
    const book = this.#book(n);
    must(state.phase === 'running', `range ${n} is claimed of a batch that is not running`);
    must(epoch === book.epoch, `range ${n} is claimed under a stale epoch`);
    must(epoch > book.claimedEpoch, `range ${n} is claimed twice under one epoch`);
    must(JSON.stringify(attempts) === JSON.stringify(book.attempts), `range ${n} forgot its failed tries`);
    book.claimedEpoch = epoch;
    book.holder = { epoch, heardAt: now };
  }

  /** `forced`: the queue gave up on its message, so that no deadline is waited for. */
  reclaimed(n: number, forced: boolean, now: number): void {
    const book = this.#book(n);
    const heardAt = book.holder?.heardAt ?? book.dispatchedAt;
    must(forced || heardAt + LEASE_MS <= now, `range ${n} is taken from a consumer that is alive`);
    book.holder = null;
    this.losses += 1;
  }

  /** A sign of life of the plan: it went out, was claimed, or its planner reported. */
  planHeard(now: number): void {
    this.#planHeardAt = now;
  }

  planReclaimed(forced: boolean, now: number): void {
    must(forced || this.#planHeardAt + LEASE_MS <= now, 'the plan is taken from a planner that is alive');
  }

  /** `state` is the batch before the commit. */
  committed(
    n: number,
    epoch: number,
    report: RangeReport,
    commit: Commit,
    state: BatchState,
    now: number,
  ): void {
    const book = this.#book(n);
    must(book.holder?.epoch === epoch, `a commit under a stale epoch of range ${n} was accepted`);
    must(state.phase === 'running', 'a commit after the end was accepted');
    for (const { position, sequence, failed, bytes, charge } of commit.recorded) {
      must((book.recorded & (1 << position)) === 0, `item ${position} of range ${n} has two outcomes`);
      must(
        sequence > Math.max(this.#lastSequence, state.sequence),
        'event numbers are not unique and ascending',
      );
      book.recorded |= 1 << position;
      this.#lastSequence = sequence;
      this.#bytes += bytes;
      if (failed) this.#failed += 1;
      else this.#completed += 1;
      if (charge !== null) this.#charge(charge, now);
    }
    must(this.#lastSequence <= commit.batch.sequence, 'a result is newer than the batch');
    for (const { position } of report.items) {
      must((book.recorded & (1 << position)) !== 0, `an outcome of range ${n} was dropped`);
    }
    Object.assign(book.attempts, report.retries);
    const kept = commit.range.status === 'leased';
    book.holder = kept ? { epoch, heardAt: now } : null;
    if (report.release !== null) book.notBefore = now + report.release.delayMs;
  }

  refused(n: number, epoch: number, state: BatchState): void {
    const held = this.#book(n).holder?.epoch === epoch && state.phase === 'running';
    must(!held, `a commit of range ${n} was refused though it is its consumer's`);
  }

  /** After every step. */
  check(state: BatchState, rows: readonly RangeState[]): void {
    if (state === this.#before && rows === this.#rowsBefore) return;
    this.#checkCounts(state, rows);
    this.#checkMoney(state, rows);
    if (this.#before !== null) checkChange(this.#before, state);
    if (state.ceilingReached && !this.#before?.ceilingReached) this.#checkCeiling(state, rows);
    this.#before = state;
    this.#rowsBefore = rows;
  }

  /** Once ended: every item has one outcome or is one left-over, and all is paid for. */
  checkEnd(state: BatchState, rows: readonly RangeState[], booked: BatchState['ledger'] | null): void {
    const left = rows.reduce((sum, row, n) => sum + row.count - bitCount(this.#book(n).recorded), 0);
    const undone = state.ceilingReached ? 0 : left;
    must(state.completed + state.failed + undone === state.total, 'the counters do not add up to the total');
    must(state.outcome !== null, 'it ended without an outcome');
    must(state.outcome !== 'completed' || undone === 0, 'it is complete, but items are undone');
    must(
      state.outcome === 'invalid' || !this.#scenario.planned || rowsAreThere(state, rows),
      'ranges are lost',
    );
    must(
      (state.outcome === 'invalid') === state.errors.length > 0,
      'errors without a refusal, or none with it',
    );
    for (const { day, model, requests, costNano } of state.ledger) {
      const charge = this.#charges.get(`${day} ${model}`);
      const nano = costNano === null ? 0 : costNano.prompt + costNano.completion;
      must(
        charge?.requests === requests && charge.nano === nano,
        `the ledger of ${model} on ${day} is wrong`,
      );
    }
    must(JSON.stringify(booked) === JSON.stringify(state.ledger), 'it ended before its spend was booked');
    must(state.endedAt !== null && state.finalizingAt !== null, 'it ended without a time');
  }

  #checkCounts(state: BatchState, rows: readonly RangeState[]): void {
    let inFlight = 0;
    let items = 0;
    for (const [n, row] of rows.entries()) {
      must(row.done === this.#book(n).recorded, `range ${n} and its recorded outcomes differ`);
      must((row.status === 'done') === (row.done === 2 ** row.count - 1), `range ${n} is done, or is it`);
      if (isInFlight(row)) inFlight += 1;
      items += row.count;
    }
    must(state.total === items, 'total is not the number of items');
    must(state.completed === this.#completed, 'completed is not the number of recorded answers');
    const failed = state.ceilingReached ? state.total - this.#completed : this.#failed;
    must(state.failed === failed, 'failed is not the number of failed items');
    must(state.completed + state.failed <= state.total, 'more outcomes than items');
    must(state.resultBytes === this.#bytes, 'resultBytes is not the size of the results');
    must(state.inFlight === (state.phase === 'ended' ? 0 : inFlight), 'inFlight is not what is in flight');
    const suspects = rows.filter((row) => isInFlight(row) && isSuspect(row)).length;
    must(suspects === 0 || state.phase !== 'running' || inFlight === 1, 'a suspect is not alone in flight');
    must(state.window >= 1 && state.window <= 64, 'the window is shut, or too wide');
    const requests = state.ledger.reduce((sum, entry) => sum + entry.requests, 0);
    must(requests === this.#completed, 'charges are not the number of answers');
    must(totals(state).usage.total_tokens === this.#completed * 3, 'usage is not the sum of the answers');
  }

  #checkMoney(state: BatchState, rows: readonly RangeState[]): void {
    const spent = spentNano(state);
    must(spent === this.#spent, 'the ledger is not the sum of the charges');
    const { ceilingNano } = this.#scenario;
    if (state.phase === 'ended') must(state.reservedNano === 0, 'money is reserved after the end');
    else {
      const reserved = rows.reduce((sum, row) => sum + row.reservedNano, 0);
      must(state.reservedNano === reserved, 'reservedNano is not the sum over the ranges');
    }
    if (ceilingNano === null) return;
    must(spent <= ceilingNano, 'more is spent than max_cost');
    must(spent + state.reservedNano <= ceilingNano, 'spent and reserved are more than max_cost');
  }

  /** The ceiling is reached where nobody may still give money back, and there is none, or too little for some item. */
  #checkCeiling(state: BatchState, rows: readonly RangeState[]): void {
    const left = (this.#scenario.ceilingNano ?? Number.POSITIVE_INFINITY) - spentNano(state);
    const isShort = rows.some((row, n) =>
      this.#scenario.ranges[n]?.some(
        ({ priced, prompt }, position) => priced && prompt + 1 > left && (row.done & (1 << position)) === 0,
      ),
    );
    must((left <= 0 || isShort) && state.reservedNano === 0, 'it gave up for want of money that was there');
  }

  #charge({ model, costNano }: NonNullable<ItemOutcome['charge']>, now: number): void {
    const nano = costNano === null ? 0 : costNano.prompt + costNano.completion;
    const key = `${new Date(now).toISOString().slice(0, 10)} ${model}`;
    const { requests, nano: before } = this.#charges.get(key) ?? { requests: 0, nano: 0 };
    this.#charges.set(key, { requests: requests + 1, nano: before + nano });
    this.#spent += nano;
  }

  #book(n: number): RangeBook {
    this.#books[n] ??= {
      recorded: 0,
      epoch: 0,
      claimedEpoch: 0,
      holder: null,
      dispatchedAt: 0,
      notBefore: 0,
      attempts: {},
    };
    return this.#books[n];
  }
}

const PHASES: readonly BatchState['phase'][] = ['planning', 'waiting', 'running', 'finalizing', 'ended'];

function checkChange(before: BatchState, state: BatchState): void {
  if (state === before) return;
  must(PHASES.indexOf(state.phase) >= PHASES.indexOf(before.phase), 'it went back to an earlier phase');
  must(before.outcome === null || state.outcome === before.outcome, 'its outcome changed');
  must(before.startedAt === null || state.startedAt === before.startedAt, 'it started twice');
  must(state.sequence >= before.sequence, 'event numbers went back');
  if (state.sequence === before.sequence) {
    const same = JSON.stringify(batchProgress(before)) === JSON.stringify(batchProgress(state));
    must(same, 'what clients see changed without a new event number');
  }
  if (before.phase === 'ended') {
    const same = JSON.stringify({ ...before, plan: null }) === JSON.stringify({ ...state, plan: null });
    must(same, 'it changed after its end');
  }
}

export function isInFlight({ status }: RangeState): boolean {
  return status === 'queued' || status === 'leased';
}

function rowsAreThere({ total }: BatchState, rows: readonly RangeState[]): boolean {
  return rows.reduce((sum, row) => sum + row.count, 0) === total;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest &= rest - 1) count += 1;
  return count;
}
