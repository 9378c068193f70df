// What was spent, as pure sums and differences of whole numbers: no I/O, no clock.
import type { Cost, Usage } from '../contract/chat';
import { usdFromNano } from '../contract/money';

/** Nano-dollars. */
export interface CostNano {
  prompt: number;
  completion: number;
}

/** Spend on one model on one UTC day (`2026-01-31`). */
export interface LedgerEntry {
  day: string;
  model: string;
  requests: number;
  usage: Usage;
  /** null while every request's model had no price. */
  costNano: CostNano | null;
}

/** The UTC day of a time in milliseconds, `2026-01-31`. */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/** The sum of two costs; one that is unknown adds nothing. */
export function addCost(a: CostNano | null, b: CostNano | null): CostNano | null {
  if (a === null || b === null) return a ?? b;
  return { prompt: a.prompt + b.prompt, completion: a.completion + b.completion };
}

/**
 * What a cumulative ledger holds beyond the part that is booked. An entry that did not grow, say of a ledger that
 * arrived late, is left out: nothing is booked twice, and nothing is taken back.
 */
export function ledgerGrowth(
  cumulative: readonly LedgerEntry[],
  booked: readonly LedgerEntry[],
): LedgerEntry[] {
  return cumulative.flatMap((entry) => {
    const before = booked.find((other) => isSameEntry(entry, other));
    if (before === undefined) return [entry];
    return entry.requests > before.requests ? [subtract(entry, before)] : [];
  });
}

/** What is booked once the growth of `cumulative` is: of each entry the one with more requests. */
export function mergeLedgers(
  booked: readonly LedgerEntry[],
  cumulative: readonly LedgerEntry[],
): LedgerEntry[] {
  const grown = cumulative.filter((entry) =>
    booked.every((other) => !isSameEntry(entry, other) || entry.requests > other.requests),
  );
  return [...booked.filter((entry) => !grown.some((other) => isSameEntry(entry, other))), ...grown];
}

/** A cost as responses show it, in USD. */
export function costResponse({ prompt, completion }: CostNano): Cost {
  return {
    prompt_cost: usdFromNano(prompt),
    completion_cost: usdFromNano(completion),
    total_cost: usdFromNano(prompt + completion),
    currency: 'USD',
  };
}

function isSameEntry(a: LedgerEntry, b: LedgerEntry): boolean {
  return a.day === b.day && a.model === b.model;
}

function subtract(entry: LedgerEntry, before: LedgerEntry): LedgerEntry {
  return {
    ...entry,
    requests: entry.requests - before.requests,
    usage: subtractUsage(entry.usage, before.usage),
    costNano: entry.costNano && {
      prompt: entry.costNano.prompt - (before.costNano?.prompt ?? 0),
      completion: entry.costNano.completion - (before.costNano?.completion ?? 0),
    },
  };
}

function subtractUsage(a: Usage, b: Usage): Usage {
  const prompt = a.prompt_tokens_details;
  const completion = a.completion_tokens_details;
  return {
    prompt_tokens: a.prompt_tokens - b.prompt_tokens,
    completion_tokens: a.completion_tokens - b.completion_tokens,
    total_tokens: a.total_tokens - b.total_tokens,
    prompt_tokens_details: {
      cached_tokens: prompt.cached_tokens - b.prompt_tokens_details.cached_tokens,
      text_tokens: prompt.text_tokens - b.prompt_tokens_details.text_tokens,
      image_tokens: prompt.image_tokens - b.prompt_tokens_details.image_tokens,
      audio_tokens: prompt.audio_tokens - b.prompt_tokens_details.audio_tokens,
    },
    completion_tokens_details: {
      text_tokens: completion.text_tokens - b.completion_tokens_details.text_tokens,
      reasoning_tokens: completion.reasoning_tokens - b.completion_tokens_details.reasoning_tokens,
    },
  };
}
