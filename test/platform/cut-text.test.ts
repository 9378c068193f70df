// Texts cut to a length.
import { expect, it } from 'vitest';
import { cutText } from '../../src/platform/cut-text';

it.each<[text: string, limit: number, cut: string]>([
  ['abc', 2, 'ab'],
  ['abc', 3, 'abc'],
  ['abc', 9, 'abc'],
  ['', 3, ''],
  ['가나다', 2, '가나'],
  ['ab😀', 4, 'ab😀'],
  ['ab😀c', 3, 'ab'],
  ['😀😀', 3, '😀'],
  ['😀', 1, ''],
])('%j to %i', (text, limit, cut) => {
  expect(cutText(text, limit)).toBe(cut);
});
