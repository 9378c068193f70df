// The errors of an operation as OpenAPI's responses, one a status, each type with an example.
import { ERROR_TABLE } from '../../contract/errors';
import { errorBody } from '../../contract/messages/render';
import { ERROR_EXAMPLES, type ErrorExampleName, errorExample } from './error-examples';
import { REQUEST_ID } from './examples/ids';
import type { ResponseHeaderName } from './headers';
import { type Operation, type Security, scopesOf } from './operation';
import type { JsonObject } from './schema-objects';

/** What comes before the operation itself is reached. */
const ERRORS_OF_SECURITY: Record<Security, readonly ErrorExampleName[]> = {
  account: ['key_missing', 'account_suspended', 'requests_used_up', 'internal_error'],
  account_or_stream_token: [
    'key_missing',
    'stream_token_wrong',
    'account_suspended',
    'requests_used_up',
    'internal_error',
  ],
  admin: ['admin_key_wrong', 'admin_off', 'internal_error'],
  none: [],
};

const ERRORS_OF_CREATION: readonly ErrorExampleName[] = [
  'idempotency_key_invalid',
  'idempotency_running',
  'idempotency_other_request',
];

/** The errors' responses by status. */
export function errorResponses(
  operation: Operation,
  headersOf: (names: readonly ResponseHeaderName[]) => JsonObject,
): Record<string, JsonObject> {
  const { security, creates, errors } = operation;
  const names = [
    ...errors,
    ...(creates ? ERRORS_OF_CREATION : []),
    ...ERRORS_OF_SECURITY[security],
    ...(scopesOf(operation).length > 0 ? (['scope_missing'] as const) : []),
  ];
  const byStatus = Map.groupBy(names, statusOf);
  return Object.fromEntries(
    Array.from(byStatus, ([status, group]) => [String(status), errorResponse(status, group, headersOf)]),
  );
}

/** `components.examples`: every error once. */
export function errorExamples(): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(ERROR_EXAMPLES).map(([name, { summary, error }]) => [
      name,
      { summary, value: { error: errorBody(error, 'en', REQUEST_ID) } },
    ]),
  );
}

function errorResponse(
  status: number,
  names: readonly ErrorExampleName[],
  headersOf: (names: readonly ResponseHeaderName[]) => JsonObject,
): JsonObject {
  const types = Array.from(new Set(names.map((name) => ERROR_EXAMPLES[name].error.type)));
  return {
    description: names
      .map((name) => `\`${ERROR_EXAMPLES[name].error.type}\`: ${ERROR_EXAMPLES[name].summary}.`)
      .join('\n\n'),
    headers: headersOf(errorHeaders(status, names)),
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: {
            error: {
              allOf: [
                { $ref: '#/components/schemas/ErrorObject' },
                { properties: { type: { enum: types } } },
              ],
            },
          },
          required: ['error'],
        },
        examples: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/examples/${name}` }])),
      },
    },
  };
}

/** As `error-response.ts` sets them. */
function errorHeaders(status: number, names: readonly ErrorExampleName[]): ResponseHeaderName[] {
  const waits = status === 429 || names.some((name) => ERROR_EXAMPLES[name].error.retryable);
  return [
    'x-should-retry',
    ...(waits ? (['Retry-After', 'retry-after-ms'] as const) : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ...(status === 416 ? (['Content-Range'] as const) : []),
  ];
}

function statusOf(name: ErrorExampleName): number {
  const { error, status } = errorExample(name);
  return status ?? ERROR_TABLE[error.type].status ?? 500;
}
