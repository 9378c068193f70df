// The bindings of the chaos worker: the product's, with a boundary before and after each call.
import { intercepted, wrappedEnv } from '../bench/intercepted.ts';
import { draws, passing, report } from './worker-boundary.ts';

/** What every object of the chaos worker has besides. */
export interface ChaosMethods {
  chaosReset(): Promise<void>;
  chaosRows(query: string): Promise<Record<string, SqlStorageValue>[]>;
  chaosAlarm(): Promise<number | null>;
}

/** A wait of many seconds, not a call that commits: what is injected there would tell nothing. */
const LONG_CALLS = new Set(['untilOver']);

function chaoticStub<T extends object>(stub: T, className: string): T {
  return intercepted(stub, (method, _args, call) => {
    if (LONG_CALLS.has(method)) return call();
    const where = `${className}.${method}`;
    return passing(where, async () => {
      const answer = await call();
      if (!draws('reset')) return answer;
      await report('reset', where);
      await (stub as unknown as ChaosMethods).chaosReset();
      return answer;
    });
  });
}

function chaoticNamespace<T extends object>(namespace: T, className: string): T {
  return intercepted(namespace, (method, _args, call) => {
    const made = call();
    return method === 'getByName' || method === 'get' ? chaoticStub(made as object, className) : made;
  });
}

/** Multipart uploads are bucket calls too, made on an object of their own. */
function chaoticBucket<T extends object>(bucket: T): T {
  return intercepted(bucket, (method, _args, call) => {
    if (method === 'resumeMultipartUpload') return chaoticBucket(call() as object);
    return passing(`bucket.${method}`, async () => {
      const answer = await call();
      return method === 'createMultipartUpload' ? chaoticBucket(answer as object) : answer;
    });
  });
}

function chaoticQueue(queue: Queue): Queue {
  return intercepted(queue, (method, _args, call) => passing(`queue.${method}`, call));
}

export const chaoticEnv = wrappedEnv({
  bucket: chaoticBucket,
  queue: chaoticQueue,
  namespace: chaoticNamespace,
});
