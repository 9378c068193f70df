// How a batch's speed, memory and cost grow with its size, and what it gains over single calls. Everything runs on the
// sandbox model, so that no model's own time or price is in the figures.
import type { Server } from '../e2e/server.ts';
import {
  CALLS_AT_ONCE,
  type CountedRun,
  costFindings,
  LARGE_ITEMS,
  MIDDLE_ITEMS,
  memoryFindings,
  NOTES,
  ROW_BATCHES,
  SHARED_ITEMS,
  type SharedRun,
  type SizedRun,
  SLOW_LATENCY_MS,
  SMALL_ITEMS,
  sharedFindings,
  speedFindings,
} from './batch-findings.ts';
import { readResults, runBatch, runCalls } from './batch-job.ts';
import { takeCounts, withCountingServer, withServer } from './counted-server.ts';
import { billedOperations } from './list-prices.ts';
import { count, type Report, seconds } from './report.ts';
import { ServerProcess } from './server-process.ts';

/** Of a model that takes its time: one delivery's worth, done six at a time. */
const SLOW_ITEMS = 250;

/** Longer than those take: what polling adds per item would otherwise be that of a tiny batch. */
const SLOW_POLL_INTERVAL_MS = 60_000;

/** How often a measurement is repeated, and when it is not any more: a loaded machine takes longer. */
const REPEATS_MAXIMUM = 3;
const REPEATS_BUDGET_MS = 90_000;

/** As clients are told to. */
const POLITE_POLL_INTERVAL_MS = 5_000;

/** Takes about three minutes. @param step is told what is about to be measured */
export async function benchBatch(step: (text: string) => void): Promise<Report> {
  const rounds = await repeat(async (round) => {
    step(`${count(MIDDLE_ITEMS)} and ${count(LARGE_ITEMS)} items, round ${round}`);
    return { middle: await runSized(MIDDLE_ITEMS), large: await runSized(LARGE_ITEMS) };
  });
  step(`${ROW_BATCHES} batches of ${count(MIDDLE_ITEMS)} items in a row`);
  const row = await runSized(MIDDLE_ITEMS, ROW_BATCHES);
  step(`${count(SMALL_ITEMS)} items`);
  const small = await runSized(SMALL_ITEMS);
  const shared = await withServer([], async (server) => {
    // What is loaded and compiled at the first use is neither's.
    await runCalls(server, CALLS_AT_ONCE, CALLS_AT_ONCE);
    await runBatch(server, CALLS_AT_ONCE);
    return repeat(async (round) => {
      step(`${count(SHARED_ITEMS)} items both ways, round ${round}`);
      return runShared(server);
    });
  });
  step(`operations of ${count(LARGE_ITEMS)} items`);
  const counted = await countOperations(LARGE_ITEMS, 0);
  step(`operations of ${count(SLOW_ITEMS)} items with a model that takes ${seconds(SLOW_LATENCY_MS)}`);
  const quick = await countOperations(SLOW_ITEMS, 0);
  const slow = await countOperations(SLOW_ITEMS, SLOW_LATENCY_MS);

  const middle = rounds.map((round) => round.middle);
  const large = rounds.map((round) => round.large);
  return {
    title: `A batch on the sandbox model, ${rounds.length} rounds`,
    findings: [
      ...speedFindings([small], middle, large),
      ...memoryFindings(middle, large, row),
      ...sharedFindings(shared, large),
      ...costFindings(counted, quick, slow),
    ],
    notes: NOTES,
    details: { rounds, row, small, shared, counted, quick, slow },
  };
}

/** So many batches in a row, on a server of their own; the times are the last one's. */
function runSized(items: number, batches = 1): Promise<SizedRun> {
  return withServer([], async (server) => {
    const process = ServerProcess.find(server.origin);
    const idleBytes = process?.residentBytes() ?? null;
    const endPeak = process?.watchPeak();
    let { times } = await runBatch(server, items);
    for (let done = 1; done < batches; done++) ({ times } = await runBatch(server, items));
    return { times, idleBytes, peakBytes: endPeak?.() ?? null };
  });
}

async function runShared(server: Server): Promise<SharedRun> {
  const from = performance.now();
  const { batch } = await runBatch(server, SHARED_ITEMS);
  await readResults(server, batch);
  const batchMs = performance.now() - from;
  return { batchMs, callsMs: await runCalls(server, SHARED_ITEMS, CALLS_AT_ONCE) };
}

function countOperations(items: number, latencyMs: number): Promise<CountedRun> {
  // Deliveries as on a deployment: what goes on in the background would not be counted.
  return withCountingServer(false, async (server) => {
    // Makes the account, which a deployment has already.
    await fetch(`${server.origin}/v1/models`, { headers: { authorization: `Bearer ${server.key}` } });
    await takeCounts(server);
    const process = ServerProcess.find(server.origin);
    const cpuBefore = process?.cpuMs() ?? 0;
    const { batch, times } = await runBatch(server, items, {
      latencyMs,
      pollIntervalMs: latencyMs === 0 ? POLITE_POLL_INTERVAL_MS : SLOW_POLL_INTERVAL_MS,
    });
    await readResults(server, batch);
    const cpuMs = process === null ? null : process.cpuMs() - cpuBefore;
    const counts = await takeCounts(server);
    return {
      items,
      counts,
      billed: billedOperations(counts, { objectMs: times.planMs + times.runMs, cpuMs }),
    };
  });
}

/** As often as there is time for, once at least. */
async function repeat<T>(measure: (round: number) => Promise<T>): Promise<T[]> {
  const from = performance.now();
  const results: T[] = [];
  for (let spent = 0; results.length < REPEATS_MAXIMUM; ) {
    const average = results.length === 0 ? 0 : spent / results.length;
    if (spent + average > REPEATS_BUDGET_MS) break;
    results.push(await measure(results.length + 1));
    spent = performance.now() - from;
  }
  return results;
}
