// What a person wants to know of a JSON Schema: its type in a word, what limits it, and what is within it. Each answer goes
// one level deep, so a schema within itself ends nowhere but is never followed by itself.
import { type OpenApiDocument, refName, resolve, type Schema } from './openapi';

export interface Field {
  name: string;
  schema: Schema;
  required: boolean;
}

/** One of the forms that a value may have, with its members. */
export interface Form {
  name: string;
  fields: Field[];
}

const LIMITS = [
  ['minimum', '≥'],
  ['maximum', '≤'],
  ['minLength', 'length ≥'],
  ['maxLength', 'length ≤'],
  ['minItems', 'items ≥'],
  ['maxItems', 'items ≤'],
  ['maxProperties', 'members ≤'],
  ['pattern', 'pattern'],
] as const;

/** E.g. `string`, `Message[]`, `integer | null`. */
export function typeName(document: OpenApiDocument, schema: Schema): string {
  return [...new Set(alternatives(schema).map((one) => singleTypeName(document, one)))].join(' | ');
}

function singleTypeName(document: OpenApiDocument, schema: Schema): string {
  if (schema.$ref !== undefined) return refName(schema.$ref);
  if (schema.allOf !== undefined) return singleTypeName(document, schema.allOf[0] ?? {});
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.items !== undefined) {
    const name = typeName(document, schema.items);
    return name.includes(' | ') ? `(${name})[]` : `${name}[]`;
  }
  const types = [schema.type ?? 'any'].flat();
  return types.join(' | ');
}

/** The description, also where it stands on what is referred to. */
export function descriptionOf(document: OpenApiDocument, schema: Schema): string | undefined {
  return schema.description ?? resolve(document, schema).description;
}

/** Limits, format and default, each as a short text. */
export function limitsOf(document: OpenApiDocument, schema: Schema): string[] {
  return alternatives(schema).flatMap((one) => {
    const { format, default: initial, ...rest } = resolve(document, one);
    return [
      ...(format === undefined ? [] : [format]),
      ...LIMITS.filter(([key]) => rest[key] !== undefined).map(([key, sign]) => `${sign} ${rest[key]}`),
      ...(initial === undefined ? [] : [`= ${JSON.stringify(initial)}`]),
    ];
  });
}

/** The values of an enumeration, of the schema or of the entries of its array. */
export function valuesOf(document: OpenApiDocument, schema: Schema): string[] {
  return alternatives(schema).flatMap((one) => {
    const resolved = resolve(document, one);
    if (resolved.items !== undefined) return valuesOf(document, resolved.items);
    return (resolved.enum ?? []).map(String);
  });
}

/** The forms of a value that have members, of the entries where it is an array or a map. */
export function formsOf(document: OpenApiDocument, schema: Schema): Form[] {
  return alternatives(schema).flatMap((one): Form[] => {
    const resolved = merged(document, one);
    const { properties, items, additionalProperties } = resolved;
    if (resolved.anyOf !== undefined || resolved.oneOf !== undefined) return formsOf(document, resolved);
    if (items !== undefined) return formsOf(document, items);
    if (properties !== undefined) return [{ name: formName(one, properties), fields: fieldsOf(resolved) }];
    return typeof additionalProperties === 'object' ? formsOf(document, additionalProperties) : [];
  });
}

/** A union taken apart, unions in unions too. */
function alternatives(schema: Schema): Schema[] {
  const union = schema.anyOf ?? schema.oneOf;
  return union === undefined ? [schema] : union.flatMap(alternatives);
}

/** With the reference resolved, and the members of every `allOf` in one. */
function merged(document: OpenApiDocument, schema: Schema): Schema {
  const { allOf, ...own } = resolve(document, schema);
  if (allOf === undefined) return own;
  const parts = allOf.map((part) => merged(document, part));
  const properties: Record<string, Schema> = {};
  for (const part of parts) {
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      properties[name] = { ...properties[name], ...property };
    }
  }
  return { ...own, properties, required: parts.flatMap(({ required = [] }) => required) };
}

function fieldsOf({ properties = {}, required = [] }: Schema): Field[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
  }));
}

/** What it is called, or the member that tells it from the others: `type: text`. */
function formName({ $ref }: Schema, properties: Record<string, Schema>): string {
  if ($ref !== undefined) return refName($ref);
  const telling = Object.entries(properties).find(
    ([, property]) => (property.const ?? property.enum) !== undefined,
  );
  if (telling === undefined) return 'object';
  const [name, property] = telling;
  return `${name}: ${(property.enum ?? [property.const]).join(' | ')}`;
}
