// Uploads in parts over HTTP, on both surfaces, and the storage limit as a client meets it.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { keysOf } from '../files/stored-keys';
import { admin, type Client, type ErrorAnswer, errorOf, newClient } from './client';

const UPLOAD = { bytes: 6, filename: 'a.txt', mime_type: 'text/plain', purpose: 'user_data' };

interface UploadAnswer {
  id: string;
  [member: string]: unknown;
}

function addPart(client: Client, path: string, content: string): Promise<UploadAnswer> {
  const body = new FormData();
  body.set('data', new File([content], 'blob'));
  return client.json('POST', `${path}/parts`, { body });
}

describe.each([
  ['/v1', expect.any(Number)],
  ['/api/v1', expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)],
] as const)('on %s an upload', (surface, time) => {
  it('is made, filled and completed', async () => {
    const client = await newClient();
    const pending = {
      id: expect.stringMatching(/^upload_\w{24}$/),
      object: 'upload',
      bytes: 6,
      filename: 'a.txt',
      ...(surface === '/api/v1' && { mime_type: 'text/plain' }),
      purpose: 'user_data',
      status: 'pending',
      created_at: time,
      expires_at: time,
      file: null,
    };
    const upload = await client.json<UploadAnswer>('POST', `${surface}/uploads`, { json: UPLOAD });
    expect(upload).toEqual(pending);
    const [created, expires] = [upload.created_at, upload.expires_at].map((at) =>
      typeof at === 'number' ? at : Date.parse(String(at)) / 1000,
    );
    expect((expires ?? 0) - (created ?? 0)).toBe(3600);

    const path = `${surface}/uploads/${upload.id}`;
    const [second, first] = [await addPart(client, path, 'two'), await addPart(client, path, 'one')];
    expect(first).toEqual({
      id: expect.stringMatching(/^part_\w{24}$/),
      object: 'upload.part',
      created_at: time,
      upload_id: upload.id,
    });
    const order = { json: { part_ids: [first.id, second.id] } };
    const done = await client.json<{ file: { id: string } }>('POST', `${path}/complete`, order);
    const file = await client.json('GET', `${surface}/files/${done.file.id}`);
    expect(done).toEqual({ ...pending, id: upload.id, status: 'completed', file });
    expect(await client.json('POST', `${path}/complete`, order)).toEqual(done);
    expect(await (await client.send('GET', `/v1/files/${done.file.id}/content`)).text()).toBe('onetwo');
  });

  it('is cancelled without a body', async () => {
    const client = await newClient();
    const { id } = await client.json<UploadAnswer>('POST', `${surface}/uploads`, { json: UPLOAD });
    await addPart(client, `${surface}/uploads/${id}`, 'one');
    const cancelled = await client.json('POST', `${surface}/uploads/${id}/cancel`);
    expect(cancelled).toMatchObject({ id, status: 'cancelled', file: null });
    expect(await keysOf(client.accountId)).toEqual([]);
  });

  it('that is not there, or another’s, is a 404 that says so', async () => {
    const [client, stranger] = [await newClient(), await newClient()];
    const { id } = await stranger.json<UploadAnswer>('POST', `${surface}/uploads`, { json: UPLOAD });
    for (const path of [`${surface}/uploads/${id}`, `${surface}/uploads/upload_x`]) {
      const headers = { 'accept-language': 'ko' };
      const body = new FormData();
      body.set('data', new File(['x'], 'blob'));
      for (const response of [
        await client.send('POST', `${path}/parts`, { body, headers }),
        await client.send('POST', `${path}/complete`, { json: { part_ids: ['a'] }, headers }),
        await client.send('POST', `${path}/cancel`, { headers }),
      ]) {
        expect([response.status, (await errorOf(response)).message]).toEqual([
          404,
          '업로드를 찾을 수 없습니다',
        ]);
      }
    }
  });

  it('refuses what makes no sense, and says where', async () => {
    const client = await newClient();
    for (const [change, param] of [
      [{ bytes: 0 }, 'bytes'],
      [{ bytes: 1.5 }, 'bytes'],
      [{ bytes: '6' }, 'bytes'],
      [{ bytes: -1 }, 'bytes'],
      [{ bytes: 1e300 }, 'bytes'],
      [{ filename: '' }, 'filename'],
      [{ filename: undefined }, 'filename'],
      [{ purpose: 'batch_output' }, 'purpose'],
      [{ mime_type: null }, 'mime_type'],
      [{ expires_after: { anchor: 'created_at', seconds: 3599 } }, 'expires_after.seconds'],
      [{ colour: 'red' }, 'colour'],
    ] as const) {
      const response = await client.send('POST', `${surface}/uploads`, { json: { ...UPLOAD, ...change } });
      expect([response.status, (await errorOf(response)).param]).toEqual([400, param]);
    }
    const { id } = await client.json<UploadAnswer>('POST', `${surface}/uploads`, { json: UPLOAD });
    for (const [json, param] of [
      [{}, 'part_ids'],
      [{ part_ids: [] }, 'part_ids'],
      [{ part_ids: [1] }, 'part_ids[0]'],
      [{ part_ids: ['a'], md5: 'abc' }, 'md5'],
      [{ part_ids: ['a'] }, 'part_ids[0]'],
      [{ part_ids: Array.from({ length: 1001 }, () => 'a') }, 'part_ids'],
    ] as const) {
      const response = await client.send('POST', `${surface}/uploads/${id}/complete`, { json });
      expect([response.status, (await errorOf(response)).param]).toEqual([400, param]);
    }
  });

  it('too large is a 413 that names the limit, not that of one request', async () => {
    const client = await newClient();
    const response = await client.send('POST', `${surface}/uploads`, {
      json: { ...UPLOAD, bytes: 512 * 1024 ** 2 + 1 },
    });
    const { type, message, param } = await errorOf(response);
    expect([response.status, type, param]).toEqual([413, 'file_too_large', 'bytes']);
    expect(message).toBe('A file sent in parts can take 512 MB');
  });

  it('refuses a part that is larger than the whole at once, and keeps nothing of it', async () => {
    const client = await newClient();
    const { id } = await client.json<UploadAnswer>('POST', `${surface}/uploads`, { json: UPLOAD });
    const body = new FormData();
    body.set('data', new File(['seven 7'], 'blob'));
    const response = await client.send('POST', `${surface}/uploads/${id}/parts`, { body });
    expect([response.status, await errorOf(response)]).toMatchObject([
      400,
      { type: 'invalid_request', param: 'data', message: expect.stringContaining('6 bytes') },
    ]);
    expect(await keysOf(client.accountId)).toEqual([]);
    // One whose answer was lost comes again: the two together may have more bytes than the whole.
    await addPart(client, `${surface}/uploads/${id}`, 'onetwo');
    const again = await addPart(client, `${surface}/uploads/${id}`, 'onetwo');
    const json = { part_ids: [again.id] };
    expect((await client.send('POST', `${surface}/uploads/${id}/complete`, { json })).status).toBe(200);
  });

  it('that has ended answers 409, which no retry helps', async () => {
    const client = await newClient();
    const { id } = await client.json<UploadAnswer>('POST', `${surface}/uploads`, { json: UPLOAD });
    await client.send('POST', `${surface}/uploads/${id}/cancel`);
    const response = await client.send('POST', `${surface}/uploads/${id}/complete`, {
      json: { part_ids: ['a'] },
    });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([409, 'false']);
    expect((await errorOf(response)).type).toBe('conflict');
  });
});

it('an upload is made once for its Idempotency-Key', async () => {
  const client = await newClient();
  const call = { json: UPLOAD, headers: { 'idempotency-key': 'once' } };
  const first = await client.send('POST', '/v1/uploads', call);
  const again = await client.send('POST', '/v1/uploads', call);
  expect(await again.json()).toEqual(await first.json());
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

it('an upload made on one surface is filled and completed on the other', async () => {
  const client = await newClient();
  const { id } = await client.json<UploadAnswer>('POST', '/v1/uploads', { json: { ...UPLOAD, bytes: 3 } });
  const part = await addPart(client, `/api/v1/uploads/${id}`, 'one');
  const done = await client.json('POST', `/v1/uploads/${id}/complete`, { json: { part_ids: [part.id] } });
  expect(done).toMatchObject({ status: 'completed', file: { object: 'file', bytes: 3 } });
});

describe('an account with a storage limit', () => {
  async function limitedClient(storageBytes: number): Promise<Client> {
    const client = await newClient();
    await admin('PATCH', `/accounts/${client.accountId}`, {
      json: { limits: { storage_bytes: storageBytes } },
    });
    return client;
  }

  function upload(client: Client, bytes: number, headers = {}): Promise<Response> {
    const body = new FormData();
    body.set('file', new File(['x'.repeat(bytes)], 'a.txt', { type: 'text/plain' }));
    return client.send('POST', '/v1/files', { body, headers });
  }

  it('is refused what would pass it: 413 with the limit, in the reader’s language', async () => {
    const client = await limitedClient(1000);
    expect((await upload(client, 600)).status).toBe(200);
    for (const [language, message] of [
      ['en', "This would exceed the account's storage limit: 600 of 1000 bytes are used"],
      ['ko', '계정의 저장 용량 한도를 초과합니다: 1000바이트 중 600바이트 사용 중'],
    ]) {
      const response = await upload(client, 401, { 'accept-language': language });
      expect([response.status, response.headers.get('x-should-retry')]).toEqual([413, 'false']);
      expect(await response.json<ErrorAnswer>()).toMatchObject({
        error: { type: 'file_too_large', message, param: 'file' },
      });
    }
    expect(await keysOf(client.accountId)).toHaveLength(1);
    expect((await upload(client, 400)).status).toBe(200);
  });

  it('cannot pass it by uploads at once', async () => {
    const client = await limitedClient(1000);
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await upload(client, 300)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 413)).toHaveLength(7);
    expect(await keysOf(client.accountId)).toHaveLength(3);
  });

  it('has room again for what it deletes', async () => {
    const client = await limitedClient(1000);
    const { id } = await (await upload(client, 1000)).json<UploadAnswer>();
    expect((await upload(client, 1)).status).toBe(413);
    expect((await client.send('DELETE', `/v1/files/${id}`)).status).toBe(200);
    expect((await upload(client, 1000)).status).toBe(200);
  });

  it('is read no further than what is left', async () => {
    const client = await limitedClient(100_000);
    let read = 0;
    const chunk = new TextEncoder().encode('x'.repeat(10_000));
    const opening = `--xYz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode(opening)),
        pull(controller) {
          read += chunk.length;
          if (read < 50_000_000) controller.enqueue(chunk.slice());
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-type': 'multipart/form-data; boundary=xYz' };
    const response = await client.send('POST', '/v1/files', { body, headers });
    expect([response.status, (await errorOf(response)).message]).toEqual([
      413,
      "This would exceed the account's storage limit: 0 of 100000 bytes are used",
    ]);
    expect(read).toBeLessThan(10_000_000);
    expect(await env.ACCOUNTS.getByName(client.accountId).storageRoom()).toEqual({ limit: 100_000, used: 0 });
  });
});
