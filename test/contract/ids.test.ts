import { expect, it } from 'vitest';
import { isBatchId, newId, randomBase62 } from '../../src/contract/ids';

it('a batch’s id is 12 hex digits, every other id 24 base62 characters', () => {
  expect(newId('batch')).toMatch(/^batch_[0-9a-f]{12}$/);
  expect(newId('file')).toMatch(/^file_[0-9A-Za-z]{24}$/);
  expect(newId('req')).toMatch(/^req_[0-9A-Za-z]{24}$/);
});

it.each([0, 1, 7, 43, 1000])('random text has exactly the length asked for: %d', (length) => {
  expect(randomBase62(length)).toHaveLength(length);
});

it('random base62 uses all its characters, none much more often than another', () => {
  const counts = new Map<string, number>();
  for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
  expect(counts.size).toBe(62);
  // A thousand each on average, ± 32: with modulo bias the first eight would have 1,200.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250);
  const firstEight = [...'01234567'].reduce((sum, character) => sum + (counts.get(character) ?? 0), 0);
  expect(firstEight).toBeLessThan(8700);
});

it('only what can be a batch’s id is taken for one', () => {
  expect(isBatchId('batch_0123456789ab')).toBe(true);
  for (const text of [
    '',
    'batch_',
    'batch_0123456789AB',
    'batch_0123456789abc',
    'file_0123456789ab',
    'batch_0123456789ab\n',
  ]) {
    expect(isBatchId(text), text).toBe(false);
  }
});
