// One line of log for each request, once its answer has ended, and `Server-Timing` on the answer. What a line may hold is
// chosen member by member: the route's pattern and never the URL, ids and never keys, counts and never contents.
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { usdFromNano } from '../contract/money';
import { logLine } from '../platform/log-line';
import type { AppContext, AppEnv } from './context';
import { serverTiming } from './server-timing';

/** Comes after the request has its id and before everything else. */
export const requestLog = createMiddleware<AppEnv>(async (c, next) => {
  const startedAt = Date.now();
  await next();
  c.res.headers.set('Server-Timing', serverTiming(c, Date.now() - startedAt));
  const { ended } = c.var;
  if (ended === undefined) writeLine(c, startedAt);
  else {
    c.executionCtx.waitUntil(
      ended.then(
        () => writeLine(c, startedAt),
        () => writeLine(c, startedAt, { cut_off: true }),
      ),
    );
  }
});

/**
 * A streamed body whose end is that of its request in the log.
 *
 * @param lengthBytes where it is known, so that the answer still has a length
 */
export function tracked(
  c: AppContext,
  body: ReadableStream<Uint8Array>,
  lengthBytes: number | null = null,
): ReadableStream<Uint8Array> {
  // Its body is never read.
  if (c.req.method === 'HEAD') return body;
  // The runtime pumps between two streams of its own; no chunk passes through here.
  const { readable, writable } =
    lengthBytes === null ? new IdentityTransformStream() : new FixedLengthStream(lengthBytes);
  c.set('ended', body.pipeTo(writable));
  return readable;
}

function writeLine(c: AppContext, startedAt: number, more: { cut_off?: boolean } = {}): void {
  const { requestId, accountId, keyId, spend, errorType } = c.var;
  logLine('request', {
    request_id: requestId,
    account: accountId,
    key: keyId,
    route: routeOf(c),
    method: c.req.method,
    status: c.res.status,
    ms: Date.now() - startedAt,
    model: spend?.model,
    tokens: spend?.tokens,
    cost_usd: spend && (spend.costNano === null ? null : usdFromNano(spend.costNano)),
    error: errorType,
    replayed: c.res.headers.has('idempotent-replayed') || undefined,
    ...more,
  });
}

/** The pattern of the route that answered; null where there is none. */
function routeOf(c: AppContext): string | null {
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  return matchedRoutes(c).findLast((route) => route.method === method)?.path ?? null;
}
