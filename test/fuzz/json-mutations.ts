// Changes one thing in a valid JSON body: a member, a type, an edge; or the text that it becomes.
import type { Choice } from './choice.ts';
import { jsonText, oddName, oddNumber, oddText, oddValue, RawJson } from './odd-values.ts';

type Container = unknown[] | Record<string, unknown>;

/** A place in a value: its container and its name there. */
interface Place {
  container: Container;
  name: string | number;
}

/** The value with one odd thing in it. The value itself may be changed. */
export function withOddMember(value: unknown, choice: Choice): unknown {
  const root = { value };
  const places = placesIn(root);
  // Places far inside are many: the outer ones get half of the changes.
  const place = choice.pick(choice.chance(0.5) ? places.slice(0, 8) : places);
  change(place, choice);
  return root.value;
}

function placesIn(container: Container): Place[] {
  const names = Array.isArray(container) ? Array.from(container.keys()) : Object.keys(container);
  return names.flatMap((name) => {
    const inner: unknown = Reflect.get(container, name);
    const isContainer = typeof inner === 'object' && inner !== null && !(inner instanceof RawJson);
    return [{ container, name }, ...(isContainer ? placesIn(inner as Container) : [])];
  });
}

function change({ container, name }: Place, choice: Choice): void {
  const old: unknown = Reflect.get(container, name);
  const set = (value: unknown) => Reflect.set(container, name, value);
  choice.weighted<() => void>([
    [4, () => set(oddValue(choice))],
    [3, () => remove(container, name)],
    [2, () => set(ofSameType(old, choice))],
    [2, () => addMember(container, choice)],
    [2, () => set(duplicated(old))],
    [1, () => set([old])],
    [1, () => set({ value: old })],
    [1, () => set(JSON.stringify(old instanceof RawJson ? old.text : old))],
  ])();
}

function remove(container: Container, name: string | number): void {
  if (Array.isArray(container)) container.splice(Number(name), 1);
  else delete container[name];
}

function ofSameType(old: unknown, choice: Choice): unknown {
  if (typeof old === 'number') return oddNumber(choice);
  if (typeof old === 'string') return oddText(choice);
  if (Array.isArray(old)) return choice.chance(0.5) ? [] : [...old, ...old];
  return typeof old === 'boolean' ? !old : oddValue(choice);
}

function addMember(container: Container, choice: Choice): void {
  if (Array.isArray(container)) container.splice(choice.int(0, container.length), 0, oddValue(choice));
  else {
    const value = oddValue(choice);
    // As an own member: assigned, `__proto__` would vanish.
    Object.defineProperty(container, oddName(choice), {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
}

/** An object whose first member comes twice; anything else twice in an array. */
function duplicated(old: unknown): unknown {
  const isObject =
    typeof old === 'object' && old !== null && !Array.isArray(old) && !(old instanceof RawJson);
  const [first] = isObject ? Object.keys(old) : [];
  if (first === undefined) return [old, old];
  return new RawJson(`${jsonText(old).slice(0, -1)},${JSON.stringify(first)}:null}`);
}

/** The same text with a few characters lost, doubled or put in. */
export function damagedText(text: string, choice: Choice): string {
  const from = choice.int(0, text.length);
  const to = Math.min(text.length, from + choice.int(1, 4));
  return choice.weighted<() => string>([
    [3, () => text.slice(0, from) + text.slice(to)],
    [
      3,
      () =>
        text.slice(0, from) +
        choice.pick(['"', '{', '}', '[', ']', ',', ':', '\\', '\0', '//', 'NaN', "'", '\u00a0']) +
        text.slice(from),
    ],
    [2, () => text.slice(0, from)],
    [1, () => text + choice.pick(['{}', ',', ']', ' \n\t ', '\0', 'null', '#'])],
    [1, () => text.slice(0, to) + text.slice(from)],
    [1, () => ''],
    [1, () => choice.pick([' ', 'null', '[]', '"text"', '1', 'true', '{', '[[[[', 'undefined'])],
  ])();
}

/** The text as bytes of another encoding than JSON's. */
export function otherBytes(text: string, choice: Choice): Buffer {
  const utf8 = Buffer.from(text);
  const at = choice.int(0, utf8.length);
  return choice.weighted<() => Buffer>([
    [1, () => Buffer.from(text, 'utf16le')],
    [1, () => Buffer.from(`\ufeff${text}`, 'utf16le')],
    [1, () => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    [2, () => Buffer.from(`\ufeff${text}`)],
    [
      3,
      () =>
        Buffer.concat([
          utf8.subarray(0, at),
          Buffer.from([choice.pick([0x80, 0xc0, 0xed, 0xf5, 0xff])]),
          utf8.subarray(at),
        ]),
    ],
    [1, () => Buffer.from(text, 'latin1')],
  ])();
}
