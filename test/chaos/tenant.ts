// The accounts of a chaos run, each with its keys, its webhook endpoint and all that its clients made and were told.
import type { KeyCreated } from '../../src/contract/accounts.ts';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import type { EndpointWithSecret } from '../../src/contract/webhooks.ts';
import { ApiClient, newAccount } from '../e2e/api-client.ts';
import type { Server } from '../e2e/server.ts';
import type { UnreliableReceiver } from '../e2e/unreliable-receiver.ts';
import type { BatchWatch } from './batch-watch.ts';
import { PatientClient } from './patient-client.ts';
import type { StreamedChat } from './streamed-chat.ts';

export interface Item {
  customId: string;
  model: string;
  prompt: string;
}

export interface BatchRecord {
  id: string;
  form: string;
  items: Item[];
  maxCost: number | null;
  webhook: { path: string; secret: string } | null;
  isCancelled: boolean;
  isDeleted: boolean;
  /** As it was seen once it had ended. */
  seen: { batch: BatchResponse; results: BatchResult[] } | null;
  /** Who follows its stream; null for nobody. */
  watch: BatchWatch | null;
}

export interface FileRecord {
  id: string;
  sha256: string;
  /** A batch was made from it: its bytes may stay. */
  isInput: boolean;
  isDeleted: boolean;
  /** How it was sent. */
  way: 'form' | 'parts';
}

export interface ChatRecord {
  keyId: string;
  prompt: string;
  model: string;
  sentAt: number;
  /** Null until it is over. */
  status: number | null;
  requestId: string | null;
  /** What came of a streamed one; null before, for one that is refused, and for one that is answered whole. */
  stream: StreamedChat | null;
  /** Nano-dollars, as its answer says; null where it says nothing. */
  costNano: number | null;
  /** Its booking was seen in the account's usage. */
  isBooked: boolean;
  /** Everything was killed, or the clock jumped, before its booking was seen. */
  isExposed: boolean;
}

export interface Tenant {
  name: string;
  id: string;
  /** For everything but chats and batches. */
  client: PatientClient;
  /** Whose spending is the batches' alone. */
  batchKey: KeyCreated;
  batches: PatientClient;
  /** One for each chat, taken by it, so that the usage by key tells what was booked of it. */
  chatKeys: KeyCreated[];
  budget: number | null;
  endpoint: EndpointWithSecret;
  batchRecords: BatchRecord[];
  fileRecords: FileRecord[];
  chatRecords: ChatRecord[];
}

/** A budget of some hundreds of items: it runs out before the end, and meanwhile everything has to reserve its part. */
const BUDGET_USD = 0.03;

const KINDS = [
  { name: 'plain', limits: {}, keyLimits: {} },
  { name: 'budget', limits: { monthly_budget: BUDGET_USD }, keyLimits: {} },
  {
    name: 'limited',
    limits: { requests_per_minute: 400, tokens_per_minute: 20_000, storage_bytes: 500_000_000 },
    keyLimits: { concurrent_batches: 2, monthly_budget: 100 },
  },
];

const KEYS_AT_ONCE = 10;

/** Made before any chaos, since the admin API has no `Idempotency-Key`. */
export async function makeTenants(
  server: Server,
  receiver: UnreliableReceiver,
  chats: number,
): Promise<Tenant[]> {
  const admin = new ApiClient(server.origin, server.adminKey);
  return Promise.all(
    KINDS.map(async ({ name, limits, keyLimits }): Promise<Tenant> => {
      const account = await newAccount(server.origin, server.adminKey, name);
      await admin.send('PATCH', `/api/v1/admin/accounts/${account.id}`, { limits });
      const keys = `/api/v1/admin/accounts/${account.id}/keys`;
      const batchKey = await admin.post<KeyCreated>(keys, { name: 'batches', limits: keyLimits });
      const chatKeys: KeyCreated[] = [];
      while (chatKeys.length < chats) {
        const some = Array.from({ length: KEYS_AT_ONCE }, () =>
          admin.post<KeyCreated>(keys, { name: 'chat' }),
        );
        chatKeys.push(...(await Promise.all(some)));
      }
      return {
        name,
        id: account.id,
        client: new PatientClient(server.origin, account.key.key),
        batchKey,
        batches: new PatientClient(server.origin, batchKey.key),
        chatKeys,
        budget: 'monthly_budget' in limits ? BUDGET_USD : null,
        endpoint: await account.api.post('/api/v1/webhooks', { url: receiver.url(`/endpoint/${name}`) }),
        batchRecords: [],
        fileRecords: [],
        chatRecords: [],
      };
    }),
  );
}
