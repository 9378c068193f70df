// Every example of the OpenAPI document is real: each documented request is sent, and each documented answer came back,
// but for ids and times. That every answer fits its schema is checked by `send` itself.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AccountCreate } from '../../src/contract/accounts';
import type { BatchResponse } from '../../src/contract/batches';
import { ACCOUNT_REQUESTS } from '../../src/http/openapi/examples/accounts';
import { BATCH_REQUESTS } from '../../src/http/openapi/examples/batches';
import {
  ACCOUNT_ID,
  BATCH_ID,
  ENDPOINT_ID,
  FILE_ID,
  INPUT_FILE_ID,
  KEY_ID,
  PART_ID,
  UPLOAD_ID,
} from '../../src/http/openapi/examples/ids';
import { UPLOAD_REQUESTS } from '../../src/http/openapi/examples/uploads';
import { ENDPOINT_REQUESTS } from '../../src/http/openapi/examples/webhooks';
import type { Operation } from '../../src/http/openapi/operation';
import { allOperations } from '../../src/http/openapi/operations';
import { eventually } from '../eventually';
import { operationOf, violationsOf } from '../openapi/api-document';
import { eventsOf } from '../openapi/response-checker';
import { ADMIN_KEY, type Call, type Client, clientOf, newAccount, ORIGIN, send } from './client';

const OPERATIONS = allOperations();

/** Where the examples of the document are. */
const EXAMPLE_ORIGIN = 'https://quire.example';

const NOTES = 'The meeting moved to Thursday, 10:00.';
const INPUT_LINE = `{"custom_id":"hello","method":"POST","url":"/v1/chat/completions","body":{"model":"sandbox","messages":[{"role":"user","content":"Hello"}]}}\n`;

/** What else an operation is asked than its examples, so that every answer of it is seen. */
const VARIANTS: Record<string, { query?: string; headers?: Record<string, string> }[]> = {
  createBatch: [{}, { query: 'dry_run=true' }],
  listResults: [
    {},
    { headers: { accept: 'application/jsonl' } },
    { headers: { accept: 'application/jsonl', range: 'bytes=0-9' } },
  ],
  streamBatch: [{ query: 'include=results' }],
  downloadFile: [{}, { headers: { range: 'bytes=0-9' } }, { headers: { 'if-none-match': '*' } }],
  openaiDownloadFile: [{}, { headers: { range: 'bytes=0-9' } }, { headers: { 'if-none-match': '*' } }],
  getUsage: [{}, { headers: { accept: 'text/csv' } }],
  getAccountUsage: [{}, { headers: { accept: 'text/csv' } }],
  getOpenapi: [{}, { headers: { 'if-none-match': '*' } }],
};

/** Operations after which nothing is as it was, or that count what others did. */
const ALONE = [
  'deleteFile',
  'openaiDeleteFile',
  'addUploadPart',
  'openaiAddUploadPart',
  'completeUpload',
  'openaiCompleteUpload',
  'cancelUpload',
  'openaiCancelUpload',
  'deleteBatch',
  'deleteWebhook',
  'updateWebhook',
  'revokeKey',
  'updateAccount',
  'getUsage',
  'getOwnAccount',
  'getAccount',
];

/** Answers that take another deployment; `health.test.ts` sees it. */
const ELSEWHERE = ['getHealth 503'];

/** An account with everything the examples name. */
interface World {
  client: Client;
  /** Real ids by those of the document. */
  ids: Record<string, string>;
}

async function newWorld(): Promise<World> {
  const account = await newAccount(ACCOUNT_REQUESTS.account?.value as AccountCreate);
  const client = await clientOf(account.id, { name: 'examples' });
  const notes = await client.json<{ id: string }>('POST', '/api/v1/files', {
    body: form('notes.txt', NOTES, 'text/plain'),
  });
  const input = await client.json<{ id: string }>('POST', '/api/v1/files', {
    body: form('input.jsonl', INPUT_LINE, 'application/jsonl', 'batch'),
  });
  const batch = await client.json<BatchResponse>('POST', '/api/v1/batches', {
    json: BATCH_REQUESTS.one_model?.value,
  });
  await eventually(async () => {
    const { retry_after } = await client.json<BatchResponse>('GET', `/api/v1/batches/${batch.id}`);
    expect(retry_after).toBeNull();
  });
  const upload = await client.json<{ id: string }>('POST', '/api/v1/uploads', {
    json: UPLOAD_REQUESTS.notes?.value,
  });
  const part = await client.json<{ id: string }>('POST', `/api/v1/uploads/${upload.id}/parts`, {
    body: partForm(),
  });
  const endpoint = await client.json<{ id: string }>('POST', '/api/v1/webhooks', {
    json: ENDPOINT_REQUESTS.batches?.value,
  });
  const ids = {
    [BATCH_ID]: batch.id,
    [FILE_ID]: notes.id,
    [INPUT_FILE_ID]: input.id,
    [UPLOAD_ID]: upload.id,
    [PART_ID]: part.id,
    [ENDPOINT_ID]: endpoint.id,
    [ACCOUNT_ID]: client.accountId,
    [KEY_ID]: client.keyId,
  };
  return { client, ids };
}

function form(name: string, text: string, type: string, purpose = 'user_data'): FormData {
  const fields = new FormData();
  fields.set('purpose', purpose);
  fields.set('file', new File([text], name, { type }));
  return fields;
}

function partForm(): FormData {
  const fields = new FormData();
  fields.set('data', new File([NOTES], 'part'));
  return fields;
}

/** A request as the document has it: `name` is its example's. */
interface Documented {
  name: string | null;
  call: Call;
}

/** The requests of an operation. */
function requestsOf({ id, path, body }: Operation): (Documented & { query: string })[] {
  const calls: Documented[] =
    body === undefined
      ? [{ name: null, call: {} }]
      : Object.entries(body.content).flatMap(([type, { examples = {} }]): Documented[] =>
          type === 'multipart/form-data'
            ? [
                {
                  name: null,
                  call: {
                    body: path.endsWith('/parts') ? partForm() : form('notes.txt', NOTES, 'text/plain'),
                  },
                },
              ]
            : Object.entries(examples).map(([name, { value }]) => ({ name, call: { json: value } })),
        );
  return (VARIANTS[id] ?? [{}]).flatMap(({ query, headers }) =>
    calls.map(({ name, call }) => ({
      name,
      query: query === undefined ? '' : `?${query}`,
      call: { ...call, ...(headers && { headers }) },
    })),
  );
}

function keyOf({ security }: Operation, { client }: World): string | null {
  if (security === 'none') return null;
  return security === 'admin' ? ADMIN_KEY : client.key;
}

function realIds<T>(value: T, { ids }: World): T {
  const text = Object.entries(ids).reduce(
    (text, [id, real]) => text.replaceAll(id, real),
    JSON.stringify(value),
  );
  return JSON.parse(text);
}

/** Without what is another at every run: ids, times, secrets. */
function steady(text: string): string {
  return text
    .replaceAll(ORIGIN, EXAMPLE_ORIGIN)
    .replace(/(batch|req)_[0-9a-f]{12}/g, '<$1>')
    .replace(/\b(file|upload|part|we|evt|acct|key|req|chatcmpl|call)([_-])[0-9A-Za-z]{24}\b/g, '<$1>')
    .replace(/token=[\w-]+/g, 'token=<token>')
    .replace(/qk_[0-9A-Za-z]{20,}/g, '<secret>')
    .replace(/whsec_[\w+/=]+/g, '<whsec>')
    .replace(/qk_…\w+/g, '<hint>')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
    .replace(/"\d{4}-\d\d-\d\d"/g, '"<day>"')
    .replace(/"(created|\w+_at)":1\d{9}\b/g, '"$1":"<seconds>"');
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

let shared: World;
const seen = new Set<string>();
beforeAll(async () => {
  // The receivers of webhooks: nothing leaves this machine.
  vi.spyOn(globalThis, 'fetch').mockImplementation(() =>
    Promise.resolve(new Response(null, { status: 204 })),
  );
  shared = await newWorld();
});

afterAll(() => vi.restoreAllMocks());

describe('the documented requests', () => {
  it.each(OPERATIONS.map((operation) => [nameOf(operation), operation] as const))(
    '%s',
    async (_name, operation) => {
      const world = ALONE.includes(operation.id) ? await newWorld() : shared;
      const method = operation.method.toUpperCase();
      const path = pathOf(operation, world);
      const bodySchema = operationOf(method, path)?.operation.requestBody?.content['application/json']
        ?.schema;
      for (const { name, query, call } of requestsOf(operation)) {
        const sent = call.json === undefined ? call : { ...call, json: realIds(call.json, world) };
        if (bodySchema !== undefined) expect(violationsOf(bodySchema, sent.json)).toEqual([]);
        const response = await send(keyOf(operation, world), method, path + query, sent);
        const type = response.headers.get('content-type')?.split(';')[0] ?? '';
        const text = new TextDecoder().decode(await response.bytes());
        const answer = operation.answers[response.status];
        expect(answer, `${response.status} ${text}`).toBeDefined();
        seen.add(`${operation.id} ${response.status}`);
        for (const [example, { value }] of Object.entries(answer?.content?.[type]?.examples ?? {})) {
          if (name !== null && example !== name) continue;
          seen.add(`${operation.id} ${response.status} ${type} ${example}`);
          expect(parsed(type, steady(text))).toEqual(parsed(type, steady(asText(value))));
        }
      }
    },
  );

  it('bring every documented answer, and every example of one', () => {
    const documented = OPERATIONS.flatMap(({ id, answers }) =>
      Object.entries(answers).flatMap(([status, { content }]) => [
        `${id} ${status}`,
        ...Object.entries(content ?? {}).flatMap(([type, { examples }]) =>
          Object.keys(examples ?? {}).map((example) => `${id} ${status} ${type} ${example}`),
        ),
      ]),
    );
    expect(documented.filter((answer) => !seen.has(answer))).toEqual(ELSEWHERE);
  });
});

function nameOf({ method, path }: Operation): string {
  return `${method.toUpperCase()} ${path}`;
}

function pathOf({ path, pathParameters }: Operation, world: World): string {
  return realIds(
    path.replace(/\{(\w+)\}/g, (_, name) => pathParameters?.[name]?.example ?? ''),
    world,
  );
}

/** A body as its values, so that a difference is shown by its place. The numbers of events depend on how they came. */
function resultId({ event, data }: { event?: string | undefined; data: unknown }): string {
  return event === 'result' ? (data as { custom_id: string }).custom_id : '';
}

function parsed(type: string, text: string): unknown {
  if (type === 'text/event-stream') {
    // Results come in the order of their commits, which is another now and then.
    return eventsOf(text)
      .map(({ event, data }) => ({ event, data }))
      .toSorted((a, b) => resultId(a).localeCompare(resultId(b)));
  }
  if (type === 'application/jsonl')
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return JSON.parse(text);
}
