// One operation as OpenAPI's operation object.
import type * as z from 'zod';
import { errorResponses } from './error-responses';
import {
  COMMON_REQUEST_HEADERS,
  COMMON_RESPONSE_HEADERS,
  type RequestHeaderName,
  type ResponseHeaderName,
} from './headers';
import { type Answer, type Content, type Operation, type Security, scopesOf } from './operation';
import type { JsonObject, SchemaObjects } from './schema-objects';
import type { SharedResponses } from './shared-responses';

const RATE_LIMIT_HEADERS: readonly ResponseHeaderName[] = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
];

/** Of operations that take an `Idempotency-Key`. */
const REPLAY_HEADERS: readonly ResponseHeaderName[] = ['Idempotent-Replayed'];

/** @param shared takes the errors' responses */
export function operationObject(
  operation: Operation,
  schemas: SchemaObjects,
  shared: SharedResponses,
): JsonObject {
  const { id, tag, summary, description, security, creates, body, answers } = operation;
  const headers = (names: readonly ResponseHeaderName[]) =>
    headerReferences([
      ...names,
      ...(creates ? REPLAY_HEADERS : []),
      ...(security.startsWith('account') ? RATE_LIMIT_HEADERS : []),
    ]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: securityOf(operation),
    parameters: parametersOf(operation, schemas),
    ...(body && {
      requestBody: {
        ...(body.description && { description: body.description }),
        required: true,
        content: contentObject(body.content, schemas),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, responseObject(answer, schemas, headers)]),
      ),
      ...Object.fromEntries(
        Object.entries(errorResponses(operation, headers)).map(([status, response]) => [
          status,
          shared.of(status, response),
        ]),
      ),
    },
  };
}

function securityOf(operation: Operation): JsonObject[] {
  const apiKey = { apiKey: scopesOf(operation) };
  const securities: Record<Security, JsonObject[]> = {
    account: [apiKey],
    admin: [{ adminKey: [] }],
    account_or_stream_token: [apiKey, { streamToken: [] }],
    none: [],
  };
  return securities[operation.security];
}

/** The schemas without a name that an operation may use, for `SchemaObjects`. */
export function schemasOf({ query, body, answers }: Operation): z.ZodType[] {
  const contents = [body, ...Object.values(answers)].flatMap((part) => Object.values(part?.content ?? {}));
  return [query, ...contents.flatMap(({ schema, items }) => [schema, items])].filter(
    (schema) => schema !== undefined,
  );
}

function parametersOf(
  { creates, pathParameters, query, requestHeaders }: Operation,
  schemas: SchemaObjects,
): JsonObject[] {
  const inPath = Object.entries(pathParameters ?? {}).map(([name, { description, example }]) => {
    return { name, in: 'path', required: true, description, schema: { type: 'string' }, example };
  });
  const headers: RequestHeaderName[] = [
    ...(creates ? (['Idempotency-Key'] as const) : []),
    ...(requestHeaders ?? []),
    ...COMMON_REQUEST_HEADERS,
  ];
  return [
    ...inPath,
    ...(query ? queryParameters(schemas.of(query)) : []),
    ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ];
}

function queryParameters({ properties, required }: JsonObject): JsonObject[] {
  return Object.entries(properties as Record<string, JsonObject>).map(([name, property]) => {
    const { description, ...schema } = property;
    const isRequired = Array.isArray(required) && required.includes(name);
    return { name, in: 'query', required: isRequired, description, schema };
  });
}

function responseObject(
  { description, headers, content }: Answer,
  schemas: SchemaObjects,
  headersOf: (names: readonly ResponseHeaderName[]) => JsonObject,
): JsonObject {
  return {
    description,
    headers: headersOf(headers ?? []),
    ...(content && { content: contentObject(content, schemas) }),
  };
}

/** The members that OpenAPI 3.1 has no words for begin with `x-`. */
export function contentObject(content: Record<string, Content>, schemas: SchemaObjects): JsonObject {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, { schema, items, examples }]) => [
      mediaType,
      {
        ...(schema && { schema: schemas.of(schema) }),
        ...(items && { schema: { type: 'string' }, 'x-item-schema': schemas.of(items) }),
        ...(examples && { examples }),
      },
    ]),
  );
}

function headerReferences(names: readonly ResponseHeaderName[]): JsonObject {
  return Object.fromEntries(
    [...names, ...COMMON_RESPONSE_HEADERS].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}
