// Files sent and fetched over plain HTTP, with no more work on the client's side than bytes need.
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { Server } from '../e2e/server.ts';

const BOUNDARY = 'quire-bench';

/** The content type of a test file's form. */
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** What a server does with the file: the product as an upload, the bare Worker as bytes. */
export type Side = 'quire' | 'bare';

export interface TestFile {
  bytes: Buffer;
  /** The same as a form. */
  form: Buffer;
  sha256: string;
}

/** Random bytes that pass for a PNG: every byte value comes up, those of boundaries too. */
export function testFile(size: number): TestFile {
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const bytes = Buffer.concat([signature, randomBytes(size - signature.length)]);
  const opening = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.png"\r\nContent-Type: image/png\r\n\r\n`;
  const form = Buffer.concat([Buffer.from(opening), bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  return { bytes, form, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Answers the file's id on the product's side. @throws Error where something else is stored than was sent */
export async function upload(server: Server, side: Side, file: TestFile): Promise<string> {
  const answer =
    side === 'bare'
      ? await send(server, 'PUT', '/__bare', file.bytes, 'application/octet-stream')
      : await send(server, 'POST', '/api/v1/files', file.form, FORM_TYPE);
  const { id = '', size, sha256 } = JSON.parse((await readAll(answer)).toString());
  if (size !== file.bytes.length || (side === 'quire' && sha256 !== file.sha256)) {
    throw new Error(`${side} stored ${size} bytes`);
  }
  return id;
}

/** The file with this id, on either side the same object. @throws Error where other bytes come than were sent */
export async function download(server: Server, side: Side, id: string, file: TestFile): Promise<void> {
  const path = side === 'bare' ? `/__bare?key=files/dev/${id}` : `/api/v1/files/${id}/content`;
  let size = 0;
  for await (const chunk of await send(server, 'GET', path)) size += (chunk as Buffer).length;
  if (size !== file.bytes.length) throw new Error(`${size} bytes came from ${side}`);
}

/** As a file in so many parts, one after the other. Answers the milliseconds that putting them together took. */
export async function uploadInParts(server: Server, file: TestFile, partBytes: number): Promise<number> {
  const { length } = file.bytes;
  const body = { bytes: length, filename: 'bench.png', mime_type: 'image/png', purpose: 'vision' };
  const { id } = await sendJson(server, '/v1/uploads', body);
  const partIds: string[] = [];
  for (let from = 0; from < length; from += partBytes) {
    const form = new FormData();
    form.set('data', new Blob([file.bytes.subarray(from, from + partBytes) as Buffer<ArrayBuffer>]));
    const response = await fetch(`${server.origin}/v1/uploads/${id}/parts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}` },
      body: form,
    });
    partIds.push(((await response.json()) as { id: string }).id);
  }
  const from = performance.now();
  const upload = await sendJson(server, `/v1/uploads/${id}/complete`, { part_ids: partIds });
  if (upload.status !== 'completed') throw new Error(JSON.stringify(upload));
  return performance.now() - from;
}

async function sendJson(server: Server, path: string, body: object): Promise<{ id: string; status: string }> {
  const answer = await send(server, 'POST', path, Buffer.from(JSON.stringify(body)), 'application/json');
  return JSON.parse((await readAll(answer)).toString());
}

function send(
  server: Server,
  method: string,
  path: string,
  body?: Buffer,
  type = '',
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.key}`,
      ...(body !== undefined && { 'content-type': type, 'content-length': body.length }),
    };
    request(server.origin + path, { method, headers }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${method} ${path}: ${response.statusCode}`));
    })
      .once('error', reject)
      .end(body);
  });
}

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
