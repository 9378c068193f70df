// A batch of ten items made while one of fifty thousand runs: it does not wait for the large one's end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { type Account, newAccount } from './api-client.ts';
import {
  createBatch,
  downloadResults,
  getBatch,
  pageResults,
  parseLines,
  type Watch,
  watchBatch,
} from './batch-client.ts';
import { inputLine, inputLines, type Question, uploadInput } from './input-file.ts';
import { nanoDollars } from './money.ts';
import { Server } from './server.ts';

const LARGE_ITEMS = 50_000;
const SMALL_ITEMS = 10;

/** One in a thousand of the large batch can only fail. */
const FAILING_EVERY = 1000;

const LARGE = Array.from({ length: LARGE_ITEMS }, (_, index): Question => {
  const error = index % FAILING_EVERY === 0 ? '\n@sandbox error=content_policy_violation' : '';
  return [`large-${index}`, `Question ${index}${error}`];
});

let server: Server;
/** The two batches belong to two accounts: neither may keep the other waiting. */
let largeAccount: Account;
let smallAccount: Account;
/** The large batch when the small one was made, and when it ended. */
let largeBefore: BatchResponse;
let largeBetween: BatchResponse;
let large: BatchResponse;
let small: BatchResponse;
let largeWatch: Watch;

beforeAll(async () => {
  server = await Server.start();
  largeAccount = await newAccount(server.origin, server.adminKey, 'large');
  smallAccount = await newAccount(server.origin, server.adminKey, 'small');
  const file = await uploadInput(largeAccount.api, inputLines(LARGE));
  const created = await createBatch(largeAccount.api, { input_file_id: file.id });
  await running(created.stream_url);
  largeBefore = await getBatch(largeAccount.api, created.id);
  const second = await createBatch(smallAccount.api, {
    inputs: Array.from({ length: SMALL_ITEMS }, (_, index) => inputLine([`small-${index}`, 'Hello'])),
  });
  largeWatch = watchBatch(created.stream_url);
  small = (await watchBatch(second.stream_url).done).data;
  largeBetween = await getBatch(largeAccount.api, created.id);
  large = (await largeWatch.done).data;
}, 150_000);

afterAll(async () => {
  largeWatch?.close();
  await server?.stop();
});

/** Once the batch has recorded its first outcomes. */
function running(streamUrl: string): Promise<void> {
  return new Promise((resolve) => {
    const watch = watchBatch(streamUrl, {
      onEvent: ({ event, data }) => {
        if (event !== 'status' || data.completed === 0) return;
        watch.close();
        resolve();
      },
    });
  });
}

describe('a small batch beside a large one', () => {
  it('begins after it and ends before it', () => {
    expect(largeBefore).toMatchObject({ status: 'running', total: LARGE_ITEMS });
    expect(largeBetween.status).toBe('running');
    expect(largeBetween.completed + largeBetween.failed).toBeLessThan(LARGE_ITEMS);
    expect(small.completed_at ?? 'never').toMatch(/^\d{4}-/);
    expect(Date.parse(small.created_at)).toBeGreaterThan(Date.parse(large.started_at ?? ''));
    expect(Date.parse(small.completed_at ?? '')).toBeLessThan(Date.parse(large.completed_at ?? ''));
  });

  it('is complete and correct', async () => {
    expect(small).toMatchObject({
      status: 'completed',
      total: SMALL_ITEMS,
      completed: SMALL_ITEMS,
      failed: 0,
    });
    const results = await pageResults(smallAccount.api, small.id);
    expect(results).toEqual(small.results);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(
      Array.from({ length: SMALL_ITEMS }, (_, index) => `small-${index}`),
    );
  });
});

describe('a batch of fifty thousand items', () => {
  it('has one result for each, in input order, each the answer to its own request', async () => {
    const failed = LARGE_ITEMS / FAILING_EVERY;
    expect(large).toMatchObject({
      status: 'completed',
      total: LARGE_ITEMS,
      completed: LARGE_ITEMS - failed,
      failed,
      // More than a mebibyte: they are only at `results_url`.
      results: null,
    });
    const response = await downloadResults(largeAccount.api, large.id);
    const results = parseLines<BatchResult>(await response.text());
    expect(results).toHaveLength(LARGE_ITEMS);
    let nano = 0;
    for (const [index, { custom_id, status_code, body, error }] of results.entries()) {
      if (custom_id !== `large-${index}`) throw new Error(`${custom_id} stands at ${index}`);
      if (index % FAILING_EVERY === 0) {
        expect({ status_code, error }).toMatchObject({
          status_code: 400,
          error: { type: 'content_policy_violation' },
        });
      } else if (!body?.choices[0]?.message.content?.includes(`"Question ${index}"`)) {
        throw new Error(`${custom_id} was answered ${JSON.stringify({ body, error })}`);
      }
      nano += nanoDollars(body?.cost?.total_cost ?? 0);
    }
    expect(nanoDollars(large.cost?.total_cost ?? Number.NaN)).toBe(nano);
  });

  it('counts upwards only, to the same end wherever one looks', async () => {
    let before = 0;
    for (const { data } of largeWatch.events) {
      const { completed, failed } = data as BatchResponse;
      expect(completed + failed).toBeGreaterThanOrEqual(before);
      before = completed + failed;
    }
    expect(before).toBe(LARGE_ITEMS);
    expect(await getBatch(largeAccount.api, large.id)).toEqual(large);
  });
});
