import { describe, expect, it } from 'vitest';
import { en } from '../../src/console/messages/en';
import { ko } from '../../src/console/messages/ko';

const HANGUL = /[가-힣]/;

/** Names and formats, which are the same in every language. */
const SAME = new Set(['newBatch.sampleName', 'batches.connections.ended']);

/** Every sentence by its place, with its values put in. */
function sentences(messages: object, place = ''): Record<string, string> {
  const entries = Object.entries(messages).flatMap(([name, message]: [string, unknown]) => {
    const at = place === '' ? name : `${place}.${name}`;
    if (typeof message === 'string') return [[at, message]];
    if (typeof message === 'function') {
      const values = Array.from({ length: message.length }, (_, index) => `<value ${index}>`);
      const text: string = message(...values);
      for (const value of values) expect(text, at).toContain(value);
      return [[at, text]];
    }
    return Object.entries(sentences(message as object, at));
  });
  return Object.fromEntries(entries);
}

describe('English and Korean', () => {
  const english = sentences(en);
  const korean = sentences(ko);

  it('have the same messages, with the same values', () => {
    expect(Object.keys(korean)).toEqual(Object.keys(english));
    expect(Object.keys(english).length).toBeGreaterThan(150);
  });

  it('say each of them in their own words', () => {
    for (const [place, text] of Object.entries(english).filter(([at]) => !SAME.has(at))) {
      expect(text, place).not.toMatch(HANGUL);
      expect(text, place).not.toBe('');
      // What is nothing but values and signs is the same in both.
      if (text !== korean[place]) expect(korean[place], place).toMatch(HANGUL);
      else expect(text.replace(/<value \d>/g, ''), place).not.toMatch(/[a-z]{3}/i);
    }
  });
});
