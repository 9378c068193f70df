// Recognisable secrets and contents go through the real server; then all it printed and all it stored is searched for them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Account, ApiClient, newAccount } from './api-client.ts';
import { createBatch, pollUntilEnded, watchBatch } from './batch-client.ts';
import { MOCK_KEY, mockArguments } from './mock-catalogue.ts';
import { MockUpstream } from './mock-upstream.ts';
import { Server } from './server.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const ADMIN_KEY = 'admin-key-canary-31be';
const WEBHOOK_SECRET = 'webhook-secret-canary-77ab';
const WEBHOOK_TOKEN = 'webhook-path-canary-03de';
const IDEMPOTENCY_KEY = 'idempotency-key-canary-9c2e';
const PROMPT = 'prompt-canary-b41f';
const FILE_CONTENT = 'file-content-canary-e8d0';

let upstream: MockUpstream;
let receiver: WebhookReceiver;
let server: Server;
let account: Account;
let streamToken: string;

beforeAll(async () => {
  upstream = await MockUpstream.start();
  receiver = await WebhookReceiver.start();
  server = await Server.start([...mockArguments(upstream), '--var', `ADMIN_KEY:${ADMIN_KEY}`]);
  account = await newAccount(server.origin, ADMIN_KEY, 'canary');
  await useServer();
}, 120_000);

afterAll(async () => {
  await server?.stop();
  await receiver?.stop();
  await upstream?.stop();
});

async function useServer(): Promise<void> {
  const { api } = account;
  const client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: api.key, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: PROMPT }];
  const headers = { 'Idempotency-Key': IDEMPOTENCY_KEY };
  for (const model of ['sandbox', 'mock/assistant', 'mock/wrong-key', 'mock/failing', 'mock/malformed']) {
    for (const stream of [false, true]) {
      const response = await api.send('POST', '/v1/chat/completions', { model, messages, stream }, headers);
      await response.text();
    }
  }
  const left = new AbortController();
  const open = client.chat.completions
    .create({ model: 'mock/hanging', messages }, { signal: left.signal })
    .catch(() => undefined);
  setTimeout(() => left.abort(), 300);
  await open;
  const file = await client.files.create({
    file: new File([FILE_CONTENT], 'a.txt', { type: 'text/plain' }),
    purpose: 'user_data',
  });
  await (await client.files.content(file.id)).text();
  await client.files.delete(file.id);
  for (const path of ['/received', '/nobody-listens']) {
    const port = path === '/received' ? receiver.url('') : 'http://127.0.0.1:9';
    const batch = await createBatch(api, {
      model: 'sandbox',
      inputs: [
        { messages },
        { messages: [{ role: 'user', content: `${PROMPT}\n@sandbox error=model_error` }] },
      ],
      webhook_url: `${port}${path}/${WEBHOOK_TOKEN}?t=${WEBHOOK_TOKEN}`,
      webhook_secret: WEBHOOK_SECRET,
    });
    streamToken = new URL(batch.stream_url).searchParams.get('token') ?? '';
    await watchBatch(batch.stream_url, { includeResults: true }).done;
    await pollUntilEnded(api, batch.id);
    await waitForDelivery(api, batch.id);
  }
  const admin = new ApiClient(server.origin, ADMIN_KEY);
  for (const path of ['/accounts', '/audit', '/metrics', '/nope']) {
    await (await admin.send('GET', `/api/v1/admin${path}`)).text();
  }
  await (await new ApiClient(server.origin, `${api.key}x`).send('GET', '/v1/models')).text();
  await fetch(`${server.origin}/v1/models`, { headers: { authorization: `Bearer ${server.key}-wrong` } });
}

async function waitForDelivery(api: ApiClient, id: string): Promise<void> {
  await eventually(async () => {
    const { data } = await api.get<{ data: object[] }>(`/api/v1/batches/${id}/deliveries`);
    expect(data).not.toEqual([]);
  });
}

/** Every file below a folder, as the bytes it has. */
async function filesBelow(folder: string): Promise<{ path: string; bytes: Buffer }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(path) })));
}

/** The part of a key that only its holder knows; its last characters are shown as a hint. */
const secretOf = (key: string) => key.slice(27, -4);

describe('after a day of work', () => {
  it('the server has written a line for each request and each step of a batch', () => {
    const output = server.output();
    for (const event of ['request', 'batch.created', 'batch.started', 'batch.ended']) {
      expect(output).toContain(`{"event":"${event}"`);
    }
    expect(output).toContain('"route":"/api/v1/batches/:id/stream"');
    expect(output).toContain('"route":"/v1/chat/completions"');
  });

  it('no secret and no content is in what it printed', () => {
    // npm begins with the command line, flags included.
    const output = server.output().replace(/^> .*$/gm, '');
    const { key } = account.api;
    for (const canary of [
      secretOf(key),
      server.key,
      MOCK_KEY,
      WEBHOOK_SECRET,
      WEBHOOK_TOKEN,
      IDEMPOTENCY_KEY,
      PROMPT,
      FILE_CONTENT,
      streamToken,
    ]) {
      expect(around(output, canary)).toBeNull();
    }
    expect(around(output, ADMIN_KEY)).toBeNull();
  });

  it("no API key and none of the deployment's secrets is in what it stored", async () => {
    const files = await filesBelow(server.folder);
    const holding = (canary: string) =>
      files.filter(({ bytes }) => bytes.includes(canary)).map(({ path }) => path);
    // The search sees what is stored: a webhook's secret is, since it signs.
    expect(holding(WEBHOOK_SECRET)).not.toEqual([]);
    for (const canary of [secretOf(account.api.key), ADMIN_KEY, server.key, MOCK_KEY]) {
      expect(holding(canary)).toEqual([]);
    }
  });
});

function around(text: string, canary: string): string | null {
  const at = text.indexOf(canary);
  return at === -1 ? null : text.slice(Math.max(0, at - 300), at + canary.length + 50);
}
