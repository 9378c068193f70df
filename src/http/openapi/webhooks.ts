// What this API sends by itself, as OpenAPI's webhooks.
import { batchResponse } from '../../contract/batches';
import { webhookEventBody } from '../../contract/webhooks';
import { COMPLETED_BATCH } from './examples/batches';
import { COMPLETED_EVENT } from './examples/webhooks';
import type { RequestHeaderName } from './headers';
import { type Content, json } from './operation';
import { contentObject } from './operation-object';
import type { JsonObject, SchemaObjects } from './schema-objects';

const BATCH_DESCRIPTION =
  'Sent to the `webhook_url` of a batch once it has ended, signed with its `webhook_secret`.';

const EVENT_DESCRIPTION =
  'Sent to the endpoints that listen to its type, signed with the secret of the endpoint. The shape is that of OpenAI, whose SDK reads it with `client.webhooks.unwrap()`.';

const DELIVERY_DESCRIPTION = `Answer with a 2xx within 30 seconds. Anything else is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, or when
\`Retry-After\` says; a 410 stops that. A repeat has the same \`webhook-id\`.`;

/** What this API sends. */
interface Message {
  id: string;
  tag: string;
  summary: string;
  description: string;
  content: Record<string, Content>;
}

const HEADERS: readonly RequestHeaderName[] = [
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'X-Webhook-Signature',
];

/** The message that a batch has ended, to its own webhook. */
export function batchEnded(schemas: SchemaObjects): JsonObject {
  return message(schemas, HEADERS, {
    id: 'batchEnded',
    tag: 'Batches',
    summary: 'A batch has ended',
    description: BATCH_DESCRIPTION,
    content: json(batchResponse, {
      completed: { summary: 'Ended, one item failed', value: COMPLETED_BATCH },
    }),
  });
}

/** An event, to the endpoints of an account. */
export function accountEvent(schemas: SchemaObjects): JsonObject {
  return message(schemas, [...HEADERS, 'X-Webhook-Sequence'], {
    id: 'event',
    tag: 'Webhooks',
    summary: 'Something has happened in the account',
    description: EVENT_DESCRIPTION,
    content: json(webhookEventBody, {
      completed: { summary: 'A batch is completed', value: COMPLETED_EVENT },
    }),
  });
}

function message(
  schemas: SchemaObjects,
  headers: readonly RequestHeaderName[],
  { id, tag, summary, description, content }: Message,
): JsonObject {
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: `${description}\n\n${DELIVERY_DESCRIPTION}`,
    security: [],
    parameters: headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: { required: true, content: contentObject(content, schemas) },
    responses: { '2XX': { description: 'Delivered.' } },
  };
}
