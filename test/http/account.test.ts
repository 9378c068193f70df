// The account of a key: who may see it, and what is used of its limits.
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountResponse, UsageResponse } from '../../src/contract/accounts';
import type { BatchResponse } from '../../src/contract/batches';
import type { ChatCompletion } from '../../src/contract/chat';
import { passTime, restore } from '../batches/rig';
import { admin, type Client, clientOf, errorOf, newAccount, newClient, newKey, send } from './client';

afterEach(restore);

const HI = { model: 'sandbox', messages: [{ role: 'user', content: 'hi' }] };
const NOTHING = { spent: 0, reserved: 0, storage_bytes: 0, concurrent_batches: 0 };

it('tells whoever holds a key which account it is of, and its limits', async () => {
  const account = await newAccount({ name: 'Acme' });
  const { key } = await newKey(account.id);
  await admin('PATCH', `/accounts/${account.id}`, { json: { limits: { monthly_budget: 25 } } });

  const response = await send(key, 'GET', '/api/v1/account');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ...account, limits: { ...account.limits, monthly_budget: 25 } });
});

it('tells nothing without a key', async () => {
  expect((await send(null, 'GET', '/api/v1/account')).status).toBe(401);
});

describe('what is used', () => {
  const usedBy = async (client: Client) =>
    (await client.json<AccountResponse>('GET', '/api/v1/account')).used;
  const asAdmin = async <T>({ accountId }: Client, path = ''): Promise<T> =>
    (await admin('GET', `/accounts/${accountId}${path}`)).json();

  it('is nothing at first, and then what was stored and spent, for its owner and the admin alike', async () => {
    const client = await newClient();
    expect(await usedBy(client)).toEqual(NOTHING);
    const body = new FormData();
    body.set('file', new File(['12345'], 'a.txt', { type: 'text/plain' }));
    const { id } = await client.json<{ id: string }>('POST', '/v1/files', { body });
    const { cost } = await client.json<ChatCompletion>('POST', '/v1/chat/completions', { json: HI });
    await expect
      .poll(() => usedBy(client))
      .toEqual({ ...NOTHING, storage_bytes: 5, spent: cost?.total_cost });
    expect(cost?.total_cost).toBeGreaterThan(0);

    const { used } = await asAdmin<AccountResponse>(client);
    expect(used).toEqual(await usedBy(client));
    const { data } = await (await admin('GET', '/accounts?limit=100')).json<{ data: AccountResponse[] }>();
    expect(data.find((account) => account.id === client.accountId)?.used).toEqual(used);

    await client.send('DELETE', `/v1/files/${id}`);
    expect(await usedBy(client)).toMatchObject({ storage_bytes: 0 });
    // A new month begins with nothing spent.
    passTime(32 * 86_400_000);
    expect(await usedBy(client)).toEqual(NOTHING);
  });

  it('holds what is reserved for requests and batches in flight', async () => {
    const client = await newClient({ monthly_budget: 10 });
    const slow = (latency: string) => [{ role: 'user', content: `x\n@sandbox latency=${latency}` }];
    const answer = client.send('POST', '/v1/chat/completions', { json: { ...HI, messages: slow('1s') } });
    await expect.poll(async () => (await usedBy(client))?.reserved).toBeGreaterThan(0);
    await (await answer).arrayBuffer();
    await expect.poll(async () => (await usedBy(client))?.reserved).toBe(0);

    const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', {
      json: { model: 'sandbox', inputs: [{ messages: slow('60s') }] },
    });
    await expect
      .poll(() => usedBy(client))
      .toMatchObject({ concurrent_batches: 1, reserved: expect.any(Number) });
    expect((await usedBy(client))?.reserved).toBeGreaterThan(0);
    await client.send('POST', `/api/v1/batches/${id}/cancel`);
    await expect.poll(() => usedBy(client)).toMatchObject({ concurrent_batches: 0, reserved: 0 });
  });

  it('is not for a key that may not read usage', async () => {
    const { accountId } = await newClient();
    const narrow = await clientOf(accountId, {
      name: 'chat',
      scopes: ['chat', 'files', 'batches', 'webhooks'],
    });
    expect(await narrow.json('GET', '/api/v1/account')).toMatchObject({ id: accountId, used: null });
    const reader = await clientOf(accountId, { name: 'usage', scopes: ['usage'] });
    expect(await usedBy(reader)).toEqual(NOTHING);
  });
});

describe('the usage of one account, for the admin', () => {
  it('is the report that the account itself gets', async () => {
    const [client, other] = [await newClient(), await newClient()];
    await client.json('POST', '/v1/chat/completions', { json: HI });
    const own = (query: string, headers = {}) => client.send('GET', `/api/v1/usage?${query}`, { headers });
    const theirs = (query: string, headers = {}) =>
      admin('GET', `/accounts/${client.accountId}/usage?${query}`, { headers });
    await expect.poll(async () => (await (await own('')).json<UsageResponse>()).total.requests).toBe(1);
    for (const query of ['', 'group_by=model', 'group_by=key', 'from=2001-01-01&to=2001-02-01']) {
      expect(await (await theirs(query)).json()).toEqual(await (await own(query)).json());
    }
    const csv = { accept: 'text/csv' };
    const table = await theirs('group_by=key', csv);
    expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(await table.text()).toBe(await (await own('group_by=key', csv)).text());
    const nothing = await admin('GET', `/accounts/${other.accountId}/usage`);
    expect((await nothing.json<UsageResponse>()).total.requests).toBe(0);
  });

  it('is checked like the account’s own', async () => {
    const { accountId } = await newClient();
    const path = `/accounts/${accountId}/usage`;
    for (const [query, param] of [
      ['group_by=moon', 'group_by'],
      ['from=2026-02-02&to=2026-02-01', 'from'],
    ]) {
      const refused = await admin('GET', `${path}?${query}`);
      expect([refused.status, (await errorOf(refused)).param]).toEqual([400, param]);
    }
    const unknown = await admin('GET', '/accounts/acct_000000000000000000000000/usage');
    expect([unknown.status, (await errorOf(unknown)).message]).toEqual([404, 'The account was not found']);
  });

  it('is for no key of an account, not even its own', async () => {
    const client = await newClient();
    for (const key of [client.key, null]) {
      const refused = await send(key, 'GET', `/api/v1/admin/accounts/${client.accountId}/usage`);
      expect(refused.status).toBe(401);
    }
  });
});
