// Amounts as responses show them, back in the whole nano-dollars that add up exactly.

/** USD → nano-dollars. Throws for an amount that is not a whole number of them. */
export function nanoDollars(usd: number): number {
  const nano = Math.round(usd * 1e9);
  if (nano / 1e9 !== usd) throw new Error(`${usd} USD is not a whole number of nano-dollars`);
  return nano;
}
