// Two accounts on one server: neither sees, reads, stops or removes what is the other's.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import { type Account, ApiClient, newAccount } from './api-client.ts';
import { createBatch, pollUntilEnded, watchBatch } from './batch-client.ts';
import { Server } from './server.ts';

const SECRET_TEXT = 'the crown jewels are in the cellar';

let server: Server;
let owner: Account;
let stranger: Account;
let fileId: string;
/** The output file of the owner's batch. */
let outputFileId: string;
let batch: BatchResponse;

beforeAll(async () => {
  server = await Server.start();
  owner = await newAccount(server.origin, server.adminKey, 'owner');
  stranger = await newAccount(server.origin, server.adminKey, 'stranger');
  const file = await new OpenAI({
    baseURL: `${server.origin}/v1`,
    apiKey: owner.api.key,
  }).files.create({
    file: new File([SECRET_TEXT], 'secret.txt', { type: 'text/plain' }),
    purpose: 'user_data',
  });
  fileId = file.id;
  const created = await createBatch(owner.api, {
    model: 'sandbox',
    inputs: [{ custom_id: 'secret', messages: [{ role: 'user', content: SECRET_TEXT }] }],
  });
  const polls = await pollUntilEnded(owner.api, created.id);
  batch = polls[polls.length - 1]?.batch ?? created;
  const openai = await owner.api.get<{ output_file_id: string }>(`/v1/batches/${batch.id}`);
  outputFileId = openai.output_file_id;
});

afterAll(async () => {
  await server?.stop();
});

/** Every request on an object that has an owner. Those that remove it come last. */
const OWNED: [method: string, path: string][] = [
  ['GET', '/api/v1/files/{file}'],
  ['GET', '/api/v1/files/{file}/content'],
  ['GET', '/v1/files/{file}'],
  ['GET', '/v1/files/{file}/content'],
  ['GET', '/v1/files/{output}'],
  ['GET', '/v1/files/{output}/content'],
  ['GET', '/api/v1/batches/{batch}'],
  ['GET', '/api/v1/batches/{batch}/results'],
  ['GET', '/api/v1/batches/{batch}/results?order=committed'],
  ['GET', '/api/v1/batches/{batch}/stream'],
  ['GET', '/api/v1/batches/{batch}/deliveries'],
  ['GET', '/v1/batches/{batch}'],
  ['POST', '/v1/batches/{batch}/cancel'],
  ['POST', '/api/v1/batches/{batch}/cancel'],
  ['DELETE', '/api/v1/batches/{batch}'],
  ['DELETE', '/v1/files/{file}'],
];

function pathOf(template: string): string {
  return template.replace('{file}', fileId).replace('{output}', outputFileId).replace('{batch}', batch.id);
}

describe('another account', () => {
  it.each(OWNED)('finds nothing at %s %s', async (method, path) => {
    const response = await stranger.api.send(method, pathOf(path));
    const text = await response.text();
    expect(response.status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'not_found' } });
    expect(text).not.toContain(SECRET_TEXT);
  });

  it('sees none of it in its lists and its usage', async () => {
    for (const [path, ids] of [
      ['/api/v1/files', [outputFileId, fileId]],
      ['/v1/files', [outputFileId, fileId]],
      ['/api/v1/batches', [batch.id]],
      ['/v1/batches', [batch.id]],
    ] as const) {
      expect(await stranger.api.get(path)).toMatchObject({ data: [], has_more: false });
      const list = await owner.api.get<ListResponse<{ id: string }>>(path);
      expect(list.data.map(({ id }) => id)).toEqual(ids);
    }
    expect(await stranger.api.get('/api/v1/usage')).toMatchObject({ data: [], total: { requests: 0 } });
    expect(await owner.api.get('/api/v1/usage')).toMatchObject({ total: { requests: 1 } });
  });

  it("cannot have a model read the owner's file", async () => {
    const read = (api: ApiClient, source: object) =>
      api.send('POST', '/api/v1/chat/completions', {
        model: 'sandbox',
        messages: [{ role: 'user', content: [{ type: 'document', source }] }],
      });
    for (const source of [
      { type: 'file', file_id: fileId },
      { type: 'url', url: `${server.origin}/api/v1/files/${fileId}/content` },
      { type: 'url', url: `${server.origin}/v1/files/${fileId}/content` },
    ]) {
      const refused = await read(stranger.api, source);
      expect(await refused.json()).toMatchObject({ error: { type: 'not_found' } });
      expect(refused.status).toBe(404);
      expect((await read(owner.api, source)).status).toBe(200);
    }
  });

  it("cannot have a batch read the owner's file", async () => {
    const created = await createBatch(stranger.api, {
      model: 'sandbox',
      inputs: [
        {
          messages: [
            { role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: fileId } }] },
          ],
        },
      ],
    });
    const polls = await pollUntilEnded(stranger.api, created.id);
    expect(polls[polls.length - 1]?.batch).toMatchObject({
      completed: 0,
      failed: 1,
      results: [{ status_code: 404, body: null, error: { type: 'not_found' } }],
    });
  });

  it("cannot make a batch of the owner's file, nor try the owner's batch again", async () => {
    const body = { input_file_id: fileId, endpoint: '/v1/chat/completions', completion_window: '24h' };
    for (const [path, request] of [
      ['/api/v1/batches', body],
      ['/api/v1/batches?dry_run=true', body],
      ['/v1/batches', body],
      [`/api/v1/batches/${batch.id}/retry`, undefined],
    ] as const) {
      const refused = await stranger.api.send('POST', path, request);
      expect(await refused.json(), path).toMatchObject({ error: { type: 'not_found' } });
      expect(refused.status).toBe(404);
      // The owner is told what is wrong with it: it is no input file, and nothing in the batch failed.
      expect((await owner.api.send('POST', path, request)).status, path).toBe(400);
    }
  });

  it("cannot open the owner's stream with the token of its own", async () => {
    const created = await createBatch(stranger.api, {
      model: 'sandbox',
      inputs: [{ messages: [{ role: 'user', content: 'Hello' }] }],
    });
    const own = new URL(created.stream_url);
    const theirs = new URL(batch.stream_url);
    theirs.search = own.search;
    const refused = await fetch(theirs);
    expect(refused.status).toBe(401);
    expect(await refused.text()).not.toContain(SECRET_TEXT);
    expect(await watchBatch(batch.stream_url).done).toMatchObject({ data: { id: batch.id } });
  });
});

describe('a stream token', () => {
  it('opens its stream and nothing else', async () => {
    const token = new URL(batch.stream_url).searchParams.get('token') ?? '';
    expect(token).not.toBe('');
    const withToken = new ApiClient(server.origin, token);
    for (const path of [
      `/api/v1/batches/${batch.id}`,
      `/api/v1/batches/${batch.id}/results`,
      '/api/v1/files',
    ]) {
      expect((await withToken.send('GET', path)).status).toBe(401);
      expect((await fetch(`${server.origin}${path}?token=${token}`)).status).toBe(401);
    }
  });
});

describe('a key', () => {
  it('opens nothing from the moment it is revoked, and its sister still does', async () => {
    const admin = new ApiClient(server.origin, server.adminKey);
    const keysPath = `/api/v1/admin/accounts/${owner.id}/keys`;
    const second = await admin.post<Account['key']>(keysPath, { name: 'second' });
    const api = new ApiClient(server.origin, second.key);
    expect((await api.send('GET', '/api/v1/files')).status).toBe(200);

    expect((await admin.send('DELETE', `${keysPath}/${second.id}`)).status).toBe(200);
    for (const path of [
      '/api/v1/files',
      '/v1/files',
      '/api/v1/batches',
      `/api/v1/batches/${batch.id}/stream`,
    ]) {
      const response = await api.send('GET', path);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } });
    }
    expect((await owner.api.send('GET', '/api/v1/files')).status).toBe(200);
  });

  it('is shown once, and never opens the admin API', async () => {
    const admin = new ApiClient(server.origin, server.adminKey);
    const listed = await admin.send('GET', `/api/v1/admin/accounts/${owner.id}/keys`);
    const text = await listed.text();
    expect(text).toContain(owner.key.id);
    expect(text).not.toContain(owner.key.key);
    expect((await owner.api.send('GET', '/api/v1/admin/accounts')).status).toBe(401);
    expect((await admin.send('GET', '/api/v1/files')).status).toBe(401);
  });
});

describe('the owner', () => {
  // Without this, a path that exists for no one would pass the test of the stranger.
  it.each(OWNED)('gets through to %s %s', async (method, path) => {
    const response = await owner.api.send(method, pathOf(path));
    await response.arrayBuffer();
    expect(response.status).toBe(200);
  });
});
