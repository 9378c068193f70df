// Whether a generated value satisfies a JSON Schema: enough of 2020-12 for the generator to choose between its tries.
// Known gaps: `unevaluated…` and `format` are taken as satisfied, and so is a pattern RE2 cannot compile.
// The answer's real check is made elsewhere, with a complete validator.
import { RE2JS } from 're2js';
import type { Effort } from './effort';
import {
  isObject,
  type JsonSchema,
  listAt,
  membersAt,
  numberAt,
  resolveReference,
  type SchemaObject,
  schemaAt,
} from './schema-keywords';

/** Compiling a pattern takes as long as checking many keywords. */
const PATTERN_STEPS = 20;

/**
 * Whether `value` satisfies `schema`, whose references lie within `root`.
 * @throws Exhausted, and RangeError for references without end.
 */
export function satisfies(schema: JsonSchema, value: unknown, root: SchemaObject, effort: Effort): boolean {
  effort.spend();
  if (typeof schema === 'boolean') return schema;
  const check = (sub: unknown, part: unknown) =>
    sub === undefined || satisfies(schemaAt(sub), part, root, effort);
  return (
    satisfiesGeneral(schema, value, root, check, effort) &&
    (typeof value !== 'number' || satisfiesNumber(schema, value)) &&
    (typeof value !== 'string' || satisfiesString(schema, value, effort)) &&
    (!Array.isArray(value) || satisfiesArray(schema, value, check)) &&
    (!isObject(value) || satisfiesObject(schema, value, check, effort))
  );
}

/** Whether a pattern occurs in a text, in linear time whatever the pattern. @throws Exhausted */
export function matchesPattern(pattern: string, text: string, effort: Effort): boolean {
  effort.spend(PATTERN_STEPS);
  try {
    return RE2JS.compile(pattern).matcher(text).find();
  } catch {
    return true;
  }
}

type Check = (schema: unknown, value: unknown) => boolean;

function satisfiesGeneral(
  schema: SchemaObject,
  value: unknown,
  root: SchemaObject,
  check: Check,
  effort: Effort,
): boolean {
  const list = (keyword: string) => (Array.isArray(schema[keyword]) ? schema[keyword] : null);
  const types = typeof schema.type === 'string' ? [schema.type] : list('type');
  if (types !== null && !types.some((type) => isOfType(value, type))) return false;
  if (Object.hasOwn(schema, 'const') && !isSame(schema.const, value)) return false;
  effort.spend(listAt(schema, 'enum').length / 10);
  if (list('enum')?.some((option) => isSame(option, value)) === false) return false;
  const reference = schema.$ref ?? schema.$dynamicRef;
  if (typeof reference === 'string' && !check(resolveReference(root, reference, effort), value)) return false;
  if (list('allOf')?.every((sub) => check(sub, value)) === false) return false;
  if (list('anyOf')?.some((sub) => check(sub, value)) === false) return false;
  const oneOf = list('oneOf');
  if (oneOf !== null && oneOf.filter((sub) => check(sub, value)).length !== 1) return false;
  if (schema.not !== undefined && check(schema.not, value)) return false;
  if (schema.if === undefined) return true;
  return check(check(schema.if, value) ? schema.then : schema.else, value);
}

export function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Equal as JSON; members of objects in any order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function satisfiesNumber(schema: SchemaObject, value: number): boolean {
  const multipleOf = numberAt(schema, 'multipleOf');
  if (multipleOf !== null) {
    const quotient = value / multipleOf;
    if (Math.abs(quotient - Math.round(quotient)) > 1e-9 * Math.max(1, Math.abs(quotient))) return false;
  }
  return (
    value >= (numberAt(schema, 'minimum') ?? -Infinity) &&
    value <= (numberAt(schema, 'maximum') ?? Infinity) &&
    value > (numberAt(schema, 'exclusiveMinimum') ?? -Infinity) &&
    value < (numberAt(schema, 'exclusiveMaximum') ?? Infinity)
  );
}

function satisfiesString(schema: SchemaObject, value: string, effort: Effort): boolean {
  const length = [...value].length;
  return (
    length >= (numberAt(schema, 'minLength') ?? 0) &&
    length <= (numberAt(schema, 'maxLength') ?? Infinity) &&
    (typeof schema.pattern !== 'string' || matchesPattern(schema.pattern, value, effort))
  );
}

function satisfiesArray(schema: SchemaObject, value: unknown[], check: Check): boolean {
  const prefix = listAt(schema, 'prefixItems');
  const contained = () => value.filter((item) => check(schema.contains, item)).length;
  return (
    value.length >= (numberAt(schema, 'minItems') ?? 0) &&
    value.length <= (numberAt(schema, 'maxItems') ?? Infinity) &&
    value.every((item, index) => check(index < prefix.length ? prefix[index] : schema.items, item)) &&
    (schema.uniqueItems !== true || new Set(value.map(canonical)).size === value.length) &&
    (schema.contains === undefined ||
      (contained() >= (numberAt(schema, 'minContains') ?? 1) &&
        contained() <= (numberAt(schema, 'maxContains') ?? Infinity)))
  );
}

function satisfiesObject(schema: SchemaObject, value: SchemaObject, check: Check, effort: Effort): boolean {
  const names = Object.keys(value);
  const has = (name: unknown) => typeof name === 'string' && Object.hasOwn(value, name);
  const required = listAt(schema, 'required');
  const properties = membersAt(schema, 'properties');
  const patterns = Object.entries(membersAt(schema, 'patternProperties'));
  const dependent = Object.entries(membersAt(schema, 'dependentRequired'));
  const dependentSchemas = Object.entries(membersAt(schema, 'dependentSchemas'));
  return (
    names.length >= (numberAt(schema, 'minProperties') ?? 0) &&
    names.length <= (numberAt(schema, 'maxProperties') ?? Infinity) &&
    required.every(has) &&
    dependent.every(([name, others]) => !has(name) || !Array.isArray(others) || others.every(has)) &&
    dependentSchemas.every(([name, sub]) => !has(name) || check(sub, value)) &&
    names.every((name) => {
      const isDeclared = Object.hasOwn(properties, name);
      const matching = patterns.filter(([pattern]) => matchesPattern(pattern, name, effort));
      return (
        check(schema.propertyNames, name) &&
        (!isDeclared || check(properties[name], value[name])) &&
        matching.every(([, sub]) => check(sub, value[name])) &&
        (isDeclared || matching.length > 0 || check(schema.additionalProperties, value[name]))
      );
    })
  );
}
