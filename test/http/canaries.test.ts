// Recognisable secrets and contents go through the whole surface; afterwards they are searched for where they must not be:
// in the log, in errors, in headers, in what is stored.
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeyCreated } from '../../src/contract/accounts';
import { ERROR_TABLE } from '../../src/contract/errors';
import { sweepFiles } from '../../src/files/sweep';
import type { CatalogueConfig } from '../../src/models/catalogue-entry';
import { eventually } from '../eventually';
import { ADMIN_KEY, type Call, send as sendPlain } from './client';

const PROVIDER_KEY = 'provider-key-canary-5f1c';
const WEBHOOK_SECRET = 'webhook-secret-canary-77ab';
const WEBHOOK_TOKEN = 'webhook-path-canary-03de';
const IDEMPOTENCY_KEY = 'idempotency-key-canary-9c2e';
const PROMPT = 'prompt-canary-b41f';
const FILE_CONTENT = 'file-content-canary-e8d0';
const PROVIDER_WORDS = 'provider-words-canary-6a55';
const DEV_KEY = 'sk-test';
/** A bearer token that is none of ours: people paste the wrong one. */
const FOREIGN_KEY = 'sk-proj-foreign-canary-21d7';

const CATALOGUE: CatalogueConfig = {
  providers: { canary: { kind: 'openai', base_url: 'https://provider.test/v1', key: 'CANARY_PROVIDER_KEY' } },
  models: ['refusing', 'failing', 'malformed', 'unreachable', 'answering', 'breaking'].map((model) => ({
    id: `canary/${model}`,
    provider: 'canary',
    model,
    context_window: 100_000,
    retries: 0,
  })),
};

/** What the provider answers by its model's name, with everything it was sent thrown back. */
function provider(model: string, sent: string): Response {
  const words = `${PROVIDER_WORDS}: ${PROVIDER_KEY} sent ${sent}`;
  switch (model) {
    case 'refusing':
      return Response.json({ error: { message: `Incorrect API key: ${words}` } }, { status: 401 });
    case 'failing':
      return new Response(words, { status: 500 });
    case 'malformed':
      return new Response(`{"choices": ${words}`, { headers: { 'content-type': 'application/json' } });
    case 'breaking':
      return new Response(`data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: {${words}\n\n`, {
        headers: { 'content-type': 'text/event-stream' },
      });
    case 'answering':
      return Response.json({ choices: [{ index: 0, message: { role: 'assistant', content: 'fine' } }] });
    default:
      throw new TypeError(`fetch failed: https://provider.test ${words}`);
  }
}

async function outside(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const url = String(input instanceof Request ? input.url : input);
  const body = String(init?.body ?? '');
  if (url.startsWith('https://provider.test/')) return provider(JSON.parse(body).model, body);
  if (url.includes('/refusing')) return new Response(WEBHOOK_TOKEN, { status: 500 });
  if (url.includes('/unreachable')) throw new TypeError(`could not connect to ${url}`);
  return new Response(null, { status: 204 });
}

const logged: string[] = [];
const headers: string[] = [];
const errors: string[] = [];

/** A request whose answer is taken down: headers always, the body where it is an error. */
async function send(key: string | null, method: string, path: string, call: Call = {}): Promise<Response> {
  const response = await sendPlain(key, method, path, call);
  headers.push(JSON.stringify([...response.headers]));
  if (response.ok) return response;
  const text = await response.text();
  errors.push(text);
  return new Response(text, response);
}

let key: string;
let streamToken: string;
let accountId: string;

const chat = (content: string, more: object = {}) => ({
  model: 'sandbox',
  messages: [{ role: 'user', content: `${PROMPT} ${content}` }],
  ...more,
});

const lineOf = (id: string, content: string) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: chat(content) });

function form(content: string, name: string, fields: Record<string, string>): FormData {
  const body = new FormData();
  for (const [field, value] of Object.entries(fields)) body.set(field, value);
  body.set('file', new File([content], name));
  return body;
}

async function ended(id: string): Promise<void> {
  await eventually(async () => {
    const batch = await (await send(key, 'GET', `/api/v1/batches/${id}`)).json<{ completed_at: unknown }>();
    expect(batch.completed_at).not.toBeNull();
  });
}

async function makeBatch(
  body: object,
  path = '/api/v1/batches',
): Promise<{ id: string; stream_url: string }> {
  return (
    await send(key, 'POST', path, { json: body, headers: { 'idempotency-key': crypto.randomUUID() } })
  ).json();
}

async function useAccounts(): Promise<void> {
  const admin = (method: string, path: string, call?: Call) =>
    send(ADMIN_KEY, method, `/api/v1/admin${path}`, call);
  ({ id: accountId } = await (
    await admin('POST', '/accounts', { json: { name: 'canary', limits: { monthly_budget: 100 } } })
  ).json<{ id: string }>());
  const keys = `/accounts/${accountId}/keys`;
  ({ key } = await (await admin('POST', keys, { json: { name: 'first' } })).json<KeyCreated>());
  const second = await (await admin('POST', keys, { json: { name: 'second' } })).json<KeyCreated>();
  await admin('DELETE', `${keys}/${second.id}`);
  await send(second.key, 'GET', '/v1/models');
  await admin('PATCH', `/accounts/${accountId}`, { json: { limits: { requests_per_minute: null }, key } });
  await admin('PATCH', `/accounts/${accountId}`, { json: { limits: { concurrent_batches: 10 } } });
  for (const path of ['/accounts', keys, '/audit', '/metrics', '/nope']) await admin('GET', path);
  await send(key, 'GET', '/api/v1/admin/accounts');
  for (const wrong of [ADMIN_KEY, FOREIGN_KEY, `${key.slice(0, -1)}x`, DEV_KEY]) {
    await send(wrong, 'GET', '/v1/models');
    await send(wrong, 'GET', `/v1/files/${wrong}`);
    await send(wrong, 'POST', '/v1/chat/completions', { json: chat('wrong key') });
  }
  await send(null, 'GET', `/v1/models?api_key=${key}&key=${ADMIN_KEY}`);
  await send(null, 'GET', '/v1/models', { headers: { authorization: `Basic ${key}` } });
}

async function useFiles(): Promise<void> {
  for (const surface of ['/v1', '/api/v1']) {
    const upload = (body: FormData) =>
      send(key, 'POST', `${surface}/files`, {
        body,
        headers: { 'idempotency-key': IDEMPOTENCY_KEY + surface },
      });
    const { id } = await (await upload(form(FILE_CONTENT, 'a.txt', { purpose: 'user_data' }))).json<{
      id: string;
    }>();
    await upload(form(`${FILE_CONTENT} other`, 'a.txt', { purpose: 'user_data' }));
    await upload(form(FILE_CONTENT, 'a.png', { purpose: 'vision' }));
    await upload(form(FILE_CONTENT, 'a.txt', { purpose: FILE_CONTENT }));
    await send(key, 'POST', `${surface}/files`, { body: FILE_CONTENT });
    for (const path of ['', `/${id}`, `/${id}/content`, `/${PROMPT}`]) {
      await (await send(key, 'GET', `${surface}/files${path}`)).arrayBuffer();
    }
    await send(key, 'POST', '/v1/chat/completions', {
      json: {
        model: 'sandbox',
        messages: [
          { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: id } }] },
          {
            role: 'user',
            content: [{ type: 'document', source: { type: 'base64', media_type: 'text/plain', data: '!' } }],
          },
        ],
      },
    });
    await send(key, 'DELETE', `${surface}/files/${id}`);
  }
  await sweepFiles(env, Date.now() + 3 * 86_400_000);
}

async function useChat(): Promise<void> {
  const post = async (json: unknown, more: Call = {}) =>
    (await send(key, 'POST', '/v1/chat/completions', { json, ...more })).arrayBuffer();
  await post(chat('hello'), { headers: { 'idempotency-key': IDEMPOTENCY_KEY } });
  await post(chat('hello'), { headers: { 'idempotency-key': IDEMPOTENCY_KEY } });
  await post(chat('another'), { headers: { 'idempotency-key': IDEMPOTENCY_KEY } });
  await post(chat('hello'), { headers: { 'idempotency-key': `${IDEMPOTENCY_KEY} bad` } });
  await post(chat('hello', { stream: true }));
  for (const type of Object.keys(ERROR_TABLE)) await post(chat(`x\n@sandbox error=${type}`));
  for (const stream of [false, true]) {
    for (const { id } of CATALOGUE.models ?? []) await post(chat('provider', { model: id, stream }));
  }
  await post(chat('tools', { messages: [{ role: 'assistant', tool_calls: PROMPT }] }));
  await post(chat('x', { temperature: PROMPT }));
  await post({ [PROMPT]: key });
  const type = { 'content-type': 'application/json' };
  for (const body of [`{"a": ${PROMPT}`, `"${PROMPT}`, '\xff', `{"__proto__": "${PROMPT}"}`]) {
    await send(key, 'POST', '/v1/chat/completions', { body, headers: type });
  }
}

async function useBatches(): Promise<void> {
  const webhook = (path: string) => ({
    webhook_url: `https://hooks.test/${path}/${WEBHOOK_TOKEN}?secret=${WEBHOOK_TOKEN}`,
    webhook_secret: WEBHOOK_SECRET,
  });
  const contents = ['fine', 'bad\n@sandbox error=model_error', 'worse\n@sandbox error=internal_error'];
  const inputs = contents.map((content) => ({ messages: chat(content).messages }));
  for (const path of ['taking', 'refusing', 'unreachable']) {
    const { id, stream_url } = await makeBatch({ model: 'sandbox', inputs, ...webhook(path) });
    streamToken = new URL(stream_url).searchParams.get('token') ?? '';
    const stream = `/api/v1/batches/${id}/stream?include=results&token=`;
    await (await send(null, 'GET', stream + streamToken)).arrayBuffer();
    await send(null, 'GET', `${stream}${streamToken}x`);
    await ended(id);
    await eventually(async () => {
      const deliveries = await (await send(key, 'GET', `/api/v1/batches/${id}/deliveries`)).json<{
        data: object[];
      }>();
      expect(deliveries.data).not.toEqual([]);
    });
    for (const accept of ['application/json', 'application/jsonl']) {
      await (await send(key, 'GET', `/api/v1/batches/${id}/results`, { headers: { accept } })).arrayBuffer();
    }
    await send(key, 'POST', `/api/v1/batches/${id}/retry`);
  }
  await makeBatch({
    model: 'sandbox',
    inputs,
    webhook_url: `https://${WEBHOOK_TOKEN}@hooks.test/`,
    webhook_secret: WEBHOOK_SECRET,
  });
  await makeBatch({ model: 'sandbox', inputs, webhook_secret: [WEBHOOK_SECRET] });
  await makeBatch({ model: PROMPT, inputs }, '/api/v1/batches?dry_run=true');
  for (const lines of [
    [lineOf('a', 'fine'), lineOf('b', 'fine')],
    [lineOf('a', 'fine'), `{"custom_id": ${PROMPT}`],
    [lineOf('a', 'fine'), lineOf('a', 'again')],
  ]) {
    const body = form(lines.join('\n'), 'in.jsonl', { purpose: 'batch' });
    const file = await (await send(key, 'POST', '/v1/files', { body })).json<{ id: string }>();
    const batch = await makeBatch(
      { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
      '/v1/batches',
    );
    await ended(batch.id);
  }
  for (const path of ['/api/v1/batches', '/v1/batches', '/api/v1/usage', '/v1/files'])
    await send(key, 'GET', path);
}

/** Every value of every object, as text, with where it lies. */
async function stored(): Promise<{ place: string; text: string }[]> {
  const found: { place: string; text: string }[] = [];
  for (const [name, namespace] of Object.entries({
    AccountObject: env.ACCOUNTS,
    BatchObject: env.BATCHES,
    RegistryObject: env.REGISTRY,
    IdempotencyObject: env.IDEMPOTENCY,
  })) {
    for (const id of await listDurableObjectIds(namespace as DurableObjectNamespace)) {
      const stub = (namespace as DurableObjectNamespace).get(id);
      const values = await runInDurableObject(stub, (_object, { storage }) => valuesOf(storage));
      found.push(...values.map(([place, text]) => ({ place: `${name}.${place}`, text })));
    }
  }
  const { objects } = await env.BUCKET.list({ include: ['httpMetadata', 'customMetadata'] });
  for (const { key, httpMetadata, customMetadata } of objects) {
    found.push({ place: 'R2', text: JSON.stringify([key, httpMetadata, customMetadata]) });
  }
  return found;
}

function valuesOf({ sql, kv }: DurableObjectStorage): [place: string, text: string][] {
  const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
  const rows = tables
    .filter(({ name }) => !name.startsWith('_cf_'))
    .flatMap(({ name }) =>
      sql
        .exec(`SELECT * FROM ${name}`)
        .toArray()
        .flatMap((row) =>
          Object.entries(row).map(([column, value]): [string, string] => [
            `${name}.${column}`,
            textOf(value),
          ]),
        ),
    );
  const values = Array.from(kv.list(), ([name, value]): [string, string] => [
    name.replace(/\d+$/, ''),
    textOf(value),
  ]);
  return [...rows, ...values];
}

function textOf(value: unknown): string {
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) return new TextDecoder().decode(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The texts that hold one of these, cut to what surrounds it. */
function holding(texts: readonly string[], canaries: readonly string[]): string[] {
  return texts.flatMap((text) =>
    canaries.filter((canary) => text.includes(canary)).map((canary) => around(text, canary)),
  );
}

function around(text: string, canary: string): string {
  const at = text.indexOf(canary);
  return text.slice(Math.max(0, at - 200), at + canary.length + 20);
}

/** The secret part of a key: the rest names the account, and the end is shown as its hint. */
const secretOf = (text: string) => text.slice(27, -4);

beforeAll(async () => {
  Object.assign(env, { CATALOGUE: JSON.stringify(CATALOGUE), CANARY_PROVIDER_KEY: PROVIDER_KEY });
  vi.spyOn(globalThis, 'fetch').mockImplementation(outside);
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...values) => {
      logged.push(values.map((value) => (value instanceof Error ? value.stack : String(value))).join(' '));
    });
  }
  await useAccounts();
  await useFiles();
  await useChat();
  await useBatches();
}, 120_000);

afterAll(() => vi.restoreAllMocks());

/** Never anywhere but where a comment says so. */
const secrets = () => [secretOf(key), ADMIN_KEY, DEV_KEY, FOREIGN_KEY, PROVIDER_KEY, WEBHOOK_SECRET];

describe('canaries', () => {
  it('were on their way: the test sees what it looks through', async () => {
    for (const event of ['"request"', '"batch.ended"', '"webhook.failed"', '"request.failed"']) {
      expect(
        logged.filter((line) => line.includes(`"event":${event}`)),
        event,
      ).not.toEqual([]);
    }
    const types = new Set(errors.map((text) => /"type":"(\w+)"/.exec(text)?.[1]));
    expect(types.size).toBeGreaterThan(12);
    expect(errors.filter((text) => text.includes(PROVIDER_WORDS))).not.toEqual([]);
    const places = new Set((await stored()).map(({ place }) => place));
    expect(places).toContain('BatchObject.packs.data');
    expect(places).toContain('IdempotencyObject.body/');
    expect(places).toContain('AccountObject.keys.hash');
    expect(places).toContain('R2');
  });

  it('are in no line of the log: neither secrets nor contents', () => {
    const contents = [PROMPT, FILE_CONTENT, PROVIDER_WORDS, WEBHOOK_TOKEN, IDEMPOTENCY_KEY, streamToken];
    expect(holding(logged, [...secrets(), ...contents])).toEqual([]);
  });

  it('are in no error and no header: no secrets', () => {
    expect(holding(errors, [...secrets(), WEBHOOK_TOKEN, streamToken])).toEqual([]);
    expect(holding(headers, [...secrets(), WEBHOOK_TOKEN, streamToken, PROMPT, FILE_CONTENT])).toEqual([]);
  });

  it('are stored only where docs/storage.md says', async () => {
    const values = await stored();
    const placesOf = (...canaries: string[]) =>
      Array.from(
        new Set(
          values
            .filter(({ text }) => canaries.some((canary) => text.includes(canary)))
            .map(({ place }) => place),
        ),
      ).sort();
    // Keys and the deployment's secrets: nowhere.
    expect(placesOf(key, secretOf(key), ADMIN_KEY, DEV_KEY, FOREIGN_KEY, PROVIDER_KEY)).toEqual([]);
    expect(placesOf(FILE_CONTENT)).toEqual([]);
    // What signs a webhook, and where it goes.
    expect(placesOf(WEBHOOK_SECRET)).toEqual(['BatchObject.batch.spec']);
    // The receiver says it too: the log of attempts has the beginning of what it answered.
    expect(placesOf(WEBHOOK_TOKEN)).toEqual(['BatchObject.batch.spec', 'BatchObject.deliveries.attempts']);
    // The sandbox model quotes the prompt: answers, the batch as it is sent to its webhook, and what is kept for repeats.
    expect(placesOf(PROMPT)).toEqual([
      'BatchObject.deliveries.body',
      'BatchObject.packs.data',
      'IdempotencyObject.body/',
    ]);
    expect(placesOf(streamToken)).toEqual([
      'AccountObject.batches.summary',
      'BatchObject.batch.spec',
      'BatchObject.deliveries.body',
      'IdempotencyObject.body/',
    ]);
    const { objects } = await env.BUCKET.list({ prefix: `files/${accountId}/` });
    expect(objects.length).toBeGreaterThan(0);
  });
});
