// An item that the whole server dies of each time it is run, by `kill -9` while its model is asked: its batch comes to an end
// all the same, with an answer to every other item.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { type Account, newAccount } from './api-client.ts';
import { createBatch, downloadResults, getBatch, isEnded, parseLines } from './batch-client.ts';
import { mockArguments } from './mock-catalogue.ts';
import { MockUpstream } from './mock-upstream.ts';
import { Server } from './server.ts';

const ITEMS = 60;
const DEADLY = 37;
const DEADLY_TEXT = 'Whoever runs this dies';

/** Three deaths beside others, one of its range alone, five of the item by itself. */
const DEATHS_AT_MOST = 9;

/** Each death takes a start of the server and one or two times of a lease: 20 s or so on an idle machine. */
const JOB_LIMIT_MS = 600_000;

const LOOK_INTERVAL_MS = 20;

let upstream: MockUpstream;
let server: Server;
let account: Account;

beforeAll(async () => {
  upstream = await MockUpstream.start();
  server = await Server.start(mockArguments(upstream));
  account = await newAccount(server.origin, server.adminKey, 'deadly');
});

afterAll(async () => {
  await server?.stop();
  await upstream?.stop();
});

it(
  'fails after some deaths, and takes nothing else with it',
  async () => {
    const inputs = Array.from({ length: ITEMS }, (_, index) => ({
      custom_id: `item-${index}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: {
        model: index === DEADLY ? 'mock/hanging' : 'mock/assistant',
        messages: [{ role: 'user', content: index === DEADLY ? DEADLY_TEXT : `Item ${index}` }],
      },
    }));
    const { id } = await createBatch(account.api, { inputs });
    let deaths = 0;
    let batch: BatchResponse;
    do {
      await sleep(LOOK_INTERVAL_MS);
      if (upstream.about(DEADLY_TEXT).length > deaths) {
        await server.kill9();
        deaths = upstream.about(DEADLY_TEXT).length;
        await server.restart();
      }
      batch = await getBatch(account.api, id);
    } while (!isEnded(batch));
    console.info(`deadly-item: ended after ${deaths} deaths`);

    expect(deaths).toBeLessThanOrEqual(DEATHS_AT_MOST);
    expect(batch).toMatchObject({
      status: 'completed',
      total: ITEMS,
      completed: ITEMS - 1,
      failed: 1,
    });
    const results = parseLines<BatchResult>(await (await downloadResults(account.api, id)).text());
    expect(results.filter(({ error }) => error !== null)).toMatchObject([
      {
        custom_id: `item-${DEADLY}`,
        error: { code: 'internal_error', message: expect.stringContaining('was lost') },
      },
    ]);
  },
  JOB_LIMIT_MS,
);
