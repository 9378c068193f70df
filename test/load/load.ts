// `npm run load -- [--minutes 10] [--seed N]`: mixed traffic at the edge of what this machine takes, on the real server.
// Every answer is checked, and in the end the books. It exits with 1 where anything is not as it has to be.
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountResponse, KeyCreated, Limits } from '../../src/contract/accounts.ts';
import { ServerProcess } from '../bench/server-process.ts';
import { numericFlags } from '../demo/numeric-flags.ts';
import { printFailure, styled } from '../demo/terminal.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { Server } from '../e2e/server.ts';
import { WebhookReceiver } from '../e2e/webhook-receiver.ts';
import type { BatchWorld } from './batch-jobs.ts';
import { edgeOf, nextWorkers, type Step } from './edge.ts';
import { Findings } from './findings.ts';
import { LoadClient } from './load-client.ts';
import { type LoadRun, printRun } from './load-report.ts';
import { memoryTrend } from './memory-trend.ts';
import { checkRest } from './rest.ts';
import { ServerLog } from './server-log.ts';
import { storedIn } from './stored.ts';
import { Tally } from './tally.ts';
import { checkMinutes, POOR_LIMITS, TIGHT_LIMITS } from './tight-jobs.ts';
import { type Clients, Traffic } from './traffic.ts';

const DEFAULT_MINUTES = 10;

/** What new workers need to be in the middle of their work, and what is then measured. */
const STEP_SETTLE_MS = 1_500;
const STEP_MS = 4_000;

const SAMPLE_INTERVAL_MS = 1_000;

/** Limits that are never felt: what they cost is. */
const WIDE_LIMITS: Limits = {
  monthly_budget: 1_000,
  requests_per_minute: 10_000_000,
  tokens_per_minute: 1_000_000_000,
};

try {
  const { minutes = DEFAULT_MINUTES, seed = Date.now() % 1_000_000 } = numericFlags(['minutes', 'seed']);
  const run = await load(minutes * 60_000, seed);
  printRun(run);
  if (run.findings.length > 0) process.exitCode = 1;
} catch (error) {
  printFailure(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}

async function load(holdMs: number, seed: number): Promise<LoadRun> {
  const findings = new Findings();
  const log = new ServerLog(findings);
  const tally = new Tally();
  const receiver = await WebhookReceiver.start();
  const server = await Server.start([], (text) => log.read(text));
  let traffic: Traffic | null = null;
  try {
    const clients = await makeClients(server, log, tally);
    const all = [...clients.free, clients.tight, clients.poor];
    const world: BatchWorld = { receiver, watches: 0, items: 0 };
    traffic = new Traffic(clients, world, findings, seed);
    const steps = await findEdge(traffic, tally);
    const { workers } = edgeOf(steps);
    traffic.setWorkers(workers);
    say(`the edge is at ${workers} workers: holding it for ${Math.round(holdMs / 1000)} s`);
    tally.clear();
    world.items = 0;
    const samples = await hold(server, holdMs);
    const [rows, batchItems] = [tally.rows(), world.items];
    const full = await storedIn(server.folder);
    say('coming to rest');
    await traffic.rest();
    const empty = await checkRest(all, log, () => world.watches, server.folder, findings);
    try {
      checkMinutes(clients.tight);
    } catch (error) {
      findings.note('limits', error);
    }
    const memory = memoryTrend(samples.memoryBytes);
    if (memory !== null && !memory.isFlat) {
      findings.add(
        'memory grows',
        `${memory.middleBytes} bytes in the middle, ${memory.endBytes} at the end`,
      );
    }
    const { healthMs } = samples;
    const stored = { full, empty };
    return {
      seed,
      steps,
      workers,
      holdMs,
      rows,
      batchItems,
      webhooks: { received: receiver.received.length, cutOff: receiver.cutOff },
      healthMs,
      memory,
      stored,
      findings: findings.list(),
    };
  } finally {
    // Where the run broke off, its workers would never end.
    traffic?.setWorkers(0);
    await server.stop();
    await receiver.stop();
  }
}

async function makeClients(server: Server, log: ServerLog, tally: Tally): Promise<Clients> {
  const admin = new ApiClient(server.origin, server.adminKey);
  const make = async (name: string, limits: Limits, isLimited: boolean) => {
    const account = await admin.post<AccountResponse>('/api/v1/admin/accounts', { name, limits });
    const path = `/api/v1/admin/accounts/${account.id}/keys`;
    const { key } = await admin.post<KeyCreated>(path, { name: 'load' });
    return new LoadClient({ name, origin: server.origin, key, isLimited }, log, tally);
  };
  return {
    free: [
      await make('first', {}, false),
      await make('second', {}, false),
      await make('wide', WIDE_LIMITS, false),
    ],
    tight: await make('tight', TIGHT_LIMITS, true),
    poor: await make('poor', POOR_LIMITS, true),
  };
}

/** More and more workers, until more of them get no more done. */
async function findEdge(traffic: Traffic, tally: Tally): Promise<Step[]> {
  const steps: Step[] = [];
  for (let workers = nextWorkers(steps); workers !== null; workers = nextWorkers(steps)) {
    traffic.setWorkers(workers);
    await sleep(STEP_SETTLE_MS);
    tally.clear();
    const startedAt = performance.now();
    await sleep(STEP_MS);
    const perSecond = (tally.total * 1000) / (performance.now() - startedAt);
    steps.push({ workers, perSecond, isRefused: tally.refused > 0 });
    say(`${workers} workers: ${Math.round(perSecond)} requests a second`);
  }
  return steps;
}

/** Watches memory and health for so long. */
async function hold(server: Server, holdMs: number): Promise<{ memoryBytes: number[]; healthMs: number[] }> {
  const worker = ServerProcess.find(server.origin);
  const memoryBytes: number[] = [];
  const healthMs: number[] = [];
  const until = performance.now() + holdMs;
  while (performance.now() < until) {
    const startedAt = performance.now();
    const response = await fetch(`${server.origin}/healthz`);
    await response.body?.cancel();
    healthMs.push(performance.now() - startedAt);
    if (worker !== null) memoryBytes.push(worker.residentBytes());
    await sleep(SAMPLE_INTERVAL_MS);
  }
  return { memoryBytes, healthMs };
}

/** Not on standard output, which is the report's. */
function say(text: string): void {
  console.error(styled('dim', text));
}
