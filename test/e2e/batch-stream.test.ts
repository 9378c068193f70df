// One batch watched by a thousand clients at once, by one that is fast, and by one that does not read at all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches.ts';
import { type Account, newAccount } from './api-client.ts';
import { createBatch, getBatch, type Watch, watchBatch } from './batch-client.ts';
import { inputLine, inputLines, type Question, uploadInput } from './input-file.ts';
import { Server } from './server.ts';

/** What the contract allows a subscriber to be told of the status, in a second; two more are the first and the last. */
const STATUS_EVENTS_PER_SECOND = 10;
const STATUS_EVENTS_BESIDES = 2;

const STATUS_ORDER: readonly string[] = ['pending', 'running', 'completed'];

let server: Server;
let account: Account;

beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server.origin, server.adminKey, 'stream');
});

afterAll(async () => {
  await server?.stop();
});

interface Subscriber {
  watch: Watch;
  /** When it asked, and when it got its newest event, in milliseconds: whatever was sent, was sent between. */
  askedAt: number;
  lastAt: number;
}

function subscribe(streamUrl: string, includeResults: boolean): Subscriber {
  const askedAt = performance.now();
  const onEvent = () => {
    subscriber.lastAt = performance.now();
  };
  const watch = watchBatch(streamUrl, { includeResults, onEvent });
  const subscriber: Subscriber = { watch, askedAt, lastAt: askedAt };
  return subscriber;
}

/** What the statuses of a stream, and its end, say one after the other. */
function progressOf({ watch }: Subscriber) {
  return watch.events.flatMap((event) => (event.event === 'result' ? [] : [event.data]));
}

function expectForward(subscriber: Subscriber): void {
  const all = progressOf(subscriber);
  for (const [index, { status, completed, failed }] of all.entries()) {
    const before = all[index - 1];
    if (
      STATUS_ORDER.indexOf(status) < STATUS_ORDER.indexOf(before?.status ?? 'pending') ||
      completed < (before?.completed ?? 0) ||
      failed < (before?.failed ?? 0)
    ) {
      throw new Error(`${JSON.stringify(all[index])} came after ${JSON.stringify(before)}`);
    }
  }
  const ids = subscriber.watch.events.map(({ id }) => id);
  for (const [index, id] of ids.entries()) {
    if (index > 0 && id <= (ids[index - 1] ?? Number.NaN))
      throw new Error(`event ${id} came after ${ids[index - 1]}`);
  }
}

function expectPaced({ watch, askedAt, lastAt }: Subscriber): void {
  const count = watch.events.filter(({ event }) => event === 'status').length;
  const seconds = (lastAt - askedAt) / 1000;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(STATUS_EVENTS_PER_SECOND * seconds + STATUS_EVENTS_BESIDES);
}

function resultIdsOf({ watch }: Subscriber): string[] {
  return watch.events.flatMap((event) => (event.event === 'result' ? [event.data.custom_id] : []));
}

describe('a thousand subscribers of one batch', () => {
  const SUBSCRIBERS = 1000;
  const ITEMS = 150;

  /** It runs for some ten seconds, six requests at a time, and one in ten fails. */
  const QUESTIONS = Array.from({ length: ITEMS }, (_, index): Question => {
    const error = index % 10 === 9 ? ' error=content_policy_violation' : '';
    return [`item-${index}`, `Item ${index}\n@sandbox latency=400ms${error}`];
  });

  const subscribers: Subscriber[] = [];
  let ended: BatchResponse;

  beforeAll(async () => {
    const created = await createBatch(account.api, { inputs: QUESTIONS.map(inputLine) });
    for (let n = 0; n < SUBSCRIBERS; n++) subscribers.push(subscribe(created.stream_url, n % 2 === 1));
    await Promise.all(subscribers.map(({ watch }) => watch.done));
    ended = await getBatch(account.api, created.id);
  }, 120_000);

  afterAll(() => {
    for (const { watch } of subscribers) watch.close();
  });

  it('all are told the end once, and the same end', () => {
    expect(ended).toMatchObject({ status: 'completed', total: ITEMS, failed: ITEMS / 10 });
    for (const { watch } of subscribers) {
      expect(watch.events.filter(({ event }) => event === 'done')).toHaveLength(1);
      expect(watch.events.at(-1)).toMatchObject({ event: 'done', data: ended });
    }
  });

  it('were there before it', () => {
    const early = subscribers.filter(({ watch }) => watch.events[0]?.event === 'status');
    expect(early).toHaveLength(SUBSCRIBERS);
    const sawIt = subscribers.filter((subscriber) => progressOf(subscriber)[0]?.status !== 'completed');
    expect(sawIt.length).toBeGreaterThan(SUBSCRIBERS / 2);
  });

  it('never see it go back', () => {
    for (const subscriber of subscribers) expectForward(subscriber);
  });

  it('see each result once if they asked for results, and none if not', () => {
    const all = QUESTIONS.map(([customId]) => customId).sort();
    for (const [n, subscriber] of subscribers.entries()) {
      expect(resultIdsOf(subscriber).sort()).toEqual(n % 2 === 1 ? all : []);
    }
  });

  it('get ten status events a second at most', () => {
    for (const subscriber of subscribers) expectPaced(subscriber);
  });
});

describe('a batch that commits more often than it may tell', () => {
  /** With its results, several times what the buffers between server and client hold. */
  const ITEMS = 20_000;
  const CUSTOM_IDS = Array.from({ length: ITEMS }, (_, index) => `item-${index}`);

  let subscribers: Subscriber[];
  let created: BatchResponse;
  /** Asks for all results, and reads none of them before the others have seen the end. */
  let idle: Response;
  let idleText: string;

  beforeAll(async () => {
    const file = await uploadInput(
      account.api,
      inputLines(CUSTOM_IDS.map((customId): Question => [customId, 'Hello'])),
    );
    created = await createBatch(account.api, { input_file_id: file.id });
    idle = await fetch(`${created.stream_url}&include=results`);
    subscribers = Array.from({ length: 20 }, (_, n) => subscribe(created.stream_url, n < 2));
    await Promise.all(subscribers.map(({ watch }) => watch.done));
    idleText = await idle.text();
  }, 120_000);

  afterAll(() => {
    for (const { watch } of subscribers ?? []) watch.close();
  });

  it('tells its status ten times a second at most', () => {
    for (const subscriber of subscribers) {
      expectPaced(subscriber);
      expectForward(subscriber);
    }
  });

  it('does not keep its subscribers waiting for one that does not read', () => {
    const counts = { status: 'completed', total: ITEMS, completed: ITEMS, failed: 0 };
    for (const subscriber of subscribers) expect(progressOf(subscriber).at(-1)).toMatchObject(counts);
    const all = [...CUSTOM_IDS].sort();
    for (const subscriber of subscribers.slice(0, 2)) expect(resultIdsOf(subscriber).sort()).toEqual(all);
  });

  it('has everything ready for that one, once it reads', () => {
    const events = idleText.trim().split('\n\n');
    const results = events.flatMap(
      (event) => /^event: ?result$[\s\S]*"custom_id":"([^"]+)"/m.exec(event)?.[1] ?? [],
    );
    expect(results.sort()).toEqual([...CUSTOM_IDS].sort());
    expect(events.at(-1)).toMatch(/^event: ?done$/m);
  });
});
