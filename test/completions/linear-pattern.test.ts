import { describe, expect, it } from 'vitest';
import { compileLinearPattern, PatternError } from '../../src/completions/linear-pattern';

const TEXTS = [
  '',
  'a',
  'abc',
  'ABC',
  'a-b',
  'a.b',
  'a\nb',
  'a b',
  'x\u00a0y',
  '\ufeff',
  '2026-01-31',
  '010-1234-5678',
  'kim@example.com',
  '가나다',
  '٣',
  'é',
  'e\u0301',
  '😀',
  '😀😀',
  '[x]',
  '$^',
  '\u2028',
  '\u0000',
  '\b',
  'Ω',
  'aaaa',
];

describe('a pattern', () => {
  it.each([
    'b',
    '^$',
    '^a',
    'c$',
    '^abc$',
    '^.$',
    '^.{2}$',
    '^[^]$',
    '[]',
    '^[a-c]+$',
    '[^a-z]',
    '\\d{4}-\\d{2}-\\d{2}',
    '^\\d+$',
    '\\D',
    '\\s',
    '^\\S+$',
    '[\\s]',
    '[^\\s]',
    '^\\w+$',
    '\\W',
    '\\bb',
    '[\\b]',
    '^(?:a|b)+?c?$',
    '^(?<word>a+)$',
    '^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$',
    '^[가-힣]{2,}$',
    '\\p{L}',
    '\\P{Letter}',
    '^\\p{Script=Hangul}+$',
    '\\p{Lu}',
    '\\p{General_Category=Decimal_Number}',
    '\\p{Emoji}',
    '\\p{Alphabetic}',
    '\\u{1F600}',
    '\\ud83d\\ude00',
    '^\\u0061',
    '\\x61',
    '\\cJ',
    '\\0',
    '\\[x\\]',
    '[[]',
    '\\$\\^',
    '^a{2,4}$',
    '\\t|\\n',
    '^(a|b|)$',
  ])('matches as ECMA-262 does: %s', (source) => {
    const native = new RegExp(source, 'u');
    const { test } = compileLinearPattern(source);
    for (const text of TEXTS) expect([text, test(text)]).toEqual([text, native.test(text)]);
  });

  it.each([
    ['a(?=b)', 'lookaround'],
    ['a(?!b)', 'lookaround'],
    ['(?<=a)b', 'lookaround'],
    ['(?<!a)b', 'lookaround'],
    ['(?i:a)', 'modifiers'],
    ['(a)\\1', 'backreferences'],
    ['(?<n>a)\\k<n>', 'backreferences'],
    ['\\p{ID_Start}', 'malformed'],
    ['\\q', '"\\q"'],
    ['(', 'malformed'],
    ['[b-a]', 'malformed'],
    ['a**', 'malformed'],
    ['a'.repeat(1001), '1000 characters'],
  ])('that has no linear match is refused, saying why: %s', (source, reason) => {
    expect(() => compileLinearPattern(source)).toThrow(PatternError);
    expect(() => compileLinearPattern(source)).toThrow(reason);
  });

  it('takes time in proportion to its size and the text’s length, which it tells', () => {
    expect(compileLinearPattern('a').size).toBeLessThan(compileLinearPattern('a{100}').size);
    expect(compileLinearPattern('^(a+)+$').test(`${'a'.repeat(20_000)}b`)).toBe(false);
  });
});
