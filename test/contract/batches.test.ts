import { expect, it } from 'vitest';
import { windowMilliseconds } from '../../src/contract/batches';

it.each([
  ['1m', 60_000],
  ['90m', 5_400_000],
  ['10080m', 604_800_000],
  ['1h', 3_600_000],
  ['24h', 86_400_000],
  ['168h', 604_800_000],
])('a completion window of %s is %d ms', (text, milliseconds) => {
  expect(windowMilliseconds(text)).toBe(milliseconds);
});

it.each([
  '',
  '0m',
  '0h',
  '169h',
  '10081m',
  '24',
  'h',
  '24 h',
  ' 24h',
  '24h\n',
  '24H',
  '1.5h',
  '-1h',
  '01h',
  '1d',
  '1e2m',
  '９h',
])('a completion window cannot be %j', (text) => {
  expect(windowMilliseconds(text)).toBeNull();
});
