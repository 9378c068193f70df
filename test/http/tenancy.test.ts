// Every route that names an object, with every kind of id of another account: it finds nothing, and changes nothing.
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches';
import { app } from '../../src/http/app';
import { type Call, type Client, errorOf, newClient } from './client';

const SECRET_TEXT = 'the crown jewels are in the cellar';

/** Routes of accounts that take an id, by method and path; admin routes are the admin's alone. */
const ROUTES = Array.from(
  new Set(
    app.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/(api\/)?v1\/(?!admin|models).*:id/.test(path))
      .map(({ method, path }) => `${method} ${path}`),
  ),
  (route) => route.split(' ') as [method: string, path: string],
);

/** Bodies that are right but for the id. */
const BODIES: Record<string, () => Call> = {
  parts: () => {
    const body = new FormData();
    body.set('data', new File(['abc'], 'part'));
    return { body };
  },
  complete: () => ({ json: { part_ids: ['part_unknown'] } }),
  resend: () => ({ json: { since: '2026-01-01T00:00:00Z' } }),
  PATCH: () => ({ json: { status: 'disabled' } }),
};

let owner: Client;
let stranger: Client;
/** The owner's objects, by the kind of their id. */
let ids: Record<string, string>;
let before: string;

beforeAll(async () => {
  owner = await newClient();
  stranger = await newClient();
  const form = new FormData();
  form.set('file', new File([SECRET_TEXT], 'secret.txt', { type: 'text/plain' }));
  form.set('purpose', 'user_data');
  const file = await owner.json<{ id: string }>('POST', '/v1/files', { body: form });
  const upload = await owner.json<{ id: string }>('POST', '/v1/uploads', {
    json: { bytes: 3, filename: 'a.txt', mime_type: 'text/plain', purpose: 'user_data' },
  });
  const part = await owner.json<{ id: string }>('POST', `/v1/uploads/${upload.id}/parts`, BODIES.parts?.());
  const webhook = await owner.json<{ id: string }>('POST', '/api/v1/webhooks', {
    // Nothing here tells of those.
    json: { url: 'https://hooks.example.com/', events: ['budget.threshold'] },
  });
  const batch = await owner.json<BatchResponse>('POST', '/api/v1/batches', {
    json: { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content: SECRET_TEXT }] }] },
  });
  ids = {
    file: file.id,
    upload: upload.id,
    part: part.id,
    webhook: webhook.id,
    batch: batch.id,
    account: owner.accountId,
    key: owner.keyId,
  };
  await owner.json('POST', `/api/v1/batches/${batch.id}/cancel`);
  before = await state();
});

/** All that the owner has. */
async function state(): Promise<string> {
  const paths = [
    '/v1/files',
    '/api/v1/batches',
    '/api/v1/webhooks',
    `/api/v1/batches/${ids.batch}/deliveries`,
  ];
  return JSON.stringify(await Promise.all(paths.map((path) => owner.json('GET', path))));
}

function callOf(method: string, path: string): Call {
  return BODIES[path.split('/').at(-1) ?? '']?.() ?? BODIES[method]?.() ?? {};
}

describe('an id of another account', () => {
  it('is tried at every route that takes one', () => {
    expect(ROUTES.length).toBeGreaterThanOrEqual(29);
  });

  it.each(ROUTES)('is unknown at %s %s, whatever it names', async (method, path) => {
    for (const [kind, id] of Object.entries(ids)) {
      const response = await stranger.send(method, path.replace(':id', id), callOf(method, path));
      expect(response.status, kind).toBe(404);
      const text = await response.clone().text();
      expect((await errorOf(response)).type, kind).toBe('not_found');
      expect(text, kind).not.toContain(SECRET_TEXT);
    }
  });

  it('has lost nothing by it', async () => {
    expect(await state()).toBe(before);
  });

  it('is not in what a repeated key answers', async () => {
    const call = { json: { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content: 'Hi' }] }] } };
    const keyed = { ...call, headers: { 'idempotency-key': 'same-for-both' } };
    const theirs = await owner.json<BatchResponse>('POST', '/api/v1/batches', keyed);
    const response = await stranger.send('POST', '/api/v1/batches', keyed);
    expect(response.headers.get('idempotent-replayed')).toBeNull();
    expect((await response.json<BatchResponse>()).id).not.toBe(theirs.id);
  });

  it("is not opened by the token of one's own stream", async () => {
    const own = await stranger.json<BatchResponse>('POST', '/api/v1/batches', {
      json: { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content: 'Hi' }] }] },
    });
    const { search } = new URL(own.stream_url);
    const response = await stranger.send('GET', `/api/v1/batches/${ids.batch}/stream${search}`);
    expect(response.status).toBe(401);
    expect((await errorOf(response)).type).toBe('authentication_error');
  });
});
