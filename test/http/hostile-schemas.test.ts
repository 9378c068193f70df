import { beforeAll, describe, expect, it } from 'vitest';
import { SCHEMA_LIMIT_BYTES } from '../../src/contract/limits';
import { type Client, errorOf, newClient } from './client';

let client: Client;

beforeAll(async () => {
  client = await newClient();
});

/** A schema inside itself so many times. */
function nested(levels: number, wrap: (schema: object) => object): object {
  let schema: object = { type: 'string' };
  for (let level = 0; level < levels; level++) schema = wrap(schema);
  return schema;
}

/** Definitions that each refer to the next one twice: 2^count applications of the last. */
function doubling(count: number): object {
  const definitions = Array.from({ length: count }, (_, at) => {
    const next = { $ref: `#/$defs/d${at + 1}` };
    return [`d${at}`, { allOf: [next, next] }];
  });
  return { $defs: { ...Object.fromEntries(definitions), [`d${count}`]: {} }, $ref: '#/$defs/d0' };
}

const words = (count: number) => Array.from({ length: count }, (_, at) => `word-${at}`);
const enumOver = (bytes: number) => ({ enum: words(Math.ceil(bytes / '"word-1000",'.length)) });
const textOf = (pattern: string) => ({ type: 'object', properties: { a: { type: 'string', pattern } } });

const HOSTILE: [title: string, schema: object][] = [
  ['refers to itself', { $ref: '#' }],
  [
    'refers to itself in two steps',
    { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
  ],
  ['refers to itself within allOf', { allOf: [{ $ref: '#' }, { $ref: '#' }] }],
  ['refers to itself within not', { not: { $ref: '#' } }],
  ['doubles its references 40 times', doubling(40)],
  ['has 1,000 levels of properties', nested(1000, (schema) => ({ properties: { a: schema } }))],
  ['has 1,000 levels of allOf', nested(1000, (schema) => ({ allOf: [schema] }))],
  ['has 1,000 levels of arrays in an enum', { enum: [nested(1000, (value) => [value])] }],
  ['has a pattern with lookaround', textOf('^(?=(a+)+$)')],
  ['has a pattern with a backreference', textOf('^(a+)+\\1$')],
  ['has a pattern of a million states', textOf('((a{1,1000}){1,1000})')],
  [
    'has many patterns of many states',
    { patternProperties: Object.fromEntries(words(60).map((word) => [`${word}{900}`, {}])) },
  ],
  ['has more than 64 KB of enum', enumOver(1.2 * SCHEMA_LIMIT_BYTES)],
  ['has 64 KB of the same name', { required: Array.from({ length: 8_000 }, () => 'aaaaa') }],
  ['refers to a server', { $ref: 'http://127.0.0.1:9/schema' }],
];

describe.each(HOSTILE)('a schema that %s', (_, schema) => {
  it('is refused as a format and as parameters, and the next request is served', async () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const format = await client.send('POST', '/v1/chat/completions', {
      json: {
        model: 'sandbox',
        messages,
        response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
      },
    });
    expect(format.status).toBe(400);
    expect((await errorOf(format)).type).toBe('invalid_request');

    const tools = [{ type: 'function', function: { name: 'f', parameters: schema } }];
    const parameters = await client.send('POST', '/v1/chat/completions', {
      json: { model: 'sandbox', messages, tools },
    });
    expect(parameters.status).toBe(400);

    const next = await client.send('POST', '/v1/chat/completions', { json: { model: 'sandbox', messages } });
    expect(next.status).toBe(200);
  });
});

const LARGE: [title: string, schema: object, content: string | null, valid: boolean][] = [
  ['almost 64 KB of enum', { enum: words(4_400) }, '"word-4399"', true],
  ['almost 64 KB of enum', { enum: words(4_400) }, '"word-4400"', false],
  [
    'a pattern that is slow elsewhere',
    textOf('^(a+)+$'),
    JSON.stringify({ a: `${'a'.repeat(5000)}b` }),
    false,
  ],
  ['references doubled to a few thousand', doubling(11), '7', true],
];

it.each(LARGE)('a schema with %s is used: %#', async (_, schema, content, valid) => {
  const response = await client.send('POST', '/v1/chat/completions', {
    json: {
      model: 'sandbox',
      messages: [{ role: 'user', content: `Hi\n@sandbox text=${content}` }],
      response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
    },
  });
  expect(response.status).toBe(valid ? 200 : 500);
});
