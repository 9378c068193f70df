// Limits as headers, in OpenAI's duration format.
import { expect, it } from 'vitest';
import { duration, rateHeaders } from '../../src/http/rate-headers';

it.each([
  [0, '0s'],
  [0.2, '1ms'],
  [20, '20ms'],
  [999, '999ms'],
  [1000, '1s'],
  [1234, '1.234s'],
  [59_990, '59.99s'],
  [60_000, '1m0s'],
  [61_500, '1m1.5s'],
  [360_000, '6m0s'],
])('%s ms are %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

it('only the limits that there are have headers', () => {
  expect(rateHeaders({ requests: null, tokens: null })).toEqual({});
  expect(rateHeaders({ requests: { limit: 60, remaining: 59, resetMs: 60_000 }, tokens: null })).toEqual({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1m0s',
  });
});
