// A program of ours that a benchmark runs in a process of its own and speaks with. It ends itself once it is left alone.
import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Longer than any of them is needed. */
const LIMIT_MS = 180_000;

export class Fork<M extends { kind: string }> {
  readonly #file: string;
  readonly #process: ChildProcess;
  /** What it says, from the first word on. */
  readonly #messages: AsyncIterator<unknown[]>;

  /** @param file beside this one */
  constructor(file: string, args: string[] = []) {
    this.#file = file;
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), args);
    const signal = AbortSignal.timeout(LIMIT_MS);
    this.#messages = on(this.#process, 'message', { signal, close: ['disconnect'] });
  }

  /** The next thing it says. @throws Error where that is something else */
  async next<K extends M['kind']>(kind: K): Promise<Extract<M, { kind: K }>> {
    const { value, done } = await this.#messages.next();
    if (done) throw new Error(`${this.#file} left before it said "${kind}"`);
    const [message] = value as [M];
    if (message.kind !== kind) throw new Error(`${this.#file} said "${message.kind}", not "${kind}"`);
    return message as Extract<M, { kind: K }>;
  }

  tell(message: object): void {
    this.#process.send(message);
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
