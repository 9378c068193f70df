// The audit of webhooks: each ended batch was told, under one id and in one wording, and nothing else was.
import { Webhook } from 'standardwebhooks';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { UnreliableReceipt, UnreliableReceiver } from '../e2e/unreliable-receiver.ts';
import type { Findings } from './findings.ts';
import type { Tenant } from './tenant.ts';

const TYPES: Partial<Record<BatchResponse['status'], string>> = {
  completed: 'batch.completed',
  failed: 'batch.expired',
  cancelled: 'batch.cancelled',
};

/** What is still to come: `path id` of each delivery that is owed and has not arrived. */
export function missingDeliveries(tenants: readonly Tenant[], receiver: UnreliableReceiver): string[] {
  const arrived = new Set(
    receiver.received.filter(hasArrived).map(({ path, body }) => `${path} ${idIn(body)}`),
  );
  return tenants
    .flatMap((tenant) => owedDeliveries(tenant).map(({ path, id }) => `${path} ${id}`))
    .filter((key) => !arrived.has(key));
}

function owedDeliveries({ name, batchRecords }: Tenant): { path: string; id: string }[] {
  return batchRecords.flatMap(({ id, webhook }) => [
    { path: `/endpoint/${name}`, id: id.replace('batch_', 'evt_') },
    // A retry has the webhook of the batch it was made of.
    ...(webhook === null ? [] : [{ path: webhook.path, id }]),
  ]);
}

/** Of an event its own id, of a batch that of the batch. */
function idIn(body: string): string {
  return JSON.parse(body).id;
}

function hasArrived({ behaviour }: UnreliableReceipt): boolean {
  return behaviour === 'ok' || behaviour === 'lost' || behaviour === 'slow';
}

export function auditWebhooks(
  tenants: readonly Tenant[],
  receiver: UnreliableReceiver,
  findings: Findings,
): void {
  const missing = missingDeliveries(tenants, receiver);
  for (const key of missing) findings.fault('webhooks that arrived', 'lost', key);
  const batches = new Map(tenants.flatMap(({ batchRecords }) => batchRecords.map((one) => [one.id, one])));
  const secrets = new Map<string, string>();
  for (const { name, endpoint, batchRecords } of tenants) {
    secrets.set(`/endpoint/${name}`, endpoint.secret);
    for (const { webhook } of batchRecords) if (webhook !== null) secrets.set(webhook.path, webhook.secret);
  }
  const byKey = Map.groupBy(receiver.received, ({ path, body }) => `${path} ${idIn(body)}`);
  for (const [key, attempts] of byKey) {
    const [first] = attempts;
    if (first === undefined) continue;
    const forms = new Set(attempts.map(({ headers, body }) => `${headers['webhook-id']} ${body}`));
    findings.holds(
      'webhooks that arrived',
      forms.size === 1,
      'duplicated',
      () => `${key}: ${[...forms].join(' ')}`,
    );
    for (const { path, headers, body } of attempts) {
      const isSigned = isGenuine(secrets.get(path) ?? '', body, headers);
      findings.holds('attempts that are signed', isSigned, 'unaccounted', () => key);
    }
    findings.holds(
      'webhooks that are true',
      isTrue(first, batches),
      'unaccounted',
      () => `${key}: ${first.body}`,
    );
  }
}

function isTrue(
  { path, body }: UnreliableReceipt,
  batches: ReadonlyMap<string, Tenant['batchRecords'][number]>,
): boolean {
  const told = JSON.parse(body);
  if (!path.startsWith('/endpoint/')) {
    const { results: _, ...seen } = batches.get(told.id)?.seen?.batch ?? {};
    const { results: __, ...said } = told;
    return JSON.stringify(said) === JSON.stringify(seen);
  }
  // The budget's thresholds: each once a month.
  if (told.type === 'budget.threshold') return true;
  const status = batches.get(told.data.id)?.seen?.batch.status;
  return status !== undefined && told.type === TYPES[status];
}

/** By the standard's library, which refuses times that are not now: jumps of the clock are taken out of its hands. */
function isGenuine(secret: string, body: string, headers: Record<string, string>): boolean {
  const webhook = new Webhook(secret);
  const at = new Date(Number(headers['webhook-timestamp']) * 1000);
  const signature = webhook.sign(headers['webhook-id'] ?? '', at, body);
  return headers['webhook-signature']?.split(' ').includes(signature) ?? false;
}
