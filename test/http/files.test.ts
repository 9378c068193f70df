// Files over HTTP, on both surfaces.
import { env, exports } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { SAMPLES } from '../files/samples';
import { type ErrorAnswer, newClient as newApiClient, ORIGIN } from './client';

const SURFACES = ['/api/v1', '/v1'] as const;

interface FileAnswer {
  id: string;
  [member: string]: unknown;
}

/** A client of a fresh account. */
async function newClient() {
  const { key } = await newApiClient();
  const call = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    exports.default.fetch(ORIGIN + path, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...init.headers },
    });
  const upload = async (surface: string, file: File, fields: Record<string, string> = {}) => {
    const body = new FormData();
    body.set('file', file);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return call(`${surface}/files`, { method: 'POST', body });
  };
  const stored = async (file: File, fields?: Record<string, string>) =>
    (await upload('/v1', file, fields)).json<FileAnswer>();
  return { call, upload, stored };
}

const text = (content: string | Uint8Array<ArrayBuffer> = SAMPLES.text, name = 'a.txt') =>
  new File([content], name, { type: 'text/plain' });

describe('an upload', () => {
  it('is answered in the shape of its surface, and readable on the other', async () => {
    const { call, upload } = await newClient();
    const answers: Record<string, object> = {
      '/api/v1': {
        id: expect.stringMatching(/^file_\w{24}$/),
        filename: 'in.jsonl',
        size: SAMPLES.jsonl.length,
        content_type: 'application/jsonl',
        purpose: 'batch',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        expires_at: expect.stringMatching(/Z$/),
        status: 'processed',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      '/v1': {
        id: expect.stringMatching(/^file_\w{24}$/),
        object: 'file',
        bytes: SAMPLES.jsonl.length,
        created_at: expect.any(Number),
        expires_at: expect.any(Number),
        filename: 'in.jsonl',
        purpose: 'batch',
        status: 'processed',
      },
    };
    const fields = {
      purpose: 'batch',
      'expires_after[anchor]': 'created_at',
      'expires_after[seconds]': '7200',
    };
    for (const surface of SURFACES) {
      const response = await upload(surface, new File([SAMPLES.jsonl], 'in.jsonl'), fields);
      expect(response.status).toBe(200);
      const file = await response.json<FileAnswer>();
      expect(file).toEqual(answers[surface]);
      for (const other of SURFACES) {
        const seen = await (await call(`${other}/files/${file.id}`)).json<FileAnswer>();
        expect(seen).toEqual({ ...answers[other], id: file.id });
        const [created, expires] = [seen.created_at, seen.expires_at].map((time) =>
          typeof time === 'number' ? time : Date.parse(String(time)) / 1000,
        );
        expect((expires ?? 0) - (created ?? 0)).toBe(7200);
      }
    }
  });

  it('that keeps no expiry says null natively and nothing in OpenAI words', async () => {
    const { upload } = await newClient();
    expect(await (await upload('/api/v1', text())).json()).toHaveProperty('expires_at', null);
    expect(await (await upload('/v1', text())).json()).not.toHaveProperty('expires_at');
  });

  it('of an unlisted type is a 415 that names the type, in the reader’s language', async () => {
    const { call } = await newClient();
    const body = new FormData();
    body.set('file', new File([SAMPLES.zip], 'a.zip', { type: 'application/zip' }));
    const response = await call('/api/v1/files', {
      method: 'POST',
      body,
      headers: { 'accept-language': 'ko' },
    });
    expect(response.status).toBe(415);
    expect(response.headers.get('x-should-retry')).toBe('false');
    const { error } = await response.json<ErrorAnswer>();
    expect(error.type).toBe('unsupported_media_type');
    expect(error.message).toBe('지원하지 않는 파일 형식입니다: application/zip');
  });

  it('in JSON is a 400 that says what to send', async () => {
    const { call } = await newClient();
    const response = await call('/v1/files', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.status).toBe(400);
    const { error } = await response.json<ErrorAnswer>();
    expect(error.message).toContain('multipart/form-data');
    expect(error.param).toBe('Content-Type');
  });
});

describe('the list', () => {
  it('pages through everything once, in either order', async () => {
    const { call, stored } = await newClient();
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await stored(text(`file ${i}`))).id);
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      for (let after = ''; ; ) {
        const list = await (await call(`/v1/files?limit=2&order=${order}${after}`)).json<{
          object: string;
          data: FileAnswer[];
          first_id: string;
          last_id: string;
          has_more: boolean;
        }>();
        expect(list.object).toBe('list');
        expect([list.first_id, list.last_id]).toEqual([list.data[0]?.id, list.data.at(-1)?.id]);
        seen.push(...list.data.map((file) => file.id));
        if (!list.has_more) break;
        after = `&after=${list.last_id}`;
      }
      expect(seen.toSorted()).toEqual(ids.toSorted());
      expect(new Set(seen).size).toBe(5);
    }
  });

  it('shows each file once to a reader while others upload and delete', async () => {
    const { call, stored } = await newClient();
    const before = await Promise.all(Array.from({ length: 9 }, (_, i) => stored(text(`file ${i}`))));
    const seen: string[] = [];
    for (let after = ''; ; ) {
      const [response, added] = await Promise.all([
        call(`/v1/files?limit=2&order=desc${after}`),
        stored(text('meanwhile')),
      ]);
      const list = await response.json<{ data: FileAnswer[]; last_id: string; has_more: boolean }>();
      seen.push(...list.data.map(({ id }) => id));
      await call(`/v1/files/${added.id}`, { method: 'DELETE' });
      if (!list.has_more) break;
      after = `&after=${list.last_id}`;
    }
    const ids = before.map(({ id }) => id);
    expect(seen.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('can be of one purpose', async () => {
    const { call, stored } = await newClient();
    await stored(text());
    const batch = await stored(new File([SAMPLES.jsonl], 'in.jsonl'), { purpose: 'batch' });
    for (const surface of SURFACES) {
      const { data } = await (await call(`${surface}/files?purpose=batch`)).json<{ data: FileAnswer[] }>();
      expect(data.map((file) => file.id)).toEqual([batch.id]);
    }
  });

  it('refuses what it cannot follow, naming the parameter', async () => {
    const { call } = await newClient();
    for (const [query, param] of [
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['order=up', 'order'],
      ['purpose=fun', 'purpose'],
      ['after=file_unknown', 'after'],
    ]) {
      const response = await call(`/api/v1/files?${query}`);
      expect(response.status, query).toBe(400);
      expect((await response.json<ErrorAnswer>()).error.param).toBe(param);
    }
  });

  it('is empty for a new account', async () => {
    const { call } = await newClient();
    expect(await (await call('/v1/files')).json()).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });
});

describe('the content', () => {
  it('comes with its type, as an attachment that cannot act as a page', async () => {
    const { call, stored } = await newClient();
    const file = await stored(text(SAMPLES.text, '보고서 "최종" (1)\'*.txt'));
    for (const surface of SURFACES) {
      const response = await call(`${surface}/files/${file.id}/content`);
      expect(response.status).toBe(200);
      expect(await response.bytes()).toEqual(SAMPLES.text);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/plain; charset=utf-8',
        'content-length': String(SAMPLES.text.length),
        'accept-ranges': 'bytes',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'content-disposition':
          'attachment; filename="___ ____ (1)\'*.txt"; ' +
          "filename*=UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C%20%22%EC%B5%9C%EC%A2%85%22%20%281%29%27%2A.txt",
      });
    }
  });

  it('says which encoding text has, and nothing of the kind where there is none', async () => {
    const { call, stored } = await newClient();
    for (const [file, type] of [
      [new File(['a,나'], 'a.csv', { type: 'text/csv' }), 'text/csv; charset=utf-8'],
      [new File([SAMPLES.png], 'a.png', { type: 'image/png' }), 'image/png'],
    ] as const) {
      const { id } = await stored(file);
      const response = await call(`/v1/files/${id}/content`, { headers: { range: 'bytes=0-3' } });
      expect([response.status, response.headers.get('content-type')]).toEqual([206, type]);
      expect(await (await call(`/api/v1/files/${id}`)).json()).toMatchObject({
        content_type: type.split(';')[0],
      });
    }
  });

  it('can be asked for without its bytes', async () => {
    const { call, stored } = await newClient();
    const file = await stored(text('0123456789'));
    const response = await call(`/v1/files/${file.id}/content`, {
      method: 'HEAD',
      headers: { range: 'bytes=0-1' },
    });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '10']);
    expect(await response.text()).toBe('');
  });

  it('is not opened in the bucket for a HEAD or a 304', async () => {
    const { call, stored } = await newClient();
    const { id } = await stored(text('0123456789'));
    const path = `/v1/files/${id}/content`;
    const etag = (await call(path)).headers.get('etag') ?? '';
    const opened = vi.spyOn(env.BUCKET, 'get');
    expect((await call(path, { method: 'HEAD' })).status).toBe(200);
    expect((await call(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await call(`/v1/files/${id}`, { method: 'HEAD' })).headers.get('content-type')).toContain('json');
    expect((await call(path, { headers: { range: 'bytes=10-' } })).status).toBe(416);
    expect(opened).not.toHaveBeenCalled();
    expect(await (await call(path)).text()).toBe('0123456789');
    expect(opened).toHaveBeenCalledOnce();
    opened.mockRestore();
  });

  it('comes in ranges', async () => {
    const { call, stored } = await newClient();
    const file = await stored(text('0123456789'));
    const path = `/v1/files/${file.id}/content`;
    for (const [range, body, contentRange] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=8-', '89', 'bytes 8-9/10'],
    ] as const) {
      const response = await call(path, { headers: { range } });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(contentRange);
      expect(response.headers.get('content-length')).toBe(String(body.length));
      expect(await response.text()).toBe(body);
    }
    const several = await call(path, { headers: { range: 'bytes=0-1,3-4' } });
    expect([several.status, await several.text()]).toEqual([200, '0123456789']);

    const outside = await call(path, { headers: { range: 'bytes=10-' } });
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect((await outside.json<ErrorAnswer>()).error).toMatchObject({
      type: 'invalid_request',
      param: 'Range',
    });
  });

  it('is not sent again to who has it', async () => {
    const { call, stored } = await newClient();
    const file = await stored(text('0123456789'));
    const path = `/v1/files/${file.id}/content`;
    const etag = (await call(path, { method: 'HEAD' })).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await call(path, { headers: { 'if-none-match': condition } });
      expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await call(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);

    for (const condition of ['"other"', `W/${etag}`, `"x", W/${etag}`]) {
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'if-match': condition, 'if-none-match': etag };
        const response = await call(path, { method, headers });
        expect([response.status, response.headers.get('etag')], condition).toEqual([412, etag]);
        if (method === 'HEAD') continue;
        const { error } = await response.json<ErrorAnswer>();
        expect(error).toMatchObject({ type: 'invalid_request', param: 'If-Match' });
      }
    }
    for (const condition of [etag, '*', `"other", ${etag}`]) {
      const response = await call(path, { headers: { range: 'bytes=0-1', 'if-match': condition } });
      expect([response.status, await response.text()]).toEqual([206, '01']);
      const both = await call(path, { headers: { 'if-none-match': etag, 'if-match': condition } });
      expect(both.status).toBe(304);
    }
    // There is no date to compare with: RFC 9110 has these ignored.
    const long = 'Mon, 01 Jan 2001 00:00:00 GMT';
    for (const headers of [
      { 'if-modified-since': new Date(2999, 0).toUTCString() },
      { 'if-unmodified-since': long },
    ]) {
      expect((await call(path, { headers })).status).toBe(200);
    }
    const dated = await call(path, { headers: { range: 'bytes=0-1', 'if-range': long } });
    expect([dated.status, await dated.text()]).toEqual([200, '0123456789']);

    const same = await call(path, { headers: { range: 'bytes=0-1', 'if-range': etag } });
    expect([same.status, await same.text()]).toEqual([206, '01']);
    const changed = await call(path, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } });
    expect([changed.status, await changed.text()]).toEqual([200, '0123456789']);
  });
});

describe('a deleted file', () => {
  it('is gone on both surfaces', async () => {
    const { call, stored } = await newClient();
    for (const surface of SURFACES) {
      const { id } = await stored(text());
      const response = await call(`${surface}/files/${id}`, { method: 'DELETE' });
      expect([response.status, await response.json()]).toEqual([200, { id, object: 'file', deleted: true }]);
      for (const path of [`/v1/files/${id}`, `/api/v1/files/${id}/content`]) {
        expect((await call(path)).status).toBe(404);
      }
      expect((await call(`${surface}/files/${id}`, { method: 'DELETE' })).status).toBe(404);
    }
  });
});

it('another account’s file does not exist', async () => {
  const owner = await newClient();
  const stranger = await newClient();
  const { id } = await owner.stored(text());
  for (const [path, method] of [
    [`/v1/files/${id}`, 'GET'],
    [`/v1/files/${id}/content`, 'GET'],
    [`/api/v1/files/${id}`, 'DELETE'],
  ] as const) {
    const response = await stranger.call(path, { method, headers: { 'accept-language': 'ko' } });
    expect(response.status).toBe(404);
    expect((await response.json<ErrorAnswer>()).error.message).toBe('파일을 찾을 수 없습니다');
  }
  expect((await owner.call(`/v1/files/${id}`)).status).toBe(200);
});
