// What clients do with chats during the chaos. Each has a key of its own, so that the usage by key says what was booked of
// it: a chat whose settlement was on its way when everything died may be booked never, or twice where it ran twice.
import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import { nanoDollars } from '../e2e/money.ts';
import { chatBody, randomName, type Workload } from './batch-workload.ts';
import { MODELS, promptOf } from './expected-answers.ts';
import { PatientClient } from './patient-client.ts';
import type { ChatRecord, Tenant } from './tenant.ts';

/** Also where the money is only reserved: a client may leave it at that. */
const isBudgetExceeded = (status: number, text: string) => status === 429 && text.includes('budget_exceeded');

/** One client: a chat after the other. */
export async function sendChats(tenant: Tenant, { random, isOver }: Workload): Promise<void> {
  for (const { id: keyId, key } of tenant.chatKeys.slice(tenant.chatRecords.length)) {
    if (isOver()) return;
    const name = randomName(random);
    const record: ChatRecord = {
      keyId,
      prompt: promptOf(`chat ${name}`),
      model: MODELS[random() < 0.5 ? 0 : 1] ?? '',
      sentAt: Date.now(),
      status: null,
      costNano: null,
      isBooked: false,
      isExposed: false,
    };
    tenant.chatRecords.push(record);
    const client = new PatientClient(tenant.client.origin, key);
    const { status, body } = await client.ask<ChatCompletion>('POST', '/v1/chat/completions', {
      json: { model: record.model, ...chatBody(record.prompt) },
      idempotencyKey: `chat-${name}`,
      isFinal: isBudgetExceeded,
    });
    record.costNano = status === 200 ? nanoDollars(body.cost?.total_cost ?? Number.NaN) : null;
    record.status = status;
    await sleep(200 + random() * 1_000);
  }
}

/** Notes which chats are seen to be booked. */
export async function noteBookings(tenant: Tenant): Promise<void> {
  const { data } = await tenant.client.get<UsageResponse>('/api/v1/usage?group_by=key');
  const booked = new Set(data.map(({ key }) => key));
  for (const record of tenant.chatRecords) if (booked.has(record.keyId)) record.isBooked = true;
}

/** Everything dies now, or the clock jumps: what is not seen to be booked, or may yet run again, is exposed. */
export function exposeChats(tenants: readonly Tenant[]): void {
  for (const { chatRecords } of tenants) {
    for (const record of chatRecords) {
      if (record.status === null || (record.status === 200 && !record.isBooked)) record.isExposed = true;
    }
  }
}
