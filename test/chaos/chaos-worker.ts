// The product's Worker with boundaries around whatever it calls, a clock that can jump, and routes under `/__chaos/` by
// which the harness steers it and looks into its storage. Locally Worker and objects share one isolate, so one set of
// settings holds for all.
import type { DurableObject } from 'cloudflare:workers';
import worker, {
  AccountObject,
  BackgroundRunner,
  BatchObject,
  IdempotencyObject,
  RegistryObject,
  WebhookObject,
} from '../../src/index.ts';
import { OBJECT_BINDINGS } from '../bench/intercepted.ts';
import { type ChaosMethods, chaoticEnv } from './worker-bindings.ts';
import { draws, passing, report } from './worker-boundary.ts';
import { settings, shiftAlarms } from './worker-clock.ts';
import { deliverChaotically } from './worker-queue.ts';

type ObjectClass<T> = new (ctx: DurableObjectState, env: Env) => T;

/** An object class with chaotic bindings, alarms and clock. `name`: bundling may change the class's own. */
function chaotic<T extends DurableObject<Env>>(
  Base: ObjectClass<T>,
  name: string,
): ObjectClass<T & ChaosMethods> {
  const Plain = Base as ObjectClass<DurableObject<Env>>;
  class Chaotic extends Plain implements ChaosMethods {
    constructor(ctx: DurableObjectState, env: Env) {
      shiftAlarms(ctx.storage);
      super(ctx, chaoticEnv(env));
    }

    /** The platform says which try it is; the product, which calls its own alarms too, does not. */
    override async alarm(invocation?: AlarmInvocationInfo): Promise<void> {
      const ring = async () => super.alarm?.();
      if (invocation === undefined) return ring();
      const where = `${name}.alarm`;
      if (draws('alarm-lost')) return report('alarm-lost', where);
      if (draws('alarm-throw')) {
        await report('alarm-throw', where);
        throw new Error(`chaos: ${where}`);
      }
      await passing(where, ring, false);
    }

    async chaosReset(): Promise<void> {
      this.ctx.abort('chaos: reset');
    }

    async chaosRows(query: string): Promise<Record<string, SqlStorageValue>[]> {
      return this.ctx.storage.sql.exec(query).toArray();
    }

    chaosAlarm(): Promise<number | null> {
      return this.ctx.storage.getAlarm();
    }
  }
  return Chaotic as unknown as ObjectClass<T & ChaosMethods>;
}

const ChaoticAccountObject = chaotic(AccountObject, OBJECT_BINDINGS.ACCOUNTS);
const ChaoticBatchObject = chaotic(BatchObject, OBJECT_BINDINGS.BATCHES);
const ChaoticIdempotencyObject = chaotic(IdempotencyObject, OBJECT_BINDINGS.IDEMPOTENCY);
const ChaoticRegistryObject = chaotic(RegistryObject, OBJECT_BINDINGS.REGISTRY);
const ChaoticWebhookObject = chaotic(WebhookObject, OBJECT_BINDINGS.WEBHOOKS);

class ChaoticBackgroundRunner extends BackgroundRunner {
  constructor(ctx: ExecutionContext, env: Env) {
    super(ctx, chaoticEnv(env));
  }
}

export {
  ChaoticAccountObject as AccountObject,
  ChaoticBackgroundRunner as BackgroundRunner,
  ChaoticBatchObject as BatchObject,
  ChaoticIdempotencyObject as IdempotencyObject,
  ChaoticRegistryObject as RegistryObject,
  ChaoticWebhookObject as WebhookObject,
};

async function steer(request: Request, env: Env, path: string): Promise<Response> {
  switch (path) {
    case '/__chaos/settings':
      Object.assign(settings, await request.json());
      return Response.json(settings);
    case '/__chaos/cron':
      await cron(env);
      return Response.json({});
    case '/__chaos/objects': {
      const { binding, name, query } = (await request.json()) as {
        binding: keyof typeof OBJECT_BINDINGS;
        name: string;
        query: string;
      };
      const stub = env[binding].getByName(name) as unknown as ChaosMethods;
      return Response.json({ rows: await stub.chaosRows(query), alarm: await stub.chaosAlarm() });
    }
    case '/__chaos/bucket':
      return Response.json(await bucketKeys(env.BUCKET));
    default:
      return new Response(null, { status: 404 });
  }
}

/** As the platform would: its time is the shifted one. */
function cron(env: Env): Promise<void> {
  const controller: ScheduledController = {
    scheduledTime: Date.now(),
    cron: '*/15 * * * *',
    noRetry: () => undefined,
  };
  return worker.scheduled(controller, chaoticEnv(env));
}

async function bucketKeys(bucket: R2Bucket): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list(cursor === undefined ? {} : { cursor });
    keys.push(...page.objects.map(({ key }) => key));
    if (!page.truncated) return keys;
    cursor = page.cursor;
  }
}

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/__chaos/')) return steer(request, env, pathname);
    const answer = () => worker.fetch(request, chaoticEnv(env), ctx);
    return request.method === 'POST' ? passing('http.POST', answer, false) : answer();
  },
  queue: (batch, env) => deliverChaotically(batch, (some) => worker.queue(some, chaoticEnv(env))),
  scheduled: (_controller, env) => cron(env),
} satisfies ExportedHandler<Env>;
