// A thousand events to a receiver that fails at random, while the server is killed ten times: each arrives, under one id,
// and every attempt can be verified.
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListResponse } from '../../src/contract/lists.ts';
import type { DeliveryResponse, EndpointWithSecret } from '../../src/contract/webhooks.ts';
import { type Account, newAccount } from './api-client.ts';
import { randomFrom } from './random.ts';
import { Server } from './server.ts';
import { type Behaviour, type UnreliableReceipt, UnreliableReceiver } from './unreliable-receiver.ts';

const EVENTS = 1000;
/** Of these; each tells all endpoints of its end. The others are test events, of one endpoint each. */
const BATCHES = 20;
const ENDPOINTS = 10;
const KILLS = 10;
const SENDERS = 3;

/** A run is repeated with `QUIRE_WEBHOOK_SEED=… npm test`. */
const SEED = Number(process.env.QUIRE_WEBHOOK_SEED ?? Date.now() % 2 ** 32);
const random = randomFrom(SEED);

/** The schedule of this deployment: seconds instead of days. */
const RETRY_SECONDS = '1,1,1,2,2,3,3,5,5,5,5,5,5,5,5,5';

/** What is left of each thousand attempts is answered at once. */
const FAILURES: [Behaviour, perThousand: number][] = [
  ['error', 120],
  ['reset', 60],
  ['lost', 30],
  ['slow', 40],
  ['hang', 4],
];

const JOB_LIMIT_MS = 300_000;
const DELIVERY_LIMIT_MS = 150_000;
const LOOK_INTERVAL_MS = 200;
const ANSWER_LIMIT_MS = 10_000;

function behave(): Behaviour {
  let draw = random() * 1000;
  for (const [behaviour, share] of FAILURES) {
    draw -= share;
    if (draw < 0) return behaviour;
  }
  return 'ok';
}

let server: Server;
let receiver: UnreliableReceiver;
let account: Account;
let endpoints: EndpointWithSecret[];
/** `path event` of each delivery that is owed. */
const owed = new Set<string>();
let killed = 0;

const pathOf = ({ url }: { url: string }) => new URL(url).pathname;
const keyOf = ({ path, headers }: UnreliableReceipt) => `${path} ${headers['webhook-id']}`;
const isArrived = ({ behaviour }: UnreliableReceipt) => ['ok', 'lost', 'slow'].includes(behaviour);
const missing = () => {
  const arrived = new Set(receiver.received.filter(isArrived).map(keyOf));
  return [...owed].filter((key) => !arrived.has(key));
};

beforeAll(async () => {
  console.info(`webhook-crash: QUIRE_WEBHOOK_SEED=${SEED}`);
  server = await Server.start(['--var', `WEBHOOK_RETRY_SECONDS:${RETRY_SECONDS}`]);
  receiver = await UnreliableReceiver.start(behave);
  account = await newAccount(server.origin, server.adminKey, 'webhooks');
  endpoints = [];
  for (let n = 0; n < ENDPOINTS; n++) {
    endpoints.push(await account.api.post('/api/v1/webhooks', { url: receiver.url(`/hook-${n}`) }));
  }
  let isSending = true;
  const sent = Promise.all(Array.from({ length: SENDERS }, (_, sender) => sendEvery(sender))).then(() => {
    isSending = false;
  });
  while (killed < KILLS) {
    await sleep(1000 + random() * 1500);
    await server.kill9();
    killed += 1;
    await server.restart();
  }
  console.info(`webhook-crash: ${isSending ? 'still sending' : 'all sent'} after the last kill`);
  await sent;
  const until = Date.now() + DELIVERY_LIMIT_MS;
  while (missing().length > 0 && Date.now() < until) await sleep(LOOK_INTERVAL_MS);
  console.info(`webhook-crash: ${receiver.received.length} attempts for ${owed.size} deliveries`);
}, JOB_LIMIT_MS);

afterAll(async () => {
  await server?.stop();
  await receiver?.stop();
});

/** Makes every so many-th event; one whose answer a kill took is made again, under an id of its own. */
async function sendEvery(first: number): Promise<void> {
  for (let n = first; n < EVENTS; n += SENDERS) {
    if (n % (EVENTS / BATCHES) === 0) {
      const { id } = await insist<{ id: string }>('/api/v1/batches', {
        model: 'sandbox',
        inputs: [{ messages: [{ role: 'user', content: `Event ${n}` }] }],
      });
      for (const endpoint of endpoints) owed.add(`${pathOf(endpoint)} ${id.replace('batch_', 'evt_')}`);
    } else {
      const endpoint = endpoints[n % ENDPOINTS] as EndpointWithSecret;
      const { id } = await insist<{ id: string }>(`/api/v1/webhooks/${endpoint.id}/test`);
      owed.add(`${pathOf(endpoint)} ${id}`);
    }
    // At this pace the kills find it at work.
    await sleep(15);
  }
}

/** The answer of a POST, asked for until the server is there. One that is left without an answer is asked for again. */
async function insist<T>(path: string, body?: object): Promise<T> {
  for (;;) {
    const answer = account.api.post<T>(path, body).catch((error: unknown) => {
      if (!(error instanceof TypeError)) throw error;
      return null;
    });
    const value = await Promise.race([answer, sleep(ANSWER_LIMIT_MS, null)]);
    if (value !== null) return value;
    await sleep(LOOK_INTERVAL_MS);
  }
}

async function logOf({ id }: EndpointWithSecret): Promise<DeliveryResponse[]> {
  const all: DeliveryResponse[] = [];
  for (let after = ''; ; ) {
    const page = await account.api.get<ListResponse<DeliveryResponse>>(
      `/api/v1/webhooks/${id}/deliveries?limit=100&order=asc${after}`,
    );
    all.push(...page.data);
    if (!page.has_more) return all;
    after = `&after=${page.last_id}`;
  }
}

describe(`${EVENTS} events, a receiver that fails at random, and a server that was killed ${KILLS} times`, () => {
  it('each event arrived at each endpoint it was for', () => {
    expect(killed).toBe(KILLS);
    expect(owed.size).toBe(EVENTS - BATCHES + BATCHES * ENDPOINTS);
    expect(missing()).toEqual([]);
  });

  it('every way to fail was met', () => {
    const met = new Set(receiver.received.map(({ behaviour }) => behaviour));
    expect(met).toEqual(new Set<Behaviour>(['ok', 'error', 'reset', 'lost', 'slow', 'hang']));
  });

  it('each id is stable: one event, one body, one sequence number, at every attempt', () => {
    const byKey = Map.groupBy(receiver.received, keyOf);
    for (const [key, attempts] of byKey) {
      const forms = new Set(attempts.map(({ body, headers }) => `${headers['x-webhook-sequence']} ${body}`));
      expect([key, forms.size]).toEqual([key, 1]);
      expect(JSON.parse(attempts[0]?.body ?? '').id).toBe(attempts[0]?.headers['webhook-id']);
    }
    // Beside what is owed there are only test events whose answers the kills took.
    expect([...byKey.keys()].filter((key) => !owed.has(key)).length).toBeLessThanOrEqual(KILLS * SENDERS);
  });

  it('every attempt is verified by standardwebhooks and by the openai SDK', async () => {
    const openai = new OpenAI({ apiKey: 'none' });
    const secrets = new Map(endpoints.map((endpoint) => [pathOf(endpoint), endpoint.secret]));
    expect(receiver.received.length).toBeGreaterThan(owed.size);
    for (const { path, headers, body } of receiver.received) {
      const secret = secrets.get(path) ?? '';
      const event = new Webhook(secret).verify(body, headers);
      expect(await openai.webhooks.unwrap(body, headers, secret, 600)).toEqual(event);
    }
  });

  it('the log says the same', async () => {
    for (const endpoint of endpoints) {
      const log = await logOf(endpoint);
      const keys = log.map(({ event_id }) => `${pathOf(endpoint)} ${event_id}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const key of owed) {
        if (key.startsWith(`${pathOf(endpoint)} `)) expect(keys).toContain(key);
      }
      for (const { event_id, sequence, attempts } of log) {
        const sent = receiver.received.filter((one) => keyOf(one) === `${pathOf(endpoint)} ${event_id}`);
        // A kill can take what was not written down; nothing is written down that was not sent.
        expect(attempts.filter(({ status }) => status !== null).length).toBeLessThanOrEqual(sent.length);
        for (const { headers } of sent) expect(headers['x-webhook-sequence']).toBe(String(sequence));
      }
    }
  });
});
