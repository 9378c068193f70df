// A batch's events over SSE, opened by a key or, since EventSource cannot send headers, by the token of its stream_url.
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { batchStreamQuery } from '../../contract/batches';
import { ApiError } from '../../contract/errors';
import { EVENT_STREAM_HEADERS } from '../../platform/server-sent-events';
import { authenticated } from '../authenticate';
import { batchStub } from '../batch-stub';
import type { AppContext, AppEnv } from '../context';
import { tracked } from '../request-log';
import { query } from '../validate';

/** A token is the batch's to judge. */
const authenticatedWithoutToken = createMiddleware<AppEnv>((c, next) =>
  hasToken(c) ? next() : authenticated(c, next),
);

export const batchStreamRoutes = new Hono<AppEnv>().get(
  '/batches/:id/stream',
  authenticatedWithoutToken,
  query(batchStreamQuery),
  async (c) => {
    const headers = new Headers();
    if (!hasToken(c)) headers.set('x-quire-account', c.var.accountId);
    // Any other id is a first connection's; the runtime would complain of some in the log.
    const lastEventId = c.req.header('last-event-id') ?? '';
    if (/^\d+$/.test(lastEventId)) headers.set('last-event-id', lastEventId);
    const stream = await batchStub(c).fetch(c.req.url, { headers });
    if (!stream.ok) {
      // A wrong token is told nothing about whether the batch exists.
      throw hasToken(c)
        ? new ApiError('authentication_error', { detail: ['stream_token_wrong'], param: 'token' })
        : new ApiError('not_found', { missing: 'batch' });
    }
    return new Response(stream.body && tracked(c, stream.body), { headers: EVENT_STREAM_HEADERS });
  },
);

function hasToken(c: AppContext): boolean {
  return c.req.query('token') !== undefined;
}
