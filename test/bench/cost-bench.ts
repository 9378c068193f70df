// What batches cost by the model of `cost-model.ts`, and whether that is what is counted: on one large batch, on one with a
// slow model, and on a thousand at once. And what chats, files and webhooks cost. Takes about five minutes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse } from '../../src/contract/batches.ts';
import { ApiClient, newAccount } from '../e2e/api-client.ts';
import { createBatch, getBatch } from '../e2e/batch-client.ts';
import type { Server } from '../e2e/server.ts';
import { type Access, prompt, readResults, runBatch, runCalls } from './batch-job.ts';
import {
  billFindings,
  type Check,
  COST_NOTES,
  type Counted,
  checkFindings,
  countedFinding,
  ITEM_BYTES,
  RESULT_BYTES,
  streamFinding,
} from './cost-findings.ts';
import { type BatchLoad, durationMs } from './cost-model.ts';
import { takeCounts, withCountingServer } from './counted-server.ts';
import { billedOperations, OBJECT_GIGABYTES } from './list-prices.ts';
import type { OperationCounts } from './operation-counts.ts';
import { count, type Finding, type Report, seconds } from './report.ts';

const LARGE_ITEMS = 50_000;
const SLOW_ITEMS = 250;
const SLOW_LATENCY_MS = 1_000;

/** One range each: all of their messages fit into the local queue at once, whose backlog is 10,000. */
const AT_ONCE_BATCHES = 1_000;
const AT_ONCE_ITEMS = 25;
/** Slow enough that the first, of five times this, has not ended when the last is made. */
const AT_ONCE_LATENCY_MS = 15_000;
const MAKERS = 16;
/** How often those that have not ended are asked again, and when it is given up: a busy machine is slow. */
const AT_ONCE_POLL_MS = 15_000;
const AT_ONCE_LIMIT_MS = 300_000;

const CHATS = 1_000;
const CHATS_AT_ONCE = 50;
const CHATS_ALONE = 100;
const FILES = 20;
const WEBHOOKS = 10;

/** Settlements and webhooks go out after the answer. */
const SETTLE_MS = 2_000;

/** What is the same of all loads here. */
const LOAD = { itemBytes: ITEM_BYTES, resultBytes: RESULT_BYTES, subscribers: 0, webhook: false };

/** @param step is told what is about to be measured */
export async function benchCost(step: (text: string) => void): Promise<Report> {
  step(`one batch of ${count(LARGE_ITEMS)} items`);
  const large = await checkOne(LARGE_ITEMS, 0);
  step(`one batch of ${count(SLOW_ITEMS)} items with a model of ${seconds(SLOW_LATENCY_MS)}`);
  const slow = await checkOne(SLOW_ITEMS, SLOW_LATENCY_MS);
  step(`${count(AT_ONCE_BATCHES)} batches at once`);
  const { check, overlap } = await checkAtOnce();
  step('chats, files, webhooks');
  const counted = await countOthers();
  return {
    title: 'What it costs: the model, its check, and everything else',
    findings: [
      ...billFindings(),
      ...[large, slow, check].flatMap(checkFindings),
      overlap,
      ...counted.map(countedFinding),
      streamFinding(OBJECT_GIGABYTES),
    ],
    notes: COST_NOTES,
    details: { checks: [large, slow, check], counted },
  };
}

function checkOne(items: number, latencyMs: number): Promise<Check> {
  return withCountingServer(false, async (server) => {
    const owned = await ownAccount(server);
    await takeCounts(server);
    const pollIntervalMs = 5_000;
    const { batch } = await runBatch(owned, items, { latencyMs, pollIntervalMs });
    await readResults(owned, batch);
    const { counts, billed } = await takeBilled(server);
    const polls = counts.objectRequests.BatchObject?.get ?? 0;
    const load = {
      ...LOAD,
      batches: 1,
      atOnce: 1,
      items,
      latencyMs,
      input: 'file',
      polls,
      reads: 1,
    } as const;
    return { name: `1 × ${count(items)}${latencyMs > 0 ? `, ${seconds(latencyMs)}` : ''}`, load, billed };
  });
}

/** Batches that are all made before any has ended, and asked for until all have. */
function checkAtOnce(): Promise<{ check: Check; overlap: Finding }> {
  return withCountingServer(true, async (server) => {
    const { origin, key } = await ownAccount(server);
    const api = new ApiClient(origin, key);
    const load: BatchLoad = {
      ...LOAD,
      batches: AT_ONCE_BATCHES,
      atOnce: AT_ONCE_BATCHES,
      items: AT_ONCE_ITEMS,
      latencyMs: AT_ONCE_LATENCY_MS,
      input: 'inline',
      polls: 0,
      reads: 0,
      ownDeliveries: true,
    };
    await takeCounts(server);
    const ids = await atOnce(MAKERS, AT_ONCE_BATCHES, async () => {
      const inputs = Array.from({ length: AT_ONCE_ITEMS }, (_, index) => ({
        messages: [{ role: 'user', content: prompt(index, AT_ONCE_LATENCY_MS) }],
      }));
      return (await createBatch(api, { model: 'sandbox', inputs })).id;
    });
    await sleep(durationMs(load));
    const { ended, polls } = await pollAll(api, ids);
    const { billed } = await takeBilled(server);
    const check = {
      name: `${count(AT_ONCE_BATCHES)} × ${AT_ONCE_ITEMS} at once`,
      load: { ...load, polls: polls / ids.length },
      billed,
    };
    return { check, overlap: overlapFinding(ended) };
  });
}

/** Polls every batch until each has ended. Answers how often it asked. @throws Error where one did not complete every item */
async function pollAll(
  api: ApiClient,
  ids: readonly string[],
): Promise<{ ended: BatchResponse[]; polls: number }> {
  const until = performance.now() + AT_ONCE_LIMIT_MS;
  const ended: BatchResponse[] = [];
  let polls = 0;
  for (let open = [...ids]; ; await sleep(AT_ONCE_POLL_MS)) {
    const asked = open;
    polls += asked.length;
    const batches = await atOnce(MAKERS, asked.length, (index) => getBatch(api, asked[index] ?? ''));
    for (const batch of batches) if (batch.retry_after === null) ended.push(batch);
    open = batches.filter(({ retry_after }) => retry_after !== null).map(({ id }) => id);
    if (open.length === 0) break;
    if (performance.now() > until) throw new Error(`${open.length} batches have not ended`);
  }
  const bad = ended.find(({ completed, total }) => completed !== total);
  if (bad !== undefined)
    throw new Error(`batch ${bad.id} ended ${bad.status} with ${bad.completed} of ${bad.total}`);
  return { ended, polls };
}

function overlapFinding(batches: readonly BatchResponse[]): Finding {
  const lastMade = Math.max(...batches.map(({ created_at }) => Date.parse(created_at)));
  const running = batches.filter(({ completed_at }) => Date.parse(completed_at ?? '') > lastMade).length;
  return {
    what: 'batches that had not ended when the last of them was made',
    value: running,
    figure: count(running),
    goal: { text: `all ${count(batches.length)}`, isMet: running === batches.length },
  };
}

function countOthers(): Promise<Counted[]> {
  return withCountingServer(false, async (server) => {
    const owned = await ownAccount(server);
    const api = new ApiClient(owned.origin, owned.key);
    const counted: Counted[] = [];
    const measure = async (name: string, times: number, run: () => Promise<unknown>) => {
      await takeCounts(server);
      await run();
      await sleep(SETTLE_MS);
      counted.push({ name, times, billed: (await takeBilled(server)).billed });
    };
    await runCalls(owned, 1, 1);
    await measure(`a chat, one after the other`, CHATS_ALONE, () => runCalls(owned, CHATS_ALONE, 1));
    await measure(`a chat, ${CHATS_AT_ONCE} at once`, CHATS, () => runCalls(owned, CHATS, CHATS_AT_ONCE));
    const ids: string[] = [];
    await measure('a file uploaded', FILES, async () => {
      for (let file = 0; file < FILES; file++) ids.push(await uploadText(owned));
    });
    await measure('a file downloaded', FILES, async () => {
      for (const id of ids) await (await api.send('GET', `/api/v1/files/${id}/content`)).arrayBuffer();
    });
    await measure('a batch of one item', WEBHOOKS, () => runSmall(api, WEBHOOKS));
    await withReceiver(async (url) => {
      await measure('the same with a webhook', WEBHOOKS, () => runSmall(api, WEBHOOKS, { webhook_url: url }));
    });
    await measure('the cron, one run', 1, () => fetch(`${server.origin}/cdn-cgi/local/scheduled`));
    await measure('idle', 1, () => sleep(SETTLE_MS));
    return counted;
  });
}

async function runSmall(api: ApiClient, batches: number, members: object = {}): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const inputs = [{ messages: [{ role: 'user', content: 'Hello' }] }];
    const { id } = await createBatch(api, { model: 'sandbox', inputs, ...members });
    // Long enough for the end, so that one poll is enough.
    await sleep(SETTLE_MS);
    const { status } = await getBatch(api, id);
    if (status !== 'completed') throw new Error(`batch ${id} is ${status}`);
  }
}

async function uploadText({ origin, key }: Access): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'user_data');
  form.set('file', new File(['What a customer wrote.\n'], 'review.txt', { type: 'text/plain' }));
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${origin}/api/v1/files`, { method: 'POST', headers, body: form });
  if (!response.ok) throw new Error(`an upload was refused: ${response.status}`);
  return ((await response.json()) as { id: string }).id;
}

async function withReceiver<T>(use: (url: string) => Promise<T>): Promise<T> {
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
  } finally {
    receiver.close();
    receiver.closeAllConnections();
  }
}

/** An account with a stored key: the local `sk-dev` is no row. */
async function ownAccount({ origin, adminKey }: Server): Promise<Access> {
  const { api } = await newAccount(origin, adminKey, 'bench');
  // What an account and a key do once: the first request, the first use.
  await api.get('/v1/models');
  return { origin, key: api.key };
}

async function takeBilled(server: Server): Promise<{ counts: OperationCounts; billed: Check['billed'] }> {
  const counts = await takeCounts(server);
  return { counts, billed: billedOperations(counts, { objectMs: 0, cpuMs: null }) };
}

/** So many calls, some at once, with the answers in their order. */
async function atOnce<T>(workers: number, calls: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  const indexes = Array.from({ length: calls }, (_, index) => index).values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      // All take from the one iterator.
      for (const index of indexes) answers[index] = await run(index);
    }),
  );
  return answers;
}
