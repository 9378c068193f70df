// What disturbs the server: era after era, each with rates of its own for what is injected, a boundary at which everything
// is killed, and now and then the cron or a jump of the clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../e2e/random.ts';
import type { ChaosServer } from './chaos-server.ts';
import { exposeChats } from './chat-workload.ts';
import type { Control } from './control.ts';
import { type ChaosSettings, type Injection, KILL_BOUNDARIES } from './settings.ts';
import type { Tenant } from './tenant.ts';

/** The most of each injection: how much of it an era has is drawn. */
const MOST_PER_THOUSAND: Record<Injection, number> = {
  fail: 16,
  reset: 8,
  'alarm-throw': 120,
  'alarm-lost': 60,
  drop: 150,
  triple: 150,
  delay: 100,
};

const MINUTE_MS = 60_000;
const JUMPS_MS = [2 * MINUTE_MS, 11 * MINUTE_MS, 45 * MINUTE_MS, -MINUTE_MS, -5_000];

/** An era is what lies between two kills. One whose boundary is not reached by then ends all the same. */
const ERA_LEAST_MS = 3_000;
const ERA_MOST_MS = 14_000;

interface Disturbed {
  server: ChaosServer;
  control: Control;
  tenants: readonly Tenant[];
  tell: (line: string) => void;
}

export class Disturbance {
  readonly #seed: number;
  readonly #random: () => number;
  readonly #disturbed: Disturbed;
  /** What is left of the boundaries before all come again. */
  #boundaries: string[] = [];

  constructor(seed: number, disturbed: Disturbed) {
    this.#seed = seed;
    this.#random = randomFrom(seed);
    this.#disturbed = disturbed;
  }

  /** Until the time is over; then the server is dead. */
  async run(minutes: number): Promise<void> {
    const until = Date.now() + minutes * MINUTE_MS;
    for (let era = 1; Date.now() < until; era++) await this.#era(era);
    this.#disturbed.control.onBoundary = () => undefined;
  }

  async #era(era: number): Promise<void> {
    const { server, control, tenants, tell } = this.#disturbed;
    let reachedAt: string | null = null;
    const reached = new Promise<void>((resolve) => {
      control.onBoundary = (boundary) => {
        reachedAt ??= boundary;
        exposeChats(tenants);
        void server.kill();
        resolve();
      };
    });
    server.isDetached = this.#random() < 0.6;
    const plan = this.#plan(era);
    if (era === 1) await server.set(plan);
    else {
      server.settings = { ...server.settings, ...plan };
      // A boundary can be passed before the start is over: alarms are due.
      await server.restart().catch((error: unknown) => {
        if (reachedAt === null) throw error;
      });
    }
    const ms = ERA_LEAST_MS + this.#random() * (ERA_MOST_MS - ERA_LEAST_MS);
    const ended = new AbortController();
    const disturbed = this.#disturbOnce(ms, ended.signal);
    await Promise.race([reached, sleep(ms)]);
    ended.abort();
    if (reachedAt === null) exposeChats(tenants);
    // Where the boundary began it, its end is waited for.
    await server.kill();
    const where = reachedAt === null ? 'at any moment' : `at ${reachedAt}`;
    control.count('kill', where);
    tell(`era ${era}: killed ${where}`);
    await disturbed;
  }

  /** Amid an era: the cron, or a jump of the clock. */
  async #disturbOnce(eraMs: number, ended: AbortSignal): Promise<void> {
    const { server, control, tenants } = this.#disturbed;
    const [draw, jump, at] = [this.#random(), this.#random(), this.#random()];
    try {
      await sleep(eraMs * at, undefined, { signal: ended });
      if (draw < 0.35) {
        const ms = JUMPS_MS[Math.floor(jump * JUMPS_MS.length)] ?? 0;
        exposeChats(tenants);
        await server.set({ clockMs: server.settings.clockMs + ms });
        control.count('clock', ms > 0 ? 'forward' : 'back');
      } else if (draw < 0.75) {
        await server.cron();
        control.count('cron', 'during chaos');
      }
    } catch {
      // The kill was first, or something was injected into the cron.
    }
  }

  #plan(era: number): Pick<ChaosSettings, 'seed' | 'kill' | 'perThousand'> {
    if (this.#boundaries.length === 0) this.#boundaries = shuffled(KILL_BOUNDARIES, this.#random);
    const boundary = this.#boundaries.pop() ?? '';
    // Mostly the first time, since many are seldom passed; later ones meet it in the middle of the work.
    const nth = 1 + Math.floor(this.#random() ** 3 * 6);
    const isAnyMoment = this.#random() < 0.15;
    const perThousand = Object.fromEntries(
      Object.entries(MOST_PER_THOUSAND).map(([injection, most]) => [injection, most * this.#random()]),
    ) as Record<Injection, number>;
    return { seed: this.#seed + 1000 * era, kill: isAnyMoment ? null : { boundary, nth }, perThousand };
  }
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => [random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}
