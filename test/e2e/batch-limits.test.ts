// What a batch meets at its edges: a body too large to come inline, a file with one request too many, a download that
// was cut off, and what failed tried again.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse, BatchResult, DryRun } from '../../src/contract/batches.ts';
import { type Account, newAccount } from './api-client.ts';
import {
  createBatch,
  downloadResults,
  getBatch,
  pageResults,
  parseLines,
  pollUntilEnded,
} from './batch-client.ts';
import { inputLine, inputLines, type Question, uploadInput } from './input-file.ts';
import { nanoDollars } from './money.ts';
import { Server } from './server.ts';

/** The figures of docs/limits.md. */
const INLINE_LIMIT_BYTES = 10 * 1024 ** 2;
const ITEMS_LIMIT = 50_000;

const LOOK_INTERVAL_MS = 50;

const ITEMS = 3000;

/** One in seven can only fail, the rest is answered. */
const QUESTIONS = Array.from({ length: ITEMS }, (_, index): Question => {
  const error = index % 7 === 3 ? '\n@sandbox error=content_policy_violation' : '';
  return [`항목 ${index}`, `Question ${index}${error}`];
});
const FAILING = QUESTIONS.filter((_, index) => index % 7 === 3).map(([customId]) => customId);

let server: Server;
let account: Account;
let batch: BatchResponse;
let results: BatchResult[];
/** All results as one download. */
let whole: Buffer;

beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server.origin, server.adminKey, 'limits');
  const file = await uploadInput(account.api, inputLines(QUESTIONS));
  const created = await createBatch(account.api, { input_file_id: file.id });
  await pollUntilEnded(account.api, created.id);
  batch = await getBatch(account.api, created.id);
  results = await pageResults(account.api, created.id);
  whole = Buffer.from(await (await downloadResults(account.api, batch.id)).arrayBuffer());
}, 120_000);

afterAll(async () => {
  await server?.stop();
});

/** A batch's body of exactly so many bytes, in inputs of which each by itself is small. */
function bodyOfSize(bytes: number): object {
  const contents = Array.from({ length: 20 }, () => 'a'.repeat(bytes / 21));
  const body = { inputs: contents.map((content, index) => inputLine([String(index), content])) };
  const missing = bytes - JSON.stringify(body).length;
  return { inputs: body.inputs.with(0, inputLine(['0', contents[0] + 'b'.repeat(missing)])) };
}

describe('an inline body', () => {
  it('may be as large as the limit', async () => {
    const estimate = await account.api.post<DryRun>(
      '/api/v1/batches?dry_run=true',
      bodyOfSize(INLINE_LIMIT_BYTES),
    );
    expect(estimate.total).toBe(20);
  });

  it('is refused with one byte more, with advice to upload a file', async () => {
    const response = await account.api.send('POST', '/api/v1/batches', bodyOfSize(INLINE_LIMIT_BYTES + 1));
    expect(response.status).toBe(413);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toMatchObject({
      error: {
        type: 'request_too_large',
        message: expect.stringMatching(/10 MiB.*upload.*purpose "batch".*input_file_id/),
      },
    });
  });
});

describe('an input file with one request too many', () => {
  it('fails with the line that is over the limit, and has no items', async () => {
    const questions = Array.from({ length: ITEMS_LIMIT + 1 }, (_, index): Question => [`${index}`, 'Hello']);
    const file = await uploadInput(account.api, inputLines(questions));
    const created = await createBatch(account.api, { input_file_id: file.id });
    const polls = await pollUntilEnded(account.api, created.id);
    expect(polls.at(-1)?.batch).toMatchObject({
      status: 'failed',
      total: 0,
      completed: 0,
      failed: 0,
      error: { type: 'invalid_request', param: 'input_file_id' },
      errors: { object: 'list', data: [{ code: 'too_many_tasks', line: ITEMS_LIMIT + 1 }] },
    });
    expect(await pageResults(account.api, created.id)).toEqual([]);
  });
});

describe('the results as JSON Lines', () => {
  it('are those of the pages, with their length known beforehand', async () => {
    expect(parseLines(whole.toString('utf8'))).toEqual(results);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(QUESTIONS.map(([customId]) => customId));
    const response = await downloadResults(account.api, batch.id);
    await response.body?.cancel();
    expect(response.headers.get('content-length')).toBe(String(whole.length));
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(response.headers.get('content-type')).toBe('application/jsonl');
  });

  it('go on to the same bytes after a download was cut off, wherever that was', async () => {
    // In a first line, in the middle of a Korean letter or not, at the end of a line, in the last line.
    const lineEnd = whole.indexOf('\n', whole.length / 2) + 1;
    for (const cut of [1, 17, 18, 19, Math.floor(whole.length / 3), lineEnd, whole.length - 1]) {
      const response = await downloadResults(account.api, batch.id, `bytes=${cut}-`);
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(`bytes ${cut}-${whole.length - 1}/${whole.length}`);
      const rest = Buffer.from(await response.arrayBuffer());
      expect(Buffer.concat([whole.subarray(0, cut), rest]).equals(whole), `from ${cut}`).toBe(true);
    }
  });

  it('go on where a connection really broke', async () => {
    const broken = await downloadResults(account.api, batch.id);
    const reader = broken.body?.getReader();
    const { value: got = new Uint8Array() } = (await reader?.read()) ?? {};
    await reader?.cancel();
    expect(got.length).toBeGreaterThan(0);
    expect(got.length).toBeLessThan(whole.length);
    const rest = await downloadResults(account.api, batch.id, `bytes=${got.length}-`);
    expect(Buffer.concat([got, Buffer.from(await rest.arrayBuffer())]).equals(whole)).toBe(true);
  });

  it('can be had in pieces and from their end, and not beyond it', async () => {
    const piece = await downloadResults(account.api, batch.id, 'bytes=100-299');
    expect(Buffer.from(await piece.arrayBuffer()).equals(whole.subarray(100, 300))).toBe(true);
    const tail = await downloadResults(account.api, batch.id, 'bytes=-50');
    expect(Buffer.from(await tail.arrayBuffer()).equals(whole.subarray(-50))).toBe(true);
    const beyond = await downloadResults(account.api, batch.id, `bytes=${whole.length}-`);
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    await beyond.body?.cancel();
  });
});

describe('a retry', () => {
  it('is a new batch of exactly what failed, in the order of the input', async () => {
    expect(batch).toMatchObject({ status: 'completed', failed: FAILING.length });
    const retried = await account.api.post<BatchResponse>(`/api/v1/batches/${batch.id}/retry`);
    expect(retried).toMatchObject({ total: FAILING.length, completed: 0, failed: 0 });
    expect(retried.id).not.toBe(batch.id);
    await pollUntilEnded(account.api, retried.id);
    const again = await pageResults(account.api, retried.id);
    expect(again.map(({ custom_id }) => custom_id)).toEqual(FAILING);
    for (const { error } of again) expect(error?.type).toBe('content_policy_violation');
    // The first batch stays what it was.
    expect(await getBatch(account.api, batch.id)).toEqual(batch);
  });

  it('takes what a cancel left undone, from inputs that came inline', async () => {
    const inputs = QUESTIONS.slice(0, 30).map((question, index) =>
      // The last range hangs, so that the batch is cancelled before its end.
      inputLine(index < 25 ? question : [question[0], `Question ${index}\n@sandbox latency=4s`]),
    );
    const created = await createBatch(account.api, { inputs });
    await untilDone(created.id, 25);
    const cancelled = await account.api.post<BatchResponse>(`/api/v1/batches/${created.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 'cancelled', total: 30, completed: 21, failed: 4 });
    const retried = await account.api.post<BatchResponse>(`/api/v1/batches/${created.id}/retry`);
    const polls = await pollUntilEnded(account.api, retried.id);
    expect(polls.at(-1)?.batch).toMatchObject({ status: 'completed', total: 9, completed: 5, failed: 4 });
    const again = await pageResults(account.api, retried.id);
    expect(again.map(({ custom_id }) => custom_id)).toEqual(
      [3, 10, 17, 24, 25, 26, 27, 28, 29].map((index) => `항목 ${index}`),
    );
    const nano = again.reduce((sum, { body }) => sum + nanoDollars(body?.cost?.total_cost ?? 0), 0);
    expect(nanoDollars(polls.at(-1)?.batch.cost?.total_cost ?? Number.NaN)).toBe(nano);
  });

  it('is refused where nothing failed, and before the end', async () => {
    const done = await createBatch(account.api, { inputs: [inputLine(['a', 'Hello'])] });
    await pollUntilEnded(account.api, done.id);
    const nothing = await account.api.send('POST', `/api/v1/batches/${done.id}/retry`);
    expect(nothing.status).toBe(400);
    expect(await nothing.json()).toMatchObject({ error: { type: 'invalid_request' } });

    const slow = await createBatch(account.api, { inputs: [inputLine(['a', 'Hi\n@sandbox latency=2s'])] });
    const early = await account.api.send('POST', `/api/v1/batches/${slow.id}/retry`);
    expect(early.status).toBe(409);
    expect(await early.json()).toMatchObject({ error: { type: 'conflict' } });
    await pollUntilEnded(account.api, slow.id);
  });
});

/** Once so many items of a running batch have an outcome. */
async function untilDone(id: string, count: number): Promise<void> {
  for (;;) {
    const { status, completed, failed } = await getBatch(account.api, id);
    if (completed + failed >= count) return;
    if (status !== 'pending' && status !== 'running') throw new Error(`the batch is ${status} too early`);
    await sleep(LOOK_INTERVAL_MS);
  }
}
