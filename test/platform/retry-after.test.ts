// Retry-After headers, as RFC 9110 has them read, and OpenAI's own.
import { expect, it } from 'vitest';
import { parseRetryAfter, retryAfterIn } from '../../src/platform/retry-after';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 7);

it.each([
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5000],
  ['1.5', 1500],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 30_000],
  ['Sun Nov  6 08:49:37 1994', 30_000],
  ['Sun, 06 Nov 1994 08:49:00 GMT', 0],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
])('%j is a wait', (header, milliseconds) => {
  expect(parseRetryAfter(header, NOW)).toBe(milliseconds);
});

it.each([null, '', '-5', '+5', '5s', '1e9', 'soon', '1994-11-06T08:49:37Z', 'Sun, never GMT'])(
  '%j says nothing',
  (header) => {
    expect(parseRetryAfter(header, NOW)).toBeNull();
  },
);

it.each<[headers: Record<string, string>, milliseconds: number | null]>([
  [{ 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  [{ 'retry-after-ms': '0.5' }, 1],
  [{ 'retry-after-ms': '-5', 'retry-after': '2' }, 2000],
  [{ 'retry-after-ms': 'Infinity', 'retry-after': '2' }, 2000],
  [{ 'retry-after-ms': 'soon' }, null],
  [{}, null],
])('the headers %j ask for %j ms', (headers, milliseconds) => {
  expect(retryAfterIn(new Headers(headers), NOW)).toBe(milliseconds);
});
