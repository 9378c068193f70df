// A program that a benchmark runs beside itself, and that ends with it, however that comes.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from './server-process.ts';

const GUARDIAN_FILE = fileURLToPath(new URL('../e2e/guardian.ts', import.meta.url));

const START_LIMIT_MS = 30_000;
const LOOK_INTERVAL_MS = 50;

export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #guardian: ChildProcess;
  #output = '';

  private constructor(name: string, program: ChildProcess) {
    this.#name = name;
    this.#process = program;
    for (const stream of [program.stdout, program.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    // Lives on where this process is killed, and then ends the child.
    this.#guardian = spawn(process.execPath, [GUARDIAN_FILE, String(program.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  /** Starts a program, and answers when it does at `origin`. @throws Error with its output where it does not start */
  static async start(
    name: string,
    [command, ...args]: readonly [string, ...string[]],
    origin: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Child> {
    const program = spawn(command, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, which the guardian ends as one.
      detached: true,
    });
    await new Promise((resolve, reject) => program.once('spawn', resolve).once('error', reject));
    const child = new Child(name, program);
    try {
      await child.#answers(origin);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return child;
  }

  /** Milliseconds on all cores since it started; not a number where that cannot be seen. */
  cpuMs(): number {
    return ServerProcess.of(this.#process.pid)?.cpuMs() ?? Number.NaN;
  }

  /** In bytes; not a number where that cannot be seen. */
  residentBytes(): number {
    return ServerProcess.of(this.#process.pid)?.residentBytes() ?? Number.NaN;
  }

  async stop(): Promise<void> {
    if (this.#isRunning) {
      const gone = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGKILL');
      await gone;
    }
    this.#guardian.stdin?.end();
  }

  async #answers(origin: string): Promise<void> {
    const until = Date.now() + START_LIMIT_MS;
    while (Date.now() < until && this.#isRunning) {
      const response = await fetch(origin).catch(() => null);
      await response?.body?.cancel();
      if (response !== null) return;
      await sleep(LOOK_INTERVAL_MS);
    }
    throw new Error(`${this.#name} did not start:\n${this.#output}`);
  }

  get #isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }
}
