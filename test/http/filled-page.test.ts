// Lists whose entries may be gone: a client that follows them, as the SDKs do, stops at the first empty page.
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches';
import { newId } from '../../src/contract/ids';
import type { ListResponse } from '../../src/contract/lists';
import { admin, type Client, newAccount, newClient } from './client';

type BatchList = ListResponse<Pick<BatchResponse, 'id'>>;

/** Lists batches, oldest first, that exist nowhere else. */
async function listGone({ accountId, keyId }: Client, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const entry = { id: newId('batch'), keyId, createdAt: n, status: 'running', inputFileId: null } as const;
    await env.ACCOUNTS.getByName(accountId).addBatch(entry);
  }
}

async function makeBatch(client: Client): Promise<string> {
  const json = { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content: 'hi' }] }] };
  const made: BatchResponse = await (await client.send('POST', '/api/v1/batches', { json })).json();
  return made.id;
}

it.each(['/api/v1/batches', '/v1/batches'])('%s leads past batches that are gone', async (path) => {
  const client = await newClient();
  await listGone(client, 5);
  const id = await makeBatch(client);
  const page = await client.json<BatchList>('GET', `${path}?limit=2&order=asc`);
  expect(page).toMatchObject({ data: [{ id }], last_id: id, has_more: false });
});

it('a list whose last batches are gone comes to its end', async () => {
  const client = await newClient();
  await listGone(client, 3);
  const id = await makeBatch(client);
  const first = await client.json<BatchList>('GET', '/api/v1/batches?limit=1');
  expect(first).toMatchObject({ data: [{ id }], has_more: true });
  const second = await client.json<BatchList>('GET', `/api/v1/batches?limit=1&after=${id}`);
  expect(second).toMatchObject({ data: [], last_id: null, has_more: false });
  const filtered = await client.json<BatchList>('GET', '/api/v1/batches?limit=1&status=running&order=asc');
  expect(filtered.has_more).toBe(false);
});

it('the list of accounts leads past entries whose account was never made', async () => {
  const before = await newAccount();
  for (let n = 0; n < 3; n++) await env.REGISTRY.getByName('registry').add(newId('acct'), Date.now());
  const after = await newAccount();
  const response = await admin('GET', `/accounts?limit=1&order=asc&after=${before.id}`);
  expect(await response.json()).toMatchObject({ data: [{ id: after.id }], last_id: after.id });
});
