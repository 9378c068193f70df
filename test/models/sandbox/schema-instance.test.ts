// Oracle: the validator that enforces structured output in production.
import { registerSchema, unregisterSchema, validate } from '@hyperjump/json-schema/draft-2020-12';
import { describe, expect, it } from 'vitest';
import { schemaInstance } from '../../../src/models/sandbox/schema-instance';

type Schema = Record<string, unknown>;

async function isValid(schema: Schema, value: unknown): Promise<boolean> {
  const uri = 'https://quire.test/schema';
  registerSchema(structuredClone(schema) as never, uri, 'https://json-schema.org/draft/2020-12/schema');
  try {
    return (await validate(uri, value as never)).valid;
  } finally {
    unregisterSchema(uri);
  }
}

const node = { type: 'object', properties: { value: { type: 'integer' }, next: { $ref: '#/$defs/node' } } };

const SATISFIABLE: Record<string, Schema> = {
  'an empty schema': {},
  'a flat object': {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18, maximum: 19 } },
    required: ['name', 'age'],
    additionalProperties: false,
  },
  'a required property nobody declared': { type: 'object', required: ['x'] },
  'enum and const': { properties: { a: { enum: [3, 'b'] }, c: { const: { d: [1] } } }, required: ['a', 'c'] },
  'an enum narrowed by another keyword': { enum: ['abc', 'a'], maxLength: 1 },
  'nullable and several types': { properties: { a: { type: ['null', 'integer'] }, b: { type: 'null' } } },
  'strict bounds around no integer': { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
  'an exclusive minimum of an integer': { type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 5 },
  'only a maximum': { type: 'number', maximum: -2.5 },
  'a decimal multiple': { type: 'number', multipleOf: 0.1, minimum: 0.25, maximum: 0.35 },
  'an integer that is a multiple of a fraction': { type: 'integer', multipleOf: 1.5, minimum: 1 },
  'two multiples': { allOf: [{ multipleOf: 4 }, { multipleOf: 6, minimum: 1 }], type: 'integer' },
  'string lengths': {
    type: 'object',
    properties: { a: { type: 'string', minLength: 40 }, b: { type: 'string', maxLength: 2 } },
  },
  'an empty string': { type: 'string', maxLength: 0 },
  'a postal code pattern': { type: 'string', pattern: '^\\d{5}(-\\d{4})?$' },
  'a pattern with alternatives and classes': {
    type: 'string',
    pattern: '^(?:foo|bar)-[A-Z]{2,}[^a-z]\\w+\\.(com|org)$',
  },
  'a pattern with a length': { type: 'string', pattern: '^[a-z]+$', minLength: 12, maxLength: 14 },
  'a Hangul pattern': { type: 'string', pattern: '^[가-힣]{2,4}$' },
  'a pattern that backtracks forever': { type: 'string', pattern: '^(a+)+$', minLength: 40 },
  items: { type: 'array', items: { type: 'boolean' }, minItems: 3, maxItems: 3 },
  'a tuple': {
    type: 'array',
    prefixItems: [{ type: 'string' }, { type: 'number' }],
    items: false,
    minItems: 2,
  },
  'unique items of a closed set': {
    type: 'array',
    items: { enum: ['a', 'b', 'c'] },
    minItems: 3,
    uniqueItems: true,
  },
  'unique strings': {
    type: 'array',
    items: { type: 'string', maxLength: 1 },
    minItems: 5,
    uniqueItems: true,
  },
  'unique objects': {
    type: 'array',
    items: { properties: { id: { type: 'integer' } }, required: ['id'] },
    minItems: 3,
    uniqueItems: true,
  },
  contains: { type: 'array', items: { type: 'integer' }, contains: { minimum: 10 }, minContains: 2 },
  'anyOf beside properties': {
    type: 'object',
    properties: { a: { type: 'string' } },
    anyOf: [{ required: ['b'] }, { required: ['a'] }],
  },
  'oneOf that allows one property only': {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
  },
  'a tagged union': {
    oneOf: [
      { properties: { kind: { const: 'circle' }, r: { type: 'number' } }, required: ['kind', 'r'] },
      { properties: { kind: { const: 'square' }, side: { type: 'number' } }, required: ['kind', 'side'] },
    ],
  },
  'an impossible first branch': {
    anyOf: [false, { type: 'string', minLength: 3, maxLength: 2 }, { type: 'integer' }],
  },
  'allOf that narrows': {
    allOf: [{ type: ['string', 'integer'] }, { type: 'number', minimum: 7 }, { maximum: 7 }],
  },
  'allOf over references': {
    $defs: { a: { properties: { x: { type: 'string' } }, required: ['x'] }, b: { required: ['y'] } },
    type: 'object',
    allOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }],
  },
  'an anchor': {
    $defs: { a: { $anchor: 'here', type: 'integer' } },
    properties: { p: { $ref: '#here' } },
    required: ['p'],
  },
  'an escaped pointer': {
    $defs: { 'a/b~c': { type: 'integer' } },
    properties: { p: { $ref: '#/$defs/a~1b~0c' } },
    required: ['p'],
  },
  'optional recursion': { $defs: { node }, $ref: '#/$defs/node' },
  'required recursion through null': {
    $defs: {
      n: {
        type: 'object',
        properties: { next: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'null' }] } },
        required: ['next'],
        additionalProperties: false,
      },
    },
    $ref: '#/$defs/n',
  },
  'a tree': {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } } },
    required: ['children'],
  },
  'an expression tree': {
    $defs: {
      e: {
        anyOf: [
          {
            type: 'object',
            properties: { l: { $ref: '#/$defs/e' }, r: { $ref: '#/$defs/e' } },
            required: ['l', 'r'],
          },
          { type: 'number' },
        ],
      },
    },
    $ref: '#/$defs/e',
  },
  'not a value': { type: 'string', not: { const: 'sandbox' } },
  'not with a property': { type: 'object', properties: { a: {}, b: {} }, not: { required: ['b'] } },
  'if, then and else': {
    type: 'object',
    properties: { country: { enum: ['US', 'KR'] }, zip: { type: 'string' } },
    required: ['country', 'zip'],
    if: { properties: { country: { const: 'KR' } } },
    // biome-ignore lint/suspicious/noThenProperty: the JSON Schema keyword
    then: { properties: { zip: { pattern: '^\\d{5}$' } } },
    else: { properties: { zip: { pattern: '^[A-Z]{3}$' } } },
  },
  'a map': { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 2 },
  'pattern properties alone': {
    type: 'object',
    patternProperties: { '^x-': { type: 'integer' } },
    additionalProperties: false,
    minProperties: 2,
  },
  'property names': { type: 'object', propertyNames: { pattern: '^[A-Z]$' }, minProperties: 3 },
  'at most one property': { type: 'object', properties: { a: {}, b: {}, c: {} }, maxProperties: 1 },
  'dependent properties': {
    type: 'object',
    properties: { a: {} },
    required: ['a'],
    dependentRequired: { a: ['b'], b: ['c'] },
  },
  'a dependent schema': {
    type: 'object',
    properties: { a: {} },
    dependentSchemas: { a: { required: ['z'] } },
  },
  'a property called __proto__': JSON.parse(
    '{"type":"object","properties":{"__proto__":{"type":"integer"}},"required":["__proto__"]}',
  ),
  'a wide recursion': {
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, { $ref: '#' }])),
  },
};

describe('schemaInstance', () => {
  it.each(Object.entries(SATISFIABLE))('satisfies %s', async (_name, schema) => {
    const value = schemaInstance(schema);
    expect(await isValid(schema, JSON.parse(JSON.stringify(value))), JSON.stringify(value)).toBe(true);
  });

  it('fills optional properties in the order of the schema', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' } } },
      required: ['b'],
    };
    expect(schemaInstance(schema)).toEqual({ a: 'sandbox', b: [1] });
    expect(Object.keys(schemaInstance(schema) as object)).toEqual(['a', 'b']);
  });

  it.each([
    ['date', /^\d{4}-\d\d-\d\d$/],
    ['date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/],
    ['time', /^\d\d:\d\d:\d\dZ$/],
    ['email', /^[^@\s]+@[^@\s]+\.[a-z]+$/],
    ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ['ipv4', /^(\d{1,3}\.){3}\d{1,3}$/],
    ['uri', /^https:\/\//],
  ])('writes a string of format %s', (format, shape) => {
    expect(schemaInstance({ type: 'string', format })).toMatch(shape);
  });

  it('makes different values of a format where items must differ', () => {
    const schema = {
      type: 'array',
      items: { type: 'string', format: 'date' },
      minItems: 4,
      uniqueItems: true,
    };
    expect(new Set(schemaInstance(schema) as string[]).size).toBe(4);
  });

  it('gives the best try for what cannot be satisfied', () => {
    expect(schemaInstance({ type: 'object', properties: { a: { type: 'string' } }, not: {} })).toEqual({
      a: 'sandbox',
    });
    expect(
      schemaInstance({ type: 'object', properties: { self: { $ref: '#' } }, required: ['self'] }),
    ).toEqual({});
    expect(schemaInstance({ $ref: '#' })).toBeDefined();
  });

  it('ends soon on an enum of thousands, references by anchor and patterns by the hundred', () => {
    const many = Array.from({ length: 2_000 }, (_, index) => index);
    const properties = Object.fromEntries(many.map((index) => [`p${index}`, { $ref: '#here' }]));
    const patternProperties = Object.fromEntries(many.map((index) => [`^p${index}$`, { type: 'integer' }]));
    const $defs = { here: { $anchor: 'here', enum: many.map((index) => ({ index })) } };
    const required = Object.keys(properties);
    for (const keywords of [{}, { patternProperties }, { not: { required: ['p0'] } }]) {
      expect(schemaInstance({ type: 'object', properties, required, $defs, ...keywords })).toBeTypeOf(
        'object',
      );
    }
  });

  it('ends on definitions that all name each other', () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const any = { anyOf: names.map((name) => ({ $ref: `#/$defs/${name}` })) };
    const schema = { $defs: Object.fromEntries(names.map((name) => [name, any])), ...any };
    expect(schemaInstance(schema)).toBeDefined();
  });
});
