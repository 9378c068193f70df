// `Idempotency-Key` over HTTP: repeats of every creating request, while the first runs and after it.
import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { ListResponse } from '../../src/contract/lists';
import { eventually } from '../eventually';
import { admin, type Call, type Client, errorOf, newClient, newKey, send } from './client';

const newKeyText = () => crypto.randomUUID();

const inline = (content = 'Hello', more: object = {}) => ({
  model: 'sandbox',
  inputs: [{ messages: [{ role: 'user', content }] }],
  ...more,
});

const LINE = JSON.stringify({
  custom_id: 'a',
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'sandbox', messages: [{ role: 'user', content: 'Hello' }] },
});

/** A form as a client would send it; the runtime picks another boundary each time. */
function form(content: string, fields: Record<string, string> = {}, name = 'in.jsonl'): FormData {
  const body = new FormData();
  for (const [field, value] of Object.entries({ purpose: 'batch', ...fields })) body.set(field, value);
  body.set('file', new File([content], name));
  return body;
}

async function upload(client: Client): Promise<string> {
  return (await client.json<{ id: string }>('POST', '/v1/files', { body: form(LINE) })).id;
}

/** The ids of a list of the client's. */
async function idsOf(client: Client, path: string): Promise<string[]> {
  const { data } = await client.json<ListResponse<{ id: string }>>('GET', path);
  return data.map(({ id }) => id);
}

/** An ended batch with nothing completed. */
async function endedBatch(client: Client): Promise<string> {
  const { id } = await client.json<{ id: string }>('POST', '/api/v1/batches', {
    json: inline('Hello\n@sandbox latency=60s'),
  });
  await client.send('POST', `/api/v1/batches/${id}/cancel`);
  return id;
}

/** Every creating request: how it is made, where its objects are listed, and how another one of its kind looks. */
const CREATIONS: Record<
  string,
  (client: Client) => Promise<{ path: string; call: () => Call; other: () => Call; list: string | null }>
> = {
  'a native batch': async () => ({
    path: '/api/v1/batches',
    call: () => ({ json: inline() }),
    other: () => ({ json: inline('Bye') }),
    list: '/api/v1/batches',
  }),
  'a native batch of a file': async (client) => {
    const file = await upload(client);
    return {
      path: '/api/v1/batches',
      call: () => ({ json: { input_file_id: file } }),
      other: () => ({ json: { input_file_id: file, metadata: { a: 'b' } } }),
      list: '/api/v1/batches',
    };
  },
  "OpenAI's batch": async (client) => {
    const file = await upload(client);
    const body = { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' };
    return {
      path: '/v1/batches',
      call: () => ({ json: body }),
      other: () => ({ json: { ...body, completion_window: '23h' } }),
      list: '/v1/batches',
    };
  },
  'a retry': async (client) => {
    const id = await endedBatch(client);
    return {
      path: `/api/v1/batches/${id}/retry`,
      call: () => ({}),
      other: () => ({}),
      list: '/api/v1/batches',
    };
  },
  'a native file': async () => ({
    path: '/api/v1/files',
    call: () => ({ body: form(LINE) }),
    other: () => ({ body: form(`${LINE}\n`) }),
    list: '/api/v1/files',
  }),
  "OpenAI's file": async () => ({
    path: '/v1/files',
    call: () => ({ body: form(LINE) }),
    other: () => ({ body: form(LINE, {}, 'other.jsonl') }),
    list: '/v1/files',
  }),
  'a chat': async () => ({
    path: '/v1/chat/completions',
    call: () => ({ json: { model: 'sandbox', messages: [{ role: 'user', content: 'Hello' }] } }),
    other: () => ({ json: { model: 'sandbox', messages: [{ role: 'user', content: 'Bye' }] } }),
    list: null,
  }),
};

describe.each(Object.entries(CREATIONS))('%s', (name, prepare) => {
  it('is made once, and its repeat gets the first answer', async () => {
    const client = await newClient();
    const { path, call, list } = await prepare(client);
    const before = list === null ? [] : await idsOf(client, list);
    const headers = { 'idempotency-key': newKeyText() };
    const first = await client.send('POST', path, { ...call(), headers });
    const text = await first.text();
    expect([first.ok, first.headers.get('idempotent-replayed')]).toEqual([true, null]);
    const again = await client.send('POST', path, { ...call(), headers });
    expect(await again.text()).toBe(text);
    expect(again.status).toBe(first.status);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    for (const name of ['content-type', 'location', 'retry-after', 'access-control-allow-origin']) {
      expect(again.headers.get(name), name).toBe(first.headers.get(name));
    }
    if (list !== null) expect(await idsOf(client, list)).toEqual([JSON.parse(text).id, ...before]);
  });

  it('is made once by twins, of which the others wait or are answered', async () => {
    const client = await newClient();
    const { path, call, list } = await prepare(client);
    const before = list === null ? [] : await idsOf(client, list);
    const headers = { 'idempotency-key': newKeyText() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.send('POST', path, { ...call(), headers })),
    );
    const ids = new Set<string>();
    for (const answer of answers) {
      if (answer.ok) {
        ids.add((await answer.json<{ id: string }>()).id);
        continue;
      }
      expect(answer.status).toBe(409);
      expect(answer.headers.get('x-should-retry')).toBe('true');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(15);
      expect(await errorOf(answer)).toMatchObject({ type: 'conflict', param: 'Idempotency-Key' });
    }
    expect(ids.size).toBe(1);
    if (list !== null) expect(await idsOf(client, list)).toEqual([...ids, ...before]);
  });

  it('is refused under the key of another request', async () => {
    const client = await newClient();
    const { path, call, other } = await prepare(client);
    const headers = { 'idempotency-key': newKeyText() };
    expect((await client.send('POST', path, { ...call(), headers })).ok).toBe(true);
    const sibling = name === 'a retry' ? `${path}?a=b` : path;
    const chat = { json: { model: 'sandbox', messages: [{ role: 'user', content: 'Hi' }] } };
    for (const [otherPath, otherCall] of [
      [sibling, other()],
      ['/api/v1/chat/completions', chat],
      ['/api/v1/files', { body: form('{}', { purpose: 'user_data' }, 'a.txt') }],
    ] as const) {
      const refused = await client.send('POST', otherPath, {
        ...otherCall,
        headers: { ...headers, 'accept-language': 'ko' },
      });
      expect([otherPath, refused.status]).toEqual([otherPath, 422]);
      expect(refused.headers.get('x-should-retry')).toBe('false');
      const error = await errorOf(refused);
      expect(error).toMatchObject({ type: 'invalid_request', param: 'Idempotency-Key' });
      expect(error.message).toContain('새 키');
    }
  });

  it('is made twice under two keys, and twice without one', async () => {
    const client = await newClient();
    const { path, call } = await prepare(client);
    const ids = new Set<string>();
    for (const headers of [
      { 'idempotency-key': newKeyText() },
      { 'idempotency-key': newKeyText() },
      {},
      {},
    ] as Record<string, string>[]) {
      ids.add((await (await client.send('POST', path, { ...call(), headers })).json<{ id: string }>()).id);
    }
    expect(ids.size).toBe(4);
  });
});

describe('a key', () => {
  it.each([['x'.repeat(256)], [''], ['a b'], ['é'], ['a\tb']])('%j is refused', async (key) => {
    const client = await newClient();
    const response = await client.send('POST', '/api/v1/batches', {
      json: inline(),
      headers: { 'idempotency-key': key },
    });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request', param: 'Idempotency-Key' });
    expect(await idsOf(client, '/api/v1/batches')).toEqual([]);
  });

  it.each([['x'.repeat(255)], ['~!@#$%^&*()_+{}|:"<>?'], ['a/../b']])('%j is taken', async (key) => {
    const client = await newClient();
    const headers = { 'idempotency-key': key };
    const ask = () => client.send('POST', '/api/v1/batches', { json: inline(), headers });
    expect((await ask()).status).toBe(202);
    expect((await ask()).headers.get('idempotent-replayed')).toBe('true');
  });

  it('belongs to one account, whichever of its API keys is used', async () => {
    const [one, other] = [await newClient(), await newClient()];
    const headers = { 'idempotency-key': newKeyText() };
    const ask = async (key: string) => {
      const response = await send(key, 'POST', '/api/v1/batches', { json: inline(), headers });
      return (await response.json<{ id: string }>()).id;
    };
    const id = await ask(one.key);
    expect(await ask((await newKey(one.accountId)).key)).toBe(id);
    expect(await ask(other.key)).not.toBe(id);
    // Whoever is locked out is not answered from memory.
    await admin('PATCH', `/accounts/${one.accountId}`, { json: { status: 'suspended' } });
    const refused = await send(one.key, 'POST', '/api/v1/batches', { json: inline(), headers });
    expect(refused.status).toBe(403);
  });

  it('is for creating requests: others do not look at it', async () => {
    const client = await newClient();
    const headers = { 'idempotency-key': 'same' };
    const dryRun = { json: inline(), headers };
    for (const _ of [1, 2]) {
      const response = await client.send('POST', '/api/v1/batches?dry_run=true', dryRun);
      expect([response.status, response.headers.get('idempotent-replayed')]).toEqual([200, null]);
    }
    expect((await client.send('GET', '/api/v1/batches', { headers })).status).toBe(200);
    const id = await endedBatch(client);
    for (const _ of [1, 2]) {
      const response = await client.send('POST', `/api/v1/batches/${id}/cancel`, { headers });
      expect([response.status, response.headers.get('idempotent-replayed')]).toEqual([200, null]);
    }
  });

  it('is not looked at by a streamed chat', async () => {
    const client = await newClient();
    const call = {
      json: { model: 'sandbox', stream: true, messages: [{ role: 'user', content: 'Hello' }] },
      headers: { 'idempotency-key': newKeyText() },
    };
    for (const _ of [1, 2]) {
      const response = await client.send('POST', '/v1/chat/completions', call);
      expect([response.status, response.headers.get('idempotent-replayed')]).toEqual([200, null]);
      expect(await response.text()).toContain('data: [DONE]');
    }
  });
});

describe('a repeat', () => {
  const chat = (content: string) => ({ model: 'sandbox', messages: [{ role: 'user', content }] });

  it('of a chat is not charged again', async () => {
    const client = await newClient();
    const call = { json: chat('Hello'), headers: { 'idempotency-key': newKeyText() } };
    const first = await client.json<{ cost: object; usage: object }>('POST', '/v1/chat/completions', call);
    for (const _ of [1, 2, 3]) {
      expect(await client.json('POST', '/v1/chat/completions', call)).toEqual(first);
    }
    await eventually(async () => {
      expect(await client.json('GET', '/api/v1/usage')).toMatchObject({
        total: { requests: 1, cost: first.cost, usage: first.usage },
      });
    });
  });

  it('of a request at fault gets the same error again', async () => {
    const client = await newClient();
    const call = {
      json: chat('@sandbox error=content_policy_violation'),
      headers: { 'idempotency-key': 'k' },
    };
    const first = await client.send('POST', '/v1/chat/completions', call);
    const again = await client.send('POST', '/v1/chat/completions', call);
    expect([first.status, again.status]).toEqual([400, 400]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('x-should-retry')).toBe('false');
    expect(await again.text()).toBe(await first.text());
  });

  it.each([
    'rate_limit_exceeded',
    'model_overloaded',
    'model_error',
    'timeout',
    'conflict',
    'permission_denied',
  ])('after %s runs again', async (type) => {
    const client = await newClient();
    const call = { json: chat(`@sandbox error=${type}`), headers: { 'idempotency-key': newKeyText() } };
    for (const _ of [1, 2]) {
      const response = await client.send('POST', '/v1/chat/completions', call);
      expect(response.headers.get('idempotent-replayed')).toBe(null);
      expect((await errorOf(response)).type).toBe(type);
    }
  });

  it('of a chat that failed for a moment gets the answer it is still owed', async () => {
    const client = await newClient();
    const ask = (retry: number) =>
      client.send('POST', '/v1/chat/completions', {
        json: chat('Hello\n@sandbox fail=1'),
        headers: { 'idempotency-key': 'k', 'x-stainless-retry-count': String(retry) },
      });
    expect((await ask(0)).status).toBe(503);
    expect((await ask(1)).status).toBe(200);
    expect((await ask(2)).headers.get('idempotent-replayed')).toBe('true');
  });

  it('of a large answer is the whole of it', async () => {
    const client = await newClient();
    const call = { json: { ...chat('@sandbox tokens=100000'), n: 8 }, headers: { 'idempotency-key': 'k' } };
    const first = await (await client.send('POST', '/v1/chat/completions', call)).text();
    expect(first.length).toBeGreaterThan(2 * 1024 ** 2);
    const again = await client.send('POST', '/v1/chat/completions', call);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await again.text()) === first).toBe(true);
  });

  it('of a refused upload is read anew', async () => {
    const client = await newClient();
    const headers = { 'idempotency-key': 'k' };
    const broken = await client.send('POST', '/v1/files', { body: form('', {}), headers });
    expect(broken.status).toBe(400);
    expect((await client.send('POST', '/v1/files', { body: form(LINE), headers })).status).toBe(200);
    expect((await client.send('POST', '/v1/files', { body: form('', {}), headers })).status).toBe(400);
  });

  it('of an upload stores nothing', async () => {
    const client = await newClient();
    const headers = { 'idempotency-key': 'k' };
    for (const content of [LINE, LINE, `${LINE}\n`]) {
      await client.send('POST', '/v1/files', { body: form(content), headers });
    }
    const { objects } = await env.BUCKET.list({ prefix: `files/${client.accountId}/` });
    expect(objects.map(({ size }) => size)).toEqual([LINE.length]);
  });
});

describe('a run that was cut off', () => {
  /** As after a crash: what was made stays, the answer was never kept, and the lease has passed. */
  async function loseAnswer(client: Client, key: string): Promise<void> {
    const stub = env.IDEMPOTENCY.getByName(`${client.accountId}:${key}`);
    await runInDurableObject(stub, (_object, { storage }) => {
      const held = storage.kv.get<object>('key');
      storage.kv.put('key', { ...held, answer: null, leaseUntil: 0 });
    });
  }

  it.each(Object.entries(CREATIONS).filter(([name]) => name !== 'a chat'))(
    'made %s, and its repeat makes no other',
    async (_name, prepare) => {
      const client = await newClient();
      const { path, call, list } = await prepare(client);
      const headers = { 'idempotency-key': 'k' };
      const first = await client.json<{ id: string }>('POST', path, { ...call(), headers });
      const before = await idsOf(client, list ?? '');
      await loseAnswer(client, 'k');
      const again = await client.send('POST', path, { ...call(), headers });
      expect([again.ok, again.headers.get('idempotent-replayed')]).toEqual([true, null]);
      expect((await again.json<{ id: string }>()).id).toBe(first.id);
      expect(await idsOf(client, list ?? '')).toEqual(before);
    },
  );

  it('made a batch that has ended by now: its repeat is told of no wait', async () => {
    const client = await newClient();
    const call = { json: inline('Hello\n@sandbox latency=60s'), headers: { 'idempotency-key': 'k' } };
    const { id } = await client.json<{ id: string }>('POST', '/api/v1/batches', call);
    await client.send('POST', `/api/v1/batches/${id}/cancel`);
    await loseAnswer(client, 'k');
    const again = await client.send('POST', '/api/v1/batches', call);
    expect([again.status, again.headers.get('retry-after')]).toEqual([202, null]);
    expect(await again.json()).toMatchObject({ id, status: 'cancelled', retry_after: null });
  });

  it('of an upload does not stand for other bytes', async () => {
    const client = await newClient();
    const headers = { 'idempotency-key': 'k' };
    const file = await client.json<{ id: string }>('POST', '/v1/files', { body: form(LINE), headers });
    const stub = env.IDEMPOTENCY.getByName(`${client.accountId}:k`);
    await runInDurableObject(stub, (_object, { storage }) => {
      const held = storage.kv.get<object>('key');
      storage.kv.put('key', { ...held, answer: null, leaseUntil: 0, fingerprint: null });
    });
    const other = await client.send('POST', '/v1/files', { body: form('{"a":1}\n'), headers });
    expect(other.status).toBe(422);
    const content = await client.send('GET', `/v1/files/${file.id}/content`);
    expect(await content.text()).toBe(LINE);
    const again = await client.json<{ id: string }>('POST', '/v1/files', { body: form(LINE), headers });
    expect(again.id).toBe(file.id);
  });
});

it('a request without a key stores nothing for it', async () => {
  const client = await newClient();
  const keys = async () => (await listDurableObjectIds(env.IDEMPOTENCY)).length;
  const before = await keys();
  await client.send('POST', '/api/v1/batches', { json: inline() });
  expect(await keys()).toBe(before);
  await client.send('POST', '/api/v1/batches', { json: inline(), headers: { 'idempotency-key': 'k' } });
  expect(await keys()).toBe(before + 1);
});
