// How many webhooks are delivered, how soon, and what it takes, beside a bare Worker that signs and posts the same bodies.
// Takes about two minutes.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { EndpointWithSecret } from '../../src/contract/webhooks.ts';
import { createBatch, getBatch } from '../e2e/batch-client.ts';
import { Fork } from './fork.ts';
import { addTo, type Histogram } from './histogram.ts';
import type { BareOrder, PublishOrder } from './observations.ts';
import { ObservedServer, withObservedBundle } from './observed-server.ts';
import type { Report } from './report.ts';
import { checkArrivals, type Secrets } from './webhook-check.ts';
import type { SinkMessage } from './webhook-sink.ts';
import {
  type Burst,
  DELIVERIES,
  ENDPOINTS,
  OWN_WEBHOOKS,
  PACE_MS,
  PACED_DELIVERIES,
  type Paced,
  ROUNDS,
  type Round,
  WEBHOOK_NOTES,
  webhookFindings,
} from './webhooks-findings.ts';

/** So many attempts are under way at most, to one endpoint and to all: the bare Worker keeps to it too. */
const ATTEMPTS_AT_ONCE = { one: 2, all: 6 };

const WARM_UP_DELIVERIES = 200;

const BATCHES_AT_ONCE = 4;
const BATCH_LOOK_INTERVAL_MS = 50;
const OWN_SECRET = `whsec_${Buffer.from('a secret of 32 bytes, as usual ..').toString('base64')}`;

/** Receives everything. */
type Sink = Fork<SinkMessage>;

/** An account's endpoints at the sink. */
interface Endpoints {
  ids: string[];
  urls: string[];
  secrets: Secrets;
}

/** @param step is told what is about to be measured */
export function benchWebhooks(step: (text: string) => void): Promise<Report> {
  step('nothing yet: the bundle');
  return withObservedBundle(async (bundle) => {
    const server = await ObservedServer.start(bundle);
    const sink: Sink = new Fork('webhook-sink.ts');
    try {
      const { port } = await sink.next('listening');
      const origin = `http://127.0.0.1:${port}`;
      const rounds: Round[] = [];
      const paced: Paced[] = [];
      for (const count of ENDPOINTS) {
        const endpoints = await makeEndpoints(server, origin, count);
        step(`nothing yet: warming up, endpoints: ${count}`);
        await measureRound(server, sink, endpoints, WARM_UP_DELIVERIES);
        for (let number = 1; number <= ROUNDS; number++) {
          step(`${DELIVERIES} deliveries to ${count}, round ${number} of ${ROUNDS}`);
          rounds.push(await measureRound(server, sink, endpoints, DELIVERIES));
        }
        step(`one event after the other, endpoints: ${count}`);
        paced.push(await measurePaced(server, sink, endpoints));
        await removeEndpoints(server, endpoints);
      }
      step(`${OWN_WEBHOOKS} batches with webhooks of their own`);
      const own = await measureOwnWebhooks(server, sink, origin);
      return {
        title: `Webhooks to a receiver on the same machine, ${ROUNDS} rounds`,
        findings: webhookFindings(rounds, paced, own),
        notes: WEBHOOK_NOTES,
        details: { rounds, paced, own },
      };
    } finally {
      sink.stop();
      await server.stop();
    }
  });
}

async function makeEndpoints({ account }: ObservedServer, origin: string, count: number): Promise<Endpoints> {
  const paths = Array.from({ length: count }, (_, index) => `/endpoint-${index}`);
  const made: EndpointWithSecret[] = [];
  for (const path of paths) made.push(await account.api.post('/api/v1/webhooks', { url: origin + path }));
  return {
    ids: made.map(({ id }) => id),
    urls: made.map(({ url }) => url),
    secrets: new Map(made.map(({ url, secret }) => [new URL(url).pathname, secret])),
  };
}

async function removeEndpoints({ account }: ObservedServer, { ids }: Endpoints): Promise<void> {
  for (const id of ids) await account.api.send('DELETE', `/api/v1/webhooks/${id}`);
}

/** The same deliveries by Quire and by the bare Worker, which live in one process. */
async function measureRound(
  server: ObservedServer,
  sink: Sink,
  endpoints: Endpoints,
  deliveries: number,
): Promise<Round> {
  const events = deliveries / endpoints.ids.length;
  const measure = (send: (ids: string[]) => Promise<unknown>) =>
    measureBurst(server, sink, endpoints, newIds(events), send);
  return {
    endpoints: endpoints.ids.length,
    deliveries,
    quire: await measure((ids) => publish(server, ids, 0)),
    bare: await measure((ids) => sendBare(server, endpoints, ids)),
  };
}

async function measureBurst(
  server: ObservedServer,
  sink: Sink,
  { secrets }: Endpoints,
  ids: string[],
  send: (ids: string[]) => Promise<unknown>,
): Promise<Burst> {
  const cpuBefore = server.process.cpuMs();
  const from = Date.now();
  sink.tell({ count: ids.length * secrets.size });
  const [{ arrivals }] = await Promise.all([sink.next('arrivals'), send(ids)]);
  return {
    ms: Math.max(...arrivals.map(({ at }) => at)) - from,
    cpuMs: server.process.cpuMs() - cpuBefore,
    verdict: checkArrivals(arrivals, ids, secrets),
  };
}

async function measurePaced(server: ObservedServer, sink: Sink, { secrets }: Endpoints): Promise<Paced> {
  const ids = newIds(PACED_DELIVERIES / secrets.size);
  sink.tell({ count: PACED_DELIVERIES });
  const [{ arrivals }, times] = await Promise.all([
    sink.next('arrivals'),
    publish(server, ids, PACE_MS * secrets.size),
  ]);
  const delays: Histogram = {};
  for (const { at, headers } of arrivals) addTo(delays, at - (times[headers['webhook-id'] ?? ''] ?? 0));
  return { endpoints: secrets.size, delays, verdict: checkArrivals(arrivals, ids, secrets) };
}

/** Batches of one item each, a few at a time: from their ends to their own webhooks. */
async function measureOwnWebhooks({ account }: ObservedServer, sink: Sink, origin: string): Promise<Paced> {
  const path = '/own';
  sink.tell({ count: OWN_WEBHOOKS });
  const delays: Histogram = {};
  const left = Array.from({ length: OWN_WEBHOOKS }).values();
  const ended: BatchResponse[] = [];
  await Promise.all(
    Array.from({ length: BATCHES_AT_ONCE }, async () => {
      for (const _ of left) {
        const { id } = await createBatch(account.api, {
          model: 'sandbox',
          inputs: [{ messages: [{ role: 'user', content: 'Is the customer content?' }] }],
          webhook_url: origin + path,
          webhook_secret: OWN_SECRET,
        });
        for (;;) {
          const batch = await getBatch(account.api, id);
          if (batch.retry_after === null) {
            ended.push(batch);
            break;
          }
          await sleep(BATCH_LOOK_INTERVAL_MS);
        }
      }
    }),
  );
  const { arrivals } = await sink.next('arrivals');
  const endOf = new Map(ended.map(({ id, completed_at }) => [id, Date.parse(completed_at ?? '')]));
  for (const { at, body } of arrivals) {
    const { id } = JSON.parse(body) as BatchResponse;
    addTo(delays, at - (endOf.get(id) ?? Number.NaN));
  }
  const ids = arrivals.map(({ headers }) => headers['webhook-id'] ?? '');
  const verdict = checkArrivals(arrivals, ids, new Map([[path, OWN_SECRET]]));
  return { endpoints: 0, delays, verdict: { ...verdict, lost: OWN_WEBHOOKS - new Set(ids).size } };
}

/** Answers when each was published. */
async function publish(
  { origin, account }: ObservedServer,
  ids: string[],
  intervalMs: number,
): Promise<Record<string, number>> {
  const order: PublishOrder = { accountId: account.id, ids, intervalMs };
  return (await ask(`${origin}/__publish`, order)) as Record<string, number>;
}

async function sendBare(
  { origin }: ObservedServer,
  { urls, secrets }: Endpoints,
  ids: string[],
): Promise<void> {
  const order: BareOrder = {
    targets: urls.map((url) => ({ url, secret: secrets.get(new URL(url).pathname) ?? '' })),
    messages: ids.map((id) => ({ id, body: bodyOf(id) })),
    atOnce: urls.length === 1 ? ATTEMPTS_AT_ONCE.one : ATTEMPTS_AT_ONCE.all,
  };
  const { failed } = (await ask(`${origin}/__bare`, order)) as { failed: number };
  if (failed > 0) throw new Error(`the receiver did not take ${failed} webhooks of the bare Worker`);
}

async function ask(url: string, order: object): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(order) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** As Quire's own. */
function bodyOf(id: string): string {
  const created_at = Math.floor(Date.now() / 1000);
  return JSON.stringify({
    id,
    object: 'event',
    type: 'batch.completed',
    created_at,
    data: { id: 'batch_0123456789ab' },
  });
}

function newIds(count: number): string[] {
  return Array.from({ length: count }, () => `evt_${randomBytes(6).toString('hex')}`);
}
