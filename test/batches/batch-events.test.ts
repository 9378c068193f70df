// A batch's end is told to its account's endpoints: once, durably, and not before clients can see it.
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WebhookEvent } from '../../src/contract/webhooks';
import { WebhookObject } from '../../src/webhooks/webhook-object';
import { eventually } from '../eventually';
import { type Client, newClient } from '../http/client';
import { later, linesOf, newFileRig, newRig, passTime, type Rig, readBatch, restore, runToEnd } from './rig';

afterEach(restore);

/** What is published, without anything being sent; `failures` of the first calls fail. */
function published(failures = 0): WebhookEvent[] {
  const events: WebhookEvent[] = [];
  let left = failures;
  vi.spyOn(WebhookObject.prototype, 'publish').mockImplementation(async (event) => {
    events.push(event);
    if (left-- > 0) throw new Error('the object is overloaded');
  });
  return events;
}

async function newListener(): Promise<Client> {
  const client = await newClient();
  await client.send('POST', '/api/v1/webhooks', { json: { url: 'https://hooks.example.com/' } });
  return client;
}

const eventIdOf = ({ id }: Rig) => id.replace('batch_', 'evt_');

describe('an end', () => {
  it('of every kind has its event', async () => {
    const events = published();
    const client = await newListener();
    const completed = await newRig(linesOf(['a', 'b']), { client });
    await runToEnd(completed);
    const failed = await newFileRig('{}\n', { client });
    await runToEnd(failed);
    const cancelled = await newRig(linesOf(['a']), { client });
    await cancelled.batch.cancel(client.accountId);
    const expired = await newRig(linesOf(['a']), { client });
    passTime(86_400_000);
    await expired.batch.wake();
    await eventually(() => expect(events).toHaveLength(4));
    expect(events.map(({ id, type, data }) => [id, type, data])).toEqual([
      [eventIdOf(completed), 'batch.completed', { id: completed.id }],
      [eventIdOf(failed), 'batch.failed', { id: failed.id }],
      [eventIdOf(cancelled), 'batch.cancelled', { id: cancelled.id }],
      [eventIdOf(expired), 'batch.expired', { id: expired.id }],
    ]);
    const { completed_at } = await readBatch(client, completed.id);
    expect(events[0]?.createdAt).toBe(Date.parse(completed_at ?? ''));
  });

  it('shows before its event is published', async () => {
    const client = await newListener();
    const seen: string[] = [];
    vi.spyOn(WebhookObject.prototype, 'publish').mockImplementation(async ({ data }) => {
      seen.push((await env.BATCHES.getByName(String(data.id)).snapshot(client.accountId))?.state.phase ?? '');
    });
    await runToEnd(await newRig(linesOf(['a']), { client }));
    await eventually(() => expect(seen).toEqual(['ended']));
  });

  it('is published again until that works, under the same id, also after the object went away', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const events = published(3);
    const client = await newListener();
    const rig = await newRig(linesOf(['a']), { client });
    await runToEnd(rig);
    for (let n = 0; n < 6; n++) await later(rig, 2_100);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 4 }, () => eventIdOf(rig)));
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
    expect(await readBatch(client, rig.id)).toMatchObject({ status: 'completed' });
    // Whatever wakes it later, nothing is told again.
    await runDurableObjectAlarm(rig.batch);
    await later(rig, 86_400_000);
    expect(events).toHaveLength(4);
  });

  it('is published before its batch is deleted, which waits for that', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const events = published(2);
    const client = await newListener();
    const rig = await newRig(linesOf(['a']), { client });
    await runToEnd(rig);
    await eventually(() => expect(events).toHaveLength(1));
    const remove = async () => (await client.send('DELETE', `/api/v1/batches/${rig.id}`)).status;
    expect(await remove()).toBe(500);
    expect(await readBatch(client, rig.id)).toMatchObject({ status: 'completed' });
    expect(await remove()).toBe(200);
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 3 }, () => eventIdOf(rig)));
  });

  it('of an account that never had an endpoint costs no call', async () => {
    const events = published();
    const rig = await newRig(linesOf(['a']), { client: await newClient() });
    await runToEnd(rig);
    await later(rig, 5_000);
    expect(events).toEqual([]);
  });
});
