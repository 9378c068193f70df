// GET /usage: what the account's responses reported, summed, as JSON or as a table.
import { Hono } from 'hono';
import { usageQuery } from '../../contract/accounts';
import type { AppEnv } from '../context';
import { usageReport } from '../usage-report';
import { query } from '../validate';

export const usageRoutes = new Hono<AppEnv>().get('/usage', query(usageQuery), (c) =>
  usageReport(c, c.var.accountId, c.req.valid('query')),
);
