// The OpenAPI document as the reference reads it: its operations in one list, and what a `$ref` stands for.
// Known gap: it knows what our own document uses of OpenAPI 3.1, and references into `#/components` only.

export interface Reference {
  $ref: string;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  [constraint: string]: unknown;
}

export interface Example {
  summary?: string;
  value: unknown;
}

export interface Content {
  schema?: Schema;
  examples?: Record<string, Example | Reference>;
  /** Of each event of a stream, or each line of JSON Lines. */
  'x-item-schema'?: Schema;
}

interface Header {
  description?: string;
  required?: boolean;
  schema?: Schema;
  example?: unknown;
}

interface Parameter extends Header {
  name: string;
  in: 'path' | 'query' | 'header';
}

export interface Response {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, Content>;
}

interface OperationObject {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters?: (Parameter | Reference)[];
  requestBody?: { description?: string; content: Record<string, Content> };
  responses: Record<string, Response | Reference>;
}

export interface OpenApiDocument {
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, OperationObject>>;
  webhooks: Record<string, Record<string, OperationObject>>;
  components: Record<string, Record<string, unknown>>;
}

export interface Operation extends OperationObject {
  method: string;
  /** `null` where it is a request that this deployment sends: a webhook. */
  path: string | null;
  parameters: Parameter[];
  responses: Record<string, Response>;
}

/** Every operation in the order of the document, webhooks last. */
export function operationsOf(document: OpenApiDocument): Operation[] {
  const inGroup = (group: OpenApiDocument['paths'], pathOf: (key: string) => string | null) =>
    Object.entries(group).flatMap(([key, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        method: method.toUpperCase(),
        path: pathOf(key),
        parameters: (operation.parameters ?? []).map((parameter) => resolve(document, parameter)),
        responses: Object.fromEntries(
          Object.entries(operation.responses).map(([status, response]) => [
            status,
            resolve(document, response),
          ]),
        ),
      })),
    );
  return [...inGroup(document.paths, (path) => path), ...inGroup(document.webhooks, () => null)];
}

/** What a reference stands for; anything else is itself. @throws Error for a reference to nothing */
export function resolve<T extends object>(document: OpenApiDocument, value: T | Reference): T {
  if (!('$ref' in value) || typeof value.$ref !== 'string') return value as T;
  const target = document.components[value.$ref.split('/')[2] ?? '']?.[refName(value.$ref)];
  if (target === undefined) throw new Error(`the document has no ${value.$ref}`);
  return target as T;
}

/** `Batch` of `#/components/schemas/Batch`. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

/** Those in which each word of the query occurs: in their id, method, path, texts or parameters. */
export function searchOperations(operations: readonly Operation[], query: string): Operation[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter((operation) => {
    const text = searchText(operation);
    return words.every((word) => text.includes(word));
  });
}

function searchText({
  operationId,
  method,
  path,
  tags,
  summary,
  description,
  parameters,
}: Operation): string {
  const names = parameters.map(({ name }) => name);
  return [operationId, method, path, ...tags, summary, description, ...names].join(' ').toLowerCase();
}
