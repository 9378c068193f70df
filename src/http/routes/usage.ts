// GET /usage: what the account's responses reported, summed.
import { Hono } from 'hono';
import { usageQuery } from '../../contract/accounts';
import type { AppEnv } from '../context';
import { query } from '../validate';

export const usageRoutes = new Hono<AppEnv>().get('/usage', query(usageQuery), async (c) => {
  const { from, to, group_by: groupBy } = c.req.valid('query');
  return c.json(await c.env.ACCOUNTS.getByName(c.var.accountId).usage({ from, to, groupBy }));
});
