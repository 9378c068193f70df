// The mix: so many workers, each in a role, that take one piece of work after the other until they are told to rest.

import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../e2e/random.ts';
import { type BatchWorld, batch, cancelledBatch } from './batch-jobs.ts';
import { chat, faultyChat, leftChat, repeatedChat, streamedChat } from './chat-jobs.ts';
import { byWeight, type Random } from './choices.ts';
import { largeFile, smallFile } from './file-jobs.ts';
import type { Findings } from './findings.ts';
import { list, look } from './list-jobs.ts';
import type { LoadClient } from './load-client.ts';
import { poorWork, tightWork } from './tight-jobs.ts';

/** The accounts that work side by side. */
export interface Clients {
  /** Without limits: any of them does any work. */
  free: readonly LoadClient[];
  tight: LoadClient;
  poor: LoadClient;
}

type Job = (client: LoadClient, random: Random, world: BatchWorld) => Promise<void>;

const CALLS: readonly { weight: number; value: Job }[] = [
  { weight: 50, value: chat },
  { weight: 15, value: streamedChat },
  { weight: 5, value: leftChat },
  { weight: 6, value: repeatedChat },
  { weight: 4, value: faultyChat },
  { weight: 10, value: smallFile },
  { weight: 6, value: list },
  { weight: 4, value: look },
];

const BATCHES: readonly { weight: number; value: Job }[] = [
  { weight: 4, value: batch },
  { weight: 1, value: cancelledBatch },
];

/** What the workers of sixteen in a row do; all others make calls. */
const ROLES: Record<number, 'batches' | 'large files' | 'tight' | 'poor'> = {
  0: 'batches',
  4: 'large files',
  8: 'batches',
  10: 'tight',
  12: 'poor',
};
const ROLES_PERIOD = 16;

/** A server that is gone is not asked as fast as it can refuse. */
const FINDING_WAIT_MS = 200;

export class Traffic {
  readonly #clients: Clients;
  readonly #world: BatchWorld;
  readonly #findings: Findings;
  readonly #seed: number;
  readonly #workers: Promise<void>[] = [];
  #wanted = 0;

  constructor(clients: Clients, world: BatchWorld, findings: Findings, seed: number) {
    this.#clients = clients;
    this.#world = world;
    this.#findings = findings;
    this.#seed = seed;
  }

  /** So many workers from now on: new ones begin, and those that are too many end with what they are at. */
  setWorkers(count: number): void {
    this.#wanted = count;
    while (this.#workers.length < count) this.#workers.push(this.#work(this.#workers.length));
  }

  /** Ends when all work that was begun has ended. */
  async rest(): Promise<void> {
    this.#wanted = 0;
    await Promise.all(this.#workers);
  }

  async #work(index: number): Promise<void> {
    const random = randomFrom(this.#seed + index);
    while (index < this.#wanted) {
      const { job, client } = this.#next(index, random);
      try {
        await job(client, random, this.#world);
      } catch (error) {
        this.#findings.note(job.name, error);
        await sleep(FINDING_WAIT_MS);
      }
    }
  }

  #next(index: number, random: Random): { job: Job; client: LoadClient } {
    const { free, tight, poor } = this.#clients;
    const client = free[Math.floor(random() * free.length)] ?? tight;
    switch (ROLES[index % ROLES_PERIOD]) {
      case 'batches':
        return { job: byWeight(random, BATCHES), client };
      case 'large files':
        return { job: largeFile, client };
      case 'tight':
        return { job: tightWork, client: tight };
      case 'poor':
        return { job: poorWork, client: poor };
      default:
        return { job: byWeight(random, CALLS), client };
    }
  }
}
