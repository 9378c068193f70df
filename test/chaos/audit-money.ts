// The audit of money: what an account was charged is what its batches and chats say, and nothing stays reserved.
import type { UsageResponse } from '../../src/contract/accounts.ts';
import { NO_USAGE } from '../../src/contract/chat.ts';
import { nanoDollars } from '../e2e/money.ts';
import { auditChat, type Booked, type ExposedChats } from './audit-chats.ts';
import type { ChaosProvider } from './chaos-provider.ts';
import type { ChaosServer } from './chaos-server.ts';
import type { Findings } from './findings.ts';
import type { Tenant } from './tenant.ts';

const NOTHING: Booked = { requests: 0, nano: 0, usage: NO_USAGE };

export async function auditMoney(
  tenant: Tenant,
  server: ChaosServer,
  provider: ChaosProvider,
  findings: Findings,
): Promise<ExposedChats> {
  const usage = await tenant.client.get<UsageResponse>('/api/v1/usage?group_by=key');
  const byKey = new Map<string, Booked>();
  for (const { key = '', requests, cost, usage: used } of usage.data) {
    byKey.set(key, { requests, nano: nanoDollars(cost?.total_cost ?? 0), usage: used });
  }
  auditBatchSpend(tenant, byKey.get(tenant.batchKey.id) ?? NOTHING, findings);
  byKey.delete(tenant.batchKey.id);
  const exposed: ExposedChats = { exposed: 0, booked: 0, unbooked: 0, bookedTwice: 0 };
  for (const chat of tenant.chatRecords) {
    auditChat(tenant, chat, byKey.get(chat.keyId) ?? NOTHING, exposed, provider, findings);
    byKey.delete(chat.keyId);
  }
  findings.same('charges of known keys', [...byKey.keys()], [], tenant.name);
  await auditBudget(tenant, findings);
  await auditReservations(tenant, server, findings);
  return exposed;
}

function auditBatchSpend({ name, batchRecords }: Tenant, booked: Booked, findings: Findings): void {
  const spent = batchRecords.reduce(
    (sum, { seen }) => sum + nanoDollars(seen?.batch.cost?.total_cost ?? 0),
    0,
  );
  const items = batchRecords.reduce((sum, { seen }) => sum + (seen?.batch.completed ?? 0), 0);
  const told = () =>
    `${name}: ${booked.requests} items for ${booked.nano}, of ${items} for ${spent} nano-dollars`;
  findings.checked('items of batches that are charged once', items);
  if (booked.requests < items) findings.fault('items of batches that are charged once', 'lost', told());
  if (booked.requests > items) findings.fault('items of batches that are charged once', 'duplicated', told());
  findings.holds('accounts charged what their batches cost', booked.nano === spent, 'unaccounted', told);
}

async function auditBudget({ name, client, budget }: Tenant, findings: Findings): Promise<void> {
  if (budget === null) return;
  const { data } = await client.get<UsageResponse>('/api/v1/usage?group_by=day');
  const months = Map.groupBy(data, ({ day }) => day?.slice(0, 7));
  for (const [month, days] of months) {
    const spent = days.reduce((sum, { cost }) => sum + nanoDollars(cost?.total_cost ?? 0), 0);
    const told = () => `${name} spent ${spent} nano-dollars in ${month}`;
    findings.holds('months within the budget', spent <= nanoDollars(budget), 'unaccounted', told);
  }
}

async function auditReservations(
  { name, id }: Tenant,
  server: ChaosServer,
  findings: Findings,
): Promise<void> {
  const { rows } = await server.rows('ACCOUNTS', id, 'SELECT id, expires_at FROM reservations');
  const open = rows.filter(({ expires_at: at }) => at === null || Number(at) > server.now());
  findings.same(
    'reservations that are over',
    open.map((row) => String(row.id)),
    [],
    name,
  );
}
