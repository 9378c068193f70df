// A batch under the monthly budgets of its account and key: a second ceiling beside `max_cost`, which the account raises
// piece by piece. Pure: no I/O, no clock, `now` is passed in.
import type { BatchGrant, BatchWish, MoneyShort } from '../accounts/budget';
import {
  allowance,
  type BatchState,
  type MoneyCeiling,
  type RangeState,
  spentNano,
  UNBOUNDED,
} from './state';

/** How long after it gave too little the account is asked again. */
const ASK_AGAIN_MS = 3_000;

/** In nano-dollars. */
export interface BatchBudget {
  /** What the batch may have spent in all: it grows with what the account grants. */
  ceilingNano: number;
  /** Why the account gave less than the next range could need; null where it did not. */
  short: MoneyShort | null;
  /** Milliseconds; not to be asked again before, where it is short. */
  askAt: number;
  /** Whether it was asked with nothing in flight, and so gave whatever there was. */
  gaveAll: boolean;
  /** With less than this nothing more can be done: so much was tried and found too little. */
  leastNano: number;
}

/** From here on the batch spends only what its account grants. What is in flight by now is not held to anything. */
export function putUnderBudget(batch: BatchState): BatchState {
  if (batch.budget || batch.phase === 'finalizing' || batch.phase === 'ended') return batch;
  return {
    ...batch,
    budget: { ceilingNano: spentNano(batch), short: null, askAt: 0, gaveAll: false, leastNano: 1 },
  };
}

/** What the batch may have spent in all, or null where nothing limits it. */
export function ceilingOf({ budget }: BatchState, maxCostNano: number | null): number | null {
  if (!budget) return maxCostNano;
  return maxCostNano === null ? budget.ceilingNano : Math.min(maxCostNano, budget.ceilingNano);
}

/**
 * What comes of a waiting range: it is dispatched with so much money, or with null, since nothing limits it; it waits for
 * what is in flight; the account is asked for more first; or the money is used up and the batch is at its end.
 */
export function decideDispatch(
  batch: BatchState,
  range: RangeState,
  maxCostNano: number | null,
  now: number,
): number | null | 'wait' | 'ask' | MoneyCeiling {
  const ceilingNano = ceilingOf(batch, maxCostNano);
  if (ceilingNano === null) return null;
  const nano = allowance(batch, range, ceilingNano);
  if (nano === range.boundNano) return nano;
  const { budget } = batch;
  const isTooLittle = nano !== null && nano < (budget?.leastNano ?? 1);
  if (!budget || ceilingNano === maxCostNano) {
    if (nano === null) return 'wait';
    return isTooLittle ? 'max_cost' : nano;
  }
  const mayGiveMore = batch.inFlight === 0 && !budget.gaveAll;
  if (budget.short === null || now >= budget.askAt || mayGiveMore) return 'ask';
  if (nano === null) return 'wait';
  if (isTooLittle) return budget.short === 'spent' ? 'budget' : 'wait';
  return nano;
}

/** Before it asks, a batch with nothing in flight gives back what it holds: others may be waiting for just that. */
export function letGo(batch: BatchState): BatchState {
  if (!batch.budget || batch.inFlight > 0) return batch;
  return { ...batch, budget: { ...batch.budget, ceilingNano: spentNano(batch) } };
}

/** What the account is asked for, to run these ranges next. */
export function wishFor(
  batch: BatchState,
  ranges: readonly RangeState[],
  maxCostNano: number | null,
): BatchWish {
  const spent = spentNano(batch);
  const heldNano = Math.max(0, (batch.budget?.ceilingNano ?? 0) - spent);
  const unusedNano = Math.max(0, heldNano - batch.reservedNano);
  const roomNano = maxCostNano === null ? UNBOUNDED : Math.max(0, maxCostNano - spent - heldNano);
  const beyond = (nano: number) => Math.max(0, Math.min(UNBOUNDED, roomNano, nano - unusedNano));
  return {
    heldNano,
    leastNano: batch.budget?.leastNano ?? 1,
    nextNano: beyond(ranges[0]?.boundNano ?? 0),
    wantedNano: beyond(ranges.reduce((sum, { boundNano }) => sum + boundNano, 0)),
  };
}

/** The account's answer to what was asked when the batch had spent `spent`. */
export function fund(
  batch: BatchState,
  spent: number,
  wish: BatchWish,
  grant: BatchGrant | null,
  now: number,
): BatchState {
  if (grant === null || !batch.budget) return { ...batch, budget: null };
  const isEnough = grant.nano >= wish.leastNano;
  return {
    ...batch,
    budget: {
      ceilingNano: spent + wish.heldNano + grant.nano,
      short: grant.short,
      askAt: now + ASK_AGAIN_MS,
      gaveAll: wish.heldNano === 0,
      leastNano: isEnough ? 1 : wish.leastNano,
    },
  };
}
