import { describe, expect, it } from 'vitest';
import {
  type OpenApiDocument,
  operationsOf,
  type Schema,
  searchOperations,
} from '../../src/console/reference/openapi';
import { operationCurl } from '../../src/console/reference/operation-curl';
import { formsOf, limitsOf, typeName, valuesOf } from '../../src/console/reference/schema-shape';
import { openapiDocument } from '../../src/http/openapi/document';

const document = JSON.parse(JSON.stringify(openapiDocument('https://quire.example'))) as OpenApiDocument;
const operations = operationsOf(document);

function operation(id: string) {
  const found = operations.find(({ operationId }) => operationId === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

function withSchemas(schemas: Record<string, Schema>): OpenApiDocument {
  return { ...document, components: { schemas } };
}

describe('a schema', () => {
  it('within itself is told one level at a time', () => {
    const tree = withSchemas({
      Tree: {
        type: 'object',
        properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
      },
    });
    const [form] = formsOf(tree, { $ref: '#/components/schemas/Tree' });
    expect(form?.name).toBe('Tree');
    const children = form?.fields[0]?.schema ?? {};
    expect(typeName(tree, children)).toBe('Tree[]');
    expect(formsOf(tree, children)).toEqual([form]);
  });

  it('has its union taken apart', () => {
    const schema: Schema = {
      anyOf: [
        { type: 'string', enum: ['a', 'b'] },
        { oneOf: [{ type: 'object', properties: { type: { const: 'x' } }, required: ['type'] }] },
        { type: 'null' },
      ],
    };
    expect(typeName(document, schema)).toBe('string | object | null');
    expect(valuesOf(document, schema)).toEqual(['a', 'b']);
    expect(formsOf(document, schema)).toEqual([
      { name: 'type: x', fields: [{ name: 'type', schema: { const: 'x' }, required: true }] },
    ]);
  });

  it('has the members of each allOf, narrowed', () => {
    const error: Schema = {
      allOf: [
        {
          type: 'object',
          properties: { type: { type: 'string' }, code: { type: 'string' } },
          required: ['type'],
        },
        { properties: { type: { enum: ['conflict'] } } },
      ],
    };
    const fields = formsOf(document, error)[0]?.fields;
    expect(fields?.map(({ name, required }) => [name, required])).toEqual([
      ['type', true],
      ['code', false],
    ]);
    expect(fields?.[0]?.schema).toEqual({ type: 'string', enum: ['conflict'] });
  });

  it('says its limits and default', () => {
    expect(limitsOf(document, { type: 'integer', minimum: 1, maximum: 100, default: 20 })).toEqual([
      '≥ 1',
      '≤ 100',
      '= 20',
    ]);
  });
});

describe('operations', () => {
  it('are found by every word of a query, in any case', () => {
    const found = searchOperations(operations, 'BATCHES  cancel').map(({ operationId }) => operationId);
    expect(found).toContain('cancelBatch');
    expect(found).not.toContain('createBatch');
    expect(searchOperations(operations, '')).toEqual(operations);
  });

  it('become curl commands with the key they want', () => {
    const curl = (id: string, body?: unknown) => {
      const one = operation(id);
      return operationCurl(document, one, one.path ?? '', body);
    };
    expect(curl('getHealth')).toBe('curl https://quire.example/healthz');
    expect(curl('listAccounts')).toContain('Bearer $QUIRE_ADMIN_KEY');
    expect(curl('deleteFile')).toMatch(/^curl -X DELETE https:\/\/quire\.example\/api\/v1\/files\/file_\w+ /);
    expect(curl('cancelBatch')).toMatch(/^curl -X POST /);
    expect(curl('createAccount', { name: "O'Neil" })).toContain(`"O'\\''Neil"`);
    expect(curl('uploadFile')).toMatch(/-F 'purpose=batch' \\\n {2}-F 'file=@input\.jsonl'$/);
  });
});
