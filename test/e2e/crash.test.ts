// `kill -9` of everything in the middle of a batch: after a restart it goes on, and nothing is lost or done twice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { type Account, newAccount } from './api-client.ts';
import {
  createBatch,
  getBatch,
  pageResults,
  pollUntilEnded,
  type Watch,
  watchBatch,
} from './batch-client.ts';
import { nanoDollars } from './money.ts';
import { Server } from './server.ts';
import { type ReceivedWebhook, WebhookReceiver } from './webhook-receiver.ts';

const ITEMS = 300;
const CUSTOM_IDS = Array.from({ length: ITEMS }, (_, index) => `item-${index}`);

/** With it the batch takes several seconds, so that there is a middle to be killed in. */
const CONTENT = 'Hello\n@sandbox latency=100ms';

/** Ranges that were in flight are handed out again after a lease of 30 s. */
const JOB_LIMIT_MS = 170_000;

let server: Server;
let receiver: WebhookReceiver;
let account: Account;
let beforeCrash: BatchResponse;
let afterCrash: BatchResponse;
let ended: BatchResponse;
let results: BatchResult[];
let webhooks: ReceivedWebhook[];
/** Was connected when the server died, and came back by itself. */
let live: Watch;
/** What a client that left before the crash had seen last. */
let lastSeen: number;

beforeAll(async () => {
  server = await Server.start();
  receiver = await WebhookReceiver.start();
  account = await newAccount(server.origin, server.adminKey, 'crash');
  const created = await createBatch(account.api, {
    model: 'sandbox',
    inputs: CUSTOM_IDS.map((custom_id) => ({ custom_id, messages: [{ role: 'user', content: CONTENT }] })),
    webhook_url: receiver.url('/crash'),
    webhook_secret: 'a secret that outlives the crash',
  });
  // The first delivery fails, so that the second is still due when the server dies once more.
  receiver.answerNext(503);
  live = watchBatch(created.stream_url, { includeResults: true });
  lastSeen = await firstProgress(created.stream_url);
  beforeCrash = await getBatch(account.api, created.id);
  await server.kill9();
  await server.restart();
  afterCrash = await getBatch(account.api, created.id);
  await pollUntilEnded(account.api, created.id);
  await live.done;
  await receiver.waitFor('/crash');
  await server.kill9();
  await server.restart();
  webhooks = await receiver.waitFor('/crash', 2);
  ended = await getBatch(account.api, created.id);
  results = await pageResults(account.api, created.id);
}, JOB_LIMIT_MS);

afterAll(async () => {
  live?.close();
  await receiver?.stop();
  await server?.stop();
});

/** The id of the first event that tells of a finished item. */
function firstProgress(streamUrl: string): Promise<number> {
  return new Promise((resolve) => {
    const watch = watchBatch(streamUrl, {
      onEvent: (event) => {
        if (event.event !== 'status' || event.data.completed === 0) return;
        watch.close();
        resolve(event.id);
      },
    });
  });
}

describe('a batch whose server was killed in the middle', () => {
  it('had begun and not ended, and kept what was done', () => {
    expect(beforeCrash).toMatchObject({ status: 'running' });
    expect(beforeCrash.completed).toBeGreaterThan(0);
    expect(beforeCrash.completed).toBeLessThan(ITEMS);
    expect(afterCrash.completed).toBeGreaterThanOrEqual(beforeCrash.completed);
  });

  it('completes every item exactly once', () => {
    expect(ended).toMatchObject({ status: 'completed', total: ITEMS, completed: ITEMS, failed: 0 });
    expect(results.map(({ custom_id }) => custom_id)).toEqual(CUSTOM_IDS);
    for (const { status_code, body } of results) {
      expect(status_code).toBe(200);
      expect(body?.choices[0]?.message.content).toContain('Hello');
    }
  });

  it('is charged for every item once', async () => {
    const nano = results.reduce(
      (sum, { body }) => sum + nanoDollars(body?.cost?.total_cost ?? Number.NaN),
      0,
    );
    expect(nanoDollars(ended.cost?.total_cost ?? Number.NaN)).toBe(nano);
    const { total } = await account.api.get<UsageResponse>('/api/v1/usage');
    expect(nanoDollars(total.cost?.total_cost ?? Number.NaN)).toBe(nano);
    expect(total.requests).toBe(ITEMS);
    expect(total.usage).toEqual(ended.usage);
  });

  it('sends one webhook, and the same one again where it was refused before a second crash', () => {
    const ids = new Set(webhooks.map(({ headers }) => headers['webhook-id']));
    expect([...ids]).toEqual([expect.stringMatching(/\S/)]);
    for (const { body } of webhooks) expect(JSON.parse(body.toString('utf8'))).toEqual(ended);
  });

  it('streams every result once to a client that was cut off and came back', () => {
    expect(live.connections()).toBeGreaterThan(1);
    const streamed = live.events.filter((event) => event.event === 'result').map(({ data }) => data);
    expect(streamed.map(({ custom_id }) => custom_id).sort()).toEqual([...CUSTOM_IDS].sort());
    const byId = new Map(results.map((result) => [result.custom_id, result]));
    for (const result of streamed) expect(result).toEqual(byId.get(result.custom_id));
    const ids = live.events.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(live.events.at(-1)).toMatchObject({ event: 'done', data: ended });
  });

  it('tells its end to a client that comes back, however much it had seen', async () => {
    const lastId = live.events.at(-1)?.id ?? Number.NaN;
    for (const lastEventId of [lastSeen, lastId]) {
      const watch = watchBatch(ended.stream_url, { lastEventId });
      const done = await watch.done;
      expect(done.data).toEqual(ended);
      for (const { event, id } of watch.events) {
        if (event !== 'done') expect(id).toBeGreaterThan(lastEventId);
      }
    }
  });
});
