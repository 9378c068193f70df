import { describe, expect, it } from 'vitest';
import { LateBase64 } from '../../src/platform/late-base64';

/** As a server gets it. */
function sent(late: LateBase64, json: string): Promise<unknown> {
  return new Request('http://x/', { method: 'POST', body: late.body(json) }).json();
}

function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7919) % 256);
}

describe('JSON whose base64 is encoded as it is sent', () => {
  it.each([0, 1, 2, 3, 1_000, 196_607, 196_608, 196_609, 1_000_000])(
    'has the base64 of %i bytes where their stand-in was',
    async (length) => {
      const late = new LateBase64();
      const bytes = someBytes(length);
      const json = JSON.stringify({
        before: 'ä€😀',
        url: `data:image/png;base64,${late.standIn(bytes)}`,
        after: 1,
      });
      expect(await sent(late, json)).toEqual({
        before: 'ä€😀',
        url: `data:image/png;base64,${bytes.toBase64()}`,
        after: 1,
      });
    },
  );

  it('puts each where its own stand-in is, in any order and as often as it stands there', async () => {
    const late = new LateBase64();
    const [first, second] = [late.standIn(someBytes(5)), late.standIn(someBytes(7))];
    const received = await sent(late, JSON.stringify([second, first, second]));
    expect(received).toEqual([7, 5, 7].map((length) => someBytes(length).toBase64()));
  });

  it('is the text itself where there is nothing to encode', () => {
    expect(new LateBase64().body('{"a":1}')).toBe('{"a":1}');
  });
});
