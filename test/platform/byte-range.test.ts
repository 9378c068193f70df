// Range headers, as RFC 9110 has them read.
import { expect, it } from 'vitest';
import { parseByteRange } from '../../src/platform/byte-range';

it.each([
  ['bytes=0-9', { offset: 0, length: 10 }],
  ['bytes=90-', { offset: 90, length: 10 }],
  ['bytes=99-99', { offset: 99, length: 1 }],
  ['bytes=50-5000', { offset: 50, length: 50 }],
  ['bytes=-10', { offset: 90, length: 10 }],
  ['bytes=-500', { offset: 0, length: 100 }],
  ['Bytes= 1-2 ', { offset: 1, length: 2 }],
])('%s of 100 bytes is a range', (header, range) => {
  expect(parseByteRange(header, 100)).toEqual(range);
});

it.each([
  null,
  '',
  'bytes=',
  'bytes=-',
  'bytes=9-5',
  'bytes=a-b',
  'items=0-1',
  'bytes=0-1,5-6',
  'bytes=1.5-2',
])('%s is ignored', (header) => {
  expect(parseByteRange(header, 100)).toBeNull();
});

it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s lies outside 100 bytes', (header) => {
  expect(parseByteRange(header, 100)).toBe('unsatisfiable');
});
