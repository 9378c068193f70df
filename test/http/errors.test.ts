// What every route has in common: paths, methods, ids, CORS, keys, languages, retries and bodies.
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeKey } from '../../src/accounts/api-key';
import {
  CHAT_BODY_LIMIT_BYTES,
  INLINE_BATCH_LIMIT_BYTES,
  JSON_BODY_LIMIT_BYTES,
  JSON_DEPTH_LIMIT,
} from '../../src/contract/limits';
import { app } from '../../src/http/app';
import { passTime, restore } from '../batches/rig';
import {
  ADMIN_KEY,
  admin,
  type Call,
  type Client,
  errorOf,
  newAccount,
  newClient,
  newKey,
  send,
} from './client';

let client: Client;
beforeAll(async () => {
  client = await newClient();
});

afterEach(restore);

describe('an unknown path', () => {
  it.each(['/nope', '/api/v2/models', '/v2', '/healthz/more'])('%s is a 404 without a key', async (path) => {
    const response = await send(null, 'GET', path);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({ type: 'not_found', code: 'not_found', param: null });
  });

  it.each([
    '/v1/nope',
    '/api/v1/nope',
    '/v1/chat',
    '/v1/files/a/b/c',
    '/api/v1/batches/batch_0123456789ab/nope',
  ])('%s is a 404 with one', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await client.send(method, path, { headers: { 'accept-language': 'ko' } });
      expect(response.status).toBe(404);
      expect((await errorOf(response)).message).toBe('존재하지 않는 경로입니다');
    }
  });

  it.each(['/api/v1/admin/nope', '/api/v1/admin', '/api/v1/admin/accounts/a/b'])(
    '%s is a 404 with the admin key',
    async (path) => {
      expect((await send(ADMIN_KEY, 'GET', path)).status).toBe(404);
    },
  );
});

describe('a known path with another method', () => {
  it.each<[method: string, path: string, allow: string]>([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/api/v1/chat/completions', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/api/v1/models/sandbox', 'GET'],
    ['PUT', '/v1/files', 'GET, POST'],
    ['PATCH', '/api/v1/files/file_a', 'GET, DELETE'],
    ['POST', '/v1/files/file_a/content', 'GET'],
    ['PUT', '/api/v1/batches', 'GET, POST'],
    ['PATCH', '/api/v1/batches/batch_0123456789ab', 'GET, DELETE'],
    ['GET', '/api/v1/batches/batch_0123456789ab/cancel', 'POST'],
    ['POST', '/api/v1/batches/batch_0123456789ab/results', 'GET'],
    ['POST', '/api/v1/batches/batch_0123456789ab/stream', 'GET'],
    ['POST', '/api/v1/usage', 'GET'],
    ['POST', '/healthz', 'GET'],
    ['POST', '/', 'GET'],
    ['DELETE', '/docs', 'GET'],
  ])('%s %s is a 405 that allows %s', async (method, path, allow) => {
    const response = await client.send(method, path);
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await errorOf(response)).toMatchObject({
      type: 'method_not_allowed',
      message: `This method is not allowed here: use ${allow}`,
    });
  });

  it.each<[method: string, path: string, allow: string]>([
    ['DELETE', '/accounts', 'GET, POST'],
    ['PUT', '/accounts/acct_a', 'GET, PATCH'],
    ['PATCH', '/accounts/acct_a/keys', 'GET, POST'],
    ['GET', '/accounts/acct_a/keys/key_a', 'DELETE'],
  ])('is a 405 in the admin API too: %s %s', async (method, path, allow) => {
    const response = await admin(method, path);
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
  });
});

describe('the request id', () => {
  it.each(['a', 'req-1/2:3', 'x'.repeat(128), '!"#$%&~'])(
    'is the client’s own where it is valid: %s',
    async (id) => {
      const response = await send(null, 'GET', '/nope', { headers: { 'x-request-id': id } });
      expect(response.headers.get('x-request-id')).toBe(id);
      expect((await errorOf(response)).request_id).toBe(id);
    },
  );

  it.each(['', 'x'.repeat(129), 'two words', 'tab\there'])('is made new where it is not: %j', async (id) => {
    const response = await send(null, 'GET', '/nope', { headers: { 'x-request-id': id } });
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9A-Za-z]{24}$/);
    expect((await errorOf(response)).request_id).toBe(response.headers.get('x-request-id'));
  });

  it('is on every answer, good or bad, and another each time', async () => {
    const answers = await Promise.all([
      send(null, 'GET', '/healthz'),
      send(null, 'GET', '/v1/models'),
      client.send('GET', '/v1/models'),
      client.send('POST', '/v1/chat/completions', { json: {} }),
      client.send('POST', '/v1/models'),
      send(null, 'OPTIONS', '/v1/models', { headers: { origin: 'https://app.test' } }),
      admin('GET', '/accounts/acct_none'),
    ]);
    const ids = answers.map((response) => response.headers.get('x-request-id') ?? '');
    for (const id of ids) expect(id).toMatch(/^req_/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('an answer', () => {
  it('is kept by no cache and taken for nothing but what it says, good or bad, with or without a key', async () => {
    const { id } = await newAccount();
    const answers = await Promise.all([
      send(null, 'GET', '/healthz'),
      send(null, 'GET', '/nope'),
      send(null, 'GET', '/v1/models'),
      client.send('GET', '/v1/models'),
      client.send('POST', '/v1/chat/completions', { json: {} }),
      client.send('POST', '/v1/chat/completions', {
        json: { model: 'sandbox', messages: [{ role: 'user', content: 'Hi' }] },
      }),
      admin('POST', `/accounts/${id}/keys`, { json: { name: 'secret' } }),
    ]);
    for (const { url, headers } of answers) {
      expect(headers.get('cache-control'), url).toBe('no-store');
      expect(headers.get('x-content-type-options'), url).toBe('nosniff');
    }
  });
});

describe('a browser', () => {
  it.each(['/v1/chat/completions', '/api/v1/batches', '/api/v1/admin/accounts', '/healthz'])(
    'may ask whether it may call %s without a key',
    async (path) => {
      const response = await send(null, 'OPTIONS', path, {
        headers: {
          origin: 'https://app.test',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-stainless-lang',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toContain('POST');
      expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
      expect(response.headers.get('access-control-max-age')).toBe('86400');
    },
  );

  it('may read answers and errors, with the headers it needs', async () => {
    for (const key of [client.key, null]) {
      const response = await send(key, 'GET', '/v1/models', { headers: { origin: 'https://app.test' } });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      const exposed = response.headers.get('access-control-expose-headers')?.toLowerCase() ?? '';
      for (const name of ['x-request-id', 'retry-after', 'x-should-retry', 'location'])
        expect(exposed).toContain(name);
    }
  });
});

describe('a key', () => {
  const refused = { type: 'authentication_error', code: 'authentication_error', param: null };

  it.each<[title: string, headers: Record<string, string>]>([
    ['none', {}],
    ['nothing after Bearer', { authorization: 'Bearer' }],
    ['another scheme', { authorization: 'Basic c2stdGVzdA==' }],
    ['a key without a scheme', { authorization: 'sk-test' }],
    ['two words', { authorization: 'Bearer sk-test sk-test' }],
    ['the key in another header', { 'api-key': 'sk-test' }],
  ])('is asked for where there is %s', async (_, headers) => {
    for (const path of [
      '/v1/models',
      '/api/v1/batches',
      '/api/v1/admin/accounts',
      '/api/v1/batches/batch_0123456789ab/stream',
    ]) {
      const response = await send(null, 'GET', path, { headers });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await errorOf(response)).toMatchObject({
        ...refused,
        message: 'Authentication failed: send your key as "Authorization: Bearer <key>"',
      });
    }
  });

  it.each<[title: string, key: () => string, detail: string]>([
    ['is no key', () => 'hello', '키 형식이 올바르지 않습니다'],
    [
      'has a wrong checksum',
      () => `${client.key.slice(0, -1)}${client.key.endsWith('0') ? '1' : '0'}`,
      '키 형식이',
    ],
    ['lost its last character', () => client.key.slice(0, -1), '키 형식이'],
    ['is the admin’s', () => ADMIN_KEY, '키 형식이'],
    ['was never made', () => makeKey('acct_000000000000000000000000'), '알 수 없는 키입니다'],
  ])('that %s is refused', async (_, key, detail) => {
    const response = await send(key(), 'GET', '/v1/models', { headers: { 'accept-language': 'ko' } });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const error = await errorOf(response);
    expect(error).toMatchObject(refused);
    expect(error.message).toContain(`인증에 실패했습니다: ${detail}`);
  });

  it('of an account opens nothing of the admin API', async () => {
    for (const [method, path] of [
      ['GET', '/accounts'],
      ['POST', '/accounts'],
      ['GET', `/accounts/${client.accountId}`],
    ] as const) {
      const response = await client.send(
        method,
        `/api/v1/admin${path}`,
        method === 'POST' ? { json: { name: 'x' } } : {},
      );
      expect(response.status).toBe(401);
      expect(await errorOf(response)).toMatchObject(refused);
    }
  });

  it('that is revoked or expired is refused, saying so', async () => {
    const account = await newAccount();
    const revoked = await newKey(account.id);
    expect((await send(revoked.key, 'GET', '/v1/models')).status).toBe(200);
    await admin('DELETE', `/accounts/${account.id}/keys/${revoked.id}`);
    const soon = new Date(Date.now() + 60_000).toISOString();
    const expired = await newKey(account.id, { name: 'old', expires_at: soon });
    passTime(60_000);
    for (const [key, detail] of [
      [revoked.key, 'the key was revoked'],
      [expired.key, 'the key has expired'],
    ] as const) {
      const response = await send(key, 'GET', '/v1/models');
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect((await errorOf(response)).message).toBe(`Authentication failed: ${detail}`);
    }
  });

  it('of a suspended account is a 403', async () => {
    const { accountId, key } = await newClient();
    await admin('PATCH', `/accounts/${accountId}`, { json: { status: 'suspended' } });
    const response = await send(key, 'GET', '/v1/models');
    expect(response.status).toBe(403);
    expect((await errorOf(response)).type).toBe('permission_denied');
  });

  it('may be sent as "bearer"', async () => {
    const response = await send(null, 'GET', '/v1/models', {
      headers: { authorization: `bearer  ${client.key}` },
    });
    expect(response.status).toBe(200);
  });
});

describe('the language', () => {
  it.each<[language: string, message: string]>([
    ['ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', '모델을 찾을 수 없습니다: "gpt-9" 모델이 없습니다'],
    ['en-US,en;q=0.9,ko;q=0.8', 'The model was not found: there is no model "gpt-9"'],
    ['en;q=0.3, ko;q=0.7', '모델을 찾을 수 없습니다: "gpt-9" 모델이 없습니다'],
    ['fr', 'The model was not found: there is no model "gpt-9"'],
  ])('of an error is the one that "%s" prefers', async (language, message) => {
    const response = await client.send('GET', '/v1/models/gpt-9', {
      headers: { 'accept-language': language },
    });
    expect((await errorOf(response)).message).toBe(message);
  });
});

interface Route {
  method: string;
  path: string;
  key: () => string;
  limitBytes: number;
  /** What the schema misses first in an empty object. */
  required: string;
}

const ROUTES: Route[] = [
  ...['/v1', '/api/v1'].map((prefix) => ({
    method: 'POST',
    path: `${prefix}/chat/completions`,
    key: () => client.key,
    limitBytes: CHAT_BODY_LIMIT_BYTES,
    required: 'model',
  })),
  {
    method: 'POST',
    path: '/api/v1/batches',
    key: () => client.key,
    limitBytes: INLINE_BATCH_LIMIT_BYTES,
    required: 'model',
  },
  {
    method: 'POST',
    path: '/api/v1/admin/accounts',
    key: () => ADMIN_KEY,
    limitBytes: JSON_BODY_LIMIT_BYTES,
    required: 'name',
  },
  {
    method: 'POST',
    path: '/api/v1/admin/accounts/acct_none/keys',
    key: () => ADMIN_KEY,
    limitBytes: JSON_BODY_LIMIT_BYTES,
    required: 'name',
  },
];

describe.each(ROUTES)('a body for $method $path', ({ method, path, key, limitBytes, required }) => {
  const JSON_TYPE = { 'content-type': 'application/json' };
  const call = (init: Call) => send(key(), method, path, init);
  const sendText = (body: BodyInit, headers: Record<string, string> = JSON_TYPE) => call({ body, headers });

  async function refusal(response: Response) {
    expect(response.headers.get('x-should-retry')).toBe('false');
    return { status: response.status, ...(await errorOf(response)) };
  }

  it.each(['{"a":', '{', 'nope', "{'model':'sandbox'}", '{"a":1}}', '[1,]', '\u0000'])(
    'that is not JSON is a 400 that says why: %j',
    async (text) => {
      expect(await refusal(await sendText(text))).toMatchObject({
        status: 400,
        type: 'invalid_request',
        message: expect.stringMatching(
          /^The request is not valid: the body is not valid JSON \(.* at column \d\)$/,
        ),
      });
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json5',
    'application/jsonl',
    'text/json',
    'json',
  ])('of the type %s is a 400 that names it', async (type) => {
    expect(await refusal(await sendText('{}', { 'content-type': type }))).toMatchObject({
      status: 400,
      type: 'invalid_request',
      message: expect.stringContaining(`application/json (received ${type.split(';')[0]})`),
    });
  });

  it('of no type is a 400 that says so', async () => {
    expect(await refusal(await sendText(new TextEncoder().encode('{}'), {}))).toMatchObject({
      status: 400,
      message: expect.stringContaining('received no content type'),
    });
  });

  it.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;',
    'application/vnd.quire.v1+json',
    'application/json; charset="UTF-8"',
    'application/json;charset=us-ascii',
  ])('of the type %s is read as JSON', async (type) => {
    expect(await refusal(await sendText('{}', { 'content-type': type }))).toMatchObject({
      status: 400,
      param: required,
    });
  });

  it.each(['utf-16', '"ISO-8859-1"', ''])('in the charset %s is a 400 that names it', async (charset) => {
    const type = `application/json; charset=${charset}`;
    expect(await refusal(await sendText('{}', { 'content-type': type }))).toMatchObject({
      status: 400,
      type: 'invalid_request',
      message: `The request is not valid: send the body in UTF-8 (received ${charset.replaceAll('"', '') || 'no name'})`,
      param: 'Content-Type',
    });
  });

  it.each(['gzip', 'br', 'identity, deflate'])(
    'under the coding %s is a 400 that names it',
    async (coding) => {
      const answer = await sendText('{}', { ...JSON_TYPE, 'content-encoding': coding });
      expect(await refusal(answer)).toMatchObject({
        status: 400,
        type: 'invalid_request',
        message: expect.stringContaining(`without a Content-Encoding (received ${coding})`),
        param: 'Content-Encoding',
      });
    },
  );

  it('under the coding "identity" is read', async () => {
    const answer = await sendText('{}', { ...JSON_TYPE, 'content-encoding': 'Identity' });
    expect(await refusal(answer)).toMatchObject({ status: 400, param: required });
  });

  it('that is not UTF-8 is a 400 that says so', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"model":"'), 0xed, 0xa0, 0x80, 0x22, 0x7d]);
    expect(await refusal(await sendText(bytes))).toMatchObject({
      status: 400,
      type: 'invalid_request',
      message: expect.stringContaining('not valid UTF-8'),
    });
  });

  it.each([JSON_DEPTH_LIMIT + 1, 100_000])('of %d levels is a 400 that says so', async (levels) => {
    for (const text of ['['.repeat(levels) + ']'.repeat(levels), '{"a":'.repeat(levels)]) {
      if (text.length > limitBytes) continue;
      expect(await refusal(await sendText(text))).toMatchObject({
        status: 400,
        type: 'invalid_request',
        message: expect.stringContaining(`nested deeper than ${JSON_DEPTH_LIMIT} levels`),
      });
    }
  });

  it.each([
    ['{"__proto__":{"admin":true}}', '__proto__'],
    ['{"a":[{"__proto__":null}]}', 'a[0].__proto__'],
    ['{"metadata":{"\\u005f\\u005fproto\\u005f\\u005f":"x"}}', 'metadata.__proto__'],
  ])('with the key __proto__ is a 400 that names its place: %s', async (text, param) => {
    expect(await refusal(await sendText(text))).toMatchObject({
      status: 400,
      type: 'invalid_request',
      param,
    });
  });

  it('that is empty is a 400 that says so', async () => {
    for (const init of [
      { headers: JSON_TYPE },
      { body: '', headers: JSON_TYPE },
      { body: ' \n', headers: JSON_TYPE },
    ]) {
      expect(await refusal(await call(init))).toMatchObject({
        status: 400,
        type: 'invalid_request',
        message: 'The request is not valid: the body is missing',
      });
    }
  });

  it.each(['null', '7', '"text"', '[]', 'true'])('that is no object is a 400: %s', async (text) => {
    expect(await refusal(await sendText(text))).toMatchObject({ status: 400, type: 'invalid_request' });
  });

  it('that lacks something is a 400 that names it', async () => {
    expect(await refusal(await call({ json: {} }))).toMatchObject({
      status: 400,
      type: 'invalid_request',
      param: required,
    });
  });

  it('over its limit is a 413, whether its length is known or not', async () => {
    const text = `{"a":"${'x'.repeat(limitBytes)}"}`;
    const stream = new Response(text).body;
    if (stream === null) throw new Error('no stream');
    for (const body of [text, stream]) {
      const refused = await refusal(await sendText(body));
      expect(refused).toMatchObject({ status: 413, type: 'request_too_large' });
      expect(refused.message).toContain(limitBytes >= 1024 ** 2 ? `${limitBytes / 1024 ** 2} MiB` : '64 KiB');
    }
  });
});

it('an inline batch that is too large is told to come as a file', async () => {
  const response = await client.send('POST', '/api/v1/batches', {
    json: { a: 'x'.repeat(INLINE_BATCH_LIMIT_BYTES) },
    headers: { 'accept-language': 'ko' },
  });
  expect((await errorOf(response)).message).toContain('input_file_id');
});

it('an account’s changes are read as strictly as any body', async () => {
  const path = `/accounts/${client.accountId}`;
  expect(
    (await admin('PATCH', path, { body: '{', headers: { 'content-type': 'application/json' } })).status,
  ).toBe(400);
  expect((await admin('PATCH', path, { body: '{}', headers: { 'content-type': 'text/plain' } })).status).toBe(
    400,
  );
  const unknown = await admin('PATCH', path, { json: { id: 'acct_new' } });
  expect([unknown.status, (await errorOf(unknown)).param]).toEqual([400, 'id']);
});

describe.each<[what: string, headers: Record<string, string>]>([
  ['of a known length', { 'content-length': '100' }],
  ['of an unknown length', {}],
])('a body %s whose connection breaks', (_what, headers) => {
  /** Straight to the app: the way of other tests to it would make a whole body of a broken one. */
  function sendBroken(error: Error): Response | Promise<Response> {
    const pieces = [new TextEncoder().encode('{"model":')];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.pop();
        if (piece === undefined) controller.error(error);
        else controller.enqueue(piece);
      },
    });
    const request = new Request('http://quire/v1/chat/completions', {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${client.key}`, 'content-type': 'application/json' },
      body,
    });
    return app.fetch(request, env, createExecutionContext());
  }

  it('is a 400, and no failure of ours', async () => {
    const failed = vi.spyOn(console, 'error');
    const response = await sendBroken(new Error('Network connection lost.'));
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_request',
      message: 'The request is not valid: the connection ended before the body did',
    });
    expect(failed).not.toHaveBeenCalled();
  });

  it('is not said of a bug of ours', async () => {
    const failed = vi.spyOn(console, 'error').mockReturnValue();
    const response = await sendBroken(new TypeError('This ReadableStream is disturbed.'));
    expect(response.status).toBe(500);
    expect((await errorOf(response)).type).toBe('internal_error');
    expect(failed).toHaveBeenCalledOnce();
  });
});
