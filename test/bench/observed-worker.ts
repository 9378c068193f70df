// The product's Worker for a bare workerd, which has neither bucket nor queue: it keeps objects in memory, and hands each
// message to an invocation of its own. It notes when batches commit, and publishes events as ended batches do.
// Known gap: the bucket is as much of one as batches with inline inputs need.
import { exports } from 'cloudflare:workers';
import type { WebhookEvent } from '../../src/contract/webhooks.ts';
import worker, * as product from '../../src/index.ts';
import { sendBare } from './bare-webhooks.ts';
import type { Commit, PublishOrder } from './observations.ts';

export * from '../../src/index.ts';

/** By batch. */
const commits = new Map<string, Commit[]>();
const objects = new Map<string, Uint8Array>();

const bucket = {
  async put(key: string, bytes: Uint8Array) {
    objects.set(key, bytes.slice());
  },
  async get(key: string, { range }: { range: { offset: number; length: number } }) {
    const bytes = objects.get(key);
    return bytes === undefined ? null : new Response(bytes.slice(range.offset, range.offset + range.length));
  },
};

type Message = Parameters<product.BackgroundRunner['run']>[1][number];

const queue = {
  /** As with a queue that delivers what it has at once, to as many consumers as it takes. */
  async sendBatch(messages: { body: Message }[]) {
    for (const { body } of messages) {
      exports.BackgroundRunner.run(body.batch, [body]).catch((error: unknown) =>
        console.error(String(error)),
      );
    }
  },
};

function observedEnv(env: Env): Env {
  return { ...env, BUCKET: bucket as unknown as R2Bucket, BATCH_QUEUE: queue as unknown as Queue };
}

class ObservedRunner extends product.BackgroundRunner {
  constructor(ctx: ExecutionContext, env: Env) {
    super(ctx, observedEnv(env));
  }
}

class ObservedBatchObject extends product.BatchObject {
  #accountId: string | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, observedEnv(env));
  }

  override claim(...args: Parameters<product.BatchObject['claim']>) {
    const claimed = super.claim(...args);
    this.#accountId ??= claimed?.spec.accountId ?? null;
    return claimed;
  }

  override commit(...args: Parameters<product.BatchObject['commit']>) {
    // Before anything is stored: no wait is missed.
    const at = Date.now();
    const answer = super.commit(...args);
    // It has stored before it waits for anything.
    this.#note(at);
    return answer;
  }

  #note(at: number): void {
    const batch = this.#accountId === null ? null : this.snapshot(this.#accountId);
    if (batch === null) return;
    const { sequence, completed, failed } = batch.state;
    const noted = commits.get(batch.spec.id) ?? [];
    commits.set(batch.spec.id, noted);
    if (sequence > (noted.at(-1)?.sequence ?? 0)) noted.push({ at, sequence, done: completed + failed });
  }
}

export { ObservedBatchObject as BatchObject, ObservedRunner as BackgroundRunner };

/** One after the other, as batches end. Answers when each was published. */
async function publish(
  env: Env,
  { accountId, ids, intervalMs }: PublishOrder,
): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const id of ids) {
    if (intervalMs > 0) await scheduler.wait(intervalMs);
    const at = Date.now();
    times[id] = at;
    const event: WebhookEvent = {
      id,
      type: 'batch.completed',
      createdAt: at,
      data: { id: 'batch_0123456789ab' },
    };
    await env.WEBHOOKS.getByName(accountId).publish(event);
  }
  return times;
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/__commits') return Response.json(commits.get(searchParams.get('batch') ?? '') ?? []);
    if (pathname === '/__publish') return Response.json(await publish(env, await request.json()));
    if (pathname === '/__bare') return Response.json(await sendBare(await request.json()));
    return worker.fetch(request, observedEnv(env), ctx);
  },
} satisfies ExportedHandler<Env>;
