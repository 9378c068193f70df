// An account with webhook endpoints, and receivers that behave as the test says.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { ListResponse } from '../../src/contract/lists';
import type { DeliveryResponse, EndpointResponse, EndpointWithSecret } from '../../src/contract/webhooks';
import type { WebhookObject } from '../../src/webhooks/webhook-object';
import { type Client, newClient } from '../http/client';

/** What a receiver got. */
export interface Received {
  url: string;
  headers: Record<string, string>;
  body: string;
}

type Answer = number | ((init: RequestInit) => Response | Promise<Response>);

let tests = 0;

/** A host of this test's own: objects of tests before it may still be calling theirs. */
export function newHosts(): (name: string) => string {
  tests += 1;
  const domain = `test-${tests}.example.com`;
  return (name) => `https://${name}.${domain}/hook`;
}

/**
 * All receivers: answers by URL, for each a status, how to answer, or a list of these for one attempt each, whose last one
 * stays; 0 is a lost connection. What came is in `received`, in order.
 */
export function receivers(answers: Record<string, Answer | Answer[]>) {
  const received: Received[] = [];
  const underWay = { now: 0, most: 0 };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    const url = String(input);
    if (!url.includes(`test-${tests}.example.com`)) return new Response();
    const headers = Object.fromEntries(new Headers(init.headers));
    const before = received.filter((one) => one.url === url).length;
    received.push({ url, headers, body: new TextDecoder().decode(init.body as Uint8Array) });
    const given = answers[url] ?? 200;
    const answer = Array.isArray(given) ? (given[before] ?? given.at(-1) ?? 200) : given;
    underWay.now += 1;
    underWay.most = Math.max(underWay.most, underWay.now);
    try {
      // A turn of the event loop, so that attempts can meet.
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (answer === 0) throw new Error('Network connection lost.');
      return typeof answer === 'number'
        ? new Response('thanks', { status: answer })
        : await answer(init as RequestInit);
    } finally {
      underWay.now -= 1;
    }
  });
  return { received, underWay, at: (url: string) => received.filter((one) => one.url === url) };
}

/** Answers only when its time is up, as a receiver that hangs. */
export function hang(init: RequestInit): Promise<Response> {
  return new Promise((_resolve, reject) => {
    init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
  });
}

export interface Hooks {
  client: Client;
  /** The object; a stub of one that crashed is of no use any more. */
  webhooks: () => DurableObjectStub<WebhookObject>;
  /** Makes an endpoint. */
  add: (url: string, more?: object) => Promise<EndpointWithSecret>;
  read: (id: string) => Promise<EndpointResponse>;
  deliveries: (id: string, query?: string) => Promise<DeliveryResponse[]>;
  /** Publishes an event of a batch. */
  publish: (id: string, type?: 'batch.completed' | 'batch.failed') => Promise<void>;
  /** Does what is due by the clock. */
  ring: () => Promise<void>;
  /** Ends the object in the middle of whatever it does. */
  crash: () => Promise<void>;
  /** When the object wakes by itself; null where it sleeps. */
  alarmAt: () => Promise<number | null>;
}

export async function newHooks(): Promise<Hooks> {
  const client = await newClient();
  const webhooks = () => env.WEBHOOKS.getByName(client.accountId);
  const list = <T>(path: string) => client.json<ListResponse<T>>('GET', path);
  return {
    client,
    webhooks,
    add: (url, more = {}) => client.json('POST', '/api/v1/webhooks', { json: { url, ...more } }),
    read: (id) => client.json('GET', `/api/v1/webhooks/${id}`),
    deliveries: async (id, query = '?order=asc') =>
      (await list<DeliveryResponse>(`/api/v1/webhooks/${id}/deliveries${query}`)).data,
    publish: (id, type = 'batch.completed') =>
      webhooks().publish({ id, type, createdAt: Date.now(), data: { id: `batch_of_${id}` } }),
    ring: async () => void (await runDurableObjectAlarm(webhooks())),
    crash: () =>
      runInDurableObject(webhooks(), (_object, state) => state.abort('crash')).catch(() => undefined),
    alarmAt: () => runInDurableObject(webhooks(), (_object, { storage }) => storage.getAlarm()),
  };
}
