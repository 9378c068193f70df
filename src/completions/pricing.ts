// What a usage costs: whole nano-dollars from catalogue prices, so that sums are exact.
import type { CostNano } from '../accounts/ledger';
import type { Usage } from '../contract/chat';
import type { Prices } from '../models/catalogue';

/** `batch`: half of the same request made alone. */
export type Discount = 'none' | 'batch';

/** What of the catalogue's price is paid. */
export const SHARES: Record<Discount, number> = { none: 1, batch: 0.5 };

/** The cost of a usage, or null where the model has no known price. Half a nano-dollar is rounded up. */
export function costOf(usage: Usage, prices: Prices | null, discount: Discount): CostNano | null {
  if (prices === null) return null;
  const share = SHARES[discount];
  const cached = usage.prompt_tokens_details.cached_tokens;
  return {
    prompt: Math.round(
      ((usage.prompt_tokens - cached) * prices.prompt + cached * prices.cachedPrompt) * share,
    ),
    completion: Math.round(usage.completion_tokens * prices.completion * share),
  };
}
