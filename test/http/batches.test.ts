// Batches on the native surface, from their making to their end, through the real queue.
import { beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts';
import type { BatchResponse, BatchResult } from '../../src/contract/batches';
import type { ChatCompletion } from '../../src/contract/chat';
import type { ListResponse } from '../../src/contract/lists';
import { eventually } from '../eventually';
import { SAMPLES } from '../files/samples';
import { type Client, errorOf, newClient, ORIGIN, send } from './client';

/** For what the queue does, and what is told to the account afterwards. */
let client: Client;
beforeAll(async () => {
  client = await newClient();
});

const input = (content: string, members: object = {}) => ({
  messages: [{ role: 'user', content }],
  ...members,
});
const line = (custom_id: string, content: string) => ({
  custom_id,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'sandbox', ...input(content) },
});

function post(body: object, by = client, headers: Record<string, string> = {}): Promise<Response> {
  return by.send('POST', '/api/v1/batches', { json: body, headers });
}

/** A batch of form 1 on the sandbox model. */
async function make(inputs: object[], members: object = {}, by = client): Promise<BatchResponse> {
  const response = await post({ model: 'sandbox', inputs, ...members }, by);
  expect(response.status).toBe(202);
  return response.json();
}

const get = (id: string, by = client) => by.json<BatchResponse>('GET', `/api/v1/batches/${id}`);

function ended(id: string, by = client): Promise<BatchResponse> {
  return eventually(async () => {
    const batch = await get(id, by);
    expect(['completed', 'failed', 'cancelled']).toContain(batch.status);
    return batch;
  });
}

const contentOf = (result: BatchResult | undefined) => result?.body?.choices[0]?.message.content;

describe('a new batch', () => {
  it('of form 1 is accepted at once, and says where to look and when', async () => {
    const response = await post({ model: 'sandbox', inputs: [input('Hi')], metadata: { 작업: '야간' } });
    expect(response.status).toBe(202);
    const batch = await response.json<BatchResponse>();
    expect(batch).toEqual({
      id: expect.stringMatching(/^batch_[0-9a-f]{12}$/),
      object: 'batch',
      status: expect.stringMatching(/^(pending|running)$/),
      model: 'sandbox',
      total: 1,
      completed: 0,
      failed: 0,
      results: null,
      results_url: `${ORIGIN}/api/v1/batches/${batch.id}/results`,
      stream_url: expect.stringContaining(`${ORIGIN}/api/v1/batches/${batch.id}/stream?token=`),
      metadata: { 작업: '야간' },
      completion_window: '24h',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      started_at: null,
      completed_at: null,
      expires_at: expect.any(String),
      usage: expect.objectContaining({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }),
      cost: { prompt_cost: 0, completion_cost: 0, total_cost: 0, currency: 'USD' },
      error: null,
      retry_after: 5,
    });
    expect(response.headers.get('location')).toBe(`/api/v1/batches/${batch.id}`);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(Date.parse(batch.expires_at) - Date.parse(batch.created_at)).toBe(24 * 3_600_000);
  });

  it('has the window it asks for', async () => {
    const { completion_window, created_at, expires_at } = await make([input('Hi')], {
      completion_window: '90m',
    });
    expect(completion_window).toBe('90m');
    expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(90 * 60_000);
  });

  it('of form 2 keeps its custom ids and knows its one model', async () => {
    const response = await post({ inputs: [line('둘', 'B'), line('하나', 'A')], completion_window: '24h' });
    const { id, model } = await response.json<BatchResponse>();
    expect(model).toBe('sandbox');
    const { results } = await ended(id);
    expect(results?.map((result) => [result.custom_id, contentOf(result)])).toEqual([
      ['둘', 'You said: "B"'],
      ['하나', 'You said: "A"'],
    ]);
  });
});

describe('a batch that ends', () => {
  it('has a result for every input, in input order, whatever came first', async () => {
    const inputs = Array.from({ length: 60 }, (_, n) =>
      input(`${n}${n % 7 === 0 ? '\n@sandbox latency=80ms' : ''}`),
    );
    const { id } = await make(inputs);
    const batch = await ended(id);
    expect(batch).toMatchObject({
      status: 'completed',
      total: 60,
      completed: 60,
      failed: 0,
      error: null,
      retry_after: null,
    });
    expect(batch.results?.map((result) => [result.custom_id, contentOf(result)])).toEqual(
      inputs.map((_, n) => [String(n), `You said: "${n}"`]),
    );
    const times = [batch.created_at, batch.started_at, batch.completed_at].map((time) =>
      Date.parse(time ?? ''),
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect((await client.send('GET', `/api/v1/batches/${id}`)).headers.has('retry-after')).toBe(false);
  });

  it('gives each result in full: the completion, or the error in the batch’s language', async () => {
    const response = await post(
      {
        model: 'sandbox',
        inputs: [
          input('안녕', { custom_id: 'good' }),
          input('@sandbox error=content_policy_violation', { custom_id: 'bad' }),
        ],
      },
      client,
      { 'accept-language': 'ko' },
    );
    const batch = await ended((await response.json<BatchResponse>()).id);
    expect(batch).toMatchObject({ status: 'completed', total: 2, completed: 1, failed: 1 });
    const [good, bad] = batch.results ?? [];
    expect(good).toMatchObject({
      custom_id: 'good',
      status_code: 200,
      body: { object: 'chat.completion', model: 'sandbox', usage: batch.usage, cost: batch.cost },
      error: null,
    });
    expect(bad).toEqual({
      custom_id: 'bad',
      status_code: 400,
      body: null,
      error: {
        type: 'content_policy_violation',
        code: 'content_policy_violation',
        message: '콘텐츠 정책을 위반하는 요청입니다',
        param: null,
        request_id: expect.any(String),
      },
    });
  });

  it('is completed even where every item failed, and costs nothing then', async () => {
    const { id } = await make([input('@sandbox error=not_found'), input('@sandbox error=invalid_request')]);
    const batch = await ended(id);
    expect(batch).toMatchObject({ status: 'completed', completed: 0, failed: 2, error: null });
    expect([batch.cost?.total_cost, batch.usage.total_tokens]).toEqual([0, 0]);
    expect(batch.results?.map((result) => result.status_code)).toEqual([404, 400]);
  });

  it('tries an overloaded model again', async () => {
    const { id } = await make([input('Hi\n@sandbox fail=1'), input('Hello')]);
    const batch = await ended(id);
    expect(batch.results?.map(contentOf)).toEqual(['You said: "Hi"', 'You said: "Hello"']);
  });

  it('costs half of the same requests made alone, to the nano-dollar, and adds up', async () => {
    const fresh = await newClient();
    const inputs = [
      input('Hi\n@sandbox tokens=7'),
      input('안녕하세요\n@sandbox tokens=123'),
      input('one two three'),
    ];
    const alone = await Promise.all(
      inputs.map((body) =>
        fresh.json<ChatCompletion>('POST', '/v1/chat/completions', { json: { model: 'sandbox', ...body } }),
      ),
    );
    const batch = await ended((await make(inputs, {}, fresh)).id, fresh);
    const nano = (usd: number | undefined) => Math.round((usd ?? Number.NaN) * 1e9);
    for (const [index, result] of (batch.results ?? []).entries()) {
      expect(result.body?.usage).toEqual(alone[index]?.usage);
      for (const part of ['prompt_cost', 'completion_cost', 'total_cost'] as const) {
        expect(nano(result.body?.cost?.[part]) * 2).toBe(nano(alone[index]?.cost?.[part]));
      }
    }
    const total = (of: (completion: ChatCompletion) => number | undefined) =>
      alone.reduce((sum, completion) => sum + (of(completion) ?? 0), 0);
    expect(nano(batch.cost?.total_cost) * 2).toBe(total(({ cost }) => nano(cost?.total_cost)));
    expect(batch.usage.total_tokens).toBe(total(({ usage }) => usage.total_tokens));

    const booked = await eventually(async () => {
      const usage = await fresh.json<UsageResponse>('GET', '/api/v1/usage?group_by=model');
      expect(usage.total.requests).toBe(6);
      return usage;
    });
    expect(nano(booked.total.cost?.total_cost)).toBe(nano(batch.cost?.total_cost) * 3);
  });

  it('reads files of its account, by id and by URL', async () => {
    const body = new FormData();
    body.set('file', new File([SAMPLES.png], 'a.png'));
    const file = await client.json<{ id: string }>('POST', '/v1/files', { body });
    const image = (source: object) => ({
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    });
    const { id } = await make([
      image({ type: 'file', file_id: file.id }),
      image({ type: 'url', url: `${ORIGIN}/api/v1/files/${file.id}/content` }),
      image({ type: 'file', file_id: 'file_none' }),
    ]);
    const { results } = await ended(id);
    expect(results?.map((result) => contentOf(result) ?? result.error?.param)).toEqual([
      expect.stringContaining('a.png (image/png'),
      expect.stringContaining('a.png (image/png'),
      'messages[0].content[0].source',
    ]);
  });
});

describe('a batch that cannot be made', () => {
  const good = Array.from({ length: 17 }, (_, n) => line(`id-${n}`, 'Hi'));
  const withLast = (body: object) => ({
    inputs: [...good, { ...line('last', 'Hi'), body: { model: 'sandbox', ...body } }],
  });
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: 'not JSON' } };

  it.each<[param: string, type: string, body: object]>([
    ['model', 'invalid_request', { inputs: [input('Hi')] }],
    ['inputs', 'invalid_request', { model: 'sandbox', inputs: [] }],
    ['inputs', 'invalid_request', { model: 'sandbox' }],
    ['inputs[1].messages', 'invalid_request', { model: 'sandbox', inputs: [input('Hi'), { messages: [] }] }],
    ['inputs[17].body.messages', 'invalid_request', withLast({ messages: [] })],
    [
      'inputs[17].body.messages[0].role',
      'invalid_request',
      withLast({ messages: [{ role: 'me', content: '' }] }),
    ],
    ['inputs[17].body.model', 'invalid_request', withLast({ ...input('Hi'), model: 'gpt-9' })],
    [
      'inputs[17].body.messages[0].tool_calls[0].function.arguments',
      'invalid_tool_call',
      withLast({ messages: [{ role: 'assistant', tool_calls: [call] }] }),
    ],
    [
      'inputs[17].body.response_format.json_schema.schema',
      'invalid_request',
      withLast({
        ...input('Hi'),
        response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'x' } } },
      }),
    ],
    ['inputs[17].custom_id', 'invalid_request', { inputs: [...good, line('id-3', 'Hi')] }],
    [
      'inputs[1].custom_id',
      'invalid_request',
      { model: 'sandbox', inputs: [input('a', { custom_id: '1' }), input('b')] },
    ],
    ['inputs[0].url', 'invalid_request', { inputs: [{ ...line('a', 'Hi'), url: '/v1/embeddings' }] }],
    ['inputs[0].model', 'invalid_request', { model: 'sandbox', inputs: [input('Hi', { model: 'gpt-9' })] }],
    [
      'completion_window',
      'invalid_request',
      { model: 'sandbox', inputs: [input('Hi')], completion_window: '200h' },
    ],
    ['metadata.a', 'invalid_request', { model: 'sandbox', inputs: [input('Hi')], metadata: { a: 1 } }],
    ['webhook_secret', 'invalid_request', { model: 'sandbox', inputs: [input('Hi')], webhook_secret: 's' }],
    [
      'webhook_secret',
      'invalid_request',
      { model: 'sandbox', inputs: [input('Hi')], webhook_secret: 's', webhook_url: null },
    ],
    ['webhook_secret', 'invalid_request', { input_file_id: 'file_nope', webhook_secret: 's' }],
    [
      'webhook_url',
      'invalid_request',
      { model: 'sandbox', inputs: [input('Hi')], webhook_url: 'ftp://example.com/' },
    ],
    [
      'webhook_url',
      'invalid_request',
      { model: 'sandbox', inputs: [input('Hi')], webhook_url: 'https://a:b@example.com/' },
    ],
    [
      'webhook',
      'invalid_request',
      { model: 'sandbox', inputs: [input('Hi')], webhook: 'https://example.com/' },
    ],
  ])('is told the place %s, as %s, and leaves nothing behind', async (param, type, body) => {
    const fresh = await newClient();
    const response = await post(body, fresh);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type, param });
    expect((await fresh.json<ListResponse<BatchResponse>>('GET', '/api/v1/batches')).data).toEqual([]);
  });
});

describe('the results', () => {
  let batch: BatchResponse;
  beforeAll(async () => {
    const { id } = await make(
      Array.from({ length: 30 }, (_, n) => input(n % 3 === 0 ? '@sandbox error=not_found' : String(n))),
    );
    batch = await ended(id);
  });

  type Results = ListResponse<BatchResult>;
  const page = (query: string) => client.json<Results>('GET', `/api/v1/batches/${batch.id}/results?${query}`);
  const idsOf = (results: readonly BatchResult[]) => results.map((result) => result.custom_id);
  const all = Array.from({ length: 30 }, (_, n) => String(n));

  async function pages(query: string): Promise<BatchResult[]> {
    const seen: BatchResult[] = [];
    for (let after = ''; ; ) {
      const list = await page(`limit=7${query}${after}`);
      expect([list.first_id, list.last_id]).toEqual([list.data[0]?.custom_id, list.data.at(-1)?.custom_id]);
      seen.push(...list.data);
      if (!list.has_more) return seen;
      after = `&after=${list.last_id}`;
    }
  }

  it('are paged in input order, and are those of the batch itself', async () => {
    const seen = await pages('');
    expect(idsOf(seen)).toEqual(all);
    expect(seen).toEqual(batch.results);
  });

  it('are paged in the order of their commits, each once', async () => {
    expect(idsOf(await pages('&order=committed')).toSorted((a, b) => Number(a) - Number(b))).toEqual(all);
  });

  it('can be of one status', async () => {
    expect(idsOf(await pages('&status=failed'))).toEqual(all.filter((id) => Number(id) % 3 === 0));
    expect(idsOf(await pages('&status=completed'))).toEqual(all.filter((id) => Number(id) % 3 !== 0));
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['order=desc', 'order'],
    ['status=pending', 'status'],
    ['after=nobody', 'after'],
  ])('refuse what they cannot follow: %s', async (query, param) => {
    const response = await client.send('GET', `/api/v1/batches/${batch.id}/results?${query}`);
    expect([response.status, (await errorOf(response)).param]).toEqual([400, param]);
  });
});

it('a deleted batch is gone from everywhere', async () => {
  const { id, stream_url } = await ended((await make([input('Hi')])).id);
  const response = await client.send('DELETE', `/api/v1/batches/${id}`);
  expect(await response.json()).toEqual({ id, object: 'batch', deleted: true });
  for (const [method, path] of ROUTES_OF_A_BATCH) {
    expect((await client.send(method, `/api/v1/batches/${id}${path}`)).status, `${method} ${path}`).toBe(404);
  }
  expect((await send(null, 'GET', stream_url.slice(ORIGIN.length))).status).toBe(401);
  const { data } = await client.json<ListResponse<BatchResponse>>('GET', '/api/v1/batches?limit=100');
  expect(data.map((batch) => batch.id)).not.toContain(id);
});

const ROUTES_OF_A_BATCH = [
  ['GET', ''],
  ['GET', '/results'],
  ['GET', '/deliveries'],
  ['POST', '/deliveries/resend'],
  ['GET', '/stream'],
  ['POST', '/cancel'],
  ['DELETE', ''],
] as const;

describe('another account’s batch', () => {
  it.each(ROUTES_OF_A_BATCH)('does not exist: %s …%s', async (method, path) => {
    const { id } = await make([input('Hi')]);
    const stranger = await newClient();
    for (const unknown of [id, 'batch_000000000000', 'batch_x', '..%2Fx']) {
      const response = await stranger.send(method, `/api/v1/batches/${unknown}${path}`, {
        headers: { 'accept-language': 'ko' },
      });
      expect(response.status).toBe(404);
      expect((await errorOf(response)).message).toBe('배치를 찾을 수 없습니다');
    }
    expect((await ended(id)).status).toBe('completed');
  });
});

describe('the list', () => {
  it('has the account’s own batches, newest first, without their results', async () => {
    const fresh = await newClient();
    const ids: string[] = [];
    for (let n = 0; n < 3; n++)
      ids.push((await make([input(String(n))], { metadata: { n: String(n) } }, fresh)).id);
    for (const id of ids) await ended(id, fresh);
    const list = (query = '') => fresh.json<ListResponse<BatchResponse>>('GET', `/api/v1/batches${query}`);
    const first = await list('?limit=2');
    expect(first.data.map((batch) => batch.id)).toEqual([ids[2], ids[1]]);
    expect(first).toMatchObject({ object: 'list', first_id: ids[2], last_id: ids[1], has_more: true });
    const rest = await list(`?limit=2&after=${first.last_id}`);
    expect(rest).toMatchObject({ data: [{ id: ids[0] }], has_more: false });
    expect((await list('?order=asc')).data.map((batch) => batch.id)).toEqual(ids);
    const [newest] = first.data;
    expect(newest).toEqual({ ...(await get(ids[2] ?? '', fresh)), results: null });
  });
});

interface StreamEvent {
  id: number;
  event: string;
  data: unknown;
}

/** A whole event stream, which the server ends: its events, and its other lines. */
async function readEvents(response: Response): Promise<{ events: StreamEvent[]; rest: string[] }> {
  const rest: string[] = [];
  const events = (await response.text()).split('\n\n').flatMap((block): StreamEvent[] => {
    const fields = Object.fromEntries(block.split('\n').map((text) => text.split(/: (.*)/s).slice(0, 2)));
    if (fields.event === undefined) {
      if (block !== '') rest.push(block);
      return [];
    }
    return [{ id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) }];
  });
  return { events, rest };
}

describe('the stream', () => {
  const pathOf = ({ stream_url }: BatchResponse, query = '') => stream_url.slice(ORIGIN.length) + query;

  it('tells from the first status to the end, with no key but its token', async () => {
    const batch = await make([
      input('Hi'),
      input('@sandbox latency=300ms'),
      input('@sandbox error=not_found'),
    ]);
    const response = await send(null, 'GET', pathOf(batch));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toContain('no-cache');
    const { events, rest } = await readEvents(response);
    expect(rest[0]).toMatch(/^retry: \d+$/);

    const [first] = events;
    expect(first).toMatchObject({ event: 'status', data: { total: 3 } });
    expect(Object.keys(first?.data as object).toSorted()).toEqual(['completed', 'failed', 'status', 'total']);
    const last = events.pop();
    expect(last).toMatchObject({ event: 'done', data: await get(batch.id) });
    expect(events.every(({ event }) => event === 'status')).toBe(true);
    expect(events.at(-1)?.data).toEqual({ status: 'completed', completed: 2, failed: 1, total: 3 });
    const ids = [...events, last].map((event) => event?.id ?? Number.NaN);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    const done = events.map(({ data }) => (data as BatchResponse).completed);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it('opens with a key too', async () => {
    const batch = await make([input('Hi')]);
    const response = await client.send('GET', `/api/v1/batches/${batch.id}/stream`);
    const { events } = await readEvents(response);
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { id: batch.id, status: 'completed' } });
  });

  it('gives every result once, and after a reconnect exactly the rest', async () => {
    const batch = await make(Array.from({ length: 20 }, (_, n) => input(String(n))));
    const { events } = await readEvents(await send(null, 'GET', pathOf(batch, '&include=results')));
    const results = events.filter(({ event }) => event === 'result');
    const byId = (a: unknown, b: unknown) =>
      Number((a as BatchResult).custom_id) - Number((b as BatchResult).custom_id);
    expect(results.map(({ data }) => data).toSorted(byId)).toEqual((await get(batch.id)).results);

    for (const seen of [0, 7, 19]) {
      const again = await send(null, 'GET', pathOf(batch, '&include=results'), {
        headers: { 'last-event-id': String(results[seen]?.id) },
      });
      const rest = (await readEvents(again)).events;
      expect(rest.filter(({ event }) => event === 'result')).toEqual(results.slice(seen + 1));
      expect(rest.at(-1)).toEqual(events.at(-1));
    }
  });

  it('of a batch that has ended is done at once', async () => {
    const batch = await ended((await make([input('Hi')])).id);
    const { events } = await readEvents(await send(null, 'GET', pathOf(batch)));
    expect(events.at(-1)).toMatchObject({ event: 'done', data: batch });
    const again = await send(null, 'GET', pathOf(batch), {
      headers: { 'last-event-id': String(events.at(-1)?.id) },
    });
    expect((await readEvents(again)).events).toEqual([events.at(-1)]);
  });

  it('does not open with a wrong token, another batch’s, or none', async () => {
    const batch = await make([input('Hi')]);
    const other = await make([input('Hi')]);
    const path = `/api/v1/batches/${batch.id}/stream`;
    expect(await errorOf(await client.send('GET', `${path}?include=result`))).toMatchObject({
      type: 'invalid_request',
      param: 'include',
    });
    for (const token of ['', 'x', new URL(other.stream_url).searchParams.get('token')]) {
      const response = await send(null, 'GET', `${path}?token=${token}`);
      expect(response.status).toBe(401);
      expect(await errorOf(response)).toMatchObject({ type: 'authentication_error', param: 'token' });
    }
    expect((await send(null, 'GET', path)).status).toBe(401);
    // The token opens the stream and nothing else.
    const { search } = new URL(batch.stream_url);
    expect((await send(null, 'GET', `/api/v1/batches/${batch.id}${search}`)).status).toBe(401);
    expect((await send(null, 'GET', `/api/v1/batches/${batch.id}/results${search}`)).status).toBe(401);
  });
});

/** A batch whose every item takes longer than any test. */
const SLOW = [input('@sandbox latency=60s'), input('@sandbox latency=60s')];

// Last, since the queue's only consumer here goes on with an item for seconds after its batch was cancelled.
describe('a batch that is still at work', () => {
  it('ends at once when it is cancelled: what is done keeps its result, the rest says so', async () => {
    const { id } = await make([input('quick'), ...SLOW]);
    await eventually(async () => expect((await get(id)).completed).toBe(1));
    const response = await client.send('POST', `/api/v1/batches/${id}/cancel`);
    expect(response.status).toBe(200);
    const batch = await response.json<BatchResponse>();
    expect(batch).toMatchObject({
      status: 'cancelled',
      total: 3,
      completed: 1,
      failed: 0,
      error: null,
      retry_after: null,
    });
    expect(batch.results?.map((result) => result.error?.type ?? contentOf(result))).toEqual([
      'You said: "quick"',
      'batch_cancelled',
      'batch_cancelled',
    ]);
    expect(batch.results?.[1]).toMatchObject({ custom_id: '1', status_code: null, body: null });
  });

  it('is listed under its status', async () => {
    const fresh = await newClient();
    const cancelled = await make(SLOW, {}, fresh);
    const open = await make(SLOW, {}, fresh);
    await fresh.send('POST', `/api/v1/batches/${cancelled.id}/cancel`);
    await eventually(async () => expect((await get(open.id, fresh)).status).toBe('running'));
    for (const [status, ids] of [
      ['completed', []],
      ['cancelled', [cancelled.id]],
      ['failed', []],
      ['running', [open.id]],
    ] as const) {
      await eventually(async () => {
        const list = await fresh.json<ListResponse<BatchResponse>>('GET', `/api/v1/batches?status=${status}`);
        expect(list.data.map((batch) => [batch.id, batch.status])).toEqual(ids.map((id) => [id, status]));
      });
    }
    await fresh.send('POST', `/api/v1/batches/${open.id}/cancel`);
    const { data } = await client.json<ListResponse<BatchResponse>>(
      'GET',
      '/api/v1/batches?status=completed',
    );
    expect(new Set(data.map((batch) => batch.status))).toEqual(new Set(['completed']));
    const wrong = await fresh.send('GET', '/api/v1/batches?status=done');
    expect([wrong.status, (await errorOf(wrong)).param]).toEqual([400, 'status']);
  });

  it('has no results in input order until it ends', async () => {
    const { id } = await make(SLOW);
    const path = `/api/v1/batches/${id}/results`;
    const early = await client.send('GET', path);
    expect(early.status).toBe(409);
    expect(await errorOf(early)).toMatchObject({ type: 'conflict', param: 'order' });
    expect((await client.send('GET', `${path}?order=committed`)).status).toBe(200);
    await client.send('POST', `/api/v1/batches/${id}/cancel`);
    const { data } = await client.json<ListResponse<BatchResult>>('GET', path);
    expect(data.map((result) => result.custom_id)).toEqual(['0', '1']);
  });

  it('cannot be deleted until it ends', async () => {
    const { id } = await make(SLOW);
    const early = await client.send('DELETE', `/api/v1/batches/${id}`);
    expect(early.status).toBe(409);
    expect((await errorOf(early)).type).toBe('conflict');
    expect(await get(id)).toMatchObject({ id, total: 2 });
    await client.send('POST', `/api/v1/batches/${id}/cancel`);
    expect((await client.send('DELETE', `/api/v1/batches/${id}`)).status).toBe(200);
  });

  it('stays what it is when it is cancelled again, and so does one that completed', async () => {
    const cancel = async (id: string) => {
      const response = await client.send('POST', `/api/v1/batches/${id}/cancel`);
      expect(response.status).toBe(200);
      return response.json<BatchResponse>();
    };
    const [done] = (await client.json<ListResponse<BatchResponse>>('GET', '/api/v1/batches?status=completed'))
      .data;
    expect(await cancel(done?.id ?? '')).toMatchObject({ ...done, results: expect.any(Array) });
    const slow = await make(SLOW);
    const first = await cancel(slow.id);
    expect(first.status).toBe('cancelled');
    expect(await cancel(slow.id)).toEqual(first);
  });
});
