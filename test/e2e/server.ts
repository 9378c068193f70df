// Starts the real server for a test, by the command line a user types, and ends every process of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onceAtATime } from '../../src/platform/once-at-a-time.ts';
import { freePorts } from './free-ports.ts';

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url));
const GUARDIAN_FILE = fileURLToPath(new URL('guardian.ts', import.meta.url));

/** It takes 3 s on an idle machine. */
const START_LIMIT_MS = 50_000;
/** wrangler takes half a second to leave by itself; what is left after this is killed. */
const LEAVE_LIMIT_MS = 5_000;
const LOOK_INTERVAL_MS = 50;
const LOOK_LIMIT_MS = 5_000;

/** One server on a port and a folder of its own: any number of them can run beside each other. */
export class Server {
  readonly origin: string;
  /** The key of the account `dev`. */
  readonly key = 'sk-dev';
  readonly adminKey = 'admin-dev';
  /** Where it stores everything. */
  readonly folder: string;
  readonly #port: number;
  readonly #inspectorPort: number;
  #arguments: readonly string[];
  #process: ChildProcess | null = null;
  #guardian: ChildProcess | null = null;
  #output = '';
  readonly #onOutput: (text: string) => void;

  private constructor(
    port: number,
    inspectorPort: number,
    folder: string,
    args: readonly string[],
    onOutput: ((text: string) => void) | null,
  ) {
    this.origin = `http://127.0.0.1:${port}`;
    this.#port = port;
    this.#inspectorPort = inspectorPort;
    this.folder = folder;
    this.#arguments = args;
    this.#onOutput =
      onOutput ??
      ((text) => {
        this.#output += text;
      });
  }

  /**
   * A server that answers, with nothing stored yet.
   *
   * @param args further arguments of `npm start`
   * @param onOutput is given what it prints, for a run whose output is too long to be kept
   */
  static async start(
    args: readonly string[] = [],
    onOutput: ((text: string) => void) | null = null,
  ): Promise<Server> {
    const [port = 0, inspectorPort = 0] = await freePorts(2);
    const folder = await mkdtemp(join(tmpdir(), 'quire-e2e-'));
    const server = new Server(port, inspectorPort, folder, args, onOutput);
    try {
      await server.restart();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** All that the server has printed, over every start; empty where someone else is given it. */
  output(): string {
    return this.#output;
  }

  /**
   * `kill -9` to npm, wrangler and workerd at once: nothing gets to write another byte. Whoever asks meanwhile waits for the
   * same end: a second look at it would take a server that was started again by then for the one that is gone.
   */
  readonly kill9 = onceAtATime(() => this.#kill9());

  async #kill9(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#gone();
  }

  /** Starts it again on the same port and folder, after a `kill9` if it still runs, with other arguments where they are given. */
  async restart(args: readonly string[] = this.#arguments): Promise<void> {
    this.#arguments = args;
    await this.launch();
    await this.#answers();
  }

  /** Like `restart`, but does not wait until it answers: what follows meets it in the middle of its start. */
  async launch(): Promise<void> {
    if (this.#process !== null) await this.kill9();
    await this.#spawn();
  }

  /** Ends it and removes what it stored. */
  async stop(): Promise<void> {
    this.#signal('SIGINT');
    const left = await Promise.race([this.#exit().then(() => true), sleep(LEAVE_LIMIT_MS, false)]);
    if (!left || (await this.#isListening())) this.#signal('SIGKILL');
    await this.#gone();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #spawn(): Promise<void> {
    const flags = [
      '--port',
      this.#port,
      '--inspector-port',
      this.#inspectorPort,
      '--persist-to',
      this.folder,
      ...this.#arguments,
    ];
    // A process group of its own, so that one signal reaches npm, wrangler and workerd alike.
    const started = spawn('npm', ['start', '--', ...flags.map(String)], {
      cwd: PROJECT_FOLDER,
      env: userEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#process = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#onOutput(text));
    }
    await new Promise((resolve, reject) => started.once('spawn', resolve).once('error', reject));
    this.#guardian = spawn(process.execPath, [GUARDIAN_FILE, String(started.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  async #answers(): Promise<void> {
    const until = Date.now() + START_LIMIT_MS;
    while (Date.now() < until && this.#process?.exitCode === null) {
      // A request that comes while the server starts can be left without an answer.
      const signal = AbortSignal.timeout(LOOK_LIMIT_MS);
      const response = await fetch(`${this.origin}/healthz`, { signal }).catch(() => null);
      await response?.body?.cancel();
      if (response?.ok) return;
      await sleep(LOOK_INTERVAL_MS);
    }
    throw new Error(`the server did not start:\n${this.#output}`);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process?.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Once nothing listens on its port any more. */
  async #gone(): Promise<void> {
    await this.#exit();
    while (await this.#isListening()) await sleep(LOOK_INTERVAL_MS);
    this.#process = null;
    this.#guardian?.stdin?.end();
    this.#guardian = null;
  }

  async #exit(): Promise<void> {
    const ended = this.#process;
    if (ended?.pid === undefined || ended.exitCode !== null || ended.signalCode !== null) return;
    await new Promise((resolve) => ended.once('exit', resolve));
  }

  #isListening(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }
}

/** The environment a user's shell would have: without what npm and vitest put there for this very process. */
function userEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$)/i.test(name),
  );
  return { ...Object.fromEntries(own), NO_COLOR: '1' };
}
