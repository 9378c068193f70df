// The answer to a question for an account's usage, its owner's or the admin's: JSON, or a table where that is asked for.
import type * as z from 'zod';
import type { usageQuery } from '../contract/accounts';
import type { AppContext } from './context';
import { found } from './found';
import { usageCsv } from './usage-csv';

const CSV_HEADERS = {
  'Content-Type': 'text/csv; charset=utf-8',
  'Content-Disposition': 'attachment; filename="usage.csv"',
};

export async function usageReport(
  c: AppContext,
  accountId: string,
  { from, to, group_by: groupBy }: z.output<typeof usageQuery>,
): Promise<Response> {
  const report = found(await c.env.ACCOUNTS.getByName(accountId).usage({ from, to, groupBy }), 'account');
  const wantsCsv = /\btext\/csv\b/i.test(c.req.header('accept') ?? '');
  return wantsCsv ? c.body(usageCsv(report), 200, CSV_HEADERS) : c.json(report);
}
