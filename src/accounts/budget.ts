// Whether money reaches for a request, as pure arithmetic of whole nano-dollars: no I/O, no clock.

/** A monthly budget and what is gone of it. */
export interface Purse {
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
}

/** How much a request may spend out of all of these purses: its bound, or what is left if that is enough to begin with. */
export function grantFrom(
  purses: readonly Purse[],
  { boundNano, leastNano }: Price,
): Grant | { nano: null; short: MoneyShort } {
  const unspent = Math.min(...purses.map(({ budgetNano, spentNano }) => budgetNano - spentNano));
  const left = Math.min(
    ...purses.map(({ budgetNano, spentNano, reservedNano }) => budgetNano - spentNano - reservedNano),
  );
  // What costs nothing is begun even where more than the budget was spent.
  if (boundNano <= Math.max(0, left)) return { nano: boundNano, short: null };
  if (leastNano <= left) return { nano: left, short: boundNano <= unspent ? 'reserved' : 'spent' };
  return { nano: null, short: leastNano <= unspent ? 'reserved' : 'spent' };
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
