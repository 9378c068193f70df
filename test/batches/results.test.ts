// The results of a batch: pages, JSON Lines and byte ranges of them, and those that ride along.
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse, BatchResult } from '../../src/contract/batches';
import { INLINE_RESULTS_LIMIT_BYTES } from '../../src/contract/limits';
import type { ListResponse } from '../../src/contract/lists';
import { eventually } from '../eventually';
import { errorOf, newClient, ORIGIN } from '../http/client';
import {
  deliver,
  linesOf,
  newRig,
  nextMessages,
  type Rig,
  readBatch,
  readResults,
  restore,
  runToEnd,
  stateOf,
} from './rig';

afterEach(restore);

type Page = ListResponse<BatchResult>;

const LINES = { accept: 'application/jsonl' };

/** Twelve items in ranges of three, every fourth of which fails, done in another order than they came in. */
const CONTENTS = Array.from({ length: 12 }, (_, n) =>
  n % 4 === 1 ? `${n}\n@sandbox error=not_found` : `${n}`,
);
const FAILED = ['1', '5', '9'];
const ALL = CONTENTS.map((_, n) => String(n));

const idsOf = (results: readonly BatchResult[]) => results.map(({ custom_id }) => custom_id);

/** All pages of a list, each as long as it may be and none after the last. */
async function pagesOf(rig: Rig, query: string, limit: number): Promise<BatchResult[]> {
  const seen: BatchResult[] = [];
  for (let after = ''; ; ) {
    const path = `/api/v1/batches/${rig.id}/results?limit=${limit}&${query}${after}`;
    const page = await rig.client.json<Page>('GET', path);
    expect([page.first_id, page.last_id]).toEqual([
      page.data[0]?.custom_id ?? null,
      page.data.at(-1)?.custom_id ?? null,
    ]);
    seen.push(...page.data);
    if (!page.has_more) return seen;
    expect(page.data).toHaveLength(limit);
    after = `&after=${encodeURIComponent(page.last_id ?? '')}`;
  }
}

describe('the results of an ended batch', () => {
  let rig: Rig;
  let all: BatchResult[];
  beforeAll(async () => {
    rig = await newRig(linesOf(CONTENTS), { rangeItems: 3 });
    const messages = await nextMessages(rig);
    for (const message of messages.toReversed()) await deliver([message]);
    await runToEnd(rig);
    all = (await readBatch(rig.client, rig.id)).results ?? [];
    expect(idsOf(all)).toEqual(ALL);
  });

  it.each([1, 2, 5, 12, 100])(
    'come in pages of %s, in both orders, whole or of one status',
    async (limit) => {
      expect(await pagesOf(rig, '', limit)).toEqual(all);
      const committed = await pagesOf(rig, 'order=committed', limit);
      expect(idsOf(committed)).toEqual(['9', '10', '11', '6', '7', '8', '3', '4', '5', '0', '1', '2']);
      for (const order of ['input', 'committed']) {
        const whole = order === 'input' ? all : committed;
        for (const [status, passes] of [
          ['failed', (result: BatchResult) => result.error !== null],
          ['completed', (result: BatchResult) => result.error === null],
        ] as const) {
          const some = await pagesOf(rig, `order=${order}&status=${status}`, limit);
          expect(some).toEqual(whole.filter(passes));
          expect(some).toHaveLength(status === 'failed' ? FAILED.length : ALL.length - FAILED.length);
        }
      }
    },
  );

  it('go on after any of them, though it is of another status', async () => {
    const page = await rig.client.json<Page>(
      'GET',
      `/api/v1/batches/${rig.id}/results?status=failed&after=4&limit=1`,
    );
    expect([idsOf(page.data), page.has_more]).toEqual([['5'], true]);
    const last = await rig.client.json<Page>('GET', `/api/v1/batches/${rig.id}/results?after=11`);
    expect(last).toMatchObject({ data: [], first_id: null, last_id: null, has_more: false });
  });

  it('are known by their whole custom_id and nothing less', async () => {
    for (const after of ['1%22', '%22', '[', '12', '1,', '%']) {
      const response = await rig.client.send('GET', `/api/v1/batches/${rig.id}/results?after=${after}`);
      expect([after, response.status, (await errorOf(response)).param]).toEqual([after, 400, 'after']);
    }
  });

  it('are the same as JSON Lines, whose length and type are told', async () => {
    const response = await rig.client.send('GET', `/api/v1/batches/${rig.id}/results`, { headers: LINES });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/jsonl/);
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    const bytes = await response.bytes();
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(await readResults(rig.client, rig.id)).toEqual(all);
    const committed = await readResults(rig.client, rig.id, '?order=committed');
    expect(committed).toEqual(await pagesOf(rig, 'order=committed', 100));
  });

  it('refuse a range beyond their end', async () => {
    const size = (
      await (await rig.client.send('GET', `/api/v1/batches/${rig.id}/results`, { headers: LINES })).bytes()
    ).length;
    for (const range of [`bytes=${size}-`, `bytes=${size + 5}-${size + 9}`, 'bytes=-0']) {
      const headers = { ...LINES, range };
      const response = await rig.client.send('GET', `/api/v1/batches/${rig.id}/results`, { headers });
      expect([range, response.status]).toEqual([range, 416]);
      expect(response.headers.get('content-range')).toBe(`bytes */${size}`);
      expect((await errorOf(response)).type).toBe('invalid_request');
    }
  });
});

it('any byte range of the lines is that part of them', async () => {
  const contents = ['ä\n@sandbox error=not_found', '@sandbox error=timeout', '@sandbox error=model_error'];
  const rig = await newRig(linesOf(contents), { rangeItems: 2 });
  await rig.batch.cancel(rig.client.accountId);
  const at = async (range: string | null) => {
    const headers = { 'x-quire-account': rig.client.accountId, ...(range !== null && { range }) };
    const response = await rig.batch.fetch(`${ORIGIN}/api/v1/batches/${rig.id}/results`, { headers });
    return { response, text: await response.text() };
  };
  const whole = (await at(null)).text;
  expect(whole.trimEnd().split('\n')).toHaveLength(3);
  const size = whole.length;
  for (let split = 1; split < size; split++) {
    const head = await at(`bytes=0-${split - 1}`);
    const tail = await at(`bytes=${split}-`);
    if (head.text + tail.text !== whole) expect([split, head.text, tail.text]).toEqual([split, whole, '']);
    expect([head.response.status, tail.response.status]).toEqual([206, 206]);
    expect(head.response.headers.get('content-range')).toBe(`bytes 0-${split - 1}/${size}`);
    expect(tail.response.headers.get('content-range')).toBe(`bytes ${split}-${size - 1}/${size}`);
  }
  expect((await at('bytes=-7')).text).toBe(whole.slice(-7));
  expect((await at('bytes=5-9')).text).toBe(whole.slice(5, 10));
  expect((await at(`bytes=5-${size + 100}`)).text).toBe(whole.slice(5));
  expect((await at('lines=0-1')).text).toBe(whole);
});

describe('before a batch has ended', () => {
  it('what is done so far can be had in the order of its commits, and nothing else', async () => {
    const rig = await newRig(linesOf(CONTENTS), { rangeItems: 3 });
    const path = `/api/v1/batches/${rig.id}/results`;
    expect(await readResults(rig.client, rig.id, '?order=committed')).toEqual([]);
    const messages = await nextMessages(rig);
    await deliver(messages.slice(2, 3));
    await deliver(messages.slice(0, 1));
    for (const headers of [LINES, {}]) {
      const response = await rig.client.send('GET', path, { headers });
      expect(response.status).toBe(409);
      expect(await errorOf(response)).toMatchObject({ type: 'conflict', param: 'order' });
    }
    const soFar = await readResults(rig.client, rig.id, '?order=committed');
    expect(idsOf(soFar)).toEqual(['6', '7', '8', '0', '1', '2']);
    expect(await pagesOf(rig, 'order=committed', 2)).toEqual(soFar);
    const pending = await rig.client.send('GET', `${path}?order=committed&after=3`);
    expect([pending.status, (await errorOf(pending)).param]).toEqual([400, 'after']);
    await deliver(messages.slice(1, 2));
    const next = await rig.client.json<Page>('GET', `${path}?order=committed&after=2`);
    expect(idsOf(next.data)).toEqual(['3', '4', '5']);
    await rig.batch.cancel(rig.client.accountId);
    const rest = await pagesOf(rig, '', 5);
    expect(idsOf(rest)).toEqual(ALL);
    // Undone items are of neither status, and were never committed.
    expect(await pagesOf(rig, 'status=failed', 5)).toEqual(
      rest.filter(({ status_code }) => status_code === 404),
    );
    expect(idsOf(await pagesOf(rig, 'order=committed', 5))).toEqual([
      '6',
      '7',
      '8',
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
  });
});

describe('custom_ids of any characters', () => {
  it('are kept, found and returned', async () => {
    const ids = [
      '"',
      '\\',
      'a"b\\c',
      '줄\n바꿈',
      '\u2028',
      '🙂',
      ' ',
      '0',
      '00',
      '%',
      "'; DROP TABLE ranges; --",
      '[1,2]',
      ',',
    ];
    const lines = ids.map((custom_id, n) => ({
      ...(linesOf([`${n}`])[0] as ReturnType<typeof linesOf>[0]),
      custom_id,
    }));
    const rig = await newRig(lines, { rangeItems: 4 });
    await runToEnd(rig);
    expect(idsOf(await readResults(rig.client, rig.id))).toEqual(ids);
    expect(idsOf(await pagesOf(rig, '', 1))).toEqual(ids);
    expect(idsOf(await pagesOf(rig, 'order=committed', 1)).toSorted()).toEqual(ids.toSorted());
    const output = await (await rig.client.send('GET', `/v1/files/${rig.spec.outputFileId}/content`)).text();
    const written = output
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).custom_id);
    expect(written).toEqual(ids);
  });
});

describe('results ride along in the batch', () => {
  it('up to a mebibyte of JSON, to the byte', async () => {
    const client = await newClient();
    // Eight texts of one size, the last of which makes up what is missing.
    const run = async (more: number): Promise<BatchResponse> => {
      const texts = Array.from({ length: 8 }, (_, n) => 'x'.repeat(130_000 + (n === 7 ? more : 0)));
      const inputs = texts.map((text) => ({
        messages: [{ role: 'user', content: `@sandbox text=${text}` }],
      }));
      const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', {
        json: { model: 'sandbox', inputs },
      });
      return eventually(async () => {
        const batch = await readBatch(client, id);
        expect(batch.status).toBe('completed');
        return batch;
      });
    };
    const sizeOf = async ({ id, results }: BatchResponse) =>
      JSON.stringify(results ?? (await readResults(client, id))).length;
    const missing = INLINE_RESULTS_LIMIT_BYTES - (await sizeOf(await run(0)));
    const fits = await run(missing);
    expect(await sizeOf(fits)).toBe(INLINE_RESULTS_LIMIT_BYTES);
    expect(fits.results).toHaveLength(8);
    const over = await run(missing + 1);
    expect(await sizeOf(over)).toBe(INLINE_RESULTS_LIMIT_BYTES + 1);
    expect(over.results).toBeNull();
    expect(over.results_url).toBe(`${ORIGIN}/api/v1/batches/${over.id}/results`);
  });

  it('once it has ended, not before', async () => {
    const rig = await newRig(linesOf(['a', 'b']), { rangeItems: 1 });
    const [first] = await nextMessages(rig);
    if (first !== undefined) await deliver([first]);
    expect((await stateOf(rig)).completed).toBe(1);
    expect((await readBatch(rig.client, rig.id)).results).toBeNull();
    await env.BATCHES.getByName(rig.id).cancel(rig.client.accountId);
    expect((await readBatch(rig.client, rig.id)).results).toHaveLength(2);
  });
});
