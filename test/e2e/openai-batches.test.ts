// OpenAI's batches as code written for OpenAI uses them: the official SDK from the upload to the parsed output file.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { ErrorBody } from '../../src/contract/errors.ts';
import { type Account, newAccount } from './api-client.ts';
import {
  createBatch,
  getBatch,
  pageResults,
  parseLines,
  pollUntilEnded,
  watchBatch,
} from './batch-client.ts';
import { inputLine, inputLines, type Question } from './input-file.ts';
import { Server } from './server.ts';

const ENDPOINT = '/v1/chat/completions';
const POLL_INTERVAL_MS = 100;
const HOUR_SECONDS = 3600;

/** A line of an output or an error file, as OpenAI documents it. */
interface OutputLine {
  id: string;
  custom_id: string;
  response: {
    status_code: number;
    request_id: string;
    body: OpenAI.ChatCompletion & { error?: ErrorBody };
  } | null;
  error: { code: string; message: string } | null;
}

let server: Server;
let account: Account;
let client: OpenAI;
let folder: string;

beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server.origin, server.adminKey, 'openai');
  client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: account.key.key });
  folder = await mkdtemp(join(tmpdir(), 'quire-e2e-'));
});

afterAll(async () => {
  await server?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Custom ids that need care in JSON, in one file with requests that cannot succeed. */
const QUESTIONS: Question[] = [
  ['first', 'What is the first thing?'],
  ['질문 2', '두 번째 질문입니다'],
  ['policy', 'Refuse this\n@sandbox error=content_policy_violation'],
  ['"quoted"\\', 'Third'],
  ['flaky', 'Fourth\n@sandbox fail=1'],
  ['long', `@sandbox error=context_length_exceeded`],
  ['emoji 🙂\n', 'Fifth'],
];
const FAILING = ['policy', 'long'];

/** Each way the SDK takes a file. */
const UPLOADS: [name: string, make: (text: string) => Promise<OpenAI.FileCreateParams['file']>][] = [
  ['a Buffer', (text) => toFile(Buffer.from(text), 'input.jsonl')],
  [
    'a stream from disk',
    async (text) => {
      const path = join(folder, 'input.jsonl');
      await writeFile(path, text);
      return createReadStream(path);
    },
  ],
  ['a web stream', (text) => toFile(new Blob([text]).stream(), 'input.jsonl')],
  ['a File', async (text) => new File([text], 'input.jsonl', { type: 'application/jsonl' })],
];

async function upload(questions: readonly Question[]): Promise<OpenAI.FileObject> {
  return client.files.create({ file: await toFile(Buffer.from(inputLines(questions))), purpose: 'batch' });
}

async function create(questions: readonly Question[]): Promise<OpenAI.Batch> {
  const file = await upload(questions);
  return client.batches.create({ input_file_id: file.id, endpoint: ENDPOINT, completion_window: '24h' });
}

/** Polls as a user of the SDK does: every status it saw, and the batch at its end. */
async function untilEnded(id: string): Promise<{ statuses: OpenAI.Batch['status'][]; ended: OpenAI.Batch }> {
  const statuses: OpenAI.Batch['status'][] = [];
  for (;;) {
    const batch = await client.batches.retrieve(id);
    statuses.push(batch.status);
    if (['completed', 'failed', 'expired', 'cancelled'].includes(batch.status))
      return { statuses, ended: batch };
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Once so many requests of a batch have an outcome. */
async function untilDone(id: string, count: number): Promise<void> {
  for (;;) {
    const { request_counts: counts } = await client.batches.retrieve(id);
    if ((counts?.completed ?? 0) + (counts?.failed ?? 0) >= count) return;
    await sleep(POLL_INTERVAL_MS);
  }
}

async function linesOf(fileId: string | undefined): Promise<OutputLine[]> {
  const content = await client.files.content(fileId ?? 'no file');
  return parseLines(await content.text());
}

describe.each(UPLOADS)('the whole flow with %s', (_, make) => {
  let input: OpenAI.FileObject;
  let created: OpenAI.Batch;
  let ended: OpenAI.Batch;
  let statuses: OpenAI.Batch['status'][];

  beforeAll(async () => {
    input = await client.files.create({ file: await make(inputLines(QUESTIONS)), purpose: 'batch' });
    created = await client.batches.create({
      input_file_id: input.id,
      endpoint: ENDPOINT,
      completion_window: '24h',
      metadata: { job: 'nightly', 언어: '한국어' },
    });
    ({ statuses, ended } = await untilEnded(created.id));
  });

  it('takes the file whole', async () => {
    expect(input).toMatchObject({
      object: 'file',
      bytes: Buffer.byteLength(inputLines(QUESTIONS)),
      filename: 'input.jsonl',
      purpose: 'batch',
      status: 'processed',
    });
    expect(await (await client.files.content(input.id)).text()).toBe(inputLines(QUESTIONS));
  });

  it("makes a batch in OpenAI's shape", () => {
    expect(created).toMatchObject({
      id: expect.stringMatching(/^batch_/),
      object: 'batch',
      endpoint: ENDPOINT,
      input_file_id: input.id,
      completion_window: '24h',
      status: 'validating',
      output_file_id: null,
      error_file_id: null,
      errors: null,
      in_progress_at: null,
      completed_at: null,
      metadata: { job: 'nightly', 언어: '한국어' },
    });
    expect(created.expires_at).toBe(created.created_at + 24 * HOUR_SECONDS);
    expect(Math.abs(created.created_at - Date.now() / 1000)).toBeLessThan(600);
  });

  it('goes forward through the statuses to its end', () => {
    const order = ['validating', 'in_progress', 'finalizing', 'completed'];
    const places = statuses.map((status) => order.indexOf(status));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(ended).toMatchObject({
      id: created.id,
      status: 'completed',
      model: 'sandbox',
      request_counts: {
        total: QUESTIONS.length,
        completed: QUESTIONS.length - FAILING.length,
        failed: FAILING.length,
      },
      metadata: created.metadata,
      errors: null,
    });
    const times = [ended.created_at, ended.in_progress_at, ended.finalizing_at, ended.completed_at];
    for (const time of times) expect(Number.isInteger(time)).toBe(true);
    expect(times).toEqual(times.toSorted((a, b) => Number(a) - Number(b)));
  });

  it('has an output file with a line for each request that succeeded', async () => {
    const lines = await linesOf(ended.output_file_id);
    const expected = QUESTIONS.filter(([customId]) => !FAILING.includes(customId));
    expect(lines.map((line) => line.custom_id)).toEqual(expected.map(([customId]) => customId));
    for (const [place, { id, response, error }] of lines.entries()) {
      expect(error).toBeNull();
      expect(id).toMatch(/^batch_req_/);
      expect(response).toMatchObject({
        status_code: 200,
        request_id: expect.stringMatching(/^req_/),
        body: { object: 'chat.completion', model: 'sandbox' },
      });
      const [said = ''] = expected[place]?.[1].split('\n') ?? [];
      expect(response?.body.choices[0]?.message.content).toContain(said);
    }
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  });

  it('has an error file with a line for each request that failed', async () => {
    const lines = await linesOf(ended.error_file_id);
    expect(lines.map((line) => line.custom_id)).toEqual(FAILING);
    const types = ['content_policy_violation', 'context_length_exceeded'];
    for (const [place, { response, error }] of lines.entries()) {
      expect(error).toBeNull();
      expect(response).toMatchObject({
        status_code: 400,
        request_id: expect.stringMatching(/^req_/),
        body: { error: { type: types[place], code: types[place], message: expect.stringMatching(/\S/) } },
      });
    }
  });

  it('reports the usage that its output lines add up to', async () => {
    const usages = (await linesOf(ended.output_file_id)).map(({ response }) => response?.body.usage);
    const sum = (pick: (usage: OpenAI.CompletionUsage) => number) =>
      usages.reduce((total, usage) => total + (usage ? pick(usage) : Number.NaN), 0);
    expect(ended.usage).toEqual({
      input_tokens: sum((usage) => usage.prompt_tokens),
      input_tokens_details: {
        cached_tokens: sum((usage) => usage.prompt_tokens_details?.cached_tokens ?? 0),
      },
      output_tokens: sum((usage) => usage.completion_tokens),
      output_tokens_details: {
        reasoning_tokens: sum((usage) => usage.completion_tokens_details?.reasoning_tokens ?? 0),
      },
      total_tokens: sum((usage) => usage.total_tokens),
    });
    expect(ended.usage?.output_tokens).toBeGreaterThan(0);
  });

  it('lists both files beside the input', async () => {
    for (const id of [ended.output_file_id, ended.error_file_id]) {
      const file = await client.files.retrieve(id ?? 'no file');
      const content = await (await client.files.content(file.id)).arrayBuffer();
      expect(file).toMatchObject({
        purpose: 'batch_output',
        filename: expect.stringMatching(/\.jsonl$/),
        bytes: content.byteLength,
        status: 'processed',
      });
    }
    const { data } = await client.files.list({ purpose: 'batch_output' });
    const listed = data.map(({ id }) => id);
    expect(listed).toContain(ended.output_file_id);
    expect(listed).toContain(ended.error_file_id);
    expect(listed).not.toContain(input.id);
  });
});

describe('a batch', () => {
  it('whose every request succeeds has no error file', async () => {
    const { ended } = await untilEnded((await create([['a', 'Hello']])).id);
    expect(ended).toMatchObject({ status: 'completed', error_file_id: null });
    expect(await linesOf(ended.output_file_id)).toHaveLength(1);
  });

  it('whose every request fails is completed, without an output file', async () => {
    const { ended } = await untilEnded((await create([['a', '@sandbox error=invalid_request']])).id);
    expect(ended).toMatchObject({ status: 'completed', output_file_id: null });
    expect(await linesOf(ended.error_file_id)).toHaveLength(1);
  });

  it('may say when its files expire', async () => {
    const file = await upload(QUESTIONS);
    const created = await client.batches.create({
      input_file_id: file.id,
      endpoint: ENDPOINT,
      completion_window: '24h',
      output_expires_after: { anchor: 'created_at', seconds: 2 * HOUR_SECONDS },
    });
    const { ended } = await untilEnded(created.id);
    for (const id of [ended.output_file_id, ended.error_file_id]) {
      const output = await client.files.retrieve(id ?? 'no file');
      expect(output.expires_at).toBe(output.created_at + 2 * HOUR_SECONDS);
    }
  });

  it('is refused at once where the request itself is wrong', async () => {
    const batchFile = (await upload(QUESTIONS)).id;
    const otherFile = await client.files.create({
      file: new File(['Hello'], 'a.txt', { type: 'text/plain' }),
      purpose: 'user_data',
    });
    const good = { input_file_id: batchFile, endpoint: ENDPOINT, completion_window: '24h' } as const;
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`key-${index}`, 'value']));
    const wrong: [params: object, status: number, param: string][] = [
      [{ ...good, input_file_id: 'file_000000000000000000000000' }, 404, 'input_file_id'],
      [{ ...good, input_file_id: otherFile.id }, 400, 'input_file_id'],
      [{ ...good, endpoint: '/v1/nonesuch' }, 400, 'endpoint'],
      [{ ...good, completion_window: '24 hours' }, 400, 'completion_window'],
      [{ ...good, metadata: many }, 400, 'metadata'],
      [{ endpoint: ENDPOINT, completion_window: '24h' }, 400, 'input_file_id'],
    ];
    for (const [params, status, param] of wrong) {
      const refused = client.batches.create(params as OpenAI.BatchCreateParams);
      await expect(refused, JSON.stringify(params)).rejects.toMatchObject({ status, param });
    }
  });

  it('that does not exist is a NotFoundError', async () => {
    await expect(client.batches.retrieve('batch_000000000000')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(client.batches.cancel('batch_000000000000')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe('a file with bad lines', () => {
  const good = inputLine(['good', 'Hello']);
  const LINES: [text: string, error: { code: string; param: string | null } | null][] = [
    [JSON.stringify(good), null],
    ['{"custom_id": "broken"', { code: 'invalid_json_line', param: null }],
    ['', null],
    [JSON.stringify(good), { code: 'duplicate_custom_id', param: 'custom_id' }],
    [JSON.stringify({ ...good, custom_id: 'u', url: '/v1/nope' }), { code: 'invalid_url', param: 'url' }],
    [JSON.stringify({ ...good, custom_id: 'm', method: 'GET' }), { code: 'invalid_method', param: 'method' }],
    [
      JSON.stringify({ ...good, custom_id: 'b', body: { model: 'sandbox' } }),
      { code: 'invalid_request', param: 'body.messages' },
    ],
    [
      JSON.stringify({ ...good, custom_id: 'n', body: { ...good.body, model: 'nonesuch' } }),
      { code: 'invalid_request', param: 'body.model' },
    ],
    [JSON.stringify({ ...good, custom_id: 'after' }), null],
  ];

  async function failed(text: string): Promise<OpenAI.Batch> {
    const file = await client.files.create({ file: new File([text], 'bad.jsonl'), purpose: 'batch' });
    const created = await client.batches.create({
      input_file_id: file.id,
      endpoint: ENDPOINT,
      completion_window: '24h',
    });
    expect(created.status).toBe('validating');
    return (await untilEnded(created.id)).ended;
  }

  it('makes a batch that fails, with the code and the line of each', async () => {
    const ended = await failed(LINES.map(([text]) => text).join('\n'));
    const expected = LINES.flatMap(([, error], index) =>
      error === null ? [] : [{ ...error, line: index + 1 }],
    );
    expect(ended).toMatchObject({
      status: 'failed',
      output_file_id: null,
      error_file_id: null,
      in_progress_at: null,
      failed_at: expect.any(Number),
      request_counts: { total: 0, completed: 0, failed: 0 },
      errors: { object: 'list', data: expected },
    });
    for (const { message } of ended.errors?.data ?? []) expect(message).toMatch(/\S/);
    expect(ended.errors?.data).toHaveLength(expected.length);
  });

  it('without a single request is an empty file', async () => {
    const ended = await failed('\n \n');
    expect(ended).toMatchObject({
      status: 'failed',
      errors: { data: [{ code: 'empty_file', line: null }] },
    });
  });

  it('is free again once the batch has failed', async () => {
    const ended = await failed('{}');
    expect(await client.files.delete(ended.input_file_id)).toMatchObject({ deleted: true });
  });
});

describe('the list of batches', () => {
  it('pages by itself through all of them, the newest first', async () => {
    const lister = await newAccount(server.origin, server.adminKey, 'lister');
    const listing = client.withOptions({ apiKey: lister.key.key });
    const file = await listing.files.create({
      file: new File([inputLines([['a', 'Hello']])], 'input.jsonl'),
      purpose: 'batch',
    });
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) {
      const { id } = await listing.batches.create({
        input_file_id: file.id,
        endpoint: ENDPOINT,
        completion_window: '24h',
        metadata: { n: String(n) },
      });
      ids.unshift(id);
    }
    const listed: OpenAI.Batch[] = [];
    for await (const batch of listing.batches.list({ limit: 3 })) listed.push(batch);
    expect(listed.map(({ id }) => id)).toEqual(ids);
    expect(listed.map(({ metadata }) => metadata)).toEqual(
      [6, 5, 4, 3, 2, 1, 0].map((n) => ({ n: String(n) })),
    );
    for (const batch of listed) expect(batch).toMatchObject({ object: 'batch', input_file_id: file.id });
  });
});

describe('a cancel', () => {
  it('keeps what is done and names what is not', async () => {
    const quick = Array.from({ length: 25 }, (_, index): Question => [`quick-${index}`, 'Hello']);
    const slow = Array.from(
      { length: 5 },
      (_, index): Question => [`slow-${index}`, 'Hello\n@sandbox latency=4s'],
    );
    const { id } = await create([...quick, ...slow]);
    await untilDone(id, quick.length);
    const cancelled = await client.batches.cancel(id);
    expect(cancelled.status).toMatch(/^(cancelling|cancelled)$/);
    expect(cancelled.cancelling_at).toEqual(expect.any(Number));
    const { ended } = await untilEnded(id);
    expect(ended).toMatchObject({
      status: 'cancelled',
      cancelled_at: expect.any(Number),
      completed_at: null,
      request_counts: { total: quick.length + slow.length, completed: quick.length, failed: 0 },
    });
    const output = await linesOf(ended.output_file_id);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(quick.map(([customId]) => customId));
    const undone = await linesOf(ended.error_file_id);
    expect(undone).toMatchObject(
      slow.map(([custom_id]) => ({
        custom_id,
        response: null,
        error: { code: 'batch_cancelled', message: expect.stringMatching(/\S/) },
      })),
    );
    expect(undone).toHaveLength(slow.length);
    // Again it changes nothing.
    expect(await client.batches.cancel(id)).toEqual(ended);
  });
});

describe('an input file', () => {
  it('cannot be deleted while its batch runs, and can be afterwards', async () => {
    const file = await upload([['a', 'Hello\n@sandbox latency=1500ms']]);
    const { id } = await client.batches.create({
      input_file_id: file.id,
      endpoint: ENDPOINT,
      completion_window: '24h',
    });
    await expect(client.files.delete(file.id)).rejects.toBeInstanceOf(OpenAI.ConflictError);
    expect(await client.files.retrieve(file.id)).toEqual(file);
    const { ended } = await untilEnded(id);
    expect(ended.request_counts).toEqual({ total: 1, completed: 1, failed: 0 });
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    // The batch and its output outlive it.
    expect(await client.batches.retrieve(id)).toEqual(ended);
    expect(await linesOf(ended.output_file_id)).toHaveLength(1);
  });
});

describe('the two surfaces', () => {
  it('show a batch made natively to the SDK, with its files', async () => {
    const created = await createBatch(account.api, {
      model: 'sandbox',
      inputs: [
        { custom_id: 'good', messages: [{ role: 'user', content: 'Hello' }] },
        { custom_id: 'bad', messages: [{ role: 'user', content: '@sandbox error=invalid_request' }] },
      ],
      metadata: { made: 'natively' },
      completion_window: '90m',
    });
    const { ended } = await untilEnded(created.id);
    const native = await getBatch(account.api, created.id);
    expect(ended).toMatchObject({
      id: created.id,
      status: 'completed',
      endpoint: ENDPOINT,
      input_file_id: null,
      completion_window: '90m',
      request_counts: { total: 2, completed: 1, failed: 1 },
      metadata: { made: 'natively' },
    });
    expect(ended.usage?.total_tokens).toBe(native.usage.total_tokens);
    const [good] = await linesOf(ended.output_file_id);
    expect(good).toMatchObject({ custom_id: 'good', response: { body: native.results?.[0]?.body } });
    const [bad] = await linesOf(ended.error_file_id);
    expect(bad).toMatchObject({
      custom_id: 'bad',
      response: { status_code: 400, body: { error: native.results?.[1]?.error } },
    });
  });

  it('show a batch made through the SDK to native clients, as it runs and at its end', async () => {
    const { id, created_at } = await create(QUESTIONS);
    const { stream_url } = await getBatch(account.api, id);
    const done = await watchBatch(stream_url).done;
    const polls = await pollUntilEnded(account.api, id);
    const native = polls[polls.length - 1]?.batch as BatchResponse;
    expect(done.data).toEqual(native);
    expect(native).toMatchObject({
      id,
      status: 'completed',
      total: QUESTIONS.length,
      failed: FAILING.length,
    });
    expect(Math.floor(Date.parse(native.created_at) / 1000)).toBe(created_at);
    const results = await pageResults(account.api, id);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(QUESTIONS.map(([customId]) => customId));
    const { output_file_id } = await client.batches.retrieve(id);
    const bodies = (await linesOf(output_file_id)).map(({ response }) => response?.body);
    expect(bodies).toEqual(results.flatMap(({ body }) => (body === null ? [] : [body])));
  });

  it('cancel each other’s batches', async () => {
    const { id } = await create([['a', 'Hello\n@sandbox latency=3s']]);
    await account.api.post(`/api/v1/batches/${id}/cancel`);
    expect((await untilEnded(id)).ended.status).toBe('cancelled');
    const native = await createBatch(account.api, { inputs: [inputLine(['a', 'Hi\n@sandbox latency=3s'])] });
    await client.batches.cancel(native.id);
    await pollUntilEnded(account.api, native.id);
    expect(await getBatch(account.api, native.id)).toMatchObject({ status: 'cancelled', error: null });
  });
});
