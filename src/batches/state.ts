// What happens next to a batch, as pure functions of state, event and time: no I/O, no clock, `now` is passed in.
// The BatchObject loads, asks here, and saves in one transaction.
import { addCost, type CostNano, dayOf, type LedgerEntry } from '../accounts/ledger';
import type { InputError } from '../contract/batches';
import { addUsage, NO_USAGE, type Usage } from '../contract/chat';
import { BATCH_RESULTS_LIMIT_BYTES } from '../contract/limits';
import type { BatchBudget } from './batch-budget';
import * as lease from './lease';

/** Ranges in flight: where a batch starts, and how far success can take it. */
const WINDOW_START = 16;
const WINDOW_MAXIMUM = 64;

/** How often one item is tried before its error is its outcome. */
export const ITEM_ATTEMPTS_LIMIT = 5;

/** A range whose consumers died so often in a row, without any outcome, is a suspect: an item may be what they die of. */
const SUSPECT_CRASHES = 3;

/**
 * `planning` → `waiting` → `running` → `finalizing` → `ended`. An input file is checked and cut in `planning`; a batch
 * waits for its account to have room for it; items are handed out in `running` alone; `finalizing` writes the output
 * files and books the spend with the account; `ended` is what clients see as terminal.
 */
export type BatchPhase = 'planning' | 'waiting' | 'running' | 'finalizing' | 'ended';

/** How a batch ends. `invalid`: its input file was refused. `expired`: shown as `failed` with `batch_expired`. */
export type BatchOutcome = 'completed' | 'invalid' | 'expired' | 'cancelled';

/** What a batch's spending can come to an end at. */
export type MoneyCeiling = 'max_cost' | 'budget';

/** What a batch can come to an end at before its items do: its money, or the room for their results. */
type Ceiling = MoneyCeiling | 'results';

/** The planning of an input file, and how far it has come. */
export interface PlanState extends lease.Lease {
  /** Where the next range begins: its byte, its line (from 0), its first item. */
  byte: number;
  line: number;
  item: number;
}

export interface BatchState {
  phase: BatchPhase;
  outcome: BatchOutcome | null;
  /** null for inputs that were checked before the batch was made. */
  plan: PlanState | null;
  /** What was wrong with the input file. */
  errors: InputError[];
  /** The model of every input so far; null where they differ, undefined before the first. */
  model?: string | null;
  total: number;
  completed: number;
  failed: number;
  /** The number of the newest event; results and status changes take numbers in the order of their commits. */
  sequence: number;
  /** How many ranges may be in flight, and how many are. */
  window: number;
  inFlight: number;
  /** What is in flight is a suspect, and so nothing else is to be. Absent in batches of an earlier version. */
  isAlone?: boolean;
  /** What the ranges in flight may still spend, in nano-dollars. Only kept for a batch with a ceiling. */
  reservedNano: number;
  /** What its account lets it spend; null where neither account nor key has a budget. */
  budget: BatchBudget | null;
  /** The money, or the room for results, is used up: every item without an outcome has failed for want of it. */
  ceilingReached: Ceiling | null;
  /** The event number of the first of those failures; the others follow in input order. */
  leftOverFrom: number;
  /** Bytes of all recorded results as JSON. */
  resultBytes: number;
  ledger: LedgerEntry[];
  startedAt: number | null;
  finalizingAt: number | null;
  endedAt: number | null;
}

/** A run of consecutive items, handed out as one. */
export interface RangeState extends lease.Lease {
  count: number;
  /** One bit an item, set once its outcome is recorded. */
  done: number;
  /** Tries so far of items that failed in a way worth retrying: position → count. */
  attempts: Record<number, number>;
  /** How often in a row its consumer died before it reported an outcome; of a suspect, since it became one. */
  crashes: number;
  /** The most its items can cost, by estimate; `UNBOUNDED` for one that has to be alone in flight. */
  boundNano: number;
  /** What it may still spend of what it was given when it was dispatched. */
  reservedNano: number;
}

/** No money is ever enough: the range runs alone, with all that is left. */
export const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** What the engine needs of one item's outcome; the result itself is opaque text. */
export interface ItemOutcome {
  /** Place in the range, from 0. */
  position: number;
  failed: boolean;
  bytes: number;
  /** null for a failed item, which costs nothing. */
  charge: { model: string; usage: Usage; costNano: CostNano | null } | null;
}

/** A consumer's report on a range it holds. */
export interface RangeReport {
  items: ItemOutcome[];
  /** Failed tries worth repeating: position → tries so far. */
  retries: Record<number, number>;
  /** Set with the last report: what is not done goes back, not to start before so many milliseconds. */
  release: { delayMs: number } | null;
  /** The model refused work for load: take fewer ranges at once. */
  overloaded: boolean;
  /** The next item would cost more than what the range was given. */
  unaffordable: boolean;
}

/** A batch whose inputs are cut already, or, without them, one that starts with the planning of its file. */
export function newBatchState(inputs: { total: number; model: string | null } | null): BatchState {
  return {
    phase: inputs === null ? 'planning' : 'waiting',
    outcome: null,
    plan: inputs === null ? { ...lease.NEW_LEASE, byte: 0, line: 0, item: 0 } : null,
    errors: [],
    ...(inputs !== null && { model: inputs.model }),
    total: inputs?.total ?? 0,
    completed: 0,
    failed: 0,
    sequence: 1,
    window: WINDOW_START,
    inFlight: 0,
    isAlone: false,
    reservedNano: 0,
    budget: null,
    ceilingReached: null,
    leftOverFrom: 0,
    resultBytes: 0,
    ledger: [],
    startedAt: null,
    finalizingAt: null,
    endedAt: null,
  };
}

export function newRangeState(count: number, boundNano: number): RangeState {
  return { ...lease.NEW_LEASE, count, done: 0, attempts: {}, crashes: 0, boundNano, reservedNano: 0 };
}

/** What a planner found: good lines, cut into ranges, or what is wrong with the file. */
export interface PlanReport {
  /** Items in the ranges it cut since its last report. */
  items: number;
  /** Where the next range begins. */
  next: Pick<PlanState, 'byte' | 'line' | 'item'>;
  model: string | null | undefined;
  /** The file is read to its end. */
  done: boolean;
  /** With `done`: any error, and the batch has failed. */
  errors: InputError[];
}

/** Records how far a planner has come, or answers null where the plan is no longer its own. */
export function commitPlan(
  batch: BatchState,
  epoch: number,
  report: PlanReport,
  now: number,
): BatchState | null {
  const held = batch.phase === 'planning' && batch.plan && lease.extend(batch.plan, epoch, now);
  if (!held) return null;
  const refused = report.done && report.errors.length > 0;
  const total = refused ? 0 : batch.total + report.items;
  const planned: BatchState = {
    ...batch,
    plan: { ...batch.plan, ...held, ...report.next, status: report.done ? 'done' : 'leased' } as PlanState,
    total,
    // Clients see the total grow.
    sequence: total === batch.total ? batch.sequence : batch.sequence + 1,
    ...(report.model !== undefined && { model: report.model }),
  };
  if (refused) return finalize({ ...planned, errors: report.errors }, 'invalid', now);
  return report.done ? { ...planned, phase: 'waiting' } : planned;
}

/** The batch may hand out its first ranges. */
export function start(batch: BatchState, now: number): BatchState {
  if (batch.phase !== 'waiting') return batch;
  return { ...batch, phase: 'running', startedAt: now, sequence: batch.sequence + 1 };
}

/** How many more ranges may be dispatched now. */
export function roomInWindow(batch: BatchState): number {
  if (batch.phase !== 'running' || (batch.isAlone && batch.inFlight > 0)) return 0;
  return Math.max(0, batch.window - batch.inFlight);
}

/**
 * Whether consumers die of this range, or of what ran beside it: it goes out last, with nothing else in flight, and what
 * was only beside is done then.
 */
export function isSuspect({ crashes }: Pick<RangeState, 'crashes'>): boolean {
  return crashes >= SUSPECT_CRASHES;
}

/** Whether they died of it also while it was alone: its items run one by one, each try recorded before it begins. */
export function runsOneByOne({ crashes }: Pick<RangeState, 'crashes'>): boolean {
  return crashes > SUSPECT_CRASHES;
}

/** Nano-dollars spent so far; models without a price spend none. */
export function spentNano(batch: BatchState): number {
  return batch.ledger.reduce(
    (sum, { costNano }) => sum + (costNano === null ? 0 : costNano.prompt + costNano.completion),
    0,
  );
}

/**
 * What a range gets to spend if it is dispatched now: its bound, or, with nothing else in flight, all that is left
 * under the ceiling. null where it has to wait for the ranges in flight; 0 where nothing is left for anyone.
 */
export function allowance(batch: BatchState, range: RangeState, ceilingNano: number): number | null {
  const left = ceilingNano - spentNano(batch) - batch.reservedNano;
  if (range.boundNano <= left) return range.boundNano;
  return batch.inFlight === 0 ? Math.max(0, left) : null;
}

/**
 * Hands a waiting range to the queue, with what it may spend, or null where nothing limits it. Less than its bound means
 * that it runs alone.
 */
export function dispatch(
  batch: BatchState,
  range: RangeState,
  givenNano: number | null,
  now: number,
): { batch: BatchState; range: RangeState } {
  const reservedNano = givenNano ?? 0;
  const isShort = givenNano !== null && givenNano < range.boundNano;
  return {
    batch: {
      ...batch,
      inFlight: batch.inFlight + 1,
      isAlone: isSuspect(range),
      reservedNano: batch.reservedNano + reservedNano,
    },
    range: {
      ...range,
      ...lease.dispatch(range, now),
      reservedNano,
      boundNano: isShort ? UNBOUNDED : range.boundNano,
    },
  };
}

/** A message arrived: the range is its consumer's, or null. */
export function claim(batch: BatchState, range: RangeState, epoch: number, now: number): RangeState | null {
  const claimed = batch.phase === 'running' ? lease.claim(range, epoch, now) : null;
  return claimed && { ...range, ...claimed };
}

export interface Commit {
  batch: BatchState;
  range: RangeState;
  /** Nothing is new but the deadline of the lease, which need not be stored. */
  isSignOfLife: boolean;
  /** The outcomes that are new, with the event number of each. Repeated ones are left out. */
  recorded: (ItemOutcome & { sequence: number })[];
}

/**
 * Records what a consumer did, or answers null where the range is no longer its own: then nothing changes.
 * A report without news is a sign of life and extends the lease.
 */
export function commit(
  batch: BatchState,
  range: RangeState,
  epoch: number,
  report: RangeReport,
  now: number,
): Commit | null {
  const held = batch.phase === 'running' ? lease.extend(range, epoch, now) : null;
  if (held === null) return null;
  const recorded = newOutcomes(batch, range, report.items);
  if (recorded.length === 0 && isSignOfLife(range, report)) {
    return { batch, range: { ...range, ...held }, isSignOfLife: true, recorded };
  }
  const done = recorded.reduce((bits, item) => bits | (1 << item.position), range.done);
  const finished = done === allDone(range.count);
  const left = finished || report.release !== null;
  const spent = recorded.reduce((sum, { charge }) => sum + costOf(charge?.costNano ?? null), 0);
  const reservedNano = left ? 0 : Math.max(0, range.reservedNano - spent);
  const nextRange: RangeState = {
    ...range,
    ...held,
    done,
    status: finished ? 'done' : left ? 'waiting' : 'leased',
    notBefore: report.release ? now + report.release.delayMs : 0,
    attempts: { ...range.attempts, ...report.retries },
    crashes: isSuspect(range) || (recorded.length === 0 && !left) ? range.crashes : 0,
    // An item cost more than its estimate: from now on it gets all there is, or there is not enough.
    boundNano: report.unaffordable ? UNBOUNDED : range.boundNano,
    reservedNano,
  };
  const failures = recorded.filter((item) => item.failed).length;
  const counted: BatchState = {
    ...batch,
    completed: batch.completed + recorded.length - failures,
    failed: batch.failed + failures,
    // One number for each result, one for the status that tells of them.
    sequence: recorded.length === 0 ? batch.sequence : batch.sequence + recorded.length + 1,
    resultBytes: recorded.reduce((bytes, item) => bytes + item.bytes, batch.resultBytes),
    ledger: recorded.reduce((ledger, item) => charge(ledger, item, now), batch.ledger),
    inFlight: batch.inFlight - (left ? 1 : 0),
    reservedNano: batch.reservedNano - range.reservedNano + reservedNano,
    window: nextWindow(batch.window, report, finished),
  };
  const counting = afterCommit(counted, range, report, spent, now);
  return { batch: counting, range: nextRange, isSignOfLife: false, recorded };
}

/** An overdue range whose consumer may have been heard by an object that is gone gets more time; null for any other. */
export function prolong(
  batch: BatchState,
  range: RangeState,
  heardSince: number,
  now: number,
): RangeState | null {
  const prolonged = batch.phase === 'running' ? lease.prolong(range, heardSince, now) : null;
  return prolonged && { ...range, ...prolonged };
}

/** A range whose deadline has passed goes back to wait; null for one that is not lost, or that nobody needs any more. */
export function reclaim(
  batch: BatchState,
  range: RangeState,
  now: number,
  notBefore = now,
): { batch: BatchState; range: RangeState } | null {
  const reclaimed = batch.phase === 'running' ? lease.reclaim(range, now, notBefore) : null;
  if (reclaimed === null) return null;
  return {
    batch: {
      ...batch,
      inFlight: batch.inFlight - 1,
      reservedNano: batch.reservedNano - range.reservedNano,
    },
    range: {
      ...range,
      ...reclaimed,
      crashes: range.crashes + (range.status === 'leased' ? 1 : 0),
      reservedNano: 0,
    },
  };
}

/** No item starts from here on, and what is in flight can no longer commit. */
export function finalize(batch: BatchState, outcome: BatchOutcome, now: number): BatchState {
  if (batch.phase === 'finalizing' || batch.phase === 'ended') return batch;
  return { ...batch, phase: 'finalizing', outcome, finalizingAt: now };
}

/** The money, or the room, is used up: every item that has no outcome has failed, and the batch is complete. */
export function reachCeiling(batch: BatchState, now: number, ceiling: Ceiling = 'max_cost'): BatchState {
  if (batch.phase !== 'running') return batch;
  const leftOver = batch.total - batch.completed - batch.failed;
  const failed: BatchState = {
    ...batch,
    failed: batch.failed + leftOver,
    ceilingReached: ceiling,
    leftOverFrom: batch.sequence + 1,
    sequence: batch.sequence + leftOver + 1,
  };
  return finalize(failed, 'completed', now);
}

/** All is written and booked: clients may see the end. One number for the last status, one for `done`. */
export function end(batch: BatchState, now: number): BatchState {
  if (batch.phase !== 'finalizing') return batch;
  return {
    ...batch,
    phase: 'ended',
    endedAt: now,
    inFlight: 0,
    reservedNano: 0,
    sequence: batch.sequence + 2,
  };
}

/** Usage and cost of the whole batch: the sum over its ledger. */
export function totals(batch: BatchState): { usage: Usage; costNano: CostNano | null } {
  return batch.ledger.reduce<{ usage: Usage; costNano: CostNano | null }>(
    (sum, entry) => ({
      usage: addUsage(sum.usage, entry.usage),
      costNano: addCost(sum.costNano, entry.costNano),
    }),
    { usage: NO_USAGE, costNano: null },
  );
}

/** The bits of a range whose every item is recorded. */
export function allDone(count: number): number {
  return 2 ** count - 1;
}

/** Of a report without new outcomes: whether it tells nothing that would have to be stored. */
function isSignOfLife(
  range: RangeState,
  { retries, release, overloaded, unaffordable }: RangeReport,
): boolean {
  const knowsTries = Object.entries(retries).every(
    ([position, tries]) => range.attempts[Number(position)] === tries,
  );
  // A prolonged lease is stored anew: its consumer was heard.
  return knowsTries && release === null && !overloaded && !unaffordable && range.losses === 0;
}

function newOutcomes(
  batch: BatchState,
  range: RangeState,
  items: readonly ItemOutcome[],
): Commit['recorded'] {
  let done = range.done;
  const recorded: Commit['recorded'] = [];
  for (const item of items) {
    const bit = 1 << item.position;
    if (item.position < 0 || item.position >= range.count || done & bit) continue;
    done |= bit;
    recorded.push({ ...item, sequence: batch.sequence + 1 + recorded.length });
  }
  return recorded;
}

function afterCommit(
  batch: BatchState,
  range: RangeState,
  report: RangeReport,
  recordedNano: number,
  now: number,
): BatchState {
  if (batch.completed + batch.failed === batch.total) return finalize(batch, 'completed', now);
  if (batch.resultBytes >= BATCH_RESULTS_LIMIT_BYTES) return reachCeiling(batch, now, 'results');
  const hadAllThereIs = range.boundNano === UNBOUNDED;
  if (!report.unaffordable || !hadAllThereIs) return batch;
  if (!batch.budget) return reachCeiling(batch, now);
  // It takes more than it had left, which the account may still have.
  const leastNano = range.reservedNano - recordedNano + 1;
  return { ...batch, budget: { ...batch.budget, leastNano } };
}

function nextWindow(window: number, report: RangeReport, finished: boolean): number {
  if (report.overloaded) return Math.max(1, Math.floor(window / 2));
  return finished ? Math.min(WINDOW_MAXIMUM, window + 1) : window;
}

function costOf(costNano: CostNano | null): number {
  return costNano === null ? 0 : costNano.prompt + costNano.completion;
}

function charge(ledger: LedgerEntry[], item: ItemOutcome, now: number): LedgerEntry[] {
  if (item.charge === null) return ledger;
  const { model, usage, costNano } = item.charge;
  const day = dayOf(now);
  const booked = ledger.find((entry) => entry.day === day && entry.model === model);
  if (booked === undefined) return [...ledger, { day, model, requests: 1, usage, costNano }];
  const sum: LedgerEntry = {
    ...booked,
    requests: booked.requests + 1,
    usage: addUsage(booked.usage, usage),
    costNano: addCost(booked.costNano, costNano),
  };
  return ledger.map((entry) => (entry === booked ? sum : entry));
}
