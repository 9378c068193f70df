// Scopes of keys: every route with every scope.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Scope } from '../../src/contract/accounts';
import { admin, type Client, clientOf, errorOf, newAccount, newKey } from './client';

const SCOPES = [
  'chat',
  'files',
  'files:read',
  'batches',
  'batches:read',
  'usage',
  'webhooks',
  'webhooks:read',
] as const satisfies Scope[];

const ID = 'batch_000000000000';

/** A route, and the scope that it needs; null for none. */
const ROUTES: readonly (readonly [method: string, path: string, scope: Scope | null])[] = [
  ['GET', '/v1/models', null],
  ['GET', '/api/v1/models/sandbox', null],
  ['POST', '/v1/chat/completions', 'chat'],
  ['POST', '/api/v1/chat/completions', 'chat'],
  ['POST', '/v1/files', 'files'],
  ['GET', '/v1/files', 'files:read'],
  ['GET', '/api/v1/files/file_x', 'files:read'],
  ['GET', '/v1/files/file_x/content', 'files:read'],
  ['DELETE', '/api/v1/files/file_x', 'files'],
  ['POST', '/v1/batches', 'batches'],
  ['POST', '/api/v1/batches', 'batches'],
  ['POST', '/api/v1/batches?dry_run=true', 'batches'],
  ['GET', '/v1/batches', 'batches:read'],
  ['GET', '/api/v1/batches', 'batches:read'],
  ['GET', `/v1/batches/${ID}`, 'batches:read'],
  ['GET', `/api/v1/batches/${ID}`, 'batches:read'],
  ['GET', `/api/v1/batches/${ID}/results`, 'batches:read'],
  ['GET', `/api/v1/batches/${ID}/stream`, 'batches:read'],
  ['GET', `/api/v1/batches/${ID}/deliveries`, 'batches:read'],
  ['POST', `/v1/batches/${ID}/cancel`, 'batches'],
  ['POST', `/api/v1/batches/${ID}/cancel`, 'batches'],
  ['POST', `/api/v1/batches/${ID}/retry`, 'batches'],
  ['DELETE', `/api/v1/batches/${ID}`, 'batches'],
  ['GET', '/api/v1/usage', 'usage'],
  ['GET', '/api/v1/account', null],
  ['POST', '/api/v1/webhooks', 'webhooks'],
  ['GET', '/api/v1/webhooks', 'webhooks:read'],
];

const includes = (held: Scope, needed: Scope) => held === needed || `${held}:read` === needed;

let accountId: string;
const clients = new Map<Scope, Client>();
beforeAll(async () => {
  accountId = (await newAccount()).id;
  for (const scope of SCOPES) clients.set(scope, await clientOf(accountId, { name: scope, scopes: [scope] }));
});

describe.each(ROUTES)('%s %s', (method, path, needed) => {
  it.each(SCOPES)('with %s', async (held) => {
    const answer = await clients.get(held)?.send(method, path);
    if (answer === undefined) throw new Error('no client');
    if (needed === null || includes(held, needed)) {
      expect([401, 403]).not.toContain(answer.status);
      await answer.body?.cancel();
      return;
    }
    expect(answer.status).toBe(403);
    const error = await errorOf(answer);
    expect(error.type).toBe('permission_denied');
    expect(error.message).toContain(`"${needed}"`);
    expect(answer.headers.get('x-should-retry')).toBe('false');
  });
});

describe('a key', () => {
  it('with several scopes may do all of them, and shows them', async () => {
    const scopes = ['chat', 'batches:read'];
    const key = await newKey(accountId, { name: 'two', scopes });
    expect(key.scopes).toEqual(scopes);
    const client = await clientOf(accountId, { name: 'two', scopes });
    expect((await client.send('GET', '/v1/batches')).status).toBe(200);
    expect((await client.send('POST', '/v1/chat/completions', { json: {} })).status).toBe(400);
    expect((await client.send('GET', '/v1/files')).status).toBe(403);
  });

  it('without any may do everything', async () => {
    for (const create of [{ name: 'k' }, { name: 'k', scopes: null }]) {
      const client = await clientOf(accountId, create);
      for (const path of ['/v1/files', '/v1/batches', '/api/v1/usage']) {
        expect((await client.send('GET', path)).status).toBe(200);
      }
    }
  });

  it.each([
    ['scopes[1]', { name: 'k', scopes: ['chat', 'admin'] }],
    ['scopes', { name: 'k', scopes: [] }],
    ['scopes', { name: 'k', scopes: 'chat' }],
    ['limits.requests_per_minute', { name: 'k', limits: { requests_per_minute: -1 } }],
    ['limits.gold', { name: 'k', limits: { gold: 1 } }],
    ['limits.storage_bytes', { name: 'k', limits: { storage_bytes: 1 } }],
  ])('is refused at %s', async (param, json) => {
    const answer = await admin('POST', `/accounts/${accountId}/keys`, { json });
    expect(answer.status).toBe(400);
    expect(await errorOf(answer)).toMatchObject({ type: 'invalid_request', param });
  });

  it('needs no scope of files to use one of its account in a chat', async () => {
    const owner = await clientOf(accountId);
    const body = new FormData();
    body.set('file', new File(['the word is heron'], 'note.txt', { type: 'text/plain' }));
    const { id } = await owner.json<{ id: string }>('POST', '/v1/files', { body });
    const content = [{ type: 'document', source: { type: 'file', file_id: id } }];
    const json = { model: 'sandbox', messages: [{ role: 'user', content }] };
    expect((await clients.get('chat')?.send('POST', '/v1/chat/completions', { json }))?.status).toBe(200);
  });
});
