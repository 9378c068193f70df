// Spend to book, with a different number in every place so that none can stand in for another.
import type { LedgerEntry } from '../../src/accounts/ledger';
import type { Usage } from '../../src/contract/chat';

export function usageOf(tokens: number): Usage {
  return {
    prompt_tokens: 2 * tokens,
    completion_tokens: 3 * tokens,
    total_tokens: 5 * tokens,
    prompt_tokens_details: {
      cached_tokens: 7 * tokens,
      text_tokens: 11 * tokens,
      image_tokens: 13 * tokens,
      audio_tokens: 17 * tokens,
    },
    completion_tokens_details: { text_tokens: 19 * tokens, reasoning_tokens: 23 * tokens },
  };
}

/** Nano-dollars. */
export function costOf(tokens: number): { prompt: number; completion: number } {
  return { prompt: 29 * tokens, completion: 31 * tokens };
}

export function entry({
  requests,
  tokens,
  day = '2026-01-31',
  model = 'sandbox',
}: {
  requests: number;
  tokens: number;
  day?: string;
  model?: string;
}): LedgerEntry {
  return { day, model, requests, usage: usageOf(tokens), costNano: costOf(tokens) };
}
