// The form of API keys.
import { describe, expect, it } from 'vitest';
import { hashKey, keyHint, makeKey, parseKey } from '../../src/accounts/api-key';
import { newId } from '../../src/contract/ids';

describe('a key', () => {
  it('names its account', () => {
    const accountId = newId('acct');
    const key = makeKey(accountId);
    expect(key).toMatch(/^qk_[0-9A-Za-z]{62}$/);
    expect(parseKey(key)).toEqual({ accountId });
  });

  it('of the local account names that', () => {
    expect(parseKey(makeKey('dev'))).toEqual({ accountId: 'dev' });
  });

  it('is another one every time', () => {
    const accountId = newId('acct');
    expect(new Set(Array.from({ length: 100 }, () => makeKey(accountId))).size).toBe(100);
  });

  it('ends in the CRC-32 of the rest, in base62', () => {
    // zlib.crc32 of the 59 characters is 0xcf8b8560.
    const body = `qk_${'a'.repeat(24)}${'0'.repeat(32)}`;
    expect(parseKey(`${body}3neENc`)).toEqual({ accountId: `acct_${'a'.repeat(24)}` });
  });

  it('cannot be made for an id that has no place in it', () => {
    expect(() => makeKey('acct_short')).toThrow('acct_short');
  });
});

describe('no key is', () => {
  const key = makeKey(newId('acct'));

  it('one with any character changed', () => {
    for (let place = 0; place < key.length; place++) {
      const other = key[place] === 'x' ? 'y' : 'x';
      expect(parseKey(key.slice(0, place) + other + key.slice(place + 1)), `at ${place}`).toBeNull();
    }
  });

  it('one with two characters swapped', () => {
    for (let place = 3; place + 1 < key.length; place++) {
      const [a, b] = [key.charAt(place), key.charAt(place + 1)];
      if (a === b) continue;
      expect(parseKey(key.slice(0, place) + b + a + key.slice(place + 2)), `at ${place}`).toBeNull();
    }
  });

  it.each([
    ['', ''],
    ['another service’s', 'sk-proj-abc'],
    ['cut short', key.slice(0, -1)],
    ['too long', `${key}0`],
    ['with something around it', ` ${key}`],
    ['followed by a line break', `${key}\n`],
    ['with other letters', `${key.slice(0, 10)}é${key.slice(11)}`],
  ])('a text that is %s', (_what, text) => {
    expect(parseKey(text)).toBeNull();
  });
});

it('the hash of a key is its SHA-256', async () => {
  expect(await hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('the hint shows no more than the end of a key', () => {
  expect(keyHint('qk_abcdefgh')).toBe('qk_…efgh');
});
