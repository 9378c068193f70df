// The product's Worker, whose bindings and Durable Objects count what the platform would bill. `POST /__counts` answers
// the counts and starts again from zero. Locally Worker and objects share one isolate, so one variable holds them all.
import { exports } from 'cloudflare:workers';
import type { BatchMessage } from '../../src/batches/batch-spec.ts';
import worker, {
  AccountObject,
  BackgroundRunner,
  BatchObject,
  IdempotencyObject,
  RegistryObject,
  WebhookObject,
} from '../../src/index.ts';
import { intercepted, OBJECT_BINDINGS, wrappedEnv } from './intercepted.ts';
import { noCounts } from './operation-counts.ts';

/** A queue bills so many bytes of a message as one operation, of which its own metadata takes about a hundred. */
const QUEUE_OPERATION_BYTES = 64_000;
const QUEUE_METADATA_BYTES = 100;

/** The call is on its way by then. */
const HAND_OVER_MS = 10;

let counts = noCounts();

function add(tally: Record<string, number>, name: string, amount = 1): void {
  tally[name] = (tally[name] ?? 0) + amount;
}

function countRequest(className: string, method: string): void {
  counts.objectRequests[className] ??= {};
  add(counts.objectRequests[className], method);
}

function countStatement(sql: string, rowsRead: number, rowsWritten: number): void {
  const name = sql.replace(/\s+/g, ' ').trim();
  counts.statements[name] ??= { runs: 0, rowsRead: 0, rowsWritten: 0 };
  const statement = counts.statements[name];
  statement.runs += 1;
  statement.rowsRead += rowsRead;
  statement.rowsWritten += rowsWritten;
}

function countingNamespace<T extends object>(namespace: T, className: string): T {
  return intercepted(namespace, (method, _args, call) => {
    const made = call();
    if (method !== 'getByName' && method !== 'get') return made;
    return intercepted(made as object, (request, _requestArgs, send) => {
      countRequest(className, request);
      return send();
    });
  });
}

/** Multipart uploads are bucket calls too, made on an object of their own. */
function countingBucket<T extends object>(bucket: T): T {
  return intercepted(bucket, (method, _args, call) => {
    add(counts.bucketCalls, method);
    const result = call();
    if (method === 'createMultipartUpload') return (result as Promise<object>).then(countingBucket);
    return method === 'resumeMultipartUpload' ? countingBucket(result as object) : result;
  });
}

function countingQueue(queue: Queue): Queue {
  return intercepted(queue, (method, args, call) => {
    const [sent] = args;
    const bodies = method === 'send' ? [sent] : Array.from(sent as MessageSendRequest[], ({ body }) => body);
    for (const body of bodies) counts.queueWrites += queueOperations(body);
    return call();
  });
}

function queueOperations(body: unknown): number {
  return Math.ceil((JSON.stringify(body).length + QUEUE_METADATA_BYTES) / QUEUE_OPERATION_BYTES);
}

function countingDelivery<T>(batch: MessageBatch<T>): MessageBatch<T> {
  counts.queueDeliveries += 1;
  const messages = batch.messages.map((message) => {
    counts.queueReads += queueOperations(message.body);
    return intercepted(message, (method, _args, call) => {
      if (method === 'ack') counts.queueDeletes += queueOperations(message.body);
      if (method === 'retry') counts.queueRetries += 1;
      return call();
    });
  });
  return new Proxy(batch, {
    get: (_, name) => (name === 'messages' ? messages : Reflect.get(batch, name, batch)),
  });
}

const countingEnv = wrappedEnv({
  bucket: countingBucket,
  queue: countingQueue,
  namespace: countingNamespace,
});

/** Replaces the object's `sql.exec` and `setAlarm` by ones that count. */
function countStorage({ storage }: DurableObjectState, className: string): void {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  Object.defineProperty(sql, 'exec', {
    value: (query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      // By then the caller has read all it wanted: every statement is read where it is made, without waiting.
      queueMicrotask(() => {
        countStatement(query, cursor.rowsRead, cursor.rowsWritten);
        if (cursor.rowsWritten === 0) return;
        counts.databaseBytes[className] = Math.max(counts.databaseBytes[className] ?? 0, sql.databaseSize);
      });
      return cursor;
    },
  });
  const setAlarm = storage.setAlarm.bind(storage);
  Object.defineProperty(storage, 'setAlarm', {
    value: (time: number | Date) => {
      countStatement(`setAlarm (${className})`, 0, 1);
      return setAlarm(time);
    },
  });
}

class CountingAccountObject extends AccountObject {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx, OBJECT_BINDINGS.ACCOUNTS);
    super(ctx, countingEnv(env));
  }
}

class CountingBatchObject extends BatchObject {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx, OBJECT_BINDINGS.BATCHES);
    super(ctx, countingEnv(env));
  }

  /** The runtime says which try it is; the object, which calls it too, does not, and pays for no request. */
  override async alarm(invocation?: AlarmInvocationInfo): Promise<void> {
    if (invocation !== undefined) countRequest(OBJECT_BINDINGS.BATCHES, 'alarm');
    await super.alarm();
  }
}

class CountingRegistryObject extends RegistryObject {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx, OBJECT_BINDINGS.REGISTRY);
    super(ctx, countingEnv(env));
  }
}

class CountingIdempotencyObject extends IdempotencyObject {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx, OBJECT_BINDINGS.IDEMPOTENCY);
    super(ctx, countingEnv(env));
  }
}

class CountingWebhookObject extends WebhookObject {
  constructor(ctx: DurableObjectState, env: Env) {
    countStorage(ctx, OBJECT_BINDINGS.WEBHOOKS);
    super(ctx, countingEnv(env));
  }
}

/** What a delivery leaves to go on in the background. */
class CountingBackgroundRunner extends BackgroundRunner {
  constructor(ctx: ExecutionContext, env: Env) {
    super(ctx, countingEnv(env));
  }
}

/**
 * Each batch's messages to a consumer of its own, at once, as where consumers are many. The product's own detaching holds
 * each delivery up for half a second, in which a thousand batches' messages would wait so long that they count as lost.
 */
async function handOver({ messages }: MessageBatch<BatchMessage>): Promise<void> {
  const groups = Map.groupBy(messages, ({ body }) => body.batch);
  await Promise.all(
    Array.from(groups, async ([batchId, group]) => {
      const bodies = group.map(({ body }) => body);
      await Promise.race([exports.BackgroundRunner.run(batchId, bodies), scheduler.wait(HAND_OVER_MS)]);
      for (const message of group) message.ack();
    }),
  );
  // One was counted as it came.
  counts.queueDeliveries += groups.size - 1;
}

export {
  CountingAccountObject as AccountObject,
  CountingBackgroundRunner as BackgroundRunner,
  CountingBatchObject as BatchObject,
  CountingIdempotencyObject as IdempotencyObject,
  CountingRegistryObject as RegistryObject,
  CountingWebhookObject as WebhookObject,
};

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/__counts' && request.method === 'POST') {
      const taken = counts;
      counts = noCounts();
      return Response.json(taken);
    }
    counts.httpRequests += 1;
    return worker.fetch(request, countingEnv(env), ctx);
  },
  queue: (batch, env) =>
    env.DETACH_DELIVERIES === 'true'
      ? handOver(countingDelivery(batch as MessageBatch<BatchMessage>))
      : worker.queue(countingDelivery(batch), countingEnv(env)),
  scheduled: (controller, env) => worker.scheduled(controller, countingEnv(env)),
} satisfies ExportedHandler<Env>;
