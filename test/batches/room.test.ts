// An account's limit on the batches that run at once: the others wait, and start when one ends.
import { afterEach, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches';
import { eventually } from '../eventually';
import { admin, type Client, newClient } from '../http/client';
import {
  deliver,
  linesOf,
  newFileRig,
  newRig,
  nextMessages,
  readBatch,
  restore,
  stateOf,
  toJsonLines,
} from './rig';

afterEach(restore);

async function limitedClient(concurrent_batches: number): Promise<Client> {
  const client = await newClient();
  const response = await admin('PATCH', `/accounts/${client.accountId}`, {
    json: { limits: { concurrent_batches } },
  });
  expect(response.status).toBe(200);
  return client;
}

describe('an account with a limit of two', () => {
  it('never has more running, and all are done in the end', async () => {
    const client = await limitedClient(2);
    const inputs = [{ messages: [{ role: 'user', content: '@sandbox latency=150ms' }] }];
    const made: string[] = [];
    for (let n = 0; n < 6; n++) {
      const json = { model: 'sandbox', inputs };
      made.push((await client.json<BatchResponse>('POST', '/api/v1/batches', { json })).id);
    }
    let most = 0;
    const ended = await eventually(async () => {
      const batches = await Promise.all(made.map((id) => readBatch(client, id)));
      const running = batches.filter(({ status }) => status === 'running');
      most = Math.max(most, running.length);
      expect(batches.map(({ status }) => status)).toEqual(made.map(() => 'completed'));
      return batches;
    });
    expect(most).toBeLessThanOrEqual(2);
    const times = ended.map(({ started_at, completed_at }) => [
      Date.parse(started_at ?? ''),
      Date.parse(completed_at ?? ''),
    ]);
    for (const [start = Number.NaN] of times) {
      const open = times.filter(([from = 0, to = 0]) => from <= start && start < to);
      expect(open.length).toBeLessThanOrEqual(2);
    }
    // They did not wait for each other's half-minute check.
    const starts = times.map(([start = 0]) => start);
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(20_000);
  });

  it('counts a batch from its start, not while its file is planned', async () => {
    const client = await limitedClient(1);
    const planning = await newFileRig(toJsonLines(linesOf(['a'])), { client });
    const running = await newRig(linesOf(['b']), { client });
    expect((await stateOf(running)).phase).toBe('running');
    await deliver(await nextMessages(planning));
    expect((await stateOf(planning)).phase).toBe('waiting');
    expect(await readBatch(client, planning.id)).toMatchObject({
      status: 'pending',
      total: 1,
      started_at: null,
    });
    expect(await client.json('GET', `/v1/batches/${planning.id}`)).toMatchObject({
      status: 'validating',
      in_progress_at: null,
    });
    await running.batch.cancel(client.accountId);
    await eventually(async () => expect((await stateOf(planning)).phase).toBe('running'));
    await planning.batch.cancel(client.accountId);
  });

  it('lets a waiting batch be cancelled, and the next one start', async () => {
    const client = await limitedClient(1);
    const [running, first, second] = [
      await newRig(linesOf(['a']), { client }),
      await newRig(linesOf(['b']), { client }),
      await newRig(linesOf(['c']), { client }),
    ] as const;
    expect([await stateOf(first), await stateOf(second)]).toMatchObject([
      { phase: 'waiting' },
      { phase: 'waiting' },
    ]);
    await first.batch.cancel(client.accountId);
    expect(await readBatch(client, first.id)).toMatchObject({
      status: 'cancelled',
      total: 1,
      started_at: null,
    });
    expect((await stateOf(second)).phase).toBe('waiting');
    await running.batch.cancel(client.accountId);
    await eventually(async () => expect((await stateOf(second)).phase).toBe('running'));
    await second.batch.cancel(client.accountId);
  });

  it('slows no other account', async () => {
    const client = await limitedClient(1);
    await newRig(linesOf(['a']), { client });
    const other = await newRig(linesOf(['b']), { client: await limitedClient(1) });
    expect((await stateOf(other)).phase).toBe('running');
  });

  it('is asked again after half a minute, should nobody have told', async () => {
    const client = await limitedClient(1);
    const running = await newRig(linesOf(['a']), { client });
    const waiting = await newRig(linesOf(['b']), { client });
    expect((await stateOf(waiting)).phase).toBe('waiting');
    const response = await admin('PATCH', `/accounts/${client.accountId}`, {
      json: { limits: { concurrent_batches: 2 } },
    });
    expect(response.status).toBe(200);
    await waiting.batch.wake();
    expect((await stateOf(waiting)).phase).toBe('running');
    expect((await stateOf(running)).phase).toBe('running');
  });
});

describe('a suspended account', () => {
  const setStatus = (client: Client, status: string) =>
    admin('PATCH', `/accounts/${client.accountId}`, { json: { status } });

  it('starts no batch until it is active again, and goes on with those that run', async () => {
    const client = await limitedClient(5);
    const running = await newRig(linesOf(['a']), { client });
    const planning = await newFileRig(toJsonLines(linesOf(['b'])), { client });
    await setStatus(client, 'suspended');
    await deliver(await nextMessages(planning));
    await planning.batch.wake();
    expect([(await stateOf(running)).phase, (await stateOf(planning)).phase]).toEqual(['running', 'waiting']);
    await setStatus(client, 'active');
    await eventually(async () => expect((await stateOf(planning)).phase).toBe('running'));
    for (const { batch } of [running, planning]) await batch.cancel(client.accountId);
  });
});
