// A value that satisfies a JSON Schema (2020-12), always the same one. Built from the keywords, then checked where
// keywords interact (`oneOf`, `not`, `if`, …). Known gaps: `unevaluated…` is ignored, of several patterns one is used.
import { Effort, Exhausted } from './effort';
import { formatExample } from './format-example';
import { numberExample } from './number-example';
import { patternExample } from './pattern-example';
import { alternativesOf } from './schema-alternatives';
import { isOfType, matchesPattern, satisfies } from './schema-check';
import {
  isObject,
  type JsonSchema,
  listAt,
  membersAt,
  numberAt,
  type SchemaObject,
  schemaAt,
} from './schema-keywords';

/** From here down only what is required is made, so that a recursive schema ends. */
const GENEROUS_DEPTH = 6;
/** A schema that requires itself has no instance; this is where trying ends. */
const DEPTH_MAXIMUM = 60;
/** From this many values on only what is required is made. */
const GENEROUS_VALUES = 200;
/** Longer arrays and strings are not made. */
const LENGTH_MAXIMUM = 20_000;
/** Many long strings make a large answer: half a megabyte uses up all effort. */
const CHARACTER_STEPS = 0.1;
/** Tries at a schema whose keywords interact. */
const ROUNDS = 6;

/** Keywords whose effect on each other only a check can see. */
const CHECKED_KEYWORDS = [
  'not',
  'contains',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'if',
  'oneOf',
];

/** What an argument of this name might be, given its options if it has any; null for no idea. */
export type Suggest = (property: string, options: readonly unknown[] | null) => string | null;

interface Place {
  depth: number;
  /** Other variants give other values, for items that must differ. */
  variant: number;
  /** The property this value is for, if any. */
  property: string | null;
  /** Only what is required. */
  isSparse: boolean;
}

class Impossible extends Error {}

function impossible(): never {
  throw new Impossible();
}

/**
 * A value valid against `schema`, optional members included while it is small.
 * @returns the best try, at worst `{}`, where no instance was found.
 */
export function schemaInstance(schema: SchemaObject, suggest: Suggest = () => null): unknown {
  const start: Place = { depth: 0, variant: 0, property: null, isSparse: false };
  for (const isLenient of [false, true]) {
    try {
      return new InstanceMaker(schema, suggest, isLenient).make(schema, start);
    } catch (error) {
      // A RangeError is a stack that a hostile schema filled.
      const isExpected =
        error instanceof Impossible || error instanceof Exhausted || error instanceof RangeError;
      if (!isExpected) throw error;
    }
  }
  return {};
}

class InstanceMaker {
  readonly #root: SchemaObject;
  readonly #suggest: Suggest;
  /** Whether any value is better than none: nothing is checked then. */
  readonly #isLenient: boolean;
  readonly #effort = new Effort();
  #valuesMade = 0;

  constructor(root: SchemaObject, suggest: Suggest, isLenient: boolean) {
    this.#root = root;
    this.#suggest = suggest;
    this.#isLenient = isLenient;
  }

  /** @throws Impossible where no instance was found. */
  make(schema: JsonSchema, asked: Place): unknown {
    if (asked.depth > DEPTH_MAXIMUM) throw new Impossible();
    this.#valuesMade++;
    const isSmall = asked.depth < GENEROUS_DEPTH && this.#valuesMade < GENEROUS_VALUES;
    const alternatives = alternativesOf(schema, this.#root, this.#effort);
    if (!isSmall) alternatives.sort((a, b) => weight(a) - weight(b));
    const isChecked =
      !this.#isLenient && (alternatives.length > 1 || mustCheck(schema) || alternatives.some(mustCheck));
    for (let round = 0; round < (isChecked ? ROUNDS : 1); round++) {
      const place = { ...asked, variant: asked.variant + round, isSparse: !isSmall || round % 2 === 1 };
      for (const flat of alternatives) {
        for (const type of typesOf(flat, place)) {
          const value = this.#attempt(flat, type, place);
          if (value === undefined) continue;
          if (!isChecked || satisfies(schema, value, this.#root, this.#effort)) return value;
        }
      }
    }
    throw new Impossible();
  }

  /** One try; undefined where it leads nowhere. No JSON value is undefined. */
  #attempt(flat: SchemaObject, type: string, place: Place): unknown {
    try {
      return this.#build(flat, type, place);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      return undefined;
    }
  }

  #build(flat: SchemaObject, type: string, place: Place): unknown {
    if (flat.enum !== undefined) {
      const { enum: _, ...others } = flat;
      const options = listAt(flat, 'enum').filter((option) => this.#fits(others, option));
      return this.#option(options, place);
    }
    const given = [flat.default, ...listAt(flat, 'examples')].find(
      (value) => value !== undefined && value !== null,
    );
    if (place.variant === 0 && isOfType(given, type) && this.#fits(flat, given)) return given;
    switch (type) {
      case 'null':
        return null;
      case 'boolean':
        return place.variant % 2 === 0;
      case 'integer':
      case 'number':
        return numberExample(flat, type === 'integer', place.variant) ?? impossible();
      case 'string':
        return this.#string(flat, place);
      case 'array':
        return this.#array(flat, place);
      case 'object':
        return this.#object(flat, place);
      default:
        throw new Impossible();
    }
  }

  #fits(flat: SchemaObject, value: unknown): boolean {
    return this.#isLenient || satisfies(flat, value, this.#root, this.#effort);
  }

  #option(options: unknown[], { property, variant }: Place): unknown {
    if (options.length === 0) throw new Impossible();
    const suggested = property === null ? null : this.#suggest(property, options);
    return suggested !== null && options.includes(suggested) ? suggested : options[variant % options.length];
  }

  #string(flat: SchemaObject, place: Place): string {
    const minLength = numberAt(flat, 'minLength') ?? 0;
    const maxLength = numberAt(flat, 'maxLength') ?? Number.POSITIVE_INFINITY;
    if (minLength > maxLength || minLength > LENGTH_MAXIMUM) throw new Impossible();
    const text = this.#text(flat, place, minLength, maxLength);
    this.#effort.spend(text.length * CHARACTER_STEPS);
    return text;
  }

  #text(flat: SchemaObject, { property, variant }: Place, minLength: number, maxLength: number): string {
    if (typeof flat.pattern === 'string') {
      const example = patternExample(flat.pattern, { minLength, maxLength, variant });
      if (example !== null) return example;
    }
    if (typeof flat.format === 'string') {
      const example = formatExample(flat.format, variant);
      if (example !== null && example.length >= minLength && example.length <= maxLength) return example;
    }
    const suggested = property === null || variant > 0 ? null : this.#suggest(property, null);
    if (suggested !== null && this.#fits(flat, suggested)) return suggested;
    const text = variant === 0 ? 'sandbox' : `${variant.toString(36)}-sandbox`;
    return text.padEnd(minLength, 'x').slice(0, maxLength);
  }

  #array(flat: SchemaObject, place: Place): unknown[] {
    const prefix = listAt(flat, 'prefixItems');
    const contained = flat.contains === undefined ? 0 : (numberAt(flat, 'minContains') ?? 1);
    const minimum = Math.max(numberAt(flat, 'minItems') ?? 0, contained);
    const maximum = numberAt(flat, 'maxItems') ?? Number.POSITIVE_INFINITY;
    const wanted = place.isSparse ? minimum : Math.max(minimum, prefix.length, flat.items === false ? 0 : 1);
    const length = Math.min(wanted, maximum);
    if (minimum > maximum || length > LENGTH_MAXIMUM) throw new Impossible();
    const items: unknown[] = [];
    const seen = new Set<string>();
    for (let index = 0; index < length; index++) {
      const own = schemaAt(index < prefix.length ? prefix[index] : flat.items);
      // What must be contained goes last, where the prefix is least likely to be in the way.
      const schema = index >= length - contained ? { allOf: [own, flat.contains] } : own;
      items.push(this.#item(schema, place, index, flat.uniqueItems === true ? seen : null));
    }
    return items;
  }

  /** An item unlike those in `seen`, if that is given. */
  #item(schema: JsonSchema, place: Place, index: number, seen: Set<string> | null): unknown {
    // The place itself is mostly unlike those before; as many tries again cover small closed sets in any order.
    for (let offset = index; offset <= 3 * index + ROUNDS; offset++) {
      const variant = place.variant + (seen === null ? 0 : offset);
      const value = this.make(schema, { ...place, depth: place.depth + 1, variant });
      const text = seen === null ? '' : JSON.stringify(value);
      if (seen?.has(text)) continue;
      seen?.add(text);
      return value;
    }
    throw new Impossible();
  }

  #object(flat: SchemaObject, place: Place): SchemaObject {
    const properties = membersAt(flat, 'properties');
    const required = requiredNames(flat);
    const maximum = numberAt(flat, 'maxProperties') ?? Number.POSITIVE_INFINITY;
    const members = new Map<string, unknown>();
    for (const name of required) members.set(name, this.#member(flat, name, place));
    for (const name of place.isSparse ? [] : Object.keys(properties)) {
      if (members.has(name) || members.size >= maximum) continue;
      const value = this.#attemptMember(flat, name, place);
      if (value !== undefined) members.set(name, value);
    }
    const isMap =
      isObject(flat.additionalProperties) || Object.keys(membersAt(flat, 'patternProperties')).length > 0;
    const generous = isMap && members.size === 0 && !place.isSparse ? 1 : 0;
    const minimum = Math.min(Math.max(numberAt(flat, 'minProperties') ?? 0, generous), maximum);
    for (let index = 0; members.size < minimum; index++) {
      if (index > minimum + ROUNDS) throw new Impossible();
      const name = this.#newName(flat, place, index);
      if (!members.has(name)) members.set(name, this.#member(flat, name, place));
    }
    // In the schema's own order. A plain assignment would lose a member called __proto__.
    const inOrder = [...Object.keys(properties).filter((name) => members.has(name)), ...members.keys()];
    return Object.fromEntries(inOrder.map((name) => [name, members.get(name)]));
  }

  #attemptMember(flat: SchemaObject, name: string, place: Place): unknown {
    try {
      return this.#member(flat, name, place);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      return undefined;
    }
  }

  #member(flat: SchemaObject, name: string, place: Place): unknown {
    const properties = membersAt(flat, 'properties');
    const schemas = Object.entries(membersAt(flat, 'patternProperties'))
      .filter(([pattern]) => matchesPattern(pattern, name, this.#effort))
      .map(([, schema]) => schema);
    if (Object.hasOwn(properties, name)) schemas.unshift(properties[name]);
    if (schemas.length === 0) schemas.push(flat.additionalProperties);
    const schema = schemas.length === 1 ? schemaAt(schemas[0]) : { allOf: schemas };
    return this.make(schema, { ...place, depth: place.depth + 1, property: name });
  }

  /** A name for a member the schema does not name itself. */
  #newName(flat: SchemaObject, place: Place, index: number): string {
    if (flat.propertyNames !== undefined) {
      const schema = { allOf: [{ type: 'string' }, flat.propertyNames] };
      const name = this.make(schema, { ...place, depth: place.depth + 1, property: null, variant: index });
      return String(name);
    }
    const [pattern] = Object.keys(membersAt(flat, 'patternProperties'));
    if (pattern === undefined) return `key${index + 1}`;
    const example = patternExample(pattern, { variant: index, minLength: 1 }) ?? '';
    const numbered = `${example}${index + 1}`;
    return matchesPattern(pattern, numbered, this.#effort) ? numbered : example;
  }
}

function mustCheck(schema: JsonSchema): boolean {
  return isObject(schema) && CHECKED_KEYWORDS.some((keyword) => schema[keyword] !== undefined);
}

/** How much a schema asks for: what to try first where an end is wanted. */
function weight(flat: SchemaObject): number {
  const [type] = typesOf(flat, { isSparse: true });
  if (flat.enum !== undefined || type === 'null') return 0;
  if (type === 'object') return 3 + listAt(flat, 'required').length;
  return type === 'array' ? 2 : 1;
}

/** The types to try in order; told by the keywords where the schema does not say. `null` first only where an end is wanted. */
function typesOf(flat: SchemaObject, { isSparse }: Pick<Place, 'isSparse'>): string[] {
  if (flat.type === undefined) return [inferredType(flat)];
  const types = [flat.type].flat().filter((type) => typeof type === 'string');
  const isLast = (type: string) => (type === 'null') !== isSparse;
  return types.toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)));
}

const TYPE_BY_KEYWORD: Record<string, readonly string[]> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
  ],
  array: ['items', 'prefixItems', 'contains', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['pattern', 'format', 'minLength', 'maxLength'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};

function inferredType(flat: SchemaObject): string {
  const found = Object.entries(TYPE_BY_KEYWORD).find(([, keywords]) =>
    keywords.some((keyword) => flat[keyword] !== undefined),
  );
  return found?.[0] ?? 'string';
}

/** Required names and those they require in turn. */
function requiredNames(flat: SchemaObject): Set<string> {
  const dependent = membersAt(flat, 'dependentRequired');
  const names = new Set<string>();
  const open = listAt(flat, 'required').filter((name) => typeof name === 'string');
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    if (Object.hasOwn(dependent, name))
      open.push(...listAt(dependent, name).filter((other) => typeof other === 'string'));
  }
  return names;
}
