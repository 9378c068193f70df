// The product on a bare workerd, as the observed Worker: what benchmarks of many connections run on, for the proxy of
// `wrangler dev` would be the slowest part.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Account, newAccount } from '../e2e/api-client.ts';
import { freePorts } from '../e2e/free-ports.ts';
import { buildBundle } from './bundle.ts';
import { Child } from './child.ts';
import { PRODUCT_BINDINGS, workerdCommand } from './workerd-command.ts';

const WORKER = 'test/bench/observed-worker.ts';
const ADMIN_KEY = 'admin-bench';

/** The observed Worker's bundle, until it is not needed any more. */
export async function withObservedBundle<T>(use: (bundle: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'quire-bench-observed-'));
  try {
    return await use(await buildBundle(folder, WORKER));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class ObservedServer {
  readonly port: number;
  readonly account: Account;
  readonly process: Child;
  readonly #folder: string;

  private constructor(port: number, account: Account, process: Child, folder: string) {
    this.port = port;
    this.account = account;
    this.process = process;
    this.#folder = folder;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** One with an account and nothing else stored. @param bundle of the observed Worker */
  static async start(bundle: string): Promise<ObservedServer> {
    const [port = 0] = await freePorts(1);
    const origin = `http://127.0.0.1:${port}`;
    const folder = await mkdtemp(join(dirname(bundle), 'server-'));
    const setup = {
      port,
      folder,
      bundle: `../${basename(bundle)}`,
      variables: { ADMIN_KEY, ALLOW_PRIVATE_NETWORK: 'true', RETENTION_DAYS: '30' },
      ...PRODUCT_BINDINGS,
    };
    const child = await Child.start('Quire', await workerdCommand(setup), `${origin}/healthz`);
    try {
      return new ObservedServer(port, await newAccount(origin, ADMIN_KEY, 'bench'), child, folder);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  /** Asks as the operator. */
  async setLimits(limits: object): Promise<void> {
    const response = await fetch(`${this.origin}/api/v1/admin/accounts/${this.account.id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ limits }),
    });
    if (!response.ok) throw new Error(`the limits were refused: ${await response.text()}`);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
