// GET /api/v1/admin/metrics: what is stored, in Prometheus' format.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { collectMetrics } from '../../src/accounts/metrics';
import { prometheusText } from '../../src/platform/prometheus';
import { eventually } from '../eventually';
import { parsePrometheus } from '../platform/prometheus-parser';
import { admin, type Client, errorOf, newAccount, newClient, send } from './client';

afterEach(() => vi.useRealTimers());

const registry = env.REGISTRY.getByName('registry');

/** Metrics that were collected just now. */
async function scrape() {
  await runInDurableObject(registry, (_object, { storage }) => storage.sql.exec('DELETE FROM kept_metrics'));
  return scrapeAgain();
}

async function scrapeAgain() {
  const response = await admin('GET', '/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheus(await response.text());
}

/** The samples of an account, by their other labels. */
function samplesOf(metrics: Awaited<ReturnType<typeof scrape>>, name: string, client: Client) {
  const own = metrics.get(name)?.samples.filter(({ labels }) => labels.account === client.accountId) ?? [];
  return Object.fromEntries(
    own.map(({ labels: { account, ...labels }, value }) => [Object.values(labels).join(' '), value]),
  );
}

const chat = { model: 'sandbox', messages: [{ role: 'user', content: 'Hello' }] };

it('has what each account used and holds', async () => {
  const [client, other] = [await newClient(), await newClient()];
  const first = await client.json<{ cost: { total_cost: number }; usage: Record<string, number> }>(
    'POST',
    '/v1/chat/completions',
    { json: chat },
  );
  const body = new FormData();
  body.set('purpose', 'user_data');
  body.set('file', new File(['12345'], 'a.txt', { type: 'text/plain' }));
  await client.send('POST', '/v1/files', { body });
  const batch = await client.json<{ id: string }>('POST', '/api/v1/batches', {
    json: { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content: '@sandbox latency=60s' }] }] },
  });
  await eventually(async () => {
    const { status } = await client.json<{ status: string }>('GET', `/api/v1/batches/${batch.id}`);
    expect(status).toBe('running');
  });
  await eventually(async () => {
    const metrics = await scrape();
    expect(samplesOf(metrics, 'quire_requests_total', client)).toEqual({ sandbox: 1 });
    expect(samplesOf(metrics, 'quire_tokens_total', client)).toEqual({
      'sandbox prompt': first.usage.prompt_tokens,
      'sandbox completion': first.usage.completion_tokens,
    });
    expect(samplesOf(metrics, 'quire_cost_usd_total', client)).toEqual({ sandbox: first.cost.total_cost });
    expect(samplesOf(metrics, 'quire_batches', client)).toEqual({ running: 1 });
    expect(samplesOf(metrics, 'quire_files', client)).toEqual({ '': 1 });
    expect(samplesOf(metrics, 'quire_file_bytes', client)).toEqual({ '': 5 });
    expect(samplesOf(metrics, 'quire_requests_total', other)).toEqual({});
    expect(samplesOf(metrics, 'quire_files', other)).toEqual({ '': 0 });
  });
  await client.send('POST', `/api/v1/batches/${batch.id}/cancel`);
  expect(samplesOf(await scrape(), 'quire_batches', client)).toEqual({ cancelled: 1 });
});

it('counts accounts by status, and those beyond the bound', async () => {
  const statuses = async () => {
    const samples = (await scrape()).get('quire_accounts')?.samples ?? [];
    return Object.fromEntries(samples.map(({ labels, value }) => [labels.status, value]));
  };
  const before = await statuses();
  const { id } = await newAccount();
  await newAccount();
  await admin('PATCH', `/accounts/${id}`, { json: { status: 'suspended' } });
  expect(await statuses()).toEqual({
    active: (before.active ?? 0) + 1,
    suspended: (before.suspended ?? 0) + 1,
  });

  const bounded = parsePrometheus(
    prometheusText(await collectMetrics(env, await registry.oldest(1), Date.now())),
  );
  const all = (before.active ?? 0) + (before.suspended ?? 0) + 2;
  expect(bounded.get('quire_accounts_left_out')?.samples).toEqual([{ labels: {}, value: all - 1 }]);
  expect(bounded.get('quire_files')?.samples).toHaveLength(1);
  expect((await scrape()).get('quire_accounts_left_out')?.samples).toEqual([{ labels: {}, value: 0 }]);
});

it('asks the accounts once a minute at most', async () => {
  const start = Date.now();
  const client = await newClient();
  const files = async (secondsLater: number) => {
    vi.useFakeTimers({ now: start + secondsLater * 1000, toFake: ['Date'] });
    const metrics = await scrapeAgain();
    const [{ value } = { value: 0 }] = metrics.get('quire_collected_timestamp_seconds')?.samples ?? [];
    return [value - Math.floor(start / 1000), samplesOf(metrics, 'quire_files', client)['']];
  };
  // Long after whatever was collected before.
  expect(await files(100)).toEqual([100, 0]);
  const body = new FormData();
  body.set('file', new File(['12345'], 'a.txt', { type: 'text/plain' }));
  await client.send('POST', '/v1/files', { body });
  expect(await files(154)).toEqual([100, 0]);
  expect(await files(155)).toEqual([155, 1]);
  // A clock that was set back does not keep them for longer.
  expect(await files(120)).toEqual([120, 1]);
});

it('answers all who ask at once with the same', async () => {
  const asked = await Promise.all([scrape(), scrapeAgain(), scrapeAgain()]);
  const [first] = asked;
  for (const metrics of asked) expect([...metrics]).toEqual([...(first ?? [])]);
});

it('is for the admin alone', async () => {
  const client = await newClient();
  const response = await send(client.key, 'GET', '/api/v1/admin/metrics');
  expect([response.status, (await errorOf(response)).type]).toEqual([401, 'authentication_error']);
});
