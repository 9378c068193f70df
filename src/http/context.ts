// What every handler finds on its Hono context.
import type { Context } from 'hono';
import type { Locale } from '../contract/messages/render';

export interface AppEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    locale: Locale;
    /** Who asks. Set by `authenticated`; admin routes have none. */
    accountId: string;
    keyId: string;
  };
}

export type AppContext = Context<AppEnv>;

/** The origin the client used: URLs in answers are made on it. */
export function originOf(c: AppContext): string {
  return new URL(c.req.url).origin;
}
