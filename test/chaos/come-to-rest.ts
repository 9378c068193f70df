// The time after the last kill, in which all comes to its end that ever will.
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnreliableReceiver } from '../e2e/unreliable-receiver.ts';
import { missingDeliveries } from './audit-webhooks.ts';
import { hasEnded } from './batch-workload.ts';
import type { ChaosServer } from './chaos-server.ts';
import { noteBookings } from './chat-workload.ts';
import type { BatchRecord, Tenant } from './tenant.ts';

/** Leases, schedules and settlements that wait have their time. */
const REST_LIMIT_MS = 180_000;
const LOOK_INTERVAL_MS = 1_000;
const CRON_EVERY_LOOKS = 8;

/** Reservations of what was cut off expire after 15 minutes. */
const RESERVATIONS_OVER_MS = 16 * 60_000;

/** Until every batch has ended, who follows it was told, every webhook has arrived and every chat is booked. Answers the batches that never end. */
export async function comeToRest(
  server: ChaosServer,
  tenants: readonly Tenant[],
  receiver: UnreliableReceiver,
  tell: (line: string) => void,
): Promise<BatchRecord[]> {
  await server.set({ clockMs: server.settings.clockMs + RESERVATIONS_OVER_MS });
  const until = Date.now() + REST_LIMIT_MS;
  for (let looks = 0; ; looks++) {
    if (looks % CRON_EVERY_LOOKS === 0) await server.cron();
    const open = (await Promise.all(tenants.map(openBatches))).flat();
    const missing = missingDeliveries(tenants, receiver);
    await Promise.all(tenants.map(noteBookings));
    const unbooked = tenants.flatMap(({ chatRecords }) =>
      chatRecords.filter(({ status, isBooked, isExposed }) => status === 200 && !isBooked && !isExposed),
    );
    const untold = tenants.flatMap(({ batchRecords }) =>
      batchRecords.filter(({ watch }) => watch?.isOver === false),
    );
    const left = { batches: open, streams: untold, webhooks: missing, chats: unbooked };
    if (looks % CRON_EVERY_LOOKS === 0) {
      const counts = Object.entries(left).map(([name, { length }]) => `${length} ${name}`);
      tell(`at rest but for ${counts.join(', ')}`);
    }
    if (Object.values(left).every(({ length }) => length === 0)) return [];
    if (Date.now() > until) return open;
    await sleep(LOOK_INTERVAL_MS);
  }
}

async function openBatches(tenant: Tenant): Promise<BatchRecord[]> {
  const unseen = tenant.batchRecords.filter(({ seen, isDeleted }) => seen === null && !isDeleted);
  const open: BatchRecord[] = [];
  for (const record of unseen) if (!(await hasEnded(tenant, record))) open.push(record);
  return open;
}
