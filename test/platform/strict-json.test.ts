import { describe, expect, it } from 'vitest';
import { type JsonResult, parseJsonStrictly, readBytes } from '../../src/platform/strict-json';
import { JSON_SUITE, suiteTitle } from './json-suite';

const DEPTH_LIMIT = 5;

function parse(text: string | Uint8Array, depthLimit = DEPTH_LIMIT): JsonResult {
  return parseJsonStrictly(typeof text === 'string' ? new TextEncoder().encode(text) : text, depthLimit);
}

describe('JSON text', () => {
  it.each<[text: string, value: unknown]>([
    ['null', null],
    [' {"a" : [1, "둘", true]}\r\n\t', { a: [1, '둘', true] }],
    ['"\\u0000\\ud83d\\ude00 \\""', '\u0000😀 "'],
    ['\ufeff{"a":1}', { a: 1 }],
    ['{"a":1,"a":2}', { a: 2 }],
    ['"__proto__"', '__proto__'],
    ['{"proto":"__proto__","__proto":1}', { proto: '__proto__', __proto: 1 }],
    ['{"constructor":{"prototype":1}}', { constructor: { prototype: 1 } }],
  ])('is read as its value: %j', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value });
  });

  it.each(['', ' \n', '\ufeff'])('that holds nothing is empty: %j', (text) => {
    expect(parse(text)).toEqual({ ok: false, problem: 'empty' });
  });

  it.each([
    '{',
    '{"a":1,}',
    "{'a':1}",
    '[1 2]',
    'NaN',
    '{"a":undefined}',
    '"\t"',
    '{} {}',
    '// no\n{}',
    '\u0000',
  ])('that is not JSON says why: %j', (text) => {
    expect(parse(text)).toEqual({
      ok: false,
      problem: 'syntax',
      reason: expect.arrayContaining([expect.stringMatching(/^json_(unexpected|ends)$/)]),
    });
  });

  it.each([
    [[0xff, 0xfe, 0x7b, 0x00]],
    [[0x22, 0xc0, 0xaf, 0x22]],
    [[0x22, 0xed, 0xa0, 0x80, 0x22]],
    [[0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    [[0x22, 0xe3, 0x81]],
  ])('of bytes that are not UTF-8 is refused: %j', (bytes) => {
    expect(parse(new Uint8Array(bytes))).toEqual({ ok: false, problem: 'utf8' });
  });
});

describe('nesting', () => {
  it.each(['[[[[[]]]]]', '{"a":{"a":{"a":{"a":{}}}}}', '[{"a":[{"a":[]}]}]', '[[],[[],[]],[[[[]]]]]'])(
    'to the limit is accepted: %s',
    (text) => {
      expect(parse(text).ok).toBe(true);
    },
  );

  it.each(['[[[[[[]]]]]]', '{"a":{"a":{"a":{"a":{"a":{}}}}}}', '[{"a":[{"a":[[]]}]}]'])(
    'beyond it is refused: %s',
    (text) => {
      expect(parse(text)).toEqual({ ok: false, problem: 'depth' });
    },
  );

  it('counts no brackets inside strings, however they are escaped', () => {
    for (const text of ['"[[[[[[[["', '["\\"[[[[[[[["]', '{"\\\\":"\\\\\\"{{{{{{{{"}', '"\\u005b[[[[[[["']) {
      expect(parse(text).ok, text).toBe(true);
    }
    expect(parse('["\\\\",[[[[[]]]]]]')).toEqual({ ok: false, problem: 'depth' });
  });

  it('of a hundred thousand levels is refused before anything recurses', () => {
    expect(parse('['.repeat(100_000))).toEqual({ ok: false, problem: 'depth' });
    expect(parse('{"a":'.repeat(100_000), 128)).toEqual({ ok: false, problem: 'depth' });
  });
});

describe('the key "__proto__"', () => {
  it.each<[text: string, place: (string | number)[]]>([
    ['{"__proto__":{"admin":true}}', ['__proto__']],
    ['{"a":[1,{"b":{"__proto__":1}}]}', ['a', 1, 'b', '__proto__']],
    ['{"\\u005f_proto__":1}', ['__proto__']],
    ['{"__\\u0070roto__":1}', ['__proto__']],
    ['{"__p\\u0072oto__":1}', ['__proto__']],
    ['{"__pr\\u006Fto__":1}', ['__proto__']],
    ['{"__pro\\u0074o__":1}', ['__proto__']],
    ['{"\\u005F\\u005F\\u0070\\u0072\\u006F\\u0074\\u006F\\u005F\\u005F":1}', ['__proto__']],
  ])('is refused wherever it stands and however it is written: %s', (text, place) => {
    expect(parse(text)).toEqual({ ok: false, problem: 'key', place, key: '__proto__' });
  });
});

describe('a body', () => {
  const streamOf = (...chunks: string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
  const textOf = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

  it('is collected whole, up to the limit', async () => {
    expect(textOf(await readBytes(streamOf('ab', '', 'cde'), 5))).toBe('abcde');
    expect(textOf(await readBytes(streamOf('abcde'), 5))).toBe('abcde');
    expect(textOf(await readBytes(streamOf(), 5))).toBe('');
    expect(textOf(await readBytes(null, 5))).toBe('');
  });

  it('is given up as soon as it is longer, and read no further', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(10));
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    expect(await readBytes(endless, 25)).toBeNull();
    expect(pulled).toBe(3);
    expect(cancelled).toBe(true);
  });
});

describe.skipIf(JSON_SUITE.length === 0)(suiteTitle('JSONTestSuite'), () => {
  it('is accepted where it must be, refused where it must be, and never throws', () => {
    const wrong = JSON_SUITE.filter(({ name, bytes }) => {
      const { ok } = parse(bytes, 128);
      return !name.startsWith('i_') && ok !== name.startsWith('y_');
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(JSON_SUITE).toHaveLength(318);
  });
});
