// Gives every request its id and its language before anything else sees it.
import { createMiddleware } from 'hono/factory';
import { newId } from '../contract/ids';
import { preferredLocale } from '../contract/messages/render';
import type { AppEnv } from './context';

const CLIENT_ID = /^[\x21-\x7e]{1,128}$/;

/** Keeps a client's own valid `x-request-id`, makes one otherwise, and repeats it on the answer. */
export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  const own = c.req.header('x-request-id');
  const id = own !== undefined && CLIENT_ID.test(own) ? own : newId('req');
  c.set('requestId', id);
  c.set('locale', preferredLocale(c.req.header('accept-language')));
  await next();
  c.res.headers.set('x-request-id', id);
});
