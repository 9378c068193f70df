import { describe, expect, it } from 'vitest';
import { costResponse } from '../../src/accounts/ledger';
import { costOf } from '../../src/completions/pricing';
import { NO_USAGE, type Usage } from '../../src/contract/chat';
import type { Prices } from '../../src/models/catalogue';

/** 0.15, 0.075 and 0.60 USD per million tokens. */
const PRICES: Prices = { prompt: 150, cachedPrompt: 75, completion: 600 };

function usage(prompt: number, completion: number, cached = 0): Usage {
  return {
    ...NO_USAGE,
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { ...NO_USAGE.prompt_tokens_details, text_tokens: prompt, cached_tokens: cached },
  };
}

describe('the cost of a usage', () => {
  it.each<[Usage, prompt: number, completion: number]>([
    [usage(0, 0), 0, 0],
    [usage(1, 0), 150, 0],
    [usage(0, 1), 0, 600],
    [usage(1000, 500), 150_000, 300_000],
    [usage(1000, 500, 400), 120_000, 300_000],
    [usage(1000, 0, 1000), 75_000, 0],
    [usage(128_000, 100_000, 1), 19_199_925, 60_000_000],
  ])('is whole nano-dollars: case %#', (used, prompt, completion) => {
    expect(costOf(used, PRICES, 'none')).toEqual({ prompt, completion });
  });

  it('does not count reasoning and modality details a second time', () => {
    const detailed: Usage = {
      ...usage(100, 50),
      prompt_tokens_details: { cached_tokens: 0, text_tokens: 15, image_tokens: 80, audio_tokens: 5 },
      completion_tokens_details: { text_tokens: 10, reasoning_tokens: 40 },
    };
    expect(costOf(detailed, PRICES, 'none')).toEqual(costOf(usage(100, 50), PRICES, 'none'));
  });

  it('is half in a batch, cached tokens included', () => {
    for (const used of [usage(1000, 500), usage(1000, 500, 400), usage(2, 2, 2)]) {
      const alone = costOf(used, PRICES, 'none');
      const half = { prompt: (alone?.prompt ?? 0) / 2, completion: (alone?.completion ?? 0) / 2 };
      expect(costOf(used, PRICES, 'batch')).toEqual(half);
    }
  });

  it('rounds half a nano-dollar up', () => {
    const odd: Prices = { prompt: 1, cachedPrompt: 1, completion: 3 };
    expect(costOf(usage(3, 1), odd, 'batch')).toEqual({ prompt: 2, completion: 2 });
  });

  it('is null without prices, in a batch too', () => {
    expect(costOf(usage(10, 10), null, 'none')).toBeNull();
    expect(costOf(usage(10, 10), null, 'batch')).toBeNull();
  });

  it('is nothing, not unknown, where the model is free', () => {
    const free: Prices = { prompt: 0, cachedPrompt: 0, completion: 0 };
    expect(costOf(usage(10, 10), free, 'none')).toEqual({ prompt: 0, completion: 0 });
  });
});

describe('the cost in USD', () => {
  it('is the decimal number itself, where floating point sums would stray', () => {
    // 0.1 + 0.2 is 0.30000000000000004 in floating point.
    expect(costResponse({ prompt: 100_000_000, completion: 200_000_000 })).toEqual({
      prompt_cost: 0.1,
      completion_cost: 0.2,
      total_cost: 0.3,
      currency: 'USD',
    });
  });

  it('adds up exactly over a million small requests', () => {
    const one = costOf(usage(7, 3), PRICES, 'none');
    const million = { prompt: (one?.prompt ?? 0) * 1e6, completion: (one?.completion ?? 0) * 1e6 };
    expect(costResponse(million)).toEqual({
      prompt_cost: 1.05,
      completion_cost: 1.8,
      total_cost: 2.85,
      currency: 'USD',
    });
  });
});
