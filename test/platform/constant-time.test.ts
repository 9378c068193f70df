// The comparison of secrets. That it takes the same time whatever is compared is the digests' doing.
import { expect, it, vi } from 'vitest';
import { sameText } from '../../src/platform/constant-time';

it.each(['', 'a', 'sk-dev', '비밀', 'x'.repeat(100_000)])(
  'a text is the same as itself: %j',
  async (text) => {
    expect(await sameText(text, `${text}`)).toBe(true);
  },
);

it.each([
  ['', 'a'],
  ['a', ''],
  ['secret', 'Secret'],
  ['secret', 'secret '],
  ['secret', 'secre'],
  ['é', 'e\u0301'],
  ['x'.repeat(1000), `${'x'.repeat(999)}y`],
  ['a\u0000b', 'a\u0000c'],
])('%j is not %j', async (a, b) => {
  expect(await sameText(a, b)).toBe(false);
});

it('compares digests of one length, never the texts', async () => {
  const compare = vi.spyOn(crypto.subtle, 'timingSafeEqual');
  await sameText('short', 'a much longer text than that');
  const [[a, b] = []] = compare.mock.calls;
  expect(compare).toHaveBeenCalledOnce();
  expect([a?.byteLength, b?.byteLength]).toEqual([32, 32]);
  compare.mockRestore();
});
