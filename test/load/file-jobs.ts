// Files up, down and away: small ones, and ones of 20 MiB.
import { createHash } from 'node:crypto';
import type { FileResponse } from '../../src/contract/files.ts';
import { FORM_TYPE, testFile } from '../bench/file-transfers.ts';
import { between, type Random, sentence } from './choices.ts';
import { same } from './findings.ts';
import type { LoadClient } from './load-client.ts';

const MIB = 1024 ** 2;

/** A few, made once: that a client makes them must not slow what is measured. */
const LARGE_FILES = Array.from({ length: 2 }, () => testFile(20 * MIB));

const RANGE_BYTES = 100_000;

export async function smallFile(client: LoadClient, random: Random): Promise<void> {
  const text = `${sentence(random)}\n`.repeat(between(random, 1, 500));
  const file = await uploadText(client, 'file, small', text, {
    purpose: 'user_data',
    name: 'note.txt',
    type: 'text/plain',
  });
  if (random() < 0.3) {
    const { bytes, requestId } = await client.send('file, described', 'GET', `/api/v1/files/${file.id}`);
    same(
      'file, described: another size',
      JSON.parse(Buffer.from(bytes).toString()).size,
      file.size,
      requestId,
    );
  }
  const content = await client.send('file, small, read', 'GET', `/v1/files/${file.id}/content`);
  same('file, small, read: other bytes', content.text(), text, content.requestId);
  await removeFile(client, file.id);
}

export async function largeFile(client: LoadClient, random: Random): Promise<void> {
  const file = LARGE_FILES[between(random, 0, LARGE_FILES.length - 1)] ?? testFile(20 * MIB);
  const uploaded = await client.send('file, 20 MiB', 'POST', '/api/v1/files', {
    body: file.form as Buffer<ArrayBuffer>,
    headers: { 'content-type': FORM_TYPE },
  });
  const { id, size, sha256 } = uploaded.json<FileResponse>();
  same('file, 20 MiB: another size', size, file.bytes.length, uploaded.requestId);
  same('file, 20 MiB: another hash', sha256, file.sha256, uploaded.requestId);
  const path = `/api/v1/files/${id}/content`;
  const from = between(random, 0, file.bytes.length - RANGE_BYTES);
  const range = { range: `bytes=${from}-${from + RANGE_BYTES - 1}` };
  const piece = await client.send('file, 20 MiB, range', 'GET', path, { headers: range, expect: 206 });
  const isSame = file.bytes.subarray(from, from + RANGE_BYTES).equals(piece.bytes);
  same('file, 20 MiB, range: other bytes', isSame, true, piece.requestId);
  const whole = await client.send('file, 20 MiB, read', 'GET', path);
  same(
    'file, 20 MiB, read: other bytes',
    createHash('sha256').update(whole.bytes).digest('hex'),
    file.sha256,
    whole.requestId,
  );
  await removeFile(client, id);
}

export async function uploadText(
  client: LoadClient,
  kind: string,
  text: string,
  { purpose, name, type }: { purpose: string; name: string; type: string },
): Promise<FileResponse> {
  const body = new FormData();
  body.set('purpose', purpose);
  body.set('file', new File([text], name, { type }));
  const answer = await client.send(kind, 'POST', '/api/v1/files', { body });
  const file = answer.json<FileResponse>();
  same(
    `${kind}: another hash`,
    file.sha256,
    createHash('sha256').update(text).digest('hex'),
    answer.requestId,
  );
  return file;
}

export async function removeFile(client: LoadClient, id: string): Promise<void> {
  await client.send('file, deleted', 'DELETE', `/v1/files/${id}`);
  await client.send('file, gone', 'GET', `/api/v1/files/${id}/content`, { expect: 404 });
}
