// A JSON Schema without its combinators: every way to satisfy it, each as one flat schema.
// Known gap: the alternatives are a superset: `oneOf`'s "only one", `not` and `if`'s exclusion are for a check to see.
import type { Effort } from './effort';
import { isSame } from './schema-check';
import {
  isObject,
  type JsonSchema,
  listAt,
  membersAt,
  resolveReference,
  type SchemaObject,
} from './schema-keywords';

/** More combinations than any example needs; products of `anyOf`s grow without end. */
const ALTERNATIVES_MAXIMUM = 24;

/**
 * The flat schemas of which a value must satisfy one; empty where none can be satisfied.
 * @throws Exhausted
 */
export function alternativesOf(schema: JsonSchema, root: SchemaObject, effort: Effort): SchemaObject[] {
  function expand(part: unknown, path: readonly string[]): SchemaObject[] {
    effort.spend();
    if (part === false) return [];
    if (!isObject(part)) return [{}];
    const {
      $ref,
      $dynamicRef,
      allOf: _,
      anyOf,
      oneOf,
      if: condition,
      then,
      else: otherwise,
      const: only,
      ...own
    } = part;
    let found = [Object.hasOwn(part, 'const') ? merge(own, { enum: [only] }) : own];
    for (const reference of [$ref, $dynamicRef]) {
      // A reference met again on its own path adds nothing that is not already required.
      if (typeof reference !== 'string' || path.includes(reference)) continue;
      found = product(found, expand(resolveReference(root, reference, effort), [...path, reference]));
    }
    for (const sub of [...listAt(part, 'allOf'), ...Object.values(membersAt(part, 'dependentSchemas'))]) {
      found = product(found, expand(sub, path));
    }
    for (const choices of [anyOf, oneOf]) {
      if (Array.isArray(choices)) found = product(found, expandAny(choices, path));
    }
    if (condition !== undefined) {
      const whenTrue = product(expand(condition, path), expand(then ?? true, path));
      found = product(found, [...whenTrue, ...expand(otherwise ?? true, path)]);
    }
    return found;
  }

  function expandAny(choices: readonly unknown[], path: readonly string[]): SchemaObject[] {
    const found: SchemaObject[] = [];
    for (const choice of choices) {
      found.push(...expand(choice, path));
      if (found.length >= ALTERNATIVES_MAXIMUM) break;
    }
    return found;
  }

  return expand(schema, []);
}

function product(left: SchemaObject[], right: SchemaObject[]): SchemaObject[] {
  const found: SchemaObject[] = [];
  for (const a of left) {
    for (const b of right) if (found.length < ALTERNATIVES_MAXIMUM) found.push(merge(a, b));
  }
  return found;
}

/** One schema for what satisfies both. */
function merge(a: SchemaObject, b: SchemaObject): SchemaObject {
  const shared = Object.keys(a).filter((keyword) => Object.hasOwn(b, keyword));
  if (shared.length === 0) return { ...a, ...b };
  return {
    ...a,
    ...b,
    ...Object.fromEntries(shared.map((keyword) => [keyword, both(keyword, a[keyword], b[keyword])])),
  };
}

function both(keyword: string, a: unknown, b: unknown): unknown {
  switch (keyword) {
    case 'minimum':
    case 'exclusiveMinimum':
    case 'minLength':
    case 'minItems':
    case 'minProperties':
    case 'minContains':
      return Math.max(Number(a), Number(b));
    case 'maximum':
    case 'exclusiveMaximum':
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
    case 'maxContains':
      return Math.min(Number(a), Number(b));
    case 'multipleOf':
      return commonMultiple(Number(a), Number(b));
    case 'uniqueItems':
      return a === true || b === true;
    case 'type':
      return sharedTypes(asList(a), asList(b));
    case 'enum':
      return asList(a).filter((option) => asList(b).some((other) => isSame(option, other)));
    case 'required':
      return [...new Set([...asList(a), ...asList(b)])];
    case 'properties':
    case 'patternProperties':
      return isObject(a) && isObject(b) ? mergeMembers(a, b) : b;
    case 'prefixItems':
      return mergePositions(asList(a), asList(b));
    case 'items':
    case 'additionalProperties':
    case 'propertyNames':
    case 'contains':
      return { allOf: [a, b] };
    case 'not':
      return { anyOf: [a, b] };
    default:
      return b;
  }
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function sharedTypes(a: unknown[], b: unknown[]): unknown[] {
  const shared = a.filter((type) => b.includes(type));
  const isInteger = a.includes('integer')
    ? b.includes('number')
    : b.includes('integer') && a.includes('number');
  return isInteger && !shared.includes('integer') ? [...shared, 'integer'] : shared;
}

function mergeMembers(a: SchemaObject, b: SchemaObject): SchemaObject {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  const member = (name: string) => {
    if (!Object.hasOwn(a, name)) return b[name];
    return Object.hasOwn(b, name) ? { allOf: [a[name], b[name]] } : a[name];
  };
  return Object.fromEntries(Array.from(names, (name) => [name, member(name)]));
}

function mergePositions(a: unknown[], b: unknown[]): unknown[] {
  const longer = a.length >= b.length ? a : b;
  return longer.map((item, index) =>
    index < a.length && index < b.length ? { allOf: [a[index], b[index]] } : item,
  );
}

/** The least common multiple of whole numbers; a multiple of both otherwise. */
function commonMultiple(a: number, b: number): number {
  if (!Number.isInteger(a) || !Number.isInteger(b)) return a === b ? a : a * b;
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
