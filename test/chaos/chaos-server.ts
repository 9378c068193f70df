// The server of a chaos run: the real one on the chaos worker, with what the harness can set in it and read from it.
import { Server } from '../e2e/server.ts';
import type { ChaosProvider } from './chaos-provider.ts';
import type { Control } from './control.ts';
import { CALM, type ChaosSettings } from './settings.ts';

const WORKER = 'test/chaos/chaos-worker.ts';

/** The schedule of this deployment: seconds instead of days, and more attempts than any run needs. */
const RETRY_SECONDS = [1, 1, 1, 2, 2, 3, 3, ...Array.from({ length: 40 }, () => 5)].join(',');

const ANSWER_LIMIT_MS = 20_000;

export class ChaosServer {
  settings: ChaosSettings;
  /** Whether deliveries go on outside of the queue, as in local runs, or inside, as deployed. */
  isDetached = true;
  readonly #catalogue: string;
  #server: Server | null = null;

  constructor(control: Control, provider: ChaosProvider, seed: number) {
    this.settings = { url: control.url, seed, clockMs: 0, kill: null, perThousand: CALM };
    this.#catalogue = JSON.stringify(provider.catalogue());
  }

  async start(): Promise<Server> {
    this.#server = await Server.start(this.#arguments());
    return this.#server;
  }

  /** The time as the server has it, in milliseconds. */
  now(): number {
    return Date.now() + this.settings.clockMs;
  }

  /** Everything is killed before this comes back to its caller. */
  kill(): Promise<void> {
    return this.#running.kill9();
  }

  async restart(): Promise<void> {
    await this.#running.restart(this.#arguments());
  }

  /** Starts it once more, and nothing is injected any more. */
  async calm(): Promise<void> {
    this.settings = { ...this.settings, kill: null, perThousand: CALM };
    await this.restart();
  }

  /** Changes the running worker; a restart has the same. */
  async set(change: Partial<ChaosSettings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    await this.#steer('settings', this.settings);
  }

  async cron(): Promise<void> {
    await this.#steer('cron', {});
  }

  bucketKeys(): Promise<string[]> {
    return this.#steer('bucket', {});
  }

  /** What an object's SQLite answers, and when its alarm is set, in milliseconds. */
  rows(
    binding: string,
    name: string,
    query: string,
  ): Promise<{ rows: Record<string, unknown>[]; alarm: number | null }> {
    return this.#steer('objects', { binding, name, query });
  }

  output(): string {
    return this.#running.output();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  get #running(): Server {
    if (this.#server === null) throw new Error('the server was not started');
    return this.#server;
  }

  async #steer<T>(what: string, body: object): Promise<T> {
    const response = await fetch(`${this.#running.origin}/__chaos/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  #arguments(): string[] {
    const variables = {
      CHAOS: JSON.stringify(this.settings),
      CATALOGUE: this.#catalogue,
      WEBHOOK_RETRY_SECONDS: RETRY_SECONDS,
      DETACH_DELIVERIES: String(this.isDetached),
    };
    return [WORKER, ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`])];
  }
}
