// Money is counted in whole nano-dollars (10^-9 USD), so that costs add up exactly.

/** Nano-dollars in a dollar. */
const NANO_PER_USD = 1_000_000_000;

/** Nano-dollars → the USD number a response shows: the double nearest to the exact decimal. */
export function usdFromNano(nano: number): number {
  return nano / NANO_PER_USD;
}

/** A client's USD amount → nano-dollars, to the nearest. */
export function nanoFromUsd(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}
