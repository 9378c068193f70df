// Joined byte arrays.
import { expect, it } from 'vitest';
import { concatBytes } from '../../src/platform/bytes';

it.each<[chunks: number[][], joined: number[]]>([
  [[], []],
  [[[]], []],
  [
    [[1, 2], [3]],
    [1, 2, 3],
  ],
  [
    [[], [1], [], [2, 3], []],
    [1, 2, 3],
  ],
  [
    [[255], [0], [255]],
    [255, 0, 255],
  ],
])('%j are joined in order', (chunks, joined) => {
  const bytes = concatBytes(chunks.map((chunk) => new Uint8Array(chunk)));
  expect([...bytes]).toEqual(joined);
});

it('joins views of larger buffers by their own bytes alone', () => {
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6]);
  expect([...concatBytes([buffer.subarray(1, 3), buffer.subarray(4, 5)])]).toEqual([2, 3, 5]);
});

it('hands a single array back as it is, and copies several', () => {
  const one = new Uint8Array([1]);
  expect(concatBytes([one])).toBe(one);
  const joined = concatBytes([one, new Uint8Array([2])]);
  one[0] = 9;
  expect([...joined]).toEqual([1, 2]);
});
