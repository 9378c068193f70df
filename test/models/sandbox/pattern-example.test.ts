import { describe, expect, it } from 'vitest';
import { patternExample } from '../../../src/models/sandbox/pattern-example';

describe('patternExample', () => {
  it.each([
    '^\\+?[1-9]\\d{1,14}$',
    '^#(?:[0-9a-fA-F]{3}){1,2}$',
    '^(?<year>\\d{4})-(0[1-9]|1[0-2])$',
    '^[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$',
    '^\\u0041\\x42\\p{Lu}[^\\d\\s]$',
    '^[-a]?[\\]b]*?\\/\\$$',
    '^\\S+\\s\\W$',
    'plain',
    '^a{,}$',
  ])('matches %s with every variant', (pattern) => {
    const expression = new RegExp(pattern, pattern.includes('{,}') ? '' : 'u');
    for (const variant of [0, 1, 2, 30]) {
      const example = patternExample(pattern, { variant });
      if (example !== null) expect(example).toMatch(expression);
      else expect(pattern).toBe('^a{,}$');
    }
  });

  it('keeps to the lengths asked for', () => {
    expect(patternExample('^[ab]+$', { minLength: 200 })).toMatch(/^[ab]{200,}$/);
    expect(patternExample('^\\d{3}$', { minLength: 4 })).toBeNull();
  });

  it.each([
    '(?=a)b',
    '(a)\\1',
    '(a',
    '((a{1000}){1000}){1000}',
    '((){999999}){999999}',
    'a{2}{3}',
    '('.repeat(1_000),
    '[b-a]',
    '[^\\s\\S]',
  ])('does not try %s', (pattern) => expect(patternExample(pattern, {})).toBeNull());
});
