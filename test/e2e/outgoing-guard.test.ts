// A server with a deployment's settings, told in every notation to call a canary on this machine: nobody ever knocks there.
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import type { DeliveryResponse, EndpointResponse } from '../../src/contract/webhooks.ts';
import { REFUSED_HOSTS } from '../platform/refused-urls.ts';
import { type Account, newAccount } from './api-client.ts';
import { createBatch, downloadResults, parseLines, pollUntilEnded } from './batch-client.ts';
import { freePorts } from './free-ports.ts';
import { Server } from './server.ts';

/** Retries come soon enough to be waited for, and late enough to meet the server's other settings. */
const RETRY_SECONDS = '5,1,1,1,1,1,1,1,1,1,1';
const PARALLEL = 8;
const LOOK_INTERVAL_MS = 100;

/** Notations that lead to this very machine, where nothing stops them: what is stored by a server that allows them. */
const LOOPBACK_HOSTS = [
  ...(REFUSED_HOSTS['IPv4 loopback in every notation'] ?? []),
  '0.0.0.0',
  '0',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  'localhost',
  'LocalHost.',
];

let canary: NetServer;
let canaryPort: number;
let connections = 0;
const sockets = new Set<Socket>();
let server: Server;
let account: Account;
/** All that a client could name, on the canary's port. */
let urls: string[];
/** Batches and endpoints whose webhooks lead to the canary, made while that was allowed. */
let oldBatches: BatchResponse[];
let oldEndpoints: EndpointResponse[];

beforeAll(async () => {
  [canaryPort = 0] = await freePorts(1);
  urls = Object.values(REFUSED_HOSTS).flatMap((hosts) =>
    hosts.map((host) => `https://${host}:${canaryPort}/hook`),
  );
  const schedule = ['--var', `WEBHOOK_RETRY_SECONDS:${RETRY_SECONDS}`];
  server = await Server.start(schedule);
  account = await newAccount(server.origin, server.adminKey, 'guard');
  canary = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  // On every address of this machine.
  await new Promise<void>((resolve) => canary.listen(canaryPort, resolve));
  oldBatches = await pooled(LOOPBACK_HOSTS, (host) =>
    createBatch(account.api, {
      model: 'sandbox',
      inputs: [{ messages: [{ role: 'user', content: 'Hi' }] }],
      webhook_url: `http://${host}:${canaryPort}/hook`,
    }),
  );
  oldEndpoints = await pooled(LOOPBACK_HOSTS.slice(0, 10), (host) =>
    account.api.post<EndpointResponse>('/api/v1/webhooks', { url: `http://${host}:${canaryPort}/hook` }),
  );
  for (const { id } of oldEndpoints) await account.api.post(`/api/v1/webhooks/${id}/test`);
  for (const { id } of oldBatches) await pollUntilEnded(account.api, id);
  // All of these hosts lead there: a canary that cannot be reached would prove nothing.
  await until(() => connections >= LOOPBACK_HOSTS.length);
  await server.kill9();
  await sleep(LOOK_INTERVAL_MS);
  connections = 0;
  // The last value counts.
  const asDeployed = ['--var', 'ALLOW_PRIVATE_NETWORK:false', '--var', `OUTGOING_PORTS:${canaryPort}`];
  await server.restart([...schedule, ...asDeployed]);
});

afterAll(async () => {
  await server?.stop();
  canary?.close();
  for (const socket of sockets) socket.destroy();
});

/** Some at a time, in the order of the values. */
async function pooled<T, R>(values: readonly T[], run: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < values.length; from += PARALLEL) {
    results.push(...(await Promise.all(values.slice(from, from + PARALLEL).map(run))));
  }
  return results;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += LOOK_INTERVAL_MS) {
    if (waited > 60_000) throw new Error(`waited too long; the canary saw ${connections} connections`);
    await sleep(LOOK_INTERVAL_MS);
  }
}

/** Each URL is refused by a 400. */
async function expectRefused(method: string, path: string, bodyOf: (url: string) => object): Promise<void> {
  await pooled(urls, async (url) => {
    const response = await account.api.send(method, path, bodyOf(url));
    await response.body?.cancel();
    expect([url, response.status]).toEqual([url, 400]);
  });
  expect(connections).toBe(0);
}

const PARTS: [name: string, partOf: (url: string) => object][] = [
  ['image_url', (url) => ({ type: 'image_url', image_url: { url } })],
  ['image', (url) => ({ type: 'image', source: { type: 'url', url } })],
  ['document', (url) => ({ type: 'document', source: { type: 'url', url } })],
  ['audio', (url) => ({ type: 'audio', source: { type: 'url', url } })],
];

const messagesWith = (part: object) => [{ role: 'user', content: [part] }];

it('there are more than 150 URLs, on a port that the settings allow', () => {
  expect(new Set(urls).size).toBeGreaterThan(150);
});

describe('the canary is not called', () => {
  it('by the webhook of a batch', async () => {
    await expectRefused('POST', '/api/v1/batches', (url) => ({
      model: 'sandbox',
      inputs: [{ messages: [{ role: 'user', content: 'Hi' }] }],
      webhook_url: url,
    }));
  });

  it('by an endpoint, new or changed', async () => {
    await expectRefused('POST', '/api/v1/webhooks', (url) => ({ url }));
    await expectRefused('PATCH', `/api/v1/webhooks/${oldEndpoints[0]?.id}`, (url) => ({ url }));
  });

  it.each(PARTS)('by a content part in a chat: %s', async (_name, partOf) => {
    await expectRefused('POST', '/v1/chat/completions', (url) => ({
      model: 'sandbox',
      messages: messagesWith(partOf(url)),
    }));
  });

  it('by content parts in a batch', async () => {
    const inputs = urls.flatMap((url) =>
      PARTS.map(([, partOf]) => ({ messages: messagesWith(partOf(url)) })),
    );
    const { id } = await createBatch(account.api, { model: 'sandbox', inputs });
    await pollUntilEnded(account.api, id);
    const results = parseLines<{ status_code: number }>(
      await (await downloadResults(account.api, id)).text(),
    );
    expect(results).toHaveLength(inputs.length);
    expect(new Set(results.map(({ status_code }) => status_code))).toEqual(new Set([400]));
    expect(connections).toBe(0);
  });

  it('by the webhooks of batches that were made before', async () => {
    for (const { id } of oldBatches) {
      await account.api.post(`/api/v1/batches/${id}/deliveries/resend`);
      await until(async () => {
        const path = `/api/v1/batches/${id}/deliveries`;
        const { data } = await account.api.get<ListResponse<{ error: string | null }>>(path);
        return data.at(-1)?.error?.startsWith('this URL cannot be used: ') ?? false;
      });
    }
    expect(connections).toBe(0);
  });

  it('by endpoints that were made before', async () => {
    for (const { id } of oldEndpoints) {
      await account.api.post(`/api/v1/webhooks/${id}/test`);
      await until(async () => {
        const path = `/api/v1/webhooks/${id}/deliveries?limit=1`;
        const { data } = await account.api.get<ListResponse<DeliveryResponse>>(path);
        return data[0]?.attempts.at(-1)?.error?.startsWith('this URL cannot be used: ') ?? false;
      });
    }
    expect(connections).toBe(0);
  });
});
