// Sums and differences of spend.
import { describe, expect, it } from 'vitest';
import {
  addCost,
  costResponse,
  type LedgerEntry,
  ledgerGrowth,
  mergeLedgers,
} from '../../src/accounts/ledger';
import { entry, usageOf } from './spend';

describe('the sum of two costs', () => {
  it('is exact, and null only where both are', () => {
    const cost = { prompt: 1, completion: 2 };
    expect(addCost(cost, { prompt: 10, completion: 20 })).toEqual({ prompt: 11, completion: 22 });
    expect(addCost(cost, null)).toEqual(cost);
    expect(addCost(null, cost)).toEqual(cost);
    expect(addCost(null, null)).toBeNull();
  });
});

it('a cost is shown in USD, with the sum of its whole numbers', () => {
  expect(costResponse({ prompt: 100_000_000, completion: 200_000_000 })).toEqual({
    prompt_cost: 0.1,
    completion_cost: 0.2,
    total_cost: 0.3,
    currency: 'USD',
  });
});

describe('the growth of a ledger', () => {
  const small = entry({ requests: 1, tokens: 10 });
  const large = entry({ requests: 3, tokens: 35 });

  it('is all of it where nothing is booked', () => {
    expect(ledgerGrowth([large], [])).toEqual([large]);
  });

  it('is the difference to what is booked, member by member', () => {
    expect(ledgerGrowth([large], [small])).toEqual([entry({ requests: 2, tokens: 25 })]);
    const { usage } = ledgerGrowth([large], [small])[0] as LedgerEntry;
    expect(usage).toEqual(usageOf(25));
  });

  it('is nothing where the same is booked, or more', () => {
    expect(ledgerGrowth([large], [large])).toEqual([]);
    expect(ledgerGrowth([small], [large])).toEqual([]);
  });

  it('keeps days and models apart', () => {
    const otherDay = entry({ requests: 1, tokens: 10, day: '2026-02-01' });
    const otherModel = entry({ requests: 1, tokens: 10, model: 'other' });
    expect(ledgerGrowth([small, otherDay, otherModel], [small])).toEqual([otherDay, otherModel]);
  });

  it('has a price once one is known', () => {
    const unpriced = { ...small, costNano: null };
    expect(ledgerGrowth([large], [unpriced])[0]?.costNano).toEqual(large.costNano);
    expect(ledgerGrowth([{ ...large, costNano: null }], [unpriced])[0]?.costNano).toBeNull();
  });
});

describe('merged ledgers', () => {
  const small = entry({ requests: 1, tokens: 10 });
  const large = entry({ requests: 3, tokens: 35 });
  const other = entry({ requests: 1, tokens: 10, model: 'other' });

  it('hold of each entry the one that is further on', () => {
    expect(mergeLedgers([small], [large])).toEqual([large]);
    expect(mergeLedgers([large], [small])).toEqual([large]);
    expect(mergeLedgers([small], [other])).toEqual([small, other]);
    expect(mergeLedgers([], [small, other])).toEqual([small, other]);
  });
});
