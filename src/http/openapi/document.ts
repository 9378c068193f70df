// The OpenAPI 3.1 document of the whole API, made from the schemas that validate requests and type answers.
// It is made when it is first asked for: until then, this folder holds texts and functions.
import { version } from '../../../package.json';
import { errorExamples } from './error-responses';
import { type Header, REQUEST_HEADERS, RESPONSE_HEADERS } from './headers';
import type { Operation } from './operation';
import { operationObject, schemasOf } from './operation-object';
import { allOperations } from './operations';
import { type JsonObject, SchemaObjects } from './schema-objects';
import { SharedResponses } from './shared-responses';
import { accountEvent, batchEnded } from './webhooks';

const DESCRIPTION = `Chat completions, files and batches of up to 50,000 requests over any model provider.

There are two surfaces over one engine: the native API under \`/api/v1\`, and an OpenAI-compatible one under \`/v1\` that official SDKs use by
changing their base URL and key. A file or a batch made on one can be read on the other.

**Keys** go into \`Authorization: Bearer <key>\`. A key may be held to scopes, which each operation names. The admin API takes the deployment's
admin key instead.

**Errors** have one shape, \`{"error": {"type", "code", "message", "param", "request_id"}}\`; decide by \`type\`. \`x-should-retry\` says whether the
same request may succeed later, \`Retry-After\` when. An unknown path is a 404 \`not_found\`, a known path with another method a 405
\`method_not_allowed\` with \`Allow\`. An object of another account is a 404.

**Lists** take \`limit\`, \`after\` and \`order\`; \`has_more\` says whether to go on after \`last_id\`.

**Bodies** are JSON in UTF-8 with a JSON content type, but for uploads, and none has a \`Content-Encoding\`. Requests refuse members they do not
know, except chat requests, which pass them on to providers. Answers may get new members: ignore those you do not know.`;

const TAGS = [
  { name: 'Chat', description: 'Completions, whole or streamed, with tools, structured outputs and files.' },
  { name: 'Models', description: 'What can be asked.' },
  { name: 'Files', description: 'Content for chats and batches, and the outputs of batches.' },
  {
    name: 'Batches',
    description: 'Many requests at half the price, followed by polling, events or a webhook.',
  },
  { name: 'Webhooks', description: 'Endpoints that are told what happens in an account.' },
  { name: 'Usage', description: 'What was used and what it cost.' },
  { name: 'Admin', description: 'Accounts and keys, for whoever runs the deployment.' },
  { name: 'Service', description: 'The deployment itself.' },
];

/** The document, with the origin that it is asked for on as its server. */
export function openapiDocument(origin: string): JsonObject {
  const operations = allOperations();
  const schemas = new SchemaObjects(operations.flatMap(schemasOf));
  const shared = new SharedResponses();
  const paths = pathsOf(operations, schemas, shared);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Quire',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: origin }],
    tags: TAGS,
    paths,
    webhooks: { batchEnded: { post: batchEnded(schemas) }, event: { post: accountEvent(schemas) } },
    components: {
      schemas: schemas.components,
      responses: shared.components,
      examples: errorExamples(),
      parameters: mapEntries(REQUEST_HEADERS, (header, name) => ({ name, in: 'header', ...header })),
      headers: mapEntries(RESPONSE_HEADERS, ({ always = false, ...header }) => ({
        required: always,
        ...header,
      })),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: "An account's key, `qk_…`." },
        adminKey: { type: 'http', scheme: 'bearer', description: "The deployment's secret `ADMIN_KEY`." },
        streamToken: {
          type: 'apiKey',
          in: 'query',
          name: 'token',
          description: "The token of a batch's `stream_url`. It opens that stream alone.",
        },
      },
    },
  };
}

function pathsOf(
  operations: readonly Operation[],
  schemas: SchemaObjects,
  shared: SharedResponses,
): JsonObject {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  return Object.fromEntries(
    Array.from(byPath, ([path, group]) => [
      path,
      Object.fromEntries(
        group.map((operation) => [operation.method, operationObject(operation, schemas, shared)]),
      ),
    ]),
  );
}

function mapEntries(
  headers: Record<string, Header>,
  map: (header: Header, name: string) => JsonObject,
): JsonObject {
  return Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, map(header, name)]));
}
