// A request kept under an amount of money.
import { describe, expect, it } from 'vitest';
import { CostLimitError, withinCost } from '../../src/completions/cost-limit';
import { costOf, type Discount } from '../../src/completions/pricing';
import { addUsage, type ChatRequest, NO_USAGE, type Usage } from '../../src/contract/chat';
import { type CatalogueModel, findModel, type Prices } from '../../src/models/catalogue';
import { estimateTextTokens } from '../../src/models/token-estimate';
import { Chance } from '../batches/chance';

const PRICES: Prices = { prompt: 100, cachedPrompt: 50, completion: 400 };
const TEXT = 'How many tokens is this?';
const MESSAGES = [{ role: 'user' as const, content: TEXT }];
const PROMPT_TOKENS = estimateTextTokens(TEXT) + 3;
const PROMPT_NANO = PROMPT_TOKENS * PRICES.prompt;

function model(prices: Prices | null): CatalogueModel {
  const sandbox = findModel('sandbox');
  if (sandbox === null) throw new Error('no sandbox');
  return { ...sandbox, prices };
}

interface Terms {
  limitNano: number | null;
  prices?: Prices | null;
  discount?: Discount;
  used?: Usage;
  mayCut?: boolean;
}

const requestOf = (extra: Partial<ChatRequest>): ChatRequest => ({
  model: 'sandbox',
  messages: MESSAGES,
  ...extra,
});

function limited(
  extra: Partial<ChatRequest>,
  { limitNano, prices = PRICES, discount, used, mayCut = true }: Terms,
) {
  const terms = {
    model: model(prices),
    discount: discount ?? 'none',
    limit: limitNano === null ? null : { nano: limitNano, mayCut },
  };
  return withinCost(requestOf(extra), MESSAGES, used ?? NO_USAGE, terms);
}

function usage(prompt: number, completion: number): Usage {
  const counts = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  return { ...NO_USAGE, ...counts };
}

describe('a request', () => {
  it.each<[name: string, extra: Partial<ChatRequest>, terms: Terms]>([
    ['without a limit', {}, { limitNano: null }],
    ['to a model without a price', {}, { limitNano: 0, prices: null }],
    [
      'to a free model',
      { max_tokens: 5 },
      { limitNano: 0, prices: { prompt: 0, cachedPrompt: 0, completion: 0 } },
    ],
    ['whose own limit costs less', { max_tokens: 10 }, { limitNano: PROMPT_NANO + 10 * 400 }],
  ])('%s goes out as it is', (_name, extra, terms) => {
    expect(limited(extra, terms)).toEqual(requestOf(extra));
  });

  it.each<[name: string, extra: Partial<ChatRequest>, terms: Terms, tokens: number]>([
    ['without a limit of its own', {}, { limitNano: PROMPT_NANO + 5 * 400 }, 5],
    ['with too high a limit', { max_completion_tokens: 100 }, { limitNano: PROMPT_NANO + 99 * 400 }, 99],
    ['with an old limit', { max_tokens: 100 }, { limitNano: PROMPT_NANO + 99 * 400 }, 99],
    ['one token short of the longest', {}, { limitNano: PROMPT_NANO + 16_384 * 400 - 1 }, 16_383],
    ['that allows any length, with money for more', {}, { limitNano: 10 ** 12 }, 16_384],
    ['with part of a token', {}, { limitNano: PROMPT_NANO + 5 * 400 + 399 }, 5],
    ['of three answers', { n: 3 }, { limitNano: PROMPT_NANO + 17 * 400 }, 5],
    ['in a batch: for half the money', {}, { limitNano: (PROMPT_NANO + 5 * 400) / 2, discount: 'batch' }, 5],
    [
      'after an attempt that is paid for',
      {},
      { limitNano: 2 * PROMPT_NANO + 9 * 400, used: usage(PROMPT_TOKENS, 4) },
      5,
    ],
  ])('%s may be answered as long as the money reaches', (_name, extra, terms, tokens) => {
    const sent = limited(extra, terms);
    expect(sent.max_completion_tokens).toBe(tokens);
    expect(sent).not.toHaveProperty('max_tokens');
    expect(sent.messages).toEqual(MESSAGES);
  });

  it.each<[name: string, extra: Partial<ChatRequest>, terms: Terms]>([
    ['no money', {}, { limitNano: 0 }],
    ['money for the prompt alone', {}, { limitNano: PROMPT_NANO }],
    ['not quite enough for a token', {}, { limitNano: PROMPT_NANO + 399 }],
    ['not quite enough for a token each', { n: 3 }, { limitNano: PROMPT_NANO + 3 * 400 - 1 }],
    [
      'less than its own limit takes, where it may not be cut',
      { max_tokens: 10 },
      { limitNano: PROMPT_NANO + 9 * 400, mayCut: false },
    ],
    [
      'less than any answer may take, where it may not be cut',
      {},
      { limitNano: PROMPT_NANO + 16_383 * 400, mayCut: false },
    ],
    ['nothing left after an attempt', {}, { limitNano: PROMPT_NANO + 900, used: usage(5, 5) }],
  ])('is not sent with %s', (_name, extra, terms) => {
    expect(() => limited(extra, terms)).toThrow(CostLimitError);
  });
});

it('never lets a request cost more than its limit, whatever prices, limits and attempts', () => {
  const seed = Date.now() % 2 ** 31;
  const chance = new Chance(seed);
  let sent = 0;
  for (let round = 0; round < 5_000; round++) {
    const price = () => chance.pick([1, 3, 100, 2_500, 0.5, 37.5]);
    const prices = { prompt: price(), cachedPrompt: price(), completion: price() };
    const discount = chance.pick(['none', 'batch'] as const);
    const n = chance.between(1, 4);
    const used = chance.is(0.5) ? NO_USAGE : usage(chance.below(100), chance.below(100));
    const limitNano = chance.below(chance.pick([1_000, 100_000, 10_000_000]));
    let request: ChatRequest;
    try {
      request = limited({ n, max_tokens: 10_000 }, { limitNano, prices, discount, used });
    } catch (error) {
      expect(error).toBeInstanceOf(CostLimitError);
      continue;
    }
    const answer = (request.max_completion_tokens ?? request.max_tokens ?? Number.NaN) * n;
    const cost = costOf(addUsage(used, usage(PROMPT_TOKENS, answer)), prices, discount);
    const total = (cost?.prompt ?? Number.NaN) + (cost?.completion ?? Number.NaN);
    expect(total, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(limitNano);
    sent += 1;
  }
  expect(sent).toBeGreaterThan(1_000);
});
