// HMAC-SHA256 by the vectors of RFC 4231, and its result as text.
import { expect, it } from 'vitest';
import { encodeHex } from '../../src/platform/hex';
import { hmacSha256 } from '../../src/platform/hmac';

const utf8 = (text: string) => new TextEncoder().encode(text);

it.each([
  [
    'a short key',
    utf8('Jefe'),
    utf8('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    'a key of bytes that are no text',
    new Uint8Array(20).fill(0xaa),
    new Uint8Array(50).fill(0xdd),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  ],
  [
    'a key longer than a block',
    new Uint8Array(131).fill(0xaa),
    utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
])('signs with %s', async (_name, key, message, code) => {
  expect(encodeHex(await hmacSha256(key, message))).toBe(code);
});

it('encodes every byte as two hex digits', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(encodeHex(bytes)).toMatch(/^000102.{500}fdfeff$/);
});
