// Webhook endpoints over HTTP: what can be said of them, and whose they are.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ListResponse } from '../../src/contract/lists';
import type { EndpointResponse, EndpointWithSecret } from '../../src/contract/webhooks';
import { eventually } from '../eventually';
import { type Call, type Client, errorOf, newClient, send } from './client';

const PATH = '/api/v1/webhooks';
const URL_OF_HOOK = 'https://hooks.example.com/quire?token=1';

afterEach(() => {
  vi.restoreAllMocks();
});

const create = (client: Client, json: object = { url: URL_OF_HOOK }) => client.send('POST', PATH, { json });

it('an endpoint is made, read, listed, changed and removed', async () => {
  const client = await newClient();
  const created = await create(client);
  expect(created.status).toBe(201);
  const { secret, ...endpoint } = await created.json<EndpointWithSecret>();
  expect(created.headers.get('location')).toBe(`${PATH}/${endpoint.id}`);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(endpoint).toEqual({
    id: expect.stringMatching(/^we_[0-9A-Za-z]{24}$/),
    object: 'webhook_endpoint',
    url: URL_OF_HOOK,
    events: ['*'],
    status: 'enabled',
    disabled_reason: null,
    failing_since: null,
    previous_secret_expires_at: null,
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(await client.json('GET', `${PATH}/${endpoint.id}`)).toEqual(endpoint);
  const { id } = await (
    await create(client, { url: URL_OF_HOOK, events: ['batch.failed'] })
  ).json<EndpointResponse>();
  const page = await client.json<ListResponse<EndpointResponse>>('GET', `${PATH}?limit=1`);
  expect(page).toMatchObject({ data: [{ id, events: ['batch.failed'] }], has_more: true });
  expect(await client.json('GET', `${PATH}?after=${id}`)).toMatchObject({
    data: [endpoint],
    has_more: false,
  });

  const change = { url: 'https://other.example.com/', events: ['batch.expired', '*'], status: 'disabled' };
  const changed = { ...endpoint, ...change, disabled_reason: 'request' };
  expect(await client.json('PATCH', `${PATH}/${endpoint.id}`, { json: change })).toEqual(changed);
  expect(await client.json('PATCH', `${PATH}/${endpoint.id}`, { json: {} })).toEqual(changed);
  expect(await client.json('PATCH', `${PATH}/${endpoint.id}`, { json: { status: 'enabled' } })).toMatchObject(
    { status: 'enabled', disabled_reason: null, events: change.events },
  );

  expect(await client.json('DELETE', `${PATH}/${endpoint.id}`)).toEqual({
    id: endpoint.id,
    object: 'webhook_endpoint',
    deleted: true,
  });
  expect((await client.send('DELETE', `${PATH}/${endpoint.id}`)).status).toBe(404);
  expect(await client.json('GET', PATH)).toMatchObject({ data: [{ id }] });
});

it('a test event is sent and answered', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response());
  const client = await newClient();
  const { id } = await (
    await create(client, { url: URL_OF_HOOK, events: ['batch.failed'] })
  ).json<EndpointResponse>();
  const response = await client.send('POST', `${PATH}/${id}/test`);
  expect(response.status).toBe(202);
  const event = await response.json<{ id: string }>();
  expect(event).toMatchObject({ object: 'event', type: 'webhook.test', data: { id } });
  await eventually(() => expect(fetched).toHaveBeenCalledOnce());
  const body = fetched.mock.calls[0]?.[1]?.body as Uint8Array;
  expect(JSON.parse(new TextDecoder().decode(body))).toEqual(event);
});

it('an account has 20 of them at most', async () => {
  const client = await newClient();
  for (let n = 0; n < 20; n++) expect((await create(client)).status).toBe(201);
  const refused = await client.send('POST', PATH, {
    json: { url: URL_OF_HOOK },
    headers: { 'accept-language': 'ko' },
  });
  expect(refused.status).toBe(400);
  expect((await errorOf(refused)).message).toContain('최대 20개');
  const { data } = await client.json<ListResponse<EndpointResponse>>('GET', `${PATH}?limit=100`);
  expect(data).toHaveLength(20);
  await client.send('DELETE', `${PATH}/${data[0]?.id}`);
  expect((await create(client)).status).toBe(201);
});

describe('what is not right is refused, and nothing is made', () => {
  it.each<[string, object, string]>([
    ['no URL', {}, 'url'],
    ['an empty URL', { url: '' }, 'url'],
    ['a URL that is none', { url: 'nonsense' }, 'url'],
    ['another scheme', { url: 'ftp://example.com/' }, 'url'],
    ['credentials', { url: 'https://user:secret@example.com/' }, 'url'],
    ['a URL that is too long', { url: `https://example.com/${'x'.repeat(2048)}` }, 'url'],
    ['no events', { url: URL_OF_HOOK, events: [] }, 'events'],
    ['an unknown event', { url: URL_OF_HOOK, events: ['batch.completed', 'batch.started'] }, 'events[1]'],
    ['the test event', { url: URL_OF_HOOK, events: ['webhook.test'] }, 'events[0]'],
    ['a secret of its own', { url: URL_OF_HOOK, secret: 'whsec_x' }, 'secret'],
  ])('%s', async (_name, json, param) => {
    const client = await newClient();
    const response = await create(client, json);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request', param });
    expect(await client.json('GET', PATH)).toMatchObject({ data: [] });
  });

  it.each<[string, object, string]>([
    ['a refused URL', { url: 'ftp://example.com/' }, 'url'],
    ['an unknown status', { status: 'paused' }, 'status'],
    ['another member', { secret: 'x' }, 'secret'],
  ])('in a change: %s', async (_name, json, param) => {
    const client = await newClient();
    const { secret: _, ...endpoint } = await (await create(client)).json<EndpointWithSecret>();
    const response = await client.send('PATCH', `${PATH}/${endpoint.id}`, { json });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request', param });
    expect(await client.json('GET', `${PATH}/${endpoint.id}`)).toEqual(endpoint);
  });

  it.each<[string, object, string | null]>([
    ['neither event nor time', {}, null],
    ['both', { event_id: 'evt_1', since: '2026-01-01T00:00:00Z' }, null],
    ['a time that is none', { since: 'yesterday' }, 'since'],
  ])('to send again: %s', async (_name, json, param) => {
    const client = await newClient();
    const { id } = await (await create(client)).json<EndpointResponse>();
    const response = await client.send('POST', `${PATH}/${id}/deliveries/resend`, { json });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request', param });
  });
});

const ROUTES: [method: string, path: string, call?: Call][] = [
  ['GET', ''],
  ['PATCH', '', { json: { status: 'disabled' } }],
  ['DELETE', ''],
  ['POST', '/test'],
  ['POST', '/rotate'],
  ['GET', '/deliveries'],
  ['POST', '/deliveries/resend', { json: { since: '2026-01-01T00:00:00Z' } }],
];

describe('another account’s endpoint', () => {
  it.each(ROUTES)('does not exist: %s …%s', async (method, path, call = {}) => {
    const owner = await newClient();
    const { secret: _, ...endpoint } = await (await create(owner)).json<EndpointWithSecret>();
    const stranger = await newClient();
    // Who has endpoints of its own, and who has none.
    const other = await newClient();
    await create(other);
    for (const client of [stranger, other]) {
      const response = await client.send(method, `${PATH}/${endpoint.id}${path}`, {
        ...call,
        headers: { 'accept-language': 'ko' },
      });
      expect(response.status).toBe(404);
      expect((await errorOf(response)).message).toBe('webhook 엔드포인트를 찾을 수 없습니다');
    }
    expect(await owner.json('GET', `${PATH}/${endpoint.id}`)).toEqual(endpoint);
  });
});

it('a key is needed, and other methods are not allowed', async () => {
  expect((await send(null, 'GET', PATH)).status).toBe(401);
  const client = await newClient();
  const response = await client.send('DELETE', PATH);
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
});
