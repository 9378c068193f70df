import { describe, expect, it } from 'vitest';
import { jsonFault } from '../../src/platform/json-fault';

/** Text in which every sign of JSON's grammar occurs. */
const SAMPLE = ' {"a" : [-1.5e+3, 0, true, false, null, "\\u00e9\\n", {}, []], "둘": {"b": "x"}}\n';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('text that is no JSON', () => {
  it.each<[text: string, ...fault: unknown[]]>([
    ['{"custom_id": nope}', 'json_unexpected', '"n"', 1, 15],
    ['{"a":1,}', 'json_unexpected', '"}"', 1, 8],
    ['[1,]', 'json_unexpected', '"]"', 1, 4],
    ['[1 2]', 'json_unexpected', '"2"', 1, 4],
    ['{"a" 1}', 'json_unexpected', '"1"', 1, 6],
    ["{'a':1}", 'json_unexpected', '"\'"', 1, 2],
    ['{} {}', 'json_unexpected', '"{"', 1, 4],
    ['01', 'json_unexpected', '"1"', 1, 2],
    ['[1}', 'json_unexpected', '"}"', 1, 3],
    ['{"a":1]', 'json_unexpected', '"]"', 1, 7],
    ['"a\\x"', 'json_unexpected', '"x"', 1, 4],
    ['"\\u12g4"', 'json_unexpected', '"u"', 1, 3],
    ['"a\tb"', 'json_unexpected', '"\\t"', 1, 3],
    ['{\n  "둘": "😀",\n  "x": .5\n}', 'json_unexpected', '"."', 3, 8],
    ['["😀", 둘]', 'json_unexpected', '"둘"', 1, 7],
    ['NaN', 'json_unexpected', '"N"', 1, 1],
    ['{"a":1', 'json_ends', 1, 7],
    ['{"a', 'json_ends', 1, 4],
    ['[\n', 'json_ends', 2, 1],
    ['"\\', 'json_ends', 1, 3],
  ])('is told its place: %j', (text, ...fault) => {
    expect(isJson(text)).toBe(false);
    expect(jsonFault(text)).toEqual(fault);
  });

  it.each<[what: string, text: string, ...fault: unknown[]]>([
    ['lines', `${'\n'.repeat(4 * 1024 ** 2)}x`, 'json_unexpected', '"x"', 4 * 1024 ** 2 + 1, 1],
    ['characters', `"${'😀'.repeat(1024 ** 2)}`, 'json_ends', 1, 1024 ** 2 + 2],
  ])('is told its place after millions of %s', (_what, text, ...fault) => {
    expect(jsonFault(text)).toEqual(fault);
  });

  it('is told that it ends wherever it is cut off', () => {
    for (let end = 0; end < SAMPLE.trimEnd().length; end++) {
      const text = SAMPLE.slice(0, end);
      // Half an escape or word cannot be told from a wrong one.
      if (/\\u\w*$|[a-z]$|[-.e+]$/.test(text)) continue;
      expect(jsonFault(text)[0], text).toBe('json_ends');
    }
  });

  it('is told the first place that nothing after it could mend', () => {
    for (let at = 0; at < SAMPLE.length; at++) {
      for (const wrong of ['}', ']', ',', ':', '"', '1', 'x', '\\', '\n', '-']) {
        const text = SAMPLE.slice(0, at) + wrong + SAMPLE.slice(at + 1);
        if (isJson(text)) continue;
        const [key, ...values] = jsonFault(text);
        if (key !== 'json_unexpected') continue;
        const [, line, column] = values as [string, number, number];
        const before = `${text
          .split('\n')
          .slice(0, line - 1)
          .join('\n')}${line > 1 ? '\n' : ''}`;
        const index = before.length + column - 1;
        // Of a word or an escape that is wrong its beginning is named.
        expect(index, text).toBeGreaterThanOrEqual(at - 5);
        // Up to there it is JSON, or could become it.
        expect(isJson(text.slice(0, index)) || jsonFault(text.slice(0, index))[0] === 'json_ends', text).toBe(
          true,
        );
      }
    }
  });
});
