// What a request may spend out of its account's and its key's money.
import { describe, expect, it } from 'vitest';
import { grantFrom, monthOf, nextMonthAt } from '../../src/accounts/budget';

const purse = (
  budgetNano: number,
  spentNano = 0,
  reservedNano = 0,
  holder: 'account' | 'key' = 'account',
) => ({
  holder,
  budgetNano,
  spentNano,
  reservedNano,
});
const PRICE = { boundNano: 100, leastNano: 30 };

describe('a grant', () => {
  it.each([
    ['its bound, where the money reaches', [purse(1000)], { nano: 100, short: null }],
    ['its bound, to the last nano-dollar', [purse(1000, 500, 400)], { nano: 100, short: null }],
    ['what is left, where that is enough to begin with', [purse(1000, 970)], { nano: 30, short: 'spent' }],
    ['what others leave for now', [purse(1000, 500, 450)], { nano: 50, short: 'reserved' }],
    ['nothing once the money is spent', [purse(1000, 971)], { nano: null, short: 'spent' }],
    ['nothing while others hold it', [purse(1000, 500, 471)], { nano: null, short: 'reserved' }],
    ['what the tighter of two leaves', [purse(1000), purse(50)], { nano: 50, short: 'spent' }],
    ['nothing where one of two is spent', [purse(1000), purse(50, 50)], { nano: null, short: 'spent' }],
    ['nothing after more was spent than there was', [purse(10, 20)], { nano: null, short: 'spent' }],
  ])('is %s', (_what, purses, expected) => {
    expect(grantFrom(purses, PRICE)).toEqual({ ...expected, holder: 'account' });
  });

  it.each([
    ['the key’s, which is the smaller', [purse(1000), purse(50, 50, 0, 'key')], 'spent', 'key'],
    ['the account’s, which is the smaller', [purse(50, 50), purse(1000, 0, 0, 'key')], 'spent', 'account'],
    ['the key’s, which others hold', [purse(1000), purse(200, 0, 190, 'key')], 'reserved', 'key'],
    [
      'the account’s, spent, though others hold the key’s',
      [purse(500, 490), purse(200, 0, 195, 'key')],
      'spent',
      'account',
    ],
  ] as const)('says whose money is short: %s', (_what, purses, short, holder) => {
    expect(grantFrom(purses, PRICE)).toEqual({ nano: null, short, holder });
  });

  it('of nothing is given for what costs nothing, also where more than all was spent', () => {
    const free = { boundNano: 0, leastNano: 0 };
    expect(grantFrom([purse(10, 20, 30)], free)).toMatchObject({ nano: 0, short: null });
    expect(grantFrom([purse(0)], free)).toMatchObject({ nano: 0, short: null });
  });
});

it('months are UTC, and the year ends with December', () => {
  expect(monthOf(Date.parse('2026-01-31T23:59:59.999Z'))).toBe('2026-01');
  expect(monthOf(Date.parse('2026-02-01T00:00:00+09:00'))).toBe('2026-01');
  expect(nextMonthAt(Date.parse('2026-01-31T23:59:59.999Z'))).toBe(Date.UTC(2026, 1, 1));
  expect(nextMonthAt(Date.parse('2026-02-01T00:00:00Z'))).toBe(Date.UTC(2026, 2, 1));
  expect(nextMonthAt(Date.parse('2026-12-15T00:00:00Z'))).toBe(Date.UTC(2027, 0, 1));
});
