// What it takes to tell many clients how a batch is getting on: by its stream, and by polling as they would without it.
// Takes about five minutes.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse } from '../../src/contract/batches.ts';
import { getBatch } from '../e2e/batch-client.ts';
import type { Commit } from './observations.ts';
import { ObservedServer, withObservedBundle } from './observed-server.ts';
import type { Report } from './report.ts';
import {
  CLIENTS,
  ITEMS,
  POLL_INTERVAL_MS,
  SMALL_CLIENTS,
  SMALL_ITEMS,
  SSE_NOTES,
  sseFindings,
  type Watched,
  type Way,
} from './sse-findings.ts';
import { Watchers } from './watchers.ts';

/** What is compiled at the first use is no subscriber's. */
const WARM_UP_CLIENTS = 50;
const WARM_UP_ITEMS = 100;

/** Memory is looked at once it has come to rest. */
const SETTLE_MS = 2_000;

/** A model that takes its time, more for some items than for others, so that they do not all end at once. */
const LATENCY_MINIMUM_MS = 300;
const LATENCY_SPREAD_MS = 1_400;
/** Has no factor in common with the spread: the items' latencies are all different for long. */
const LATENCY_STEP_MS = 437;

/** Runs until the clients are there, and keeps the batch that they follow from starting. */
const BLOCKING_ITEMS = 600;
const BLOCKING_LATENCY_MS = 20_000;

/** @param step is told what is about to be measured */
export function benchSse(step: (text: string) => void): Promise<Report> {
  step('nothing yet: the bundle');
  return withObservedBundle(async (bundle) => {
    step('the batch alone');
    const alone = await watch(bundle, 'stream', 0);
    const watched: Watched[] = [];
    for (const clients of CLIENTS) {
      for (const way of ['stream', 'poll'] as const) {
        step(`${clients} clients, ${way === 'stream' ? 'streams' : 'polling'}`);
        watched.push(await watch(bundle, way, clients));
      }
    }
    step(`${SMALL_CLIENTS} streams that end with all results`);
    const small = await watch(bundle, 'stream', SMALL_CLIENTS, SMALL_ITEMS);
    return {
      title: `A batch of ${ITEMS} items that many clients follow`,
      findings: sseFindings(alone, watched, small),
      notes: SSE_NOTES,
      details: { alone, watched, small },
    };
  });
}

/** On a fresh server: the clients come while the batch waits, see it run, and are told of its end. */
async function watch(bundle: string, way: Way, clients: number, items = ITEMS): Promise<Watched> {
  const server = await ObservedServer.start(bundle);
  try {
    await follow(server, 'stream', WARM_UP_CLIENTS, WARM_UP_ITEMS);
    await follow(server, 'poll', WARM_UP_CLIENTS, WARM_UP_ITEMS);
    return await follow(server, way, clients, items);
  } finally {
    await server.stop();
  }
}

async function follow(server: ObservedServer, way: Way, clients: number, items: number): Promise<Watched> {
  const { api, key } = server.account;
  await server.setLimits({ concurrent_batches: 1 });
  const blocking = await makeBatch(server, BLOCKING_ITEMS, () => BLOCKING_LATENCY_MS);
  await until(server, blocking.id, (batch) => batch.status === 'running');
  const { id, stream_url } = await makeBatch(
    server,
    items,
    (index) => LATENCY_MINIMUM_MS + ((index * LATENCY_STEP_MS) % LATENCY_SPREAD_MS),
  );
  const { pathname, search } = new URL(stream_url);
  await sleep(SETTLE_MS);
  const bytesBefore = server.process.residentBytes();
  const watchers = await Watchers.start({
    way,
    port: server.port,
    path: way === 'stream' ? pathname + search : `/api/v1/batches/${id}`,
    headers: way === 'stream' ? {} : { Authorization: `Bearer ${key.key}` },
    clients,
    intervalMs: POLL_INTERVAL_MS,
  });
  try {
    await sleep(SETTLE_MS);
    const bytesWith = server.process.residentBytes();
    const cpuBefore = server.process.cpuMs();
    await api.post(`/api/v1/batches/${blocking.id}/cancel`);
    await watchers.ended();
    const batch = await until(server, id, ({ retry_after }) => retry_after === null);
    const cpuMs = server.process.cpuMs() - cpuBefore;
    const bytesAfter = server.process.residentBytes();
    if (batch.completed !== items) throw new Error(`${batch.completed} of ${items} items were completed`);
    const commits = (await (await fetch(`${server.origin}/__commits?batch=${id}`)).json()) as Commit[];
    const endedAt = Date.parse(batch.completed_at ?? '');
    const results = await watchers.results({ commits, endedAt });
    const runMs = endedAt - Date.parse(batch.started_at ?? '');
    return {
      way,
      clients,
      commits: commits.length,
      runMs,
      cpuMs,
      bytesBefore,
      bytesWith,
      bytesAfter,
      results,
    };
  } finally {
    watchers.stop();
  }
}

function makeBatch(
  { account }: ObservedServer,
  items: number,
  latencyMs: (index: number) => number,
): Promise<BatchResponse> {
  return account.api.post('/api/v1/batches', {
    model: 'sandbox',
    inputs: Array.from({ length: items }, (_, index) => ({
      messages: [{ role: 'user', content: `${promptOf(index)}\n@sandbox latency=${latencyMs(index)}ms` }],
    })),
  });
}

/** The sandbox model's answer quotes it: as many results weigh more than a `done` event holds. */
function promptOf(index: number): string {
  return `Review ${index}: "The parcel came two days late, but the lamp works and looks as in the picture." Is the customer content?`;
}

async function until(
  { account }: ObservedServer,
  id: string,
  isThere: (batch: BatchResponse) => boolean,
): Promise<BatchResponse> {
  for (;;) {
    const batch = await getBatch(account.api, id);
    if (isThere(batch)) return batch;
    await sleep(100);
  }
}
