// Every place where a client names a URL, with every URL that must not be called, as a deployment is set: nothing is sent.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListResponse } from '../../src/contract/lists';
import type { DeliveryResponse, EndpointResponse } from '../../src/contract/webhooks';
import { linesOf, newRig, readResults, restore, runToEnd } from '../batches/rig';
import { eventually } from '../eventually';
import { EVERY_REFUSED_URL } from '../platform/refused-urls';
import { type Client, errorOf, newClient } from './client';

const PUBLIC = 'https://public.example.com/hook';

/** Every URL that was called; each call is answered by `answer`. */
let called: string[];
let answer: (url: string) => Response;
let client: Client;

beforeEach(async () => {
  client = await newClient();
  env.ALLOW_PRIVATE_NETWORK = 'false';
  called = [];
  answer = () => new Response();
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    called.push(String(input));
    return answer(String(input));
  });
});

afterEach(() => {
  env.ALLOW_PRIVATE_NETWORK = 'true';
  restore();
});

it('the table is long enough to mean something', () => {
  expect(new Set(EVERY_REFUSED_URL).size).toBeGreaterThan(200);
});

/** The call is a 400 that names the place, for every URL. */
async function expectRefused(
  call: (url: string) => Promise<Response>,
  param: string | RegExp,
): Promise<void> {
  for (const url of EVERY_REFUSED_URL) {
    const response = await call(url);
    const { type, param: place } = await errorOf(response);
    expect([url, response.status, type, place]).toEqual([
      url,
      400,
      'invalid_request',
      expect.stringMatching(param),
    ]);
  }
  expect(called).toEqual([]);
}

const messagesWith = (part: object) => [{ role: 'user', content: [part] }];
const PARTS: Record<string, (url: string) => object> = {
  image_url: (url) => ({ type: 'image_url', image_url: { url } }),
  image: (url) => ({ type: 'image', source: { type: 'url', url } }),
  document: (url) => ({ type: 'document', source: { type: 'url', url } }),
  audio: (url) => ({ type: 'audio', source: { type: 'url', url } }),
};

describe('no refused URL is taken', () => {
  it('as the webhook_url of a native batch', async () => {
    await expectRefused(
      (url) =>
        client.send('POST', '/api/v1/batches', {
          json: {
            model: 'sandbox',
            inputs: [{ messages: [{ role: 'user', content: 'Hi' }] }],
            webhook_url: url,
          },
        }),
      /^webhook_url$/,
    );
  });

  it('as the webhook_url of an OpenAI batch', async () => {
    const json = { input_file_id: 'file_x', endpoint: '/v1/chat/completions', completion_window: '24h' };
    await expectRefused(
      (url) => client.send('POST', '/v1/batches', { json: { ...json, webhook_url: url } }),
      /^webhook_url$/,
    );
  });

  it('as the URL of an endpoint', async () => {
    await expectRefused((url) => client.send('POST', '/api/v1/webhooks', { json: { url } }), /^url$/);
  });

  it('as the new URL of an endpoint', async () => {
    const { id } = await client.json<EndpointResponse>('POST', '/api/v1/webhooks', { json: { url: PUBLIC } });
    await expectRefused((url) => client.send('PATCH', `/api/v1/webhooks/${id}`, { json: { url } }), /^url$/);
    expect(await client.json('GET', `/api/v1/webhooks/${id}`)).toMatchObject({ url: PUBLIC });
  });

  it.each(Object.entries(PARTS))('as a content part in a chat: %s', async (_name, part) => {
    await expectRefused(
      (url) =>
        client.send('POST', '/v1/chat/completions', {
          json: { model: 'sandbox', messages: messagesWith(part(url)) },
        }),
      /^messages\[0\]\.content\[0\]/,
    );
  });
});

it.each(Object.entries(PARTS))(
  'no refused URL is called as a content part in a batch: %s',
  async (_name, part) => {
    const lines = EVERY_REFUSED_URL.map((url, index) => ({
      custom_id: String(index),
      method: 'POST' as const,
      url: '/v1/chat/completions' as const,
      body: { model: 'sandbox', messages: messagesWith(part(url)) } as never,
    }));
    const rig = await newRig(lines, { client, rangeItems: 25 });
    await runToEnd(rig);
    const results = await readResults(client, rig.id, '?limit=100');
    expect(results).toHaveLength(EVERY_REFUSED_URL.length);
    for (const { status_code, error } of results) {
      expect([status_code, error?.type]).toEqual([400, 'invalid_request']);
    }
    expect(called).toEqual([]);
  },
);

it('no redirect of a content part leads to a refused URL', async () => {
  for (const location of EVERY_REFUSED_URL) {
    answer = (url) =>
      url.endsWith('/start')
        ? new Response(null, { status: 302, headers: { location: inHeader(location) } })
        : new Response();
    const messages = messagesWith(PARTS.image?.('https://public.example.com/start') ?? {});
    const response = await client.send('POST', '/v1/chat/completions', {
      json: { model: 'sandbox', messages },
    });
    expect([location, response.status]).toEqual([location, 400]);
  }
  // Some of the table are relative: read from a public URL, they lead to public ones.
  const hosts = new Set(called.map((url) => new URL(url).host));
  expect(hosts).toEqual(new Set(['public.example.com', 'example.com']));
});

/** Headers hold visible ASCII only. */
function inHeader(url: string): string {
  return url.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

describe('no attempt calls a refused URL that was stored before', () => {
  it('as the URL of an endpoint', async () => {
    const { id } = await client.json<EndpointResponse>('POST', '/api/v1/webhooks', { json: { url: PUBLIC } });
    const webhooks = env.WEBHOOKS.getByName(client.accountId);
    for (const [index, url] of EVERY_REFUSED_URL.entries()) {
      await runInDurableObject(webhooks, (_object, { storage: { sql } }) => {
        sql.exec('UPDATE endpoints SET url = ?, failures = 0, held_until = NULL', url);
        // The retries of those before would be in its way.
        if (index > 0) sql.exec('UPDATE deliveries SET next_at = NULL');
      });
      const event = `evt_${index}`;
      await webhooks.publish({ id: event, type: 'batch.completed', createdAt: 0, data: { id: 'batch' } });
      const path = `/api/v1/webhooks/${id}/deliveries?limit=1`;
      await eventually(async () => {
        const [delivery] = (await client.json<ListResponse<DeliveryResponse>>('GET', path)).data;
        expect(delivery).toMatchObject({
          event_id: event,
          attempts: [{ status: null, error: expect.stringMatching(/^this URL cannot be used: /) }],
        });
      });
    }
    expect(called).toEqual([]);
  });

  it('as the webhook_url of a batch', async () => {
    const rig = await newRig(linesOf(['a']), { client, spec: { webhook: { url: PUBLIC, secret: null } } });
    await runToEnd(rig);
    for (let n = 0; n < 3; n++) await runDurableObjectAlarm(rig.batch);
    expect(called).toEqual([PUBLIC]);
    const path = `/api/v1/batches/${rig.id}/deliveries`;
    for (const url of EVERY_REFUSED_URL) {
      const spec = JSON.stringify({ ...rig.spec, webhook: { url, secret: null } });
      await runInDurableObject(rig.batch, (_object, { storage }) =>
        storage.sql.exec('UPDATE batch SET spec = ?', spec),
      );
      await evictDurableObject(rig.batch);
      expect((await client.send('POST', `${path}/resend`)).status).toBe(202);
      await runDurableObjectAlarm(rig.batch);
      const { data } = await client.json<ListResponse<{ error: string }>>('GET', path);
      expect([url, data.at(-1)?.error]).toEqual([url, expect.stringMatching(/^this URL cannot be used: /)]);
    }
    expect(called).toEqual([PUBLIC]);
  });
});
