// Clients that follow a batch, in processes of their own so that none of them is what is slow.
import { Fork } from './fork.ts';
import type { WatchMessage, WatchOrder, WatchResult, WatchTruth } from './watch-generator.ts';

/** Each reads some ten thousand events a second. */
const PROCESSES = 2;

export class Watchers {
  readonly #forks: Fork<WatchMessage>[];

  private constructor(forks: Fork<WatchMessage>[]) {
    this.#forks = forks;
  }

  /** Clients that have all had their first message. */
  static async start(order: WatchOrder): Promise<Watchers> {
    const share = JSON.stringify({ ...order, clients: order.clients / PROCESSES });
    const watchers = new Watchers(
      Array.from({ length: PROCESSES }, () => new Fork<WatchMessage>('watch-generator.ts', [share])),
    );
    try {
      await watchers.#next('watching');
      return watchers;
    } catch (error) {
      watchers.stop();
      throw error;
    }
  }

  /** Once all know of the end, or have failed. */
  async ended(): Promise<void> {
    await this.#next('ended');
  }

  /** What they saw, held to what happened. */
  async results(truth: WatchTruth): Promise<WatchResult[]> {
    for (const fork of this.#forks) fork.tell(truth);
    return (await this.#next('result')).map(({ result }) => result);
  }

  stop(): void {
    for (const fork of this.#forks) fork.stop();
  }

  #next<K extends WatchMessage['kind']>(kind: K) {
    return Promise.all(this.#forks.map((fork) => fork.next(kind)));
  }
}
