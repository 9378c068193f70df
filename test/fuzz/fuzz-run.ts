// One run of the fuzzer against a server: requests from a seed, their answers judged, and what was reached.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import { ApiClient } from '../e2e/api-client.ts';
import type { Server } from '../e2e/server.ts';
import { ALL_OPERATIONS } from '../openapi/api-document';
import { Choice } from './choice.ts';
import { type Finding, Findings, faultsOf, textOf } from './findings.ts';
import { type Plan, RequestMaker } from './request-maker.ts';
import { Targets } from './targets.ts';
import { send, type WireAnswer } from './wire-request.ts';
import { World } from './world.ts';

export interface FuzzReport {
  seed: number;
  requests: number;
  milliseconds: number;
  /** Of requests as the document describes them. */
  valid: { sent: number; succeeded: number };
  /** By operation: how often each status came. */
  statuses: Map<string, Map<number, number>>;
  findings: Finding[];
  /** What the server's log should not have. */
  logFaults: string[];
  /** Batches of accounts without limits that did not end. */
  unendedBatches: string[];
}

/** At once: enough for races, and the same for every run of a seed. */
const REQUESTS_AT_ONCE = 8;

/** The longest batch has a few items; a loaded machine may need a while for hundreds of them. */
const BATCHES_LIMIT_MS = 60_000;
const LOOK_INTERVAL_MS = 500;

export async function fuzz(
  server: Server,
  { requests, seed, onProgress }: { requests: number; seed: number; onProgress?: (sent: number) => void },
): Promise<FuzzReport> {
  const { origin } = server;
  const startedAt = Date.now();
  const targets = await Targets.start();
  try {
    const world = await World.make(new ApiClient(origin, server.adminKey));
    const maker = new RequestMaker(new Choice(seed), world, targets);
    const tally = new Tally(origin, world);
    for (let sent = 0; sent < requests; sent += REQUESTS_AT_ONCE) {
      const plans = Array.from({ length: Math.min(REQUESTS_AT_ONCE, requests - sent) }, () => maker.next());
      const answers = await Promise.all(
        plans.map(({ request }) => send(origin, request).catch((error: Error) => error)),
      );
      for (const [index, plan] of plans.entries()) tally.take(plan, answers[index] as WireAnswer | Error);
      onProgress?.(sent + plans.length);
    }
    const unendedBatches = await unended(new ApiClient(origin, world.main.key));
    return {
      seed,
      requests,
      milliseconds: Date.now() - startedAt,
      valid: tally.valid,
      statuses: tally.statuses,
      findings: tally.findings.list(),
      logFaults: logFaultsOf(server.output()),
      unendedBatches,
    };
  } finally {
    await targets.stop();
  }
}

/** What the answers so far have shown; the world learns from those that are as they should be. */
class Tally {
  readonly valid = { sent: 0, succeeded: 0 };
  readonly findings = new Findings();
  readonly statuses = new Map<string, Map<number, number>>(
    ALL_OPERATIONS.map(({ operation }) => [operation.operationId, new Map()]),
  );
  readonly #origin: string;
  readonly #world: World;

  constructor(origin: string, world: World) {
    this.#origin = origin;
    this.#world = world;
  }

  take(plan: Plan, answer: WireAnswer | Error): void {
    if (answer instanceof Error) {
      this.findings.add(plan, null, `no answer: ${answer.message}`);
      return;
    }
    const { status, headers } = answer;
    const counts = this.statuses.get(plan.found.operation.operationId);
    counts?.set(status, (counts.get(status) ?? 0) + 1);
    if (plan.isValid) {
      this.valid.sent++;
      if (status < 400) this.valid.succeeded++;
    }
    const faults = faultsOf(this.#origin, plan, answer);
    for (const fault of faults) this.findings.add(plan, status, fault, answer.body.toString());
    const { account, request } = plan;
    if (account === null || faults.length > 0) return;
    if (status === 404 || (status === 200 && request.method === 'DELETE'))
      this.#world.forget(account, request);
    if (status >= 300) return;
    this.#world.learn(account, request, headers, textOf(request, answer));
  }
}

/** The batches that are still at work after a while of waiting. */
async function unended(api: ApiClient): Promise<string[]> {
  const until = Date.now() + BATCHES_LIMIT_MS;
  for (;;) {
    const working: string[] = [];
    for (const status of ['pending', 'running']) {
      const page = await api.get<ListResponse<BatchResponse>>(`/api/v1/batches?limit=100&status=${status}`);
      working.push(...page.data.map(({ id }) => id));
    }
    if (working.length === 0 || Date.now() > until) return working;
    await sleep(LOOK_INTERVAL_MS);
  }
}

const LOG_FAULT =
  /internal_error|request\.failed|uncaught|unhandled|\b(Type|Range|Reference|Syntax)Error\b|_failed"/i;
const SHOWN_LOG_LINES = 20;

function logFaultsOf(output: string): string[] {
  const lines = output.split('\n').filter((line) => LOG_FAULT.test(line));
  const kinds = new Map(lines.map((line) => [line.replaceAll(/[\w-]*\d[\w-]*/g, '0'), line]));
  return Array.from(kinds.values()).slice(0, SHOWN_LOG_LINES);
}
