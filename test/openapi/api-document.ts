// The OpenAPI document as tests read it: its operations found by a request, its schemas as validators.
// Answers are checked against closed objects: what clients may ignore, a member that is not documented, fails a test.
import { type Schema, Validator } from '@cfworker/json-schema';
import { openapiDocument } from '../../src/http/openapi/document';

interface HeaderObject {
  required: boolean;
  schema: Schema;
}

interface MediaObject {
  schema?: Schema;
  'x-item-schema'?: Schema;
  examples?: Record<string, { summary?: string; value?: unknown }>;
}

interface ResponseObject {
  description: string;
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, MediaObject>;
}

interface OperationObject {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: object[];
  parameters: {
    $ref?: string;
    name: string;
    in: string;
    required?: boolean;
    description: string;
    schema: Schema;
  }[];
  requestBody?: { content: Record<string, MediaObject> };
  responses: Record<string, ResponseObject | { $ref: string }>;
}

export interface ApiDocument {
  openapi: string;
  servers: { url: string }[];
  info: { version: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, OperationObject>>;
  components: {
    schemas: Record<string, Schema>;
    headers: Record<string, HeaderObject>;
    responses: Record<string, ResponseObject>;
    examples: Record<string, { value: unknown }>;
  };
}

export interface FoundOperation {
  method: string;
  path: string;
  operation: OperationObject;
}

export const API_DOCUMENT = openapiDocument('http://quire') as unknown as ApiDocument;

/** Every operation. */
export const ALL_OPERATIONS: readonly FoundOperation[] = Object.entries(API_DOCUMENT.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

const COMPONENTS = Object.fromEntries(
  Object.entries(API_DOCUMENT.components.schemas).map(([name, schema]) => [name, closed(schema)]),
);

/** Literal segments before parameters: `/batches/{id}/results` is not a batch's id. */
const PATTERNS = ALL_OPERATIONS.map((found) => ({ ...found, pattern: patternOf(found.path) })).sort(
  (a, b) => a.path.split('{').length - b.path.split('{').length || b.path.length - a.path.length,
);

const validators = new Map<Schema, Validator>();

/** The operation a request is for, or null. A HEAD is a GET without its body. */
export function operationOf(method: string, path: string): FoundOperation | null {
  const documented = method === 'HEAD' ? 'GET' : method;
  return PATTERNS.find((entry) => entry.method === documented && entry.pattern.test(path)) ?? null;
}

/** An operation's response to a status, or undefined. */
export function responseOf(operation: OperationObject, status: string | number): ResponseObject | undefined {
  const response = operation.responses[status];
  if (response === undefined || !('$ref' in response)) return response;
  return API_DOCUMENT.components.responses[response.$ref.split('/').at(-1) ?? ''];
}

/** The header an answer's reference stands for. */
export function headerOf({ $ref }: { $ref: string }): HeaderObject {
  const header = API_DOCUMENT.components.headers[$ref.split('/').at(-1) ?? ''];
  if (header === undefined) throw new Error(`${$ref} points to nothing`);
  return header;
}

/** What is wrong with a value by a schema of the document, its objects closed: sentences with their place. */
export function violationsOf(schema: Schema, value: unknown): string[] {
  let validator = validators.get(schema);
  if (validator === undefined) {
    const text = JSON.stringify({ ...(closed(schema) as Schema), $defs: COMPONENTS });
    validator = new Validator(
      JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')),
      '2020-12',
      false,
    );
    validators.set(schema, validator);
  }
  // Outer errors only say that an inner one is there.
  const { errors } = validator.validate(value);
  const depth = (place: string) => place.split('/').length;
  return errors
    .toSorted((a, b) => depth(b.instanceLocation) - depth(a.instanceLocation))
    .slice(0, 3)
    .map(({ instanceLocation, error }) => `${instanceLocation} ${error}`);
}

/** The same schema, whose objects take no members but theirs, unless it says that they do. `allOf` narrows a closed one. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null || 'allOf' in schema) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema && !('additionalProperties' in schema)
    ? { ...copy, additionalProperties: false }
    : copy;
}

/** A model's id may hold slashes; other parameters are one segment. */
function patternOf(path: string): RegExp {
  const parameter = path.endsWith('/models/{id}') ? '.+' : '[^/]+';
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, parameter)}$`);
}
