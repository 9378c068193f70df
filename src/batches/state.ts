// What happens next to a batch, as pure functions of state, event and time: no I/O, no clock, `now` is passed in.
// The BatchObject loads, asks here, and saves in one transaction.
import { addCost, type LedgerEntry } from '../accounts/ledger';
import { addUsage, NO_USAGE, type Usage } from '../contract/chat';

/** How long a dispatched range may wait in the queue before it counts as lost. Doubles with every loss. */
const QUEUE_WAIT_MS = 15_000;

/** How long a claimed range stays its consumer's without a sign of life. Consumers beat every third of it. */
export const LEASE_MS = 15_000;

/** Ranges in flight: where a batch starts, and how far success can take it. */
const WINDOW_START = 16;
const WINDOW_MAXIMUM = 64;

/** How often one item is tried before its error is its outcome. */
export const ITEM_ATTEMPTS_LIMIT = 5;

/**
 * `waiting` → `running` → `finalizing` → `ended`. Items are handed out in `running` alone; `finalizing` books
 * the spend with the account; `ended` is what clients see as terminal.
 */
export type BatchPhase = 'waiting' | 'running' | 'finalizing' | 'ended';

/** How a batch ends. `expired` is shown as `failed` with the error `batch_expired`. */
export type BatchOutcome = 'completed' | 'expired' | 'cancelled';

export interface BatchState {
  phase: BatchPhase;
  outcome: BatchOutcome | null;
  total: number;
  completed: number;
  failed: number;
  /** The number of the newest event; results and status changes take numbers in the order of their commits. */
  sequence: number;
  /** How many ranges may be in flight, and how many are. */
  window: number;
  inFlight: number;
  /** Bytes of all results as JSON. */
  resultBytes: number;
  ledger: LedgerEntry[];
  startedAt: number | null;
  endedAt: number | null;
}

export type RangeStatus = 'waiting' | 'queued' | 'leased' | 'done';

/** A run of consecutive items, handed out as one. */
export interface RangeState {
  status: RangeStatus;
  /** The fencing token: grows with every dispatch, so that whoever held the range before cannot commit. */
  epoch: number;
  /** queued, leased: when the range counts as lost. */
  deadline: number;
  /** waiting: not before this time. */
  notBefore: number;
  count: number;
  /** One bit an item, set once its outcome is recorded. */
  done: number;
  /** Tries so far of items that failed in a way worth retrying: position → count. */
  attempts: Record<number, number>;
  /** How often it was lost in a row. */
  losses: number;
}

/** What the engine needs of one item's outcome; the result itself is opaque text. */
export interface ItemOutcome {
  /** Place in the range, from 0. */
  position: number;
  failed: boolean;
  bytes: number;
  /** null for a failed item, which costs nothing. */
  charge: { model: string; usage: Usage; costNano: LedgerEntry['costNano'] } | null;
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
}

export function newBatchState(total: number): BatchState {
  return {
    phase: 'waiting',
    outcome: null,
    total,
    completed: 0,
    failed: 0,
    sequence: 1,
    window: WINDOW_START,
    inFlight: 0,
    resultBytes: 0,
    ledger: [],
    startedAt: null,
    endedAt: null,
  };
}

export function newRangeState(count: number): RangeState {
  return { status: 'waiting', epoch: 0, deadline: 0, notBefore: 0, count, done: 0, attempts: {}, losses: 0 };
}

/** The batch may hand out its first ranges. */
export function start(batch: BatchState, now: number): BatchState {
  if (batch.phase !== 'waiting') return batch;
  return { ...batch, phase: 'running', startedAt: now, sequence: batch.sequence + 1 };
}

/** How many more ranges may be dispatched now. */
export function roomInWindow(batch: BatchState): number {
  return batch.phase === 'running' ? Math.max(0, batch.window - batch.inFlight) : 0;
}

/** Hands a waiting range to the queue under a new epoch. The caller counts it into `inFlight`. */
export function dispatch(range: RangeState, now: number): RangeState {
  return {
    ...range,
    status: 'queued',
    epoch: range.epoch + 1,
    deadline: now + QUEUE_WAIT_MS * 2 ** Math.min(range.losses, 6),
  };
}

/** A message arrived: the range is its consumer's, or null for a message that is stale, repeated or too late. */
export function claim(batch: BatchState, range: RangeState, epoch: number, now: number): RangeState | null {
  if (batch.phase !== 'running' || range.status !== 'queued' || range.epoch !== epoch) return null;
  return { ...range, status: 'leased', deadline: now + LEASE_MS };
}

export interface Commit {
  batch: BatchState;
  range: RangeState;
  /** The outcomes that are new, with the event number of each. Repeated ones are left out. */
  recorded: (ItemOutcome & { sequence: number })[];
}

/**
 * Records what a consumer did, or answers null where the range is no longer its own: then nothing changes.
 * A report without items is a sign of life and extends the lease.
 */
export function commit(
  batch: BatchState,
  range: RangeState,
  epoch: number,
  report: RangeReport,
  now: number,
): Commit | null {
  if (batch.phase !== 'running' || range.status !== 'leased' || range.epoch !== epoch) return null;
  let done = range.done;
  const recorded: Commit['recorded'] = [];
  for (const item of report.items) {
    const bit = 1 << item.position;
    if (item.position < 0 || item.position >= range.count || done & bit) continue;
    done |= bit;
    recorded.push({ ...item, sequence: batch.sequence + 1 + recorded.length });
  }
  const finished = done === allDone(range.count);
  const left = finished || report.release !== null;
  const nextRange: RangeState = {
    ...range,
    done,
    status: finished ? 'done' : report.release ? 'waiting' : 'leased',
    deadline: now + LEASE_MS,
    notBefore: report.release ? now + report.release.delayMs : 0,
    attempts: { ...range.attempts, ...report.retries },
    losses: 0,
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
    window: nextWindow(batch.window, report, finished),
  };
  const all = counted.completed + counted.failed === counted.total;
  return { batch: all ? finalize(counted, 'completed') : counted, range: nextRange, recorded };
}

/** A range whose deadline has passed goes back to wait; null for one that is not lost. */
export function reclaim(range: RangeState, now: number): RangeState | null {
  if ((range.status !== 'queued' && range.status !== 'leased') || range.deadline > now) return null;
  return { ...range, status: 'waiting', notBefore: now, losses: range.losses + 1 };
}

/** No item starts from here on, and what is in flight can no longer commit. */
export function finalize(batch: BatchState, outcome: BatchOutcome): BatchState {
  if (batch.phase === 'finalizing' || batch.phase === 'ended') return batch;
  return { ...batch, phase: 'finalizing', outcome };
}

/** The spend is booked: clients may see the end. One number for the last status, one for `done`. */
export function end(batch: BatchState, now: number): BatchState {
  if (batch.phase !== 'finalizing') return batch;
  return { ...batch, phase: 'ended', endedAt: now, inFlight: 0, sequence: batch.sequence + 2 };
}

/** Usage and cost of the whole batch: the sum over its ledger. */
export function totals(batch: BatchState): { usage: Usage; costNano: LedgerEntry['costNano'] } {
  return batch.ledger.reduce<{ usage: Usage; costNano: LedgerEntry['costNano'] }>(
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

function nextWindow(window: number, report: RangeReport, finished: boolean): number {
  if (report.overloaded) return Math.max(1, Math.floor(window / 2));
  return finished ? Math.min(WINDOW_MAXIMUM, window + 1) : window;
}

function charge(ledger: LedgerEntry[], item: ItemOutcome, now: number): LedgerEntry[] {
  if (item.charge === null) return ledger;
  const { model, usage, costNano } = item.charge;
  const day = new Date(now).toISOString().slice(0, 10);
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
