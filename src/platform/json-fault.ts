// Where a text stops being JSON (RFC 8259): the runtime's own words often name no place, and are in one language.

/** A key and its values, for whoever words it: the character that cannot stand there, quoted; line and column from 1. */
export type JsonFault =
  | [key: 'json_unexpected', found: string, line: number, column: number]
  | [key: 'json_ends', line: number, column: number];

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
const UNICODE_ESCAPE = /^[0-9a-fA-F]{4}$/;

/** The first place at which a text that is no JSON cannot be. Columns are characters. */
export function jsonFault(text: string): JsonFault {
  const at = faultIndex(text);
  const { line, column } = placeAt(text, at);
  const found = text.codePointAt(at);
  return found === undefined
    ? ['json_ends', line, column]
    : ['json_unexpected', JSON.stringify(String.fromCodePoint(found)), line, column];
}

/** Counted in place: of a body of 20 MiB, an array of its lines or characters takes more memory than a Worker has. */
function placeAt(text: string, end: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', start)) {
    line += 1;
    start = at + 1;
  }
  let column = 1;
  for (let at = start; at < end; at++) {
    // The second half of a pair is no character of its own.
    const code = text.charCodeAt(at);
    const isSecondHalf = code >= 0xdc00 && code <= 0xdfff && at > start;
    if (!isSecondHalf) column += 1;
  }
  return { line, column };
}

/** The index of what cannot stand there, the text's length where something is missing. */
function faultIndex(text: string): number {
  /** The brackets that have to close, the innermost last. */
  const closing: string[] = [];
  let wanted: 'value' | 'first item' | 'key' | 'first key' | 'colon' | 'next' = 'value';
  for (let at = skip(SPACE, text, 0); ; at = skip(SPACE, text, at)) {
    const innermost = closing.at(-1);
    if (wanted === 'next' && innermost === undefined) return at;
    const character = text.charAt(at);
    const ends = wanted === 'next' || wanted === 'first item' || wanted === 'first key';
    if (ends && character !== '' && character === innermost) {
      closing.pop();
      wanted = 'next';
      at += 1;
    } else if (wanted === 'next' || wanted === 'colon') {
      if (character !== (wanted === 'colon' ? ':' : ',')) return at;
      wanted = wanted === 'next' && innermost === '}' ? 'key' : 'value';
      at += 1;
    } else if (wanted === 'key' || wanted === 'first key') {
      const key = character === '"' ? stringEnd(text, at) : { fault: at };
      if ('fault' in key) return key.fault;
      wanted = 'colon';
      at = key.end;
    } else if (character === '{' || character === '[') {
      closing.push(character === '{' ? '}' : ']');
      wanted = character === '{' ? 'first key' : 'first item';
      at += 1;
    } else {
      const value = character === '"' ? stringEnd(text, at) : wordEnd(text, at);
      if ('fault' in value) return value.fault;
      wanted = 'next';
      at = value.end;
    }
  }
}

/** Past the string that begins at `start`. */
function stringEnd(text: string, start: number): { end: number } | { fault: number } {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { end: at + 1 };
    if (character < ' ') return { fault: at };
    if (character !== '\\') continue;
    at += 1;
    if (text.charAt(at) === 'u') {
      if (!UNICODE_ESCAPE.test(text.slice(at + 1, at + 5))) return { fault: at };
      at += 4;
    } else if (at < text.length && !'"\\/bfnrt'.includes(text.charAt(at))) return { fault: at };
  }
  return { fault: text.length };
}

/** Past the number, `true`, `false` or `null` that begins at `start`. */
function wordEnd(text: string, start: number): { end: number } | { fault: number } {
  const word = ['true', 'false', 'null'].find((candidate) => text.startsWith(candidate, start));
  const end = word === undefined ? skip(NUMBER, text, start) : start + word.length;
  return end === start ? { fault: start } : { end };
}

/** Where a sticky pattern that is tried at an index ends; the index itself where it does not match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}
