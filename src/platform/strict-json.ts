// Reads JSON from bytes strictly: size, UTF-8, depth and dangerous keys are checked before anyone sees a value.
import { concatBytes } from './bytes';
import { type JsonFault, jsonFault } from './json-fault';

/** Why bytes were not accepted as JSON. `place` is where, in `a.b[0]` form, for `key`. */
export type JsonProblem =
  | { problem: 'utf8' }
  | { problem: 'depth' }
  | { problem: 'empty' }
  | { problem: 'syntax'; reason: JsonFault }
  | { problem: 'key'; place: readonly (string | number)[]; key: string };

export type JsonResult = { ok: true; value: unknown } | ({ ok: false } & JsonProblem);

/** Parses JSON text bytes no deeper than `depthLimit`, refusing `__proto__` as a key. */
export function parseJsonStrictly(bytes: Uint8Array, depthLimit: number): JsonResult {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return { ok: false, problem: 'utf8' };
  }
  if (text.trim() === '') return { ok: false, problem: 'empty' };
  // Before JSON.parse, which accepts 100,000 levels that every later recursion would trip over.
  if (isDeeperThan(text, depthLimit)) return { ok: false, problem: 'depth' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'syntax', reason: jsonFault(text) };
  }
  // A key can be written with escapes; the walk is only paid where one is possible.
  if (/__proto__|\\u00(5f|70|72|6f|74)/i.test(text)) {
    const place = findKey(value, '__proto__', []);
    if (place !== null) return { ok: false, problem: 'key', place, key: '__proto__' };
  }
  return { ok: true, value };
}

/** Collects a body of at most `limitBytes`, or answers null as soon as it is longer. */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > limitBytes) return null;
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside strings; on text that is not JSON the answer does not matter. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** The index of the quote that ends the string whose first character is at `start`. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start);
  while (at !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

/** Where an own key occurs first in a value. The depth is bounded, so recursion is safe. */
function findKey(value: unknown, key: string, place: (string | number)[]): (string | number)[] | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const here = [...place, Array.isArray(value) ? Number(name) : name];
    if (name === key) return here;
    const found = findKey(inner, key, here);
    if (found !== null) return found;
  }
  return null;
}
