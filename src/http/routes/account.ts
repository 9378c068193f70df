// GET /account: the account that a key belongs to, with its limits and what is used of them, for whoever holds the key.
import { Hono } from 'hono';
import type { AppEnv } from '../context';
import { found } from '../found';

export const accountRoutes = new Hono<AppEnv>().get('/account', async (c) => {
  return c.json(found(await c.env.ACCOUNTS.getByName(c.var.accountId).describeTo(c.var.keyId), 'account'));
});
