import { expect, it } from 'vitest';
import { usdFromNano } from '../../src/contract/money';

it.each([
  [0, 0],
  [1, 0.000000001],
  [300_000_000, 0.3],
  [1_234_567_891, 1.234567891],
  [9_007_199_254_740_991, 9_007_199.254740991],
])('%d nano-dollars are %d USD', (nano, usd) => {
  expect(usdFromNano(nano)).toBe(usd);
});
