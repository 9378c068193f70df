// The line of log that each request leaves, and `Server-Timing`.
import { beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { eventually } from '../eventually';
import { ADMIN_KEY, admin, type Client, errorOf, newClient, send } from './client';

let log: Mock;

beforeEach(() => {
  log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  return () => log.mockRestore();
});

type Line = Record<string, unknown>;

const chat = (content: string, more: object = {}) => ({
  model: 'sandbox',
  messages: [{ role: 'user', content }],
  ...more,
});

function lines(): Line[] {
  return log.mock.calls.map(([text]) => JSON.parse(String(text)));
}

/** The lines of the request with this id, once there is one. */
async function linesOf(response: Response): Promise<Line[]> {
  const id = response.headers.get('x-request-id');
  return eventually(() => {
    const own = lines().filter(({ request_id }) => request_id === id);
    expect(own.length).toBeGreaterThan(0);
    return own;
  });
}

/** Reads the answer to its end and finds its one line. */
async function lineOf(response: Response): Promise<Line | undefined> {
  await response.arrayBuffer();
  const own = await linesOf(response);
  expect(own).toHaveLength(1);
  return own[0];
}

const common = (client: Client, response: Response) => ({
  event: 'request',
  request_id: response.headers.get('x-request-id'),
  account: client.accountId,
  key: client.keyId,
  ms: expect.any(Number),
});

describe('a line', () => {
  it('of a chat says what it used', async () => {
    const client = await newClient();
    const response = await client.send('POST', '/v1/chat/completions?x=1', { json: chat('Hello') });
    const body = await response
      .clone()
      .json<{ usage: { total_tokens: number }; cost: { total_cost: number } }>();
    expect(await lineOf(response)).toEqual({
      ...common(client, response),
      route: '/v1/chat/completions',
      method: 'POST',
      status: 200,
      model: 'sandbox',
      tokens: body.usage.total_tokens,
      cost_usd: body.cost.total_cost,
    });
  });

  it('of a stream is written at its end', async () => {
    const client = await newClient();
    const json = chat('Hello\n@sandbox chunk_delay=100ms', { stream: true });
    const response = await client.send('POST', '/api/v1/chat/completions', { json });
    const id = response.headers.get('x-request-id');
    expect(lines().filter(({ request_id }) => request_id === id)).toEqual([]);
    const line = await lineOf(response);
    expect(line).toMatchObject({ status: 200, model: 'sandbox', tokens: expect.any(Number) });
    expect(line?.ms).toBeGreaterThanOrEqual(100);
  });

  it('of a stream that its client left is written, with what was used till then', async () => {
    const client = await newClient();
    const json = chat('Hello\n@sandbox tokens=500 chunk_delay=50ms', { stream: true });
    const response = await client.send('POST', '/api/v1/chat/completions', { json });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const [line] = await linesOf(response);
    expect(line).toMatchObject({ route: '/api/v1/chat/completions', model: 'sandbox' });
    expect(line?.tokens).toBeLessThan(500);
  });

  it('of a stream that failed in the middle names the error', async () => {
    const client = await newClient();
    const json = chat('@sandbox text=no', {
      stream: true,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', strict: true, schema: { type: 'object', required: ['a'] } },
      },
    });
    const line = await lineOf(await client.send('POST', '/v1/chat/completions', { json }));
    expect(line).toMatchObject({ status: 200, error: 'model_error', tokens: expect.any(Number) });
  });

  it('names the pattern of a route, not its path', async () => {
    const client = await newClient();
    const { id } = await client.json<{ id: string }>('POST', '/api/v1/batches', {
      json: { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content: 'Hi' }] }] },
    });
    const response = await client.send('GET', `/api/v1/batches/${id}?token=abc`);
    const line = await lineOf(response);
    expect(line).toEqual({
      ...common(client, response),
      route: '/api/v1/batches/:id',
      method: 'GET',
      status: 200,
    });
  });

  it.each([
    ['GET', '/v1/models', 200, '/v1/models', undefined],
    ['GET', '/v1/models/none', 404, '/v1/models/:id{.+}', 'not_found'],
    ['GET', '/v1/nope', 404, null, 'not_found'],
    ['PUT', '/v1/models', 405, null, 'method_not_allowed'],
    ['GET', '/v1/files/file_none/content', 404, '/v1/files/:id/content', 'not_found'],
    ['POST', '/v1/chat/completions', 400, '/v1/chat/completions', 'invalid_request'],
  ])('of %s %s has status %i and route %s', async (method, path, status, route, error) => {
    const client = await newClient();
    const response = await client.send(method, path);
    expect(await lineOf(response)).toEqual({
      ...common(client, response),
      route,
      method,
      status,
      ...(error !== undefined && { error }),
    });
  });

  it('of a request without a key has no account', async () => {
    const response = await send('qk_wrong', 'GET', '/v1/models');
    expect(await lineOf(response)).toMatchObject({ status: 401, error: 'authentication_error' });
    const [line] = await linesOf(response);
    expect(Object.keys(line ?? {})).not.toContain('account');
    expect(JSON.stringify(line)).not.toContain('qk_');
  });

  it('of the admin, of an unknown path and of a check of health is there, too', async () => {
    expect(await lineOf(await admin('GET', '/accounts'))).toMatchObject({ route: '/api/v1/admin/accounts' });
    expect(await lineOf(await send(null, 'GET', '/none'))).toMatchObject({ route: null, status: 404 });
    expect(await lineOf(await send(null, 'GET', '/healthz'))).toMatchObject({
      route: '/healthz',
      status: 200,
    });
    expect(JSON.stringify(lines())).not.toContain(ADMIN_KEY);
  });

  it('of a download is written once it is over, and its client still sees the length', async () => {
    const client = await newClient();
    const body = new FormData();
    body.set('purpose', 'user_data');
    body.set('file', new File(['x'.repeat(300_000)], 'a.txt', { type: 'text/plain' }));
    const { id } = await client.json<{ id: string }>('POST', '/v1/files', { body });
    for (const [range, length, status] of [
      ['', 300_000, 200],
      ['bytes=5-14', 10, 206],
    ] as const) {
      const headers = range === '' ? {} : { range };
      const response = await client.send('GET', `/v1/files/${id}/content`, { headers });
      expect(response.headers.get('content-length')).toBe(String(length));
      const bytes = await response.clone().arrayBuffer();
      expect(bytes.byteLength).toBe(length);
      expect(await lineOf(response)).toMatchObject({ route: '/v1/files/:id/content', status });
    }
    const head = await client.send('HEAD', `/v1/files/${id}/content`);
    expect(await lineOf(head)).toMatchObject({ method: 'HEAD', route: '/v1/files/:id/content', status: 200 });
    const left = await client.send('GET', `/v1/files/${id}/content`);
    await left.body?.cancel();
    expect((await linesOf(left))[0]).toMatchObject({ status: 200, cut_off: true });
  });

  it('of a replayed answer says so, and has no cost', async () => {
    const client = await newClient();
    const call = { json: chat('Hello'), headers: { 'idempotency-key': 'k' } };
    await client.send('POST', '/v1/chat/completions', call);
    const line = await lineOf(await client.send('POST', '/v1/chat/completions', call));
    expect(line).toMatchObject({ status: 200, replayed: true });
    expect(Object.keys(line ?? {})).not.toContain('cost_usd');
  });
});

describe('a batch', () => {
  it('leaves a line when it is made, starts and ends, and its stream one at its end', async () => {
    const client = await newClient();
    const inputs = ['Hello', '@sandbox error=model_error'].map((content) => ({
      messages: [{ role: 'user', content }],
    }));
    const batch = await client.json<{ id: string; stream_url: string }>('POST', '/api/v1/batches', {
      json: { model: 'sandbox', inputs },
    });
    const token = new URL(batch.stream_url).searchParams.get('token');
    const stream = await send(null, 'GET', `/api/v1/batches/${batch.id}/stream?token=${token}`);
    const line = await lineOf(stream);
    expect(line).toMatchObject({ event: 'request', route: '/api/v1/batches/:id/stream', status: 200 });

    const ended = await client.json<{ cost: { total_cost: number }; usage: { total_tokens: number } }>(
      'GET',
      `/api/v1/batches/${batch.id}`,
    );
    const account = client.accountId;
    expect(lines().filter((entry) => entry.batch === batch.id)).toEqual([
      { event: 'batch.created', batch: batch.id, account, key: client.keyId, total: 2 },
      { event: 'batch.started', batch: batch.id, account, total: 2, waited_ms: expect.any(Number) },
      {
        event: 'batch.ended',
        batch: batch.id,
        account,
        key: client.keyId,
        status: 'completed',
        outcome: 'completed',
        model: 'sandbox',
        total: 2,
        completed: 1,
        failed: 1,
        tokens: ended.usage.total_tokens,
        cost_usd: ended.cost.total_cost,
        ms: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(lines())).not.toContain(token);
  });
});

describe('Server-Timing', () => {
  it('has the whole and its pieces, on errors too', async () => {
    const client = await newClient();
    const timing = async (content: string) => {
      const response = await client.send('POST', '/v1/chat/completions', { json: chat(content) });
      await response.arrayBuffer();
      return response.headers.get('server-timing');
    };
    const pattern = /^admit;dur=\d+, model;dur=(\d+), total;dur=(\d+)$/;
    const [, model, total] = pattern.exec((await timing('Hi\n@sandbox latency=120ms')) ?? '') ?? [];
    expect(Number(model)).toBeGreaterThanOrEqual(120);
    expect(Number(total)).toBeGreaterThanOrEqual(Number(model));
    expect(await timing('@sandbox error=model_error')).toMatch(pattern);
    // What cannot be a key is refused before anyone is asked.
    const refused = await send('wrong', 'GET', '/v1/models');
    expect(refused.headers.get('server-timing')).toMatch(/^total;dur=\d+$/);
    expect((await errorOf(refused)).type).toBe('authentication_error');
    expect((await send(null, 'GET', '/healthz')).headers.get('server-timing')).toMatch(/^total;dur=\d+$/);
  });
});
