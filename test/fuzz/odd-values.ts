// Values that programs trip over: texts, numbers as raw JSON, and names of members.
import type { Choice } from './choice.ts';

/** A piece of JSON text that is written as it stands. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** None of them is a URL: nothing may make the server send anything away. */
const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\r\n',
  '\t\v\f',
  '\u2028\u2029',
  '\ufeff',
  '\u202etxt.exe',
  '\u200b',
  'مرحبا بالعالم',
  '가나다라',
  '👩‍👩‍👧‍👦',
  '𝒳'.repeat(40),
  'e\u0301'.repeat(20),
  'Z̴̡̛͎͍a̷l̸g̶o̵',
  'null',
  'undefined',
  'NaN',
  'true',
  '0',
  '-1',
  '1e400',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  "' OR 1=1 --",
  '"; DROP TABLE files; --',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '../../etc/passwd',
  '..\\..\\boot.ini',
  '%00%0d%0a%ff',
  '\\',
  '"',
  '\u001b[31m',
  '{"a":1}',
  '[DONE]',
  'data: {}\n\nevent: done',
  'file_',
  'batch_zzzzzzzzzzzz',
  'qk_',
  '@sandbox nonsense=1',
  '@sandbox tokens=3',
];

const LONG_LENGTHS = [64, 65, 200, 201, 255, 256, 257, 512, 513, 2048, 2049, 4097, 70_000];

export function oddText(choice: Choice): string {
  return choice.chance(0.15)
    ? choice.pick(['x', '가', '𝒳', '"', '\\', ' ']).repeat(choice.pick(LONG_LENGTHS))
    : choice.pick(ODD_TEXTS);
}

/** Lone surrogates have no UTF-8: they only come as escapes. */
const RAW_TEXTS = [
  '"\\ud800"',
  '"\\udc00x"',
  '"a\\ud83d"',
  '"\\u0000"',
  '"\\ufffe\\uffff"',
  '"\\ud83d\\ude00"',
];

const RAW_NUMBERS = [
  '-0',
  '0.0',
  '-1',
  '0',
  '1',
  '1.5',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740993',
  '18446744073709551616',
  '1e308',
  '-1e308',
  '1e400',
  '-1e400',
  '1e-400',
  '5e-324',
  '0.1e1',
  '1E+2',
  '3600.0000000000001',
  `1${'0'.repeat(400)}`,
];

export function oddNumber(choice: Choice): RawJson {
  return new RawJson(choice.pick(RAW_NUMBERS));
}

/** A value of some other type, or at the edge of its own. */
export function oddValue(choice: Choice): unknown {
  return choice.weighted<() => unknown>([
    [5, () => oddText(choice)],
    [3, () => oddNumber(choice)],
    [2, () => new RawJson(choice.pick(RAW_TEXTS))],
    [2, () => choice.pick([null, true, false])],
    [2, () => choice.pick<unknown>([[], {}, [[]], [null], { a: {} }, [{}, {}]])],
    [1, () => nested(choice.pick([20, 126, 129, 500, 5000]), choice.chance(0.5))],
    [1, () => Array.from({ length: choice.pick([17, 129, 1001]) }, () => 'x')],
  ])();
}

const ODD_NAMES = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'length',
  'a.b[0]',
  ' id',
  'Id',
  'x'.repeat(65),
];

export function oddName(choice: Choice): string {
  return choice.chance(0.7) ? choice.pick(ODD_NAMES) : oddText(choice);
}

function nested(levels: number, isArray: boolean): RawJson {
  return new RawJson(
    isArray ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  );
}

/** JSON text of a value in which raw pieces stand. */
export function jsonText(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`,
  );
  return `{${members.join(',')}}`;
}
