// Base64 as clients write it.
import { expect, it } from 'vitest';
import { decodeBase64 } from '../../src/platform/base64';

it.each<[text: string, bytes: number[] | null]>([
  ['', []],
  ['AP8=', [0, 255]],
  ['AP8', [0, 255]],
  ['AA==', [0]],
  ['AA', [0]],
  [' AP\r\n8\t= ', [0, 255]],
  ['+/+/', [251, 255, 191]],
  ['-_-_', null],
  ['A', null],
  ['AP8==', null],
  ['A=P8', null],
  ['AP8=AP8=', null],
  ['가', null],
  ['data:;base64,AP8=', null],
])('%j', (text, bytes) => {
  const decoded = decodeBase64(text);
  expect(decoded && Array.from(decoded)).toEqual(bytes);
});

it('every byte comes back', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(bytes.toBase64()).toMatch(/^AAECAwQF.*fr7\/P3\+\/w==$/);
  expect(decodeBase64(bytes.toBase64())).toEqual(bytes);
});
