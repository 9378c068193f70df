// What has to hold once all work has ended: nothing at work, nothing owed, nothing kept.
import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { nanoDollars } from '../e2e/money.ts';
import type { Findings } from './findings.ts';
import type { LoadClient } from './load-client.ts';
import type { ServerLog } from './server-log.ts';
import { type Stored, storedIn } from './stored.ts';

/** The last settlements, log lines and removals come a moment after the last answer. */
const SETTLE_LIMIT_MS = 30_000;
const LOOK_INTERVAL_MS = 250;

/** What the run left behind in the server's folder. */
export async function checkRest(
  clients: readonly LoadClient[],
  log: ServerLog,
  watches: () => number,
  folder: string,
  findings: Findings,
): Promise<Stored> {
  if (!(await comesTrue(() => log.open.length === 0))) {
    findings.add('requests that have not ended in the server', `${log.open.length}: ${log.open.slice(0, 5)}`);
  }
  if (!(await comesTrue(() => log.watchesEnded === watches()))) {
    findings.add('streams of batches that have not ended', `${log.watchesEnded} of ${watches()} ended`);
  }
  for (const client of clients) await checkAccount(client, findings);
  let stored = await storedIn(folder);
  await comesTrue(async () => {
    stored = await storedIn(folder);
    return stored.blobs === 0;
  });
  if (stored.blobs > 0) {
    findings.add('objects that nobody has any more', `${stored.blobs} of ${stored.blobBytes} bytes in R2`);
  }
  return stored;
}

/** Nothing left, and the ledger is what clients were told. */
async function checkAccount(client: LoadClient, findings: Findings): Promise<void> {
  const api = new ApiClient(client.origin, client.key);
  const booked = async () => {
    const { total } = await api.get<UsageResponse>('/api/v1/usage');
    return { nano: nanoDollars(total.cost?.total_cost ?? 0), requests: total.requests };
  };
  const isEven = async () => {
    const { nano, requests } = await booked();
    return nano === client.spent.nano && requests === client.spent.requests;
  };
  if (!(await comesTrue(isEven))) {
    const [is, should] = [await booked(), client.spent].map(
      (sum) => `${sum.nano} nano-dollars, ${sum.requests} requests`,
    );
    findings.add('the ledger is not what clients were told', `${client.name}: ${is} booked, ${should} seen`);
  }
  const batches = await api.get<ListResponse<BatchResponse>>('/api/v1/batches');
  const files = await api.get<ListResponse<{ id: string }>>('/v1/files');
  if (batches.data.length + files.data.length > 0) {
    const [first] = [...batches.data, ...files.data];
    findings.add('something that was never deleted', `${client.name}: ${JSON.stringify(first)}`);
  }
}

/** Looks until it holds, or for long enough to say that it does not. */
async function comesTrue(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const until = Date.now() + SETTLE_LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > until) return false;
    await sleep(LOOK_INTERVAL_MS);
  }
  return true;
}
