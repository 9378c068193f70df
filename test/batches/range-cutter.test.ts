// Ranges: where they are cut, and what they say of their lines.
import { describe, expect, it } from 'vitest';
import type { RangeCut } from '../../src/batches/batch-spec';
import { RangeCutter } from '../../src/batches/range-cutter';
import { Chance } from './chance';

const MEBIBYTE = 1024 ** 2;

/** Cuts lines of these lengths, one after the other from byte 0. */
function cut(lengths: readonly number[], firstItem = 0): RangeCut[] {
  const cutter = new RangeCutter(firstItem);
  const cuts: (RangeCut | null)[] = [];
  let start = 0;
  for (const [index, length] of lengths.entries()) {
    cuts.push(cutter.add({ customId: `c${firstItem + index}`, start, length, boundNano: index + 1 }));
    start += length;
  }
  cuts.push(cutter.flush());
  return cuts.filter((range) => range !== null);
}

const sizes = (cuts: readonly RangeCut[]) => cuts.map(({ customIds }) => customIds.length);

describe('a range', () => {
  it('says which lines it holds, where they lie and what they may cost', () => {
    expect(cut([10, 20, 5], 7)).toEqual([
      { first: 7, start: 0, end: 35, customIds: ['c7', 'c8', 'c9'], boundNano: 6 },
    ]);
  });

  it.each([
    [1, [1]],
    [24, [24]],
    [25, [25]],
    [26, [25, 1]],
    [50, [25, 25]],
    [51, [25, 25, 1]],
  ])('takes 25 lines at most: %i lines', (lines, expected) => {
    expect(sizes(cut(Array(lines).fill(10)))).toEqual(expected);
  });

  it.each([
    ['fills up to a mebibyte', [MEBIBYTE - 10, 10], [2]],
    ['is cut before the line that would pass it', [MEBIBYTE - 10, 11], [1, 1]],
    ['is alone with a line that is larger', [10, 3 * MEBIBYTE, 10], [1, 1, 1]],
    ['is not cut before its first line', [3 * MEBIBYTE], [1]],
  ])('%s', (_, lengths, expected) => {
    expect(sizes(cut(lengths))).toEqual(expected);
  });

  it('counts the blank lines between its lines: they are read too', () => {
    const cutter = new RangeCutter();
    cutter.add({ customId: 'a', start: 0, length: 10, boundNano: 0 });
    const full = cutter.add({ customId: 'b', start: MEBIBYTE, length: 10, boundNano: 0 });
    expect(full).toEqual({ first: 0, start: 0, end: 10, customIds: ['a'], boundNano: 0 });
    expect(cutter.flush()).toMatchObject({ first: 1, start: MEBIBYTE, end: MEBIBYTE + 10 });
  });

  it('may be alone without a bound', () => {
    const cutter = new RangeCutter();
    cutter.add({ customId: 'a', start: 0, length: 1, boundNano: Number.MAX_SAFE_INTEGER });
    expect(cutter.flush()?.boundNano).toBe(Number.MAX_SAFE_INTEGER);
  });
});

it('hands out nothing where nothing was added, and nothing twice', () => {
  const cutter = new RangeCutter();
  expect(cutter.flush()).toBeNull();
  cutter.add({ customId: 'a', start: 0, length: 1, boundNano: 0 });
  expect(cutter.flush()).not.toBeNull();
  expect(cutter.flush()).toBeNull();
});

it('leaves no line out, whatever the lengths', () => {
  const chance = new Chance(42);
  for (let round = 0; round < 200; round++) {
    const most = chance.pick([50, 100_000, 2 * MEBIBYTE]);
    const lengths = Array.from({ length: chance.between(1, 120) }, () => chance.between(1, most));
    const cuts = cut(lengths);
    expect(cuts.flatMap(({ customIds }) => customIds)).toEqual(lengths.map((_, index) => `c${index}`));
    let item = 0;
    let byte = 0;
    for (const range of cuts) {
      expect(range.first).toBe(item);
      expect(range.start).toBe(byte);
      expect(range.customIds.length).toBeLessThanOrEqual(25);
      if (range.customIds.length > 1) expect(range.end - range.start).toBeLessThanOrEqual(MEBIBYTE);
      item += range.customIds.length;
      byte = range.end;
    }
    expect(byte).toBe(lengths.reduce((sum, length) => sum + length, 0));
    expect(cuts.reduce((sum, range) => sum + range.boundNano, 0)).toBe(
      (lengths.length * (lengths.length + 1)) / 2,
    );
  }
});
