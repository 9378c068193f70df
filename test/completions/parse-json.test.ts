// JSON as clients send it, and what they are told where it is not.
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/completions/parse-json';
import { ApiError, type ErrorBody } from '../../src/contract/errors';
import { errorBody, type Locale } from '../../src/contract/messages/render';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function refusal(bytes: Uint8Array, locale: Locale = 'en'): ErrorBody {
  try {
    parseJson(bytes);
  } catch (error) {
    if (error instanceof ApiError) return errorBody(error, locale);
    throw error;
  }
  throw new Error('it was accepted');
}

describe('JSON', () => {
  it.each<[text: string, value: unknown]>([
    ['{"a":[1,"둘",null]}', { a: [1, '둘', null] }],
    ['\ufeff{"a":1}', { a: 1 }],
    [' 1 ', 1],
    ['null', null],
    [`${'['.repeat(128)}${']'.repeat(128)}`, JSON.parse(`${'['.repeat(128)}${']'.repeat(128)}`)],
  ])('is read as its value: %j', (text, value) => {
    expect(parseJson(bytesOf(text))).toEqual(value);
  });

  const BAD: [name: string, bytes: Uint8Array, message: RegExp, param: string | null][] = [
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /not valid UTF-8/, null],
    ['no text', bytesOf(''), /missing/, null],
    ['white space alone', bytesOf(' \r\n\t'), /missing/, null],
    ['text that is not JSON', bytesOf('{"a":1,}'), /not valid JSON \(.+\)/, null],
    ['two values', bytesOf('{} {}'), /not valid JSON/, null],
    ['129 levels', bytesOf('['.repeat(129) + ']'.repeat(129)), /deeper than 128 levels/, null],
    ['a million brackets', bytesOf('['.repeat(1_000_000)), /deeper than 128 levels/, null],
    ['the key "__proto__"', bytesOf('{"__proto__":1}'), /"__proto__" is not allowed/, '__proto__'],
    [
      'the key deep inside',
      bytesOf('{"messages":[{},{"a":{"__proto__":1}}]}'),
      /"__proto__" is not allowed/,
      'messages[1].a.__proto__',
    ],
  ];

  it.each(BAD)('is refused where it is %s, with the reason and the place', (_name, bytes, message, param) => {
    expect(refusal(bytes)).toMatchObject({
      type: 'invalid_request',
      code: 'invalid_request',
      message: expect.stringMatching(message),
      param,
    });
  });

  it.each(BAD)('is refused in Korean too: %s', (_name, bytes) => {
    expect(refusal(bytes, 'ko').message).toMatch(/[가-힣]/);
  });
});
