// A batch of a thousand items, some failing and some flaky: nothing is lost, repeated or charged wrongly.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { type Account, newAccount } from './api-client.ts';
import {
  type BatchEvent,
  createBatch,
  getBatch,
  type Poll,
  pageResults,
  pollUntilEnded,
  watchBatch,
} from './batch-client.ts';
import { nanoDollars } from './money.ts';
import { Server } from './server.ts';

const ITEMS = 1000;

/** What becomes of the item at an index: an error of this type, or an answer where it is null. */
function errorOf(index: number): string | null {
  if (index % 50 === 7) return 'content_policy_violation';
  if (index % 100 === 13) return 'context_length_exceeded';
  return null;
}

function contentOf(index: number): string {
  const error = errorOf(index);
  if (error !== null) return `Item ${index}\n@sandbox error=${error}`;
  // Fails twice before it is answered.
  return index % 100 === 42 ? `Item ${index}\n@sandbox fail=2` : `Item ${index}`;
}

const INDEXES = Array.from({ length: ITEMS }, (_, index) => index);
const FAILED = INDEXES.filter((index) => errorOf(index) !== null).length;

let server: Server;
let account: Account;
let polls: [...Poll[], Poll];
let events: BatchEvent[];
let batch: BatchResponse;
let results: BatchResult[];

beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server.origin, server.adminKey, 'thousand');
  const created = await createBatch(account.api, {
    model: 'sandbox',
    inputs: INDEXES.map((index) => ({
      custom_id: `item-${index}`,
      messages: [{ role: 'user', content: contentOf(index) }],
    })),
  });
  const watch = watchBatch(created.stream_url);
  polls = await pollUntilEnded(account.api, created.id);
  await watch.done;
  events = watch.events;
  batch = await getBatch(account.api, created.id);
  results = await pageResults(account.api, created.id);
}, 150_000);

afterAll(async () => {
  await server?.stop();
});

describe('a thousand items', () => {
  it('each have one result, in input order', () => {
    expect(results.map(({ custom_id }) => custom_id)).toEqual(INDEXES.map((index) => `item-${index}`));
  });

  it('each have the outcome of their own request', () => {
    for (const [index, { status_code, body, error }] of results.entries()) {
      const expected = errorOf(index);
      if (expected === null) {
        expect({ status_code, error }).toEqual({ status_code: 200, error: null });
        expect(body?.choices[0]?.message.content).toContain(`"Item ${index}"`);
      } else {
        expect({ status_code, body, error }).toMatchObject({
          status_code: 400,
          body: null,
          error: { type: expected },
        });
      }
    }
  });

  it('add up to the counts of the batch', () => {
    expect(batch).toMatchObject({
      status: 'completed',
      total: ITEMS,
      completed: ITEMS - FAILED,
      failed: FAILED,
    });
    expect(results.filter(({ error }) => error !== null)).toHaveLength(FAILED);
  });

  it('can be had by their outcome', async () => {
    const filtered = await account.api.get<{ data: BatchResult[] }>(
      `/api/v1/batches/${batch.id}/results?status=failed&limit=100`,
    );
    expect(filtered.data).toEqual(results.filter(({ error }) => error !== null));
  });

  it('cost what the batch cost, and what the account is charged', async () => {
    const nano = results.reduce((sum, { body }) => sum + nanoDollars(body?.cost?.total_cost ?? 0), 0);
    const tokens = results.reduce((sum, { body }) => sum + (body?.usage.total_tokens ?? 0), 0);
    expect(nano).toBeGreaterThan(0);
    expect(nanoDollars(batch.cost?.total_cost ?? Number.NaN)).toBe(nano);
    expect(batch.usage.total_tokens).toBe(tokens);

    const { total } = await account.api.get<UsageResponse>('/api/v1/usage');
    expect(nanoDollars(total.cost?.total_cost ?? Number.NaN)).toBe(nano);
    expect(total.usage).toEqual(batch.usage);
  });

  it('are counted alike by polling and by the stream', () => {
    expect(events.at(-1)).toMatchObject({ event: 'done', data: batch });
    expect(polls.at(-1)?.batch).toEqual(batch);
    const streamed = events.map(({ data }) => progressOf(data as BatchResponse));
    const polled = polls.map((poll) => progressOf(poll.batch));
    // Each saw the batch at other moments, but on the same way: merged in order, neither count ever goes back.
    for (const counts of [streamed, polled, [...streamed, ...polled].sort((a, b) => a.ended - b.ended)]) {
      for (const [place, { completed, failed }] of counts.entries()) {
        expect(completed).toBeGreaterThanOrEqual(counts[place - 1]?.completed ?? 0);
        expect(failed).toBeGreaterThanOrEqual(counts[place - 1]?.failed ?? 0);
      }
    }
  });
});

function progressOf({ completed, failed }: BatchResponse) {
  return { completed, failed, ended: completed + failed };
}
