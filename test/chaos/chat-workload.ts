// What clients do with chats during the chaos, whole and streamed. Each has a key of its own, so that the usage by key says what was booked of
// it: a chat whose settlement was on its way when everything died may be booked never, or twice where it ran twice.
import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import { nanoDollars } from '../e2e/money.ts';
import { chatBody, randomName, type Workload } from './batch-workload.ts';
import { MODELS, promptOf } from './expected-answers.ts';
import { PatientClient } from './patient-client.ts';
import { readStreamedChat } from './streamed-chat.ts';
import type { ChatRecord, Tenant } from './tenant.ts';

/** Also where the money is only reserved: a client may leave it at that. */
const isBudgetExceeded = (status: number, text: string) => status === 429 && text.includes('budget_exceeded');

const PATHS = ['/v1/chat/completions', '/api/v1/chat/completions'];

/** One client: a chat after the other. */
export async function sendChats(tenant: Tenant, { random, isOver }: Workload): Promise<void> {
  while (!isOver()) {
    const name = randomName(random);
    const begun = beginChat(tenant, name, random);
    if (begun === null) return;
    const { record, client } = begun;
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

/** One client: a streamed chat after the other. What has begun to come is not asked for again when it is cut off. */
export async function streamChats(tenant: Tenant, { random, isOver }: Workload): Promise<void> {
  while (!isOver()) {
    const begun = beginChat(tenant, randomName(random), random);
    if (begun === null) return;
    const { record, client } = begun;
    const { status, requestId, text } = await client.stream(PATHS[random() < 0.5 ? 0 : 1] ?? '', {
      json: {
        model: record.model,
        ...chatBody(record.prompt),
        stream: true,
        stream_options: { include_usage: true },
      },
      isFinal: isBudgetExceeded,
    });
    record.requestId = requestId;
    if (status === 200) record.stream = readStreamedChat(text, record.model);
    record.costNano = record.stream?.cost ? nanoDollars(record.stream.cost.total_cost) : null;
    record.status = status;
    await sleep(random() * 600);
  }
}

/** Null where no key is left. */
function beginChat(
  tenant: Tenant,
  name: string,
  random: () => number,
): { record: ChatRecord; client: PatientClient } | null {
  const taken = tenant.chatKeys.pop();
  if (taken === undefined) return null;
  const record: ChatRecord = {
    keyId: taken.id,
    prompt: promptOf(`chat ${name}`),
    model: MODELS[random() < 0.5 ? 0 : 1] ?? '',
    sentAt: Date.now(),
    status: null,
    requestId: null,
    stream: null,
    costNano: null,
    isBooked: false,
    isExposed: false,
  };
  tenant.chatRecords.push(record);
  return { record, client: new PatientClient(tenant.client.origin, taken.key) };
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
