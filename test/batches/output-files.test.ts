// The output and error file of a batch: OpenAI's lines, in ordinary files.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it } from 'vitest';
import type { FileResponse } from '../../src/contract/files';
import { sweepFiles } from '../../src/files/sweep';
import { eventually } from '../eventually';
import { errorOf, newClient } from '../http/client';
import {
  deliver,
  expectSound,
  linesOf,
  newRig,
  nextMessages,
  passTime,
  type Rig,
  readBatch,
  restore,
  runToEnd,
  toJsonLines,
  upload,
} from './rig';

afterEach(restore);

interface OpenaiBatch {
  id: string;
  status: string;
  output_file_id: string | null;
  error_file_id: string | null;
  completed_at: number;
}

const openai = ({ client, id }: Pick<Rig, 'client' | 'id'>) =>
  client.json<OpenaiBatch>('GET', `/v1/batches/${id}`);

async function bytesOf({ client }: Rig, id: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await client.send('GET', `/v1/files/${id}/content`);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

async function linesIn(rig: Rig, id: string): Promise<unknown[]> {
  const lines = new TextDecoder().decode(await bytesOf(rig, id)).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((text) => JSON.parse(text));
}

const CONTENTS = [
  '하나',
  '@sandbox error=not_found',
  'three',
  'four\n@sandbox error=content_policy_violation',
  '5',
  '6',
];

it('each item has its line in one of them, in input order', async () => {
  const rig = await newRig(linesOf(CONTENTS), { rangeItems: 2 });
  const messages = await nextMessages(rig);
  await deliver(messages.slice(1, 2));
  await deliver(messages.slice(0, 1));
  await rig.batch.cancel(rig.client.accountId);
  const { results } = await expectSound(rig.client, rig.id, rig.customIds);
  const { output_file_id: output, error_file_id: errors, status } = await openai(rig);
  expect([output, errors, status]).toEqual([rig.spec.outputFileId, rig.spec.errorFileId, 'cancelled']);

  const requestId = (n: number) => `req_${rig.id.slice('batch_'.length)}_${n}`;
  const ids = { id: expect.stringMatching(/^batch_req_/), custom_id: expect.any(String) };
  expect(await linesIn(rig, rig.spec.outputFileId)).toEqual(
    [0, 2].map((n) => ({
      ...ids,
      custom_id: String(n),
      response: { status_code: 200, request_id: requestId(n), body: results[n]?.body },
      error: null,
    })),
  );
  expect(await linesIn(rig, rig.spec.errorFileId)).toEqual([
    ...[1, 3].map((n) => ({
      ...ids,
      custom_id: String(n),
      response: {
        status_code: results[n]?.status_code,
        request_id: requestId(n),
        body: { error: results[n]?.error },
      },
      error: null,
    })),
    ...[4, 5].map((n) => ({
      ...ids,
      custom_id: String(n),
      response: null,
      error: { code: 'batch_cancelled', message: 'The batch was cancelled before this item was done' },
    })),
  ]);
  const lineIds = [
    ...(await linesIn(rig, rig.spec.outputFileId)),
    ...(await linesIn(rig, rig.spec.errorFileId)),
  ].map((entry) => (entry as { id: string }).id);
  expect(new Set(lineIds).size).toBe(6);
});

describe('they are ordinary files', () => {
  it('of purpose batch_output, with the size and sum of their bytes', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    await runToEnd(rig);
    const listed = await rig.client.json<{ data: FileResponse[] }>(
      'GET',
      '/api/v1/files?purpose=batch_output&order=asc',
    );
    expect(listed.data.map(({ id }) => id)).toEqual([rig.spec.outputFileId, rig.spec.errorFileId]);
    for (const file of listed.data) {
      const bytes = await bytesOf(rig, file.id);
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      expect(file).toMatchObject({
        size: bytes.length,
        sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
        purpose: 'batch_output',
        content_type: 'application/jsonl',
        status: 'processed',
        filename: expect.stringMatching(new RegExp(`^${rig.id}_(output|error)\\.jsonl$`)),
      });
      expect(await rig.client.json('GET', `/v1/files/${file.id}`)).toMatchObject({
        object: 'file',
        bytes: bytes.length,
        purpose: 'batch_output',
        expires_at: expect.any(Number),
      });
    }
    // They can be deleted before the batch, and the batch after them.
    expect((await rig.client.send('DELETE', `/v1/files/${rig.spec.outputFileId}`)).status).toBe(200);
    expect(await env.BUCKET.head(`files/${rig.client.accountId}/${rig.spec.outputFileId}`)).toBeNull();
    expect((await readBatch(rig.client, rig.id)).results).toHaveLength(6);
    expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(200);
  });

  it('but no one can upload one of that purpose, or run it as a batch', async () => {
    const rig = await newRig(linesOf(['a']));
    await runToEnd(rig);
    const body = new FormData();
    body.set('purpose', 'batch_output');
    body.set('file', new File(['{}'], 'a.jsonl'));
    expect((await rig.client.send('POST', '/v1/files', { body })).status).toBe(400);
    const response = await rig.client.send('POST', '/api/v1/batches', {
      json: { input_file_id: rig.spec.outputFileId },
    });
    expect([response.status, (await errorOf(response)).param]).toEqual([400, 'input_file_id']);
  });

  it('and no other account’s', async () => {
    const rig = await newRig(linesOf(['a']));
    await runToEnd(rig);
    const stranger = await newClient();
    for (const path of ['', '/content']) {
      expect((await stranger.send('GET', `/v1/files/${rig.spec.outputFileId}${path}`)).status).toBe(404);
    }
  });
});

describe('there is no file without lines', () => {
  it.each([
    ['every item was completed', ['a', 'b'], 'output'],
    ['every item failed', ['@sandbox error=not_found'], 'error'],
  ] as const)('where %s', async (_, contents, only) => {
    const rig = await newRig(linesOf(contents));
    await runToEnd(rig);
    const { output_file_id, error_file_id } = await openai(rig);
    expect([output_file_id, error_file_id]).toEqual(
      only === 'output' ? [rig.spec.outputFileId, null] : [null, rig.spec.errorFileId],
    );
    const { objects } = await env.BUCKET.list({ prefix: `files/${rig.client.accountId}/` });
    expect(objects).toHaveLength(1);
    const { data } = await rig.client.json<{ data: unknown[] }>('GET', '/v1/files');
    expect(data).toHaveLength(1);
  });
});

describe('they are kept', () => {
  it('as long as output_expires_after says, and then swept away', async () => {
    const client = await newClient();
    const input_file_id = await upload(client, toJsonLines(linesOf(['a', '@sandbox error=not_found'])));
    const create = {
      input_file_id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      output_expires_after: { anchor: 'created_at', seconds: 3600 },
    };
    const { id } = await client.json<OpenaiBatch>('POST', '/v1/batches', { json: create });
    const batch = await eventually(async () => {
      const now = await openai({ client, id });
      expect(now.status).toBe('completed');
      return now;
    });
    const files = [batch.output_file_id, batch.error_file_id];
    for (const file of files) {
      const { created_at, expires_at } = await client.json<{ created_at: number; expires_at: number }>(
        'GET',
        `/v1/files/${file}`,
      );
      expect(expires_at - created_at).toBe(3600);
      expect(Math.abs(created_at - batch.completed_at)).toBeLessThanOrEqual(2);
    }
    passTime(3_601_000);
    for (const file of files) expect((await client.send('GET', `/v1/files/${file}`)).status).toBe(404);
    await sweepFiles(env, Date.now());
    const { objects } = await env.BUCKET.list({ prefix: `files/${client.accountId}/` });
    expect(objects.map(({ key }) => key)).toEqual([`files/${client.accountId}/${input_file_id}`]);
    // The results themselves are kept as long as any batch's.
    expect((await readBatch(client, id)).results).toHaveLength(2);
  });

  it('as long as the batch otherwise', async () => {
    const rig = await newRig(linesOf(['a']));
    await runToEnd(rig);
    const file = await rig.client.json<FileResponse>('GET', `/api/v1/files/${rig.spec.outputFileId}`);
    expect(Date.parse(file.expires_at ?? '') - Date.parse(file.created_at)).toBe(30 * 86_400_000);
  });

  it.each([
    { anchor: 'created_at', seconds: 3599 },
    { anchor: 'created_at', seconds: 2_592_001 },
    { anchor: 'completed_at', seconds: 3600 },
    { seconds: 3600 },
  ])('but not as %j says', async (output_expires_after) => {
    const client = await newClient();
    const json = {
      input_file_id: 'file_x',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      output_expires_after,
    };
    const response = await client.send('POST', '/v1/batches', { json });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).param).toMatch(/^output_expires_after/);
  });
});
