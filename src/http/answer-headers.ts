// What every answer tells browsers and caches, whatever it holds.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './context';

/**
 * The type is as it is stated, and nothing is kept but what says how: answers hold an account's content, or a new key.
 * OWASP API8:2023 asks for both.
 */
export const answerHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set('X-Content-Type-Options', 'nosniff');
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
});
