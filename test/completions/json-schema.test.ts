// How a schema decides, in behaviour; the official suite is `json-schema-suite.test.ts`.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkSchema, type JsonSchema, validate } from '../../src/completions/json-schema';
import { ApiError } from '../../src/contract/errors';
import { JSON_DEPTH_LIMIT, SCHEMA_LIMIT_BYTES } from '../../src/contract/limits';
import { faultSentence } from '../../src/contract/messages/en-reasons';
import { errorMessage } from '../../src/contract/messages/render';

afterEach(() => vi.restoreAllMocks());

async function errorsOf(schema: JsonSchema, value: unknown): Promise<string[]> {
  const result = await validate(schema, value);
  return result.valid ? [] : result.faults.map(faultSentence);
}

/** What a client is told of a schema that is refused. */
async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw error;
  expect([error.type, error.detail?.[0]]).toEqual(['invalid_request', 'schema_invalid']);
  return errorMessage(error, 'en');
}

const isValid = async (schema: JsonSchema, value: unknown) => (await validate(schema, value)).valid;

/** A schema of so many objects inside one another. */
function nested(levels: number, innermost: JsonSchema = { type: 'string' }): JsonSchema {
  let schema = innermost;
  for (let level = 0; level < levels; level++) schema = { properties: { a: schema } };
  return schema;
}

function nestedValue(levels: number, innermost: unknown): unknown {
  let value = innermost;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

describe('a schema', () => {
  it.each<[title: string, schema: JsonSchema, reason: string]>([
    ['an unknown type', { type: 'objekt' }, '/type: '],
    ['properties that are no object', { properties: [] }, '/properties: must be an object'],
    ['required that is no list', { required: 'city' }, '/required: must be an array'],
    [
      'a fault deep inside',
      { properties: { city: { items: { minLength: -1 } } } },
      '/properties/city/items/minLength',
    ],
    ['a pattern that is none', { pattern: '(' }, 'the pattern "("'],
    ['a pattern that cannot be matched in linear time', { pattern: '(a)\\1' }, 'backreferences'],
    ['a lookahead', { patternProperties: { '^(?=a)': {} } }, 'lookaround'],
    ['a $ref to nothing in it', { $ref: '#/$defs/none' }, 'points to nothing in it'],
    ['a $ref to no anchor of it', { $ref: '#none' }, 'points to nothing in it'],
    ['a dialect nobody knows', { $schema: 'https://quire.test/dialect' }, '2020-12 or draft-07'],
    ['an older dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, '2020-12 or draft-07'],
    ['a vocabulary of its own', { $id: 'https://a.test/', $vocabulary: {} }, '$vocabulary'],
  ])('with %s is refused, saying so', async (_, schema, reason) => {
    expect(await refusalOf(checkSchema(schema))).toContain(reason);
    expect(await refusalOf(validate(schema, {}))).toContain(reason);
  });

  it.each<[ref: string, schema: JsonSchema]>([
    ['https://example.com/schema', { $ref: 'https://example.com/schema' }],
    ['http://localhost:1234/a.json#/b', { properties: { a: { $ref: 'http://localhost:1234/a.json#/b' } } }],
    ['file:///etc/passwd', { anyOf: [{ $ref: 'file:///etc/passwd' }] }],
    ['other.json', { items: { $ref: 'other.json' } }],
    ['https://example.com/d', { $dynamicRef: 'https://example.com/d' }],
    [
      'https://json-schema.org/draft/2020-12/schema',
      { $ref: 'https://json-schema.org/draft/2020-12/schema' },
    ],
  ])('that refers to %s is refused, and nothing is fetched', async (ref, schema) => {
    const fetch = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('something was fetched'));
    await expect(checkSchema(schema)).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['schema_remote_ref', expect.stringContaining(ref.replace(/#.*/, ''))],
    });
    expect(fetch).not.toHaveBeenCalled();
  });

  it('may refer to itself and to anything within it', async () => {
    const tree: JsonSchema = {
      $id: 'https://quire.test/tree',
      type: 'object',
      properties: { value: { $ref: '#/$defs/value' }, children: { type: 'array', items: { $ref: '#' } } },
      $defs: { value: { $anchor: 'v', type: 'integer' }, other: { $ref: '#v' } },
    };
    expect(await isValid(tree, { value: 1, children: [{ value: 2, children: [] }] })).toBe(true);
    expect(await errorsOf(tree, { children: [{ value: 'x' }] })).toEqual([
      '/children/0/value: must be an integer',
    ]);
  });

  it('cannot be seen by another, even one that names its $id', async () => {
    await checkSchema({ $id: 'https://quire.test/secret', const: 'secret' });
    await expect(checkSchema({ $ref: 'https://quire.test/secret' })).rejects.toMatchObject({
      detail: ['schema_remote_ref', 'https://quire.test/secret'],
    });
    // Nor can it stand in for another under the same name.
    const named = (value: string): JsonSchema => ({ $id: 'https://quire.test/same', const: value });
    expect(await isValid(named('a'), 'a')).toBe(true);
    expect(await isValid(named('b'), 'a')).toBe(false);
    expect(await isValid(named('a'), 'a')).toBe(true);
  });

  it('may take 64 KB, counted in bytes, and not one more', async () => {
    const filled = (filler: string, bytes: number) => {
      const frame = JSON.stringify({ description: '' }).length;
      return {
        description: filler.repeat(Math.floor((bytes - frame) / new TextEncoder().encode(filler).length)),
      };
    };
    await checkSchema(filled('x', SCHEMA_LIMIT_BYTES));
    for (const schema of [filled('x', SCHEMA_LIMIT_BYTES + 1), filled('말', SCHEMA_LIMIT_BYTES + 100)]) {
      await expect(checkSchema(schema)).rejects.toMatchObject({
        type: 'invalid_request',
        detail: ['schema_too_large', 64],
      });
    }
  });

  it('is draft-07 where it says so, and 2020-12 otherwise', async () => {
    const tuple = { items: [{ type: 'string' }] };
    for (const $schema of [
      'http://json-schema.org/draft-07/schema#',
      'http://json-schema.org/draft-07/schema',
    ]) {
      expect(await isValid({ $schema, ...tuple }, [1])).toBe(false);
    }
    await expect(checkSchema(tuple)).rejects.toMatchObject({ type: 'invalid_request' });
    const $schema = 'https://json-schema.org/draft/2020-12/schema';
    expect(await isValid({ $schema, prefixItems: [{ type: 'string' }] }, [1])).toBe(false);
  });
});

describe('a value', () => {
  it.each<[schema: JsonSchema, value: unknown, errors: string[]]>([
    [{}, null, []],
    [{ type: 'object', required: ['도시'] }, {}, ['/: must have "도시"']],
    [{ properties: { 'a/b~c': { type: 'string' } } }, { 'a/b~c': 1 }, ['/a~1b~0c: must be a string']],
    [{ items: { type: ['integer', 'null'] } }, [1, null, 'x'], ['/2: must be an integer or null']],
    [{ enum: ['a', 1, null] }, 'b', [expect.stringContaining('must be one of')]],
    [{ const: { a: 1 } }, { a: 2 }, [expect.stringContaining('must be {"a":1}')]],
    [{ pattern: `^${'😀'.repeat(120)}$` }, '', [`/: must match the pattern ^${'😀'.repeat(99)}…`]],
    [{ minimum: 3 }, 2, ['/: must be at least 3']],
    [{ exclusiveMaximum: 3 }, 3, ['/: must be less than 3']],
    [{ multipleOf: 0.01 }, 0.075, ['/: must be a multiple of 0.01']],
    [{ minLength: 2 }, '😀', ['/: must have at least 2 characters']],
    [{ maxLength: 1 }, '😀', []],
    [{ pattern: '^[가-힣]+$' }, 'abc', ['/: must match the pattern ^[가-힣]+$']],
    [{ uniqueItems: true }, [{ a: 1 }, { a: 1 }], ['/: must not repeat an item']],
    [{ additionalProperties: false, properties: { a: {} } }, { a: 1, b: 2 }, ['/b: is not allowed']],
    [
      { propertyNames: { maxLength: 1 } },
      { ab: 1 },
      [expect.stringContaining('must have at most 1 character')],
    ],
    [{ not: { type: 'string' } }, 'a', ['/: matches what it must not match']],
    [{ unevaluatedProperties: false, allOf: [{ properties: { a: {} } }] }, { a: 1 }, []],
    [
      { $dynamicRef: '#node', $defs: { n: { $dynamicAnchor: 'node', type: 'object' } } },
      1,
      ['/: must be an object'],
    ],
  ])('is judged with its place and the reason: %j, %j', async (schema, value, errors) => {
    expect(await errorsOf(schema, value)).toEqual(errors);
  });

  it('is told of ten errors, not of thousands', async () => {
    const errors = await errorsOf(
      { items: { type: 'string' } },
      Array.from({ length: 5000 }, () => 1),
    );
    expect(errors).toHaveLength(10);
  });

  it('may hold the names of Object.prototype, which mean nothing here', async () => {
    const schema = {
      type: 'object',
      properties: { constructor: { type: 'string' } },
      required: ['toString'],
    };
    expect(await errorsOf(schema, { constructor: 'a', toString: 1 })).toEqual([]);
    expect(await errorsOf(schema, {})).toEqual(['/: must have "toString"']);
  });
});

/** None of these may hang or throw anything but an `ApiError`. */
describe('a hostile schema', () => {
  it.each<[title: string, schema: JsonSchema]>([
    ['refers to itself and nothing else', { $ref: '#' }],
    [
      'refers to itself through others',
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#' } } },
    ],
    ['applies itself to the same value', { allOf: [{ $ref: '#' }] }],
    ['refers to itself dynamically', { $dynamicAnchor: 'a', $dynamicRef: '#a' }],
    ['loops in its conditions', { if: { $ref: '#' } }],
    ['negates itself', { not: { $ref: '#' } }],
    [
      'doubles its work at every level',
      {
        $ref: '#/$defs/d0',
        $defs: Object.fromEntries(
          Array.from({ length: 40 }, (_, n) => [
            `d${n}`,
            { allOf: n === 39 ? [true] : [{ $ref: `#/$defs/d${n + 1}` }, { $ref: `#/$defs/d${n + 1}` }] },
          ]),
        ),
      },
    ],
    ['repeats a repetition', { pattern: '((a{1,100}){1,100}){1,100}' }],
    [
      'has a pattern of a thousand wildcards',
      { pattern: '.{0,1000}.{0,1000}.{0,1000}.{0,1000}.{0,1000}.{0,1000}' },
    ],
    ['has a pattern beyond all measure', { pattern: 'a'.repeat(5000) }],
  ])('that %s is refused', async (_, schema) => {
    expect(await refusalOf(checkSchema(schema))).toMatch(/the JSON Schema is not valid: \w/);
  });

  it.each([
    ['^(a+)+$', `${'a'.repeat(5000)}b`],
    ['^(a|aa)+$', `${'a'.repeat(5000)}b`],
    ['^(.*,){20}$', `${'x,'.repeat(2000)}x`],
    ['(x+x+)+y', 'x'.repeat(5000)],
  ])('with the pattern %s decides at once, on any text', async (pattern, text) => {
    expect(await isValid({ pattern }, text)).toBe(false);
    expect(await isValid({ patternProperties: { [pattern]: false } }, { [text]: 1 })).toBe(true);
  });

  it.each([250, 1000, 3000])('of %d levels is refused', async (levels) => {
    expect(await refusalOf(checkSchema(nested(levels)))).toContain('nested too deeply');
  });

  it('of as many levels as a request can hold is used', async () => {
    // Each level of the schema is two of the request's JSON.
    const levels = JSON_DEPTH_LIMIT / 2;
    expect(await isValid(nested(levels), nestedValue(levels, 'x'))).toBe(true);
    expect(await isValid(nested(levels), nestedValue(levels, 7))).toBe(false);
  });

  it('cannot be made to recurse without end by a value', async () => {
    const schema = { properties: { a: { $ref: '#' } } };
    expect(await isValid(schema, nestedValue(100, 1))).toBe(true);
    expect(await errorsOf(schema, nestedValue(100_000, 1))).toEqual([
      '/: is nested too deeply to be checked',
    ]);
  });

  it('cannot be made to work without end by a value', async () => {
    const all = Array.from({ length: 200 }, () => ({ items: { not: { const: 1 } } }));
    expect(
      await errorsOf(
        { allOf: all },
        Array.from({ length: 20_000 }, () => 0),
      ),
    ).toEqual(['/: is too large to be checked']);
  });
});
