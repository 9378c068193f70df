// GET /usage: what the account's responses reported, summed, as JSON or as a table.
import { Hono } from 'hono';
import { usageQuery } from '../../contract/accounts';
import type { AppEnv } from '../context';
import { usageCsv } from '../usage-csv';
import { query } from '../validate';

const CSV_HEADERS = {
  'Content-Type': 'text/csv; charset=utf-8',
  'Content-Disposition': 'attachment; filename="usage.csv"',
};

export const usageRoutes = new Hono<AppEnv>().get('/usage', query(usageQuery), async (c) => {
  const { from, to, group_by: groupBy } = c.req.valid('query');
  const report = await c.env.ACCOUNTS.getByName(c.var.accountId).usage({ from, to, groupBy });
  const wantsCsv = /\btext\/csv\b/i.test(c.req.header('accept') ?? '');
  return wantsCsv ? c.body(usageCsv(report), 200, CSV_HEADERS) : c.json(report);
});
