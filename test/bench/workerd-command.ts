// The command that serves a Worker on a bare workerd, without wrangler's proxy and simulators around it.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type WorkerSetup, workerdConfig } from './workerd-config.ts';

export type Command = [string, ...string[]];

/** Of the product, as wrangler.toml has them. */
export const PRODUCT_BINDINGS = {
  objects: {
    ACCOUNTS: 'AccountObject',
    BATCHES: 'BatchObject',
    REGISTRY: 'RegistryObject',
    IDEMPOTENCY: 'IdempotencyObject',
    WEBHOOKS: 'WebhookObject',
  },
  buckets: ['BUCKET'],
  queues: ['BATCH_QUEUE'],
} satisfies Partial<WorkerSetup>;

/** Writes its configuration, and a folder for its Durable Objects, into the Worker's folder. */
export async function workerdCommand(setup: WorkerSetup): Promise<Command> {
  await mkdir(join(setup.folder, 'objects'), { recursive: true });
  const config = join(setup.folder, 'config.capnp');
  await writeFile(config, workerdConfig(setup));
  // It comes with wrangler, wherever npm put it.
  const wrangler = createRequire(import.meta.url).resolve('wrangler/package.json');
  const workerd = createRequire(wrangler).resolve('workerd/bin/workerd');
  return [workerd, 'serve', config];
}
