// Files as clients send them: the official SDK in every way it takes a file, what a browser sends, and curl.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileResponse } from '../../src/contract/files.ts';
import { type Account, newAccount } from './api-client.ts';
import { pngImage } from './sample-files.ts';
import { Server } from './server.ts';

const MIB = 1024 ** 2;
const LINES = `${JSON.stringify({ custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: { model: 'sandbox', messages: [{ role: 'user', content: '안녕' }] } })}\n`;

let server: Server;
let folder: string;
let account: Account;
let client: OpenAI;

beforeAll(async () => {
  server = await Server.start();
  folder = await mkdtemp(join(tmpdir(), 'quire-files-'));
  account = await newAccount(server.origin, server.adminKey, 'files');
  client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: account.api.key, maxRetries: 0 });
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function onDisk(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function contentOf(id: string): Promise<Buffer> {
  return Buffer.from(await (await client.files.content(id)).arrayBuffer());
}

describe('the openai SDK', () => {
  const image = pngImage(40, 30);

  it.each<[string, () => Promise<OpenAI.FileCreateParams['file']>]>([
    ['a stream from disk', async () => createReadStream(await onDisk('그림.png', image))],
    ['a Buffer', () => toFile(image, '그림.png')],
    ['a Buffer with its type', () => toFile(image, '그림.png', { type: 'image/png' })],
    ['a File', async () => new File([image], '그림.png', { type: 'image/png' })],
    ['a Blob', () => toFile(new Blob([image]), '그림.png')],
    ['a Response', () => toFile(new Response(image), '그림.png')],
  ])('uploads %s', async (_what, make) => {
    const created = await client.files.create({ file: await make(), purpose: 'vision' });
    expect(created).toMatchObject({
      object: 'file',
      bytes: image.length,
      filename: '그림.png',
      purpose: 'vision',
    });
    expect(await client.files.waitForProcessing(created.id)).toEqual(created);
    expect(await client.files.retrieve(created.id)).toEqual(created);
    expect(await contentOf(created.id)).toEqual(image);
    expect(await client.files.delete(created.id)).toEqual({ id: created.id, object: 'file', deleted: true });
    await expect(client.files.retrieve(created.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('uploads a batch’s lines, and sets when they expire', async () => {
    const file = createReadStream(await onDisk('in.jsonl', LINES));
    const created = await client.files.create({
      file,
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    expect((created.expires_at ?? 0) - created.created_at).toBe(3600);
    expect((await contentOf(created.id)).toString()).toBe(LINES);
  });

  it('pages through every file by itself', async () => {
    const { api } = await newAccount(server.origin, server.adminKey, 'pages');
    const own = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: api.key });
    const made: string[] = [];
    for (let i = 0; i < 7; i++) {
      const file = await toFile(Buffer.from(`file ${i}`), `${i}.txt`);
      made.push((await own.files.create({ file, purpose: i % 2 === 0 ? 'user_data' : 'assistants' })).id);
    }
    const seen: string[] = [];
    for await (const file of own.files.list({ limit: 2, order: 'asc' })) seen.push(file.id);
    expect(seen).toEqual(made);
    const some: string[] = [];
    for await (const file of own.files.list({ limit: 2, purpose: 'user_data' })) some.push(file.id);
    expect(some).toEqual(made.filter((_, i) => i % 2 === 0).toReversed());
  });

  it('uploads in parts, at once and in another order', async () => {
    const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    const whole = Buffer.concat([signature, randomBytes(20 * MIB)]);
    const pieces = [whole.subarray(0, 7 * MIB), whole.subarray(7 * MIB, 15 * MIB), whole.subarray(15 * MIB)];
    const upload = await client.uploads.create({
      bytes: whole.length,
      filename: 'large.png',
      mime_type: 'image/png',
      purpose: 'vision',
    });
    expect(upload).toMatchObject({ object: 'upload', status: 'pending' });
    expect(upload.expires_at - upload.created_at).toBe(3600);
    const parts = await Promise.all(
      pieces
        .toReversed()
        .map(async (piece) => client.uploads.parts.create(upload.id, { data: await toFile(piece) })),
    );
    expect(parts[0]).toMatchObject({ object: 'upload.part', upload_id: upload.id });
    const order = {
      part_ids: parts.toReversed().map(({ id }) => id),
      md5: createHash('md5').update(whole).digest('hex'),
    };
    const done = await client.uploads.complete(upload.id, order);
    expect(done).toMatchObject({
      id: upload.id,
      status: 'completed',
      file: { bytes: whole.length, filename: 'large.png' },
    });
    expect(await client.uploads.complete(upload.id, order)).toEqual(done);
    const fileId = done.file?.id ?? '';
    expect(sha256(await contentOf(fileId))).toBe(sha256(whole));
    expect((await account.api.get<FileResponse>(`/api/v1/files/${fileId}`)).sha256).toBe(sha256(whole));
    await expect(client.uploads.cancel(upload.id)).rejects.toBeInstanceOf(OpenAI.ConflictError);
  });

  it('cancels an upload in parts', async () => {
    const upload = await client.uploads.create({
      bytes: 4,
      filename: 'a.txt',
      mime_type: 'text/plain',
      purpose: 'user_data',
    });
    await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from('half')) });
    expect(await client.uploads.cancel(upload.id)).toMatchObject({ id: upload.id, status: 'cancelled' });
    const late = client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from('half')) });
    await expect(late).rejects.toBeInstanceOf(OpenAI.ConflictError);
  });

  it('makes a batch of an input file that was sent in parts', async () => {
    const bytes = Buffer.from(LINES);
    const upload = await client.uploads.create({
      bytes: bytes.length,
      filename: 'in.jsonl',
      mime_type: 'application/jsonl',
      purpose: 'batch',
    });
    const parts = [];
    for (const piece of [bytes.subarray(0, 30), bytes.subarray(30)]) {
      parts.push(await client.uploads.parts.create(upload.id, { data: await toFile(piece) }));
    }
    const { file } = await client.uploads.complete(upload.id, { part_ids: parts.map(({ id }) => id) });
    const batch = await client.batches.create({
      input_file_id: file?.id ?? '',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect(['validating', 'in_progress']).toContain(batch.status);
  });
});

describe('an upload that kill -9 interrupts', () => {
  it('in parts is as it was: it can be completed, and makes one file', async () => {
    const size = 24 * MIB;
    const upload = await client.uploads.create({
      bytes: size,
      filename: 'a.txt',
      mime_type: 'text/plain',
      purpose: 'user_data',
    });
    const piece = Buffer.alloc(size / 2, 'a');
    const parts: string[] = [];
    for (let i = 0; i < 2; i++) {
      parts.push((await client.uploads.parts.create(upload.id, { data: await toFile(piece) })).id);
    }
    const interrupted = client.uploads.complete(upload.id, { part_ids: parts }).catch(() => null);
    await server.kill9();
    await interrupted;
    await server.restart();
    const done = await client.uploads.complete(upload.id, { part_ids: parts });
    expect(done).toMatchObject({ status: 'completed', file: { bytes: size } });
    const files = [];
    for await (const file of client.files.list()) if (file.bytes === size) files.push(file.id);
    expect(files).toEqual([done.file?.id]);
  });
});

describe('what a browser sends', () => {
  it('is stored, with a name that form data escapes', async () => {
    const form = new FormData();
    form.append('purpose', 'assistants');
    form.append('file', new File(['a,b\n1,2\n'], 'my "best"\nnumbers.csv', { type: 'text/csv' }));
    const response = await fetch(`${server.origin}/api/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.api.key}`, origin: 'https://app.example' },
      body: form,
    });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    const file = (await response.json()) as FileResponse;
    expect(file).toMatchObject({ filename: 'my "best"numbers.csv', content_type: 'text/csv', size: 8 });
    const content = await fetch(`${server.origin}/api/v1/files/${file.id}/content`, {
      headers: { authorization: `Bearer ${account.api.key}`, range: 'bytes=-4' },
    });
    expect([content.status, content.headers.get('content-range')]).toEqual([206, 'bytes 4-7/8']);
    expect(await content.text()).toBe('1,2\n');
  });
});

describe('curl', () => {
  const curl = async (...args: string[]): Promise<{ status: number; body: FileResponse }> => {
    const { stdout } = await promisify(execFile)('curl', [
      '-s',
      '-w',
      '\n%{http_code}',
      '-H',
      `Authorization: Bearer ${account.api.key}`,
      ...args,
    ]);
    const at = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(at + 1)), body: JSON.parse(stdout.slice(0, at)) };
  };

  it.each([
    ['with a length', []],
    ['in chunks, without a length', ['-H', 'Transfer-Encoding: chunked']],
    ['after asking whether it may', ['-H', 'Expect: 100-continue']],
  ])('uploads %s', async (_what, args) => {
    const image = pngImage(300, 200);
    const path = await onDisk('picture.png', image);
    const { status, body } = await curl(
      ...args,
      '-F',
      `file=@${path}`,
      '-F',
      'purpose=vision',
      `${server.origin}/api/v1/files`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      filename: 'picture.png',
      size: image.length,
      content_type: 'image/png',
      sha256: sha256(image),
    });
  });

  it('downloads what it uploaded, and goes on where a download stopped', async () => {
    const image = pngImage(300, 200);
    const { body } = await curl(
      '-F',
      `file=@${await onDisk('picture.png', image)}`,
      `${server.origin}/v1/files`,
    );
    const target = await onDisk('half.png', image.subarray(0, 100));
    await promisify(execFile)('curl', [
      '-s',
      '-C',
      '-',
      '-o',
      target,
      '-H',
      `Authorization: Bearer ${account.api.key}`,
      `${server.origin}/v1/files/${body.id}/content`,
    ]);
    expect(await readFile(target)).toEqual(image);
  });
});

it('a connection that is cut stores nothing', async () => {
  const { api, id } = await newAccount(server.origin, server.adminKey, 'cut');
  const opening = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';
  await new Promise<void>((resolve) => {
    const sent = request(`${server.origin}/v1/files`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.key}`,
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': 50 * MIB,
      },
    });
    sent.once('error', () => resolve()).once('close', () => resolve());
    sent.write(opening);
    sent.write(Buffer.alloc(12 * MIB, 'a'), () => sent.destroy());
  });
  expect(await api.get('/v1/files')).toMatchObject({ data: [] });
  // The account has room for all it may store: nothing was counted either.
  await fetch(`${server.origin}/api/v1/admin/accounts/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${server.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ limits: { storage_bytes: 4 } }),
  });
  const form = new FormData();
  form.set('file', new File(['four'], 'a.txt', { type: 'text/plain' }));
  const response = await fetch(`${server.origin}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}` },
    body: form,
  });
  expect(response.status).toBe(200);
});
