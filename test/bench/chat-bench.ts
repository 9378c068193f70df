// What our Worker adds to a chat call, beside a bare proxy on the same runtime and another gateway: all in one run, in
// front of one mock model, which answers at once. Takes about three minutes.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import { chatBody, type Mode } from './chat-example.ts';
import {
  CHAT_NOTES,
  CONNECTIONS,
  pacedFindings,
  type Round,
  type Sample,
  throughputFindings,
} from './chat-findings.ts';
import { type ChatServer, type ChatServers, startServers } from './chat-servers.ts';
import type { LoadOrder, LoadResult } from './load-generator.ts';
import type { Report } from './report.ts';

const ROUNDS = 3;
/** Before the first round: a Worker's code is compiled as it is used. */
const FIRST_WARM_UP_MS = 2_000;
const WARM_UP_MS = 500;
const MEASURE_MS = 2_500;

/** Ledger entries are booked off the client's path. */
const SETTLE_LIMIT_MS = 10_000;

const MODES: readonly Mode[] = ['whole', 'streamed', 'paced'];

const PATH = '/v1/chat/completions';
const GENERATOR_FILE = fileURLToPath(new URL('load-generator.ts', import.meta.url));
/** A generator's answer: two numbers for each of its requests. */
const GENERATOR_OUTPUT_LIMIT_BYTES = 256 * 1024 ** 2;

/** What an answer's end contains wherever it comes from. */
const MARKS: Record<Mode, string> = { whole: '_tokens', streamed: '[DONE]', paced: '[DONE]' };

/** @param step is told what is about to be measured */
export async function benchChat(step: (text: string) => void): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'quire-bench-chat-'));
  let servers: ChatServers | null = null;
  try {
    step('the start of the servers');
    servers = await startServers(folder);
    const rounds: Round[] = [];
    for (const mode of MODES) {
      step(`nothing yet: warming up, ${mode}`);
      for (const server of servers.all) await load(server, mode, FIRST_WARM_UP_MS, 0);
    }
    for (let number = 1; number <= ROUNDS; number++) {
      step(`round ${number} of ${ROUNDS}`);
      rounds.push({
        whole: await measureAll(servers, 'whole'),
        streamed: await measureAll(servers, 'streamed'),
        paced: await measureAll(servers, 'paced'),
      });
    }
    step('what was booked');
    await checkBooked(servers);
    return {
      title: `A chat call through each server, ${CONNECTIONS} connections, ${ROUNDS} rounds`,
      findings: [
        ...throughputFindings('whole', rounds),
        ...throughputFindings('streamed', rounds),
        ...pacedFindings(rounds),
      ],
      notes: CHAT_NOTES,
      details: { rounds },
    };
  } finally {
    await servers?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureAll({ all }: ChatServers, mode: Mode): Promise<Round[Mode]> {
  const samples: Partial<Round[Mode]> = {};
  for (const server of all) samples[server.name] = await load(server, mode, WARM_UP_MS, MEASURE_MS);
  return samples as Round[Mode];
}

let sent = 0;

async function load(server: ChatServer, mode: Mode, warmUpMs: number, measureMs: number): Promise<Sample> {
  const order: LoadOrder = {
    port: server.port,
    path: PATH,
    headers: server.headers,
    body: chatBody(server.model, mode),
    marks: [MARKS[mode], ...server.marks],
    connections: CONNECTIONS,
    warmUpMs,
    measureMs,
  };
  const cpuBefore = server.process.cpuMs();
  const result = await generate(order).catch((cause) => {
    throw new Error(`${server.name}, ${mode}: ${cause.stderr ?? cause.message}`, { cause });
  });
  const cpuMs = server.process.cpuMs() - cpuBefore;
  if (server.name === 'quire') sent += result.total;
  return {
    perSecond: (result.answers / measureMs) * 1000,
    p50Ms: percentile(result.latencies, 0.5),
    p99Ms: percentile(result.latencies, 0.99),
    firstByteP50Ms: percentile(result.firstBytes, 0.5),
    firstByteP99Ms: percentile(result.firstBytes, 0.99),
    cpuMs: cpuMs / result.total,
    generatorCpuMs: result.cpuMs / result.total,
  };
}

async function generate(order: LoadOrder): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [GENERATOR_FILE, JSON.stringify(order)], {
    maxBuffer: GENERATOR_OUTPUT_LIMIT_BYTES,
  });
  return JSON.parse(stdout);
}

/** Every call that was answered is on the account's ledger: no speed was gained by forgetting. */
async function checkBooked({ api }: ChatServers): Promise<void> {
  const until = Date.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const { total } = await api.get<UsageResponse>('/api/v1/usage');
    if (total.requests === sent) return;
    if (Date.now() > until) throw new Error(`${sent} calls were answered and ${total.requests} booked`);
    await sleep(100);
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
