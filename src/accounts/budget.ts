// Whether money reaches for a request, as pure arithmetic of whole nano-dollars: no I/O, no clock.
import type { LimitHolder } from '../contract/accounts';

/** A monthly budget and what is gone of it. */
export interface Purse {
  holder: LimitHolder;
  budgetNano: number;
  spentNano: number;
  /** Given to requests and batches in flight. */
  reservedNano: number;
}

export interface Price {
  /** The most it can cost. */
  boundNano: number;
  /** What it takes at least: with less it is not begun. */
  leastNano: number;
}

/** `spent`: the money is gone until next month. `reserved`: what is in flight may leave enough of it. */
export type MoneyShort = 'spent' | 'reserved';

/** What a request may spend, and what keeps it from spending all that it could. */
export interface Grant {
  nano: number;
  short: MoneyShort | null;
  /** Whose money that is: of the purse with the least in it. */
  holder: LimitHolder;
}

/** How much a request may spend out of all of these purses: its bound, or what is left if that is enough to begin with. */
export function grantFrom(
  purses: readonly Purse[],
  { boundNano, leastNano }: Price,
): Grant | { nano: null; short: MoneyShort; holder: LimitHolder } {
  const unspent = least(purses, ({ budgetNano, spentNano }) => budgetNano - spentNano);
  const left = least(
    purses,
    ({ budgetNano, spentNano, reservedNano }) => budgetNano - spentNano - reservedNano,
  );
  // What costs nothing is begun even where more than the budget was spent.
  if (boundNano <= Math.max(0, left.nano)) return { nano: boundNano, short: null, holder: left.holder };
  const wanted = leastNano <= left.nano ? boundNano : leastNano;
  const nano = leastNano <= left.nano ? left.nano : null;
  return wanted <= unspent.nano
    ? { nano, short: 'reserved', holder: left.holder }
    : { nano, short: 'spent', holder: unspent.holder };
}

/** The smallest of these amounts, and whose it is. */
function least(
  purses: readonly Purse[],
  amountOf: (purse: Purse) => number,
): { nano: number; holder: LimitHolder } {
  const amounts = purses.map((purse) => ({ nano: amountOf(purse), holder: purse.holder }));
  return amounts.reduce((smallest, amount) => (amount.nano < smallest.nano ? amount : smallest));
}

/** The UTC month of a time in milliseconds, `2026-01`. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

/** When the next UTC month begins, in milliseconds. */
export function nextMonthAt(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** What a batch asks for, beside what it holds already. */
export interface BatchWish {
  /** What it was granted before and may still spend. */
  heldNano: number;
  /** With less it cannot go on, where nothing of it is in flight. */
  leastNano: number;
  /** What its next range could need. */
  nextNano: number;
  /** What all that it could hand out now could need. */
  wantedNano: number;
}

export interface BatchGrant {
  /** More than it held. */
  nano: number;
  /** Why it is less than the next range could need; null where it is not. */
  short: MoneyShort | null;
}

/**
 * How much more a batch may spend: at most half of what is free, so that other requests and batches find some; but enough
 * for its next range, or, with nothing in flight, whatever there is. What is in flight may leave enough: then nothing.
 *
 * @param purses without what the batch itself has reserved
 */
export function grantBatch(purses: readonly Purse[], wish: BatchWish): BatchGrant {
  const { heldNano, leastNano, nextNano, wantedNano } = wish;
  const left = purses.map(({ budgetNano, spentNano, reservedNano }) => {
    const unspent = budgetNano - spentNano - heldNano;
    return { unspent, free: unspent - reservedNano };
  });
  const unspent = Math.min(...left.map((purse) => purse.unspent));
  const free = Math.max(0, Math.min(...left.map((purse) => purse.free)));
  const least = heldNano > 0 ? nextNano : Math.min(leastNano, nextNano);
  const offered = Math.min(wantedNano, free, Math.max(Math.floor(free / 2), nextNano));
  const nano = offered < least ? 0 : offered;
  if (nano >= nextNano) return { nano, short: null };
  return { nano, short: unspent > nano && unspent >= least ? 'reserved' : 'spent' };
}
