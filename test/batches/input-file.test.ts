// What is wrong with an input file: every code, its line and its place.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { RangeCut } from '../../src/batches/batch-spec';
import { planInput } from '../../src/batches/plan';
import type { BatchResponse, InputError } from '../../src/contract/batches';
import { newId } from '../../src/contract/ids';
import { eventually } from '../eventually';
import { newClient } from '../http/client';
import { expectSound, line, linesOf, readBatch, toJsonLines, upload } from './rig';

const ENCODER = new TextEncoder();

/** Text and bytes, one after the other. */
function file(...pieces: (string | number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    pieces.flatMap((piece) => (typeof piece === 'string' ? Array.from(ENCODER.encode(piece)) : piece)),
  );
}

/** What a planner finds in a file. */
async function plan(
  bytes: Uint8Array | string,
  locale: 'en' | 'ko' = 'en',
): Promise<{ ids: string[]; cuts: RangeCut[]; errors: InputError[] }> {
  const inputKey = `files/test/${newId('file')}`;
  await env.BUCKET.put(inputKey, bytes);
  const cuts: RangeCut[] = [];
  let errors: InputError[] = [];
  const from = { byte: 0, line: 0, item: 0 };
  const grant = { epoch: 1, inputKey, locale, hasBounds: false, from, model: undefined };
  await planInput(env.BUCKET, grant, new Set(), async (_epoch, report, some) => {
    cuts.push(...some);
    errors = report.errors;
    return !report.done;
  });
  return { ids: cuts.flatMap(({ customIds }) => customIds), cuts, errors };
}

const good = (id: string) => `${JSON.stringify(line(id, 'Hi'))}\n`;

/** A bad line after a good one, and what is said of it. */
const BAD_LINES: [name: string, text: string | number[], error: Omit<InputError, 'message' | 'line'>][] = [
  ['that is no JSON', '{"custom_id":', { code: 'invalid_json_line', param: null }],
  ['that is two values', '{} {}', { code: 'invalid_json_line', param: null }],
  ['that is no object', '"text"', { code: 'invalid_json_line', param: null }],
  ['that is null', 'null', { code: 'invalid_json_line', param: null }],
  ['that is a list', '[1]', { code: 'invalid_json_line', param: null }],
  ['that is not UTF-8', [0x22, 0xff, 0x22], { code: 'invalid_json_line', param: null }],
  ['that is half a byte order mark', [0xef, 0xbb], { code: 'invalid_json_line', param: null }],
  [
    'with half a surrogate in UTF-8',
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    { code: 'invalid_json_line', param: null },
  ],
  [
    'nested too deeply',
    `{"a":${'['.repeat(200)}${']'.repeat(200)}}`,
    { code: 'invalid_json_line', param: null },
  ],
  [
    'nested 100,000 levels deep',
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    { code: 'invalid_json_line', param: null },
  ],
  [
    'with the key __proto__',
    JSON.stringify(line('b', 'Hi')).replace('"method"', '"__proto__":{"polluted":true},"method"'),
    { code: 'invalid_json_line', param: '__proto__' },
  ],
  [
    'with the key __proto__ in escapes, deep inside',
    JSON.stringify(line('b', 'Hi', { metadata: { X: 'y' } })).replace('"X"', '"\\u005f_proto__"'),
    { code: 'invalid_json_line', param: 'body.metadata.__proto__' },
  ],
  ['without a custom_id', JSON.stringify({ ...line('b', 'Hi'), custom_id: undefined }), invalid('custom_id')],
  ['with an empty custom_id', JSON.stringify(line('', 'Hi')), invalid('custom_id')],
  [
    'with a custom_id that is a number',
    JSON.stringify({ ...line('b', 'Hi'), custom_id: 7 }),
    invalid('custom_id'),
  ],
  ['with 513 characters of custom_id', JSON.stringify(line('x'.repeat(513), 'Hi')), invalid('custom_id')],
  [
    'with another method',
    JSON.stringify({ ...line('b', 'Hi'), method: 'GET' }),
    { code: 'invalid_method', param: 'method' },
  ],
  [
    'with another url',
    JSON.stringify({ ...line('b', 'Hi'), url: '/v1/embeddings' }),
    { code: 'invalid_url', param: 'url' },
  ],
  [
    'without a url',
    JSON.stringify({ ...line('b', 'Hi'), url: undefined }),
    { code: 'invalid_url', param: 'url' },
  ],
  ['without a body', JSON.stringify({ ...line('b', 'Hi'), body: undefined }), invalid('body')],
  [
    'with a body that is no request',
    JSON.stringify({ ...line('b', 'Hi'), body: { model: 'sandbox' } }),
    invalid('body.messages'),
  ],
  ['with an unknown model', JSON.stringify(line('b', 'Hi', { model: 'gpt-9' })), invalid('body.model')],
  ['that streams', JSON.stringify(line('b', 'Hi', { stream: true })), invalid('body.stream')],
  [
    'with the custom_id of another',
    JSON.stringify(line('first', 'Hi')),
    { code: 'duplicate_custom_id', param: 'custom_id' },
  ],
  [
    'of 4 MiB and a byte',
    JSON.stringify(line('b', 'x'.repeat(4 * 1024 ** 2))),
    { code: 'invalid_request', param: null },
  ],
];

function invalid(param: string): Omit<InputError, 'message' | 'line'> {
  return { code: 'invalid_request', param };
}

describe('a line', () => {
  it.each(BAD_LINES)('%s is named', async (_, text, error) => {
    const { errors, ids } = await plan(file(good('first'), '\n', text, '\n', good('last')));
    expect(errors).toEqual([{ ...error, line: 3, message: expect.stringMatching(/.{10}/) }]);
    expect(ids).toEqual([]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('is told what is wrong in the language of its batch', async () => {
    const { errors } = await plan('{"custom_id":\n', 'ko');
    expect(errors[0]?.message).toMatch(/^요청 형식이 올바르지 않습니다/);
  });

  it('may have 512 characters of custom_id, and 4 MiB in all', async () => {
    const longest = JSON.stringify(line('b', ''));
    const padding = ' '.repeat(4 * 1024 ** 2 - longest.length);
    const { errors, ids } = await plan(`${good('x'.repeat(512))}${longest}${padding}\n${good('c')}`);
    expect(errors).toEqual([]);
    expect(ids).toEqual(['x'.repeat(512), 'b', 'c']);
  });

  it('may not have a custom_id that came 9,000 lines before', async () => {
    const lines = linesOf(Array.from({ length: 9_000 }, (_, n) => `${n}`));
    const { errors } = await plan(toJsonLines([...lines, line('0', 'again'), line('8999', 'again')]));
    expect(errors).toMatchObject([
      { code: 'duplicate_custom_id', line: 9_001, param: 'custom_id' },
      { code: 'duplicate_custom_id', line: 9_002, param: 'custom_id' },
    ]);
  });
});

describe('a file', () => {
  it('may have blank lines, CRLF, a byte order mark, and no break at its end', async () => {
    const bytes = file(
      [0xef, 0xbb, 0xbf],
      good('a').replace('\n', '\r\n'),
      '\r\n \t\n\n',
      good('b'),
      '\n',
      good('c').trimEnd(),
    );
    const { errors, ids, cuts } = await plan(bytes);
    expect([errors, ids]).toEqual([[], ['a', 'b', 'c']]);
    expect(cuts).toMatchObject([{ first: 0, start: 0, end: bytes.length }]);
  });

  it('is run as it is planned, whatever lies between its lines', async () => {
    const client = await newClient();
    const mark = [0xef, 0xbb, 0xbf];
    // Several files put together: their marks come in the middle.
    const bytes = file(
      mark,
      good('a').replace('\n', '\r\n'),
      '\r\n',
      mark,
      good('b'),
      mark,
      '\n',
      '\t \n',
      good('c').trimEnd(),
    );
    const input_file_id = await upload(client, bytes);
    const batch = await client.json<BatchResponse>('POST', '/api/v1/batches', { json: { input_file_id } });
    const ended = await eventually(async () => {
      const now = await readBatch(client, batch.id);
      expect(now.status).toBe('completed');
      return now;
    });
    expect(ended).toMatchObject({ total: 3, completed: 3, failed: 0 });
    await expectSound(client, batch.id, ['a', 'b', 'c']);
  });

  it.each([
    ['nothing but line breaks', '\n\r\n \n'],
    ['nothing but a byte order mark', [0xef, 0xbb, 0xbf]],
  ])('of %s is empty', async (_, text) => {
    const { errors } = await plan(file(text));
    expect(errors).toEqual([{ code: 'empty_file', message: expect.any(String), param: null, line: null }]);
  });

  it('has at most a hundred errors reported, the first ones', async () => {
    const { errors } = await plan(`${good('a')}${'no\n'.repeat(150)}`);
    expect(errors.map((error) => error.line)).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
    expect(new Set(errors.map((error) => error.code))).toEqual(new Set(['invalid_json_line']));
  });

  it('may have 50,000 lines and not one more, blank ones aside', async () => {
    const short = (n: number) =>
      `{"custom_id":"${n}","method":"POST","url":"/v1/chat/completions","body":{"model":"sandbox","messages":[{"role":"user","content":""}]}}\n`;
    const lines = Array.from({ length: 50_000 }, (_, n) => short(n)).join('');
    const most = await plan(`\n${lines}\n\n`);
    expect([most.errors, most.ids.length]).toEqual([[], 50_000]);
    const { errors } = await plan(`\n${lines}\n${short(50_000)}no\n`);
    expect(errors).toEqual([
      { code: 'too_many_tasks', message: expect.stringContaining('50000'), param: null, line: 50_003 },
    ]);
  });
});

describe('a batch of a bad file', () => {
  it('is made, and fails with every error on both surfaces', async () => {
    const client = await newClient();
    const bad = [
      'no',
      JSON.stringify({ ...line('u', 'Hi'), url: '/v2' }),
      JSON.stringify({ ...line('m', 'Hi'), method: 'PUT' }),
      JSON.stringify(line('r', 'Hi', { temperature: 9 })),
    ];
    const input_file_id = await upload(client, `${good('a')}${bad.join('\n')}\n${good('a')}`);
    const created = await client.send('POST', '/v1/batches', {
      json: { input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h' },
    });
    expect(created.status).toBe(200);
    const { id, status } = await created.json<{ id: string; status: string }>();
    expect(status).toBe('validating');
    const native = await eventually(async () => {
      const batch = await readBatch(client, id);
      expect(batch.status).toBe('failed');
      return batch;
    });
    const errors = [
      { code: 'invalid_json_line', line: 2, param: null },
      { code: 'invalid_url', line: 3, param: 'url' },
      { code: 'invalid_method', line: 4, param: 'method' },
      { code: 'invalid_request', line: 5, param: 'body.temperature' },
      { code: 'duplicate_custom_id', line: 6, param: 'custom_id' },
    ].map((error) => ({ ...error, message: expect.any(String) }));
    expect(native).toMatchObject({
      total: 0,
      completed: 0,
      failed: 0,
      results: [],
      started_at: null,
      error: { type: 'invalid_request', code: 'invalid_request', param: 'input_file_id' },
      errors: { object: 'list', data: errors },
    });
    expect(await client.json('GET', `/v1/batches/${id}`)).toMatchObject({
      status: 'failed',
      errors: { object: 'list', data: errors },
      request_counts: { total: 0, completed: 0, failed: 0 },
      failed_at: expect.any(Number),
      in_progress_at: null,
      completed_at: null,
      expired_at: null,
      output_file_id: null,
      error_file_id: null,
    });
  });
});
