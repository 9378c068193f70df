// A completion window that ends before its batch does, whatever that was at.
import { afterEach, describe, expect, it } from 'vitest';
import type { BatchMessage } from '../../src/batches/batch-spec';
import { eventually } from '../eventually';
import { admin, type Client, newClient } from '../http/client';
import {
  booked,
  deliver,
  deliverDead,
  envAround,
  expectSound,
  later,
  linesOf,
  newFileRig,
  newRig,
  nextMessages,
  type Rig,
  readBatch,
  restore,
  runToEnd,
  stateOf,
  toJsonLines,
} from './rig';

afterEach(restore);

const DAY_MS = 86_400_000;

const EXPIRED_ITEM = {
  status_code: null,
  body: null,
  error: { type: 'batch_expired', code: 'batch_expired', param: null },
};

/** What both surfaces say of a batch whose window is over. */
async function expectExpired(rig: Rig, customIds: string[], completed = 0): Promise<void> {
  const { batch, results } = await expectSound(rig.client, rig.id, customIds);
  expect(batch).toMatchObject({
    status: 'failed',
    total: customIds.length,
    completed,
    failed: 0,
    error: { type: 'timeout', code: 'batch_expired' },
    retry_after: null,
    completed_at: expect.any(String),
  });
  expect(batch).not.toHaveProperty('errors');
  const undone = results.filter(({ body }) => body === null);
  expect(undone).toHaveLength(customIds.length - completed);
  for (const result of undone) expect(result).toMatchObject(EXPIRED_ITEM);
  expect(await rig.client.json('GET', `/v1/batches/${rig.id}`)).toMatchObject({
    status: 'expired',
    request_counts: { total: customIds.length, completed, failed: 0 },
    errors: null,
    expired_at: expect.any(Number),
    failed_at: null,
    completed_at: null,
    output_file_id: completed > 0 ? rig.spec.outputFileId : null,
    error_file_id: completed < customIds.length ? rig.spec.errorFileId : null,
  });
  expect((await booked(rig.client)).requests).toBe(completed);
}

/** Nothing that comes later changes a batch. */
async function expectFinal(rig: Rig, messages: BatchMessage[]): Promise<void> {
  const before = await readBatch(rig.client, rig.id);
  await deliver([...messages, ...rig.sent]);
  await deliverDead(messages);
  await rig.client.send('POST', `/api/v1/batches/${rig.id}/cancel`);
  await rig.batch.wake();
  expect(await readBatch(rig.client, rig.id)).toEqual(before);
}

async function limitTo(client: Client, concurrent_batches: number): Promise<void> {
  const response = await admin('PATCH', `/accounts/${client.accountId}`, {
    json: { limits: { concurrent_batches } },
  });
  expect(response.status).toBe(200);
}

describe('a batch whose window is over', () => {
  it('while it waits for room has failed, and never started', async () => {
    const client = await newClient();
    await limitTo(client, 1);
    const running = await newRig(linesOf(['a']), { client });
    const waiting = await newRig(linesOf(['b', 'c']), { client });
    expect(await readBatch(client, waiting.id)).toMatchObject({ status: 'pending', started_at: null });
    await later(waiting, DAY_MS);
    await expectExpired(waiting, ['0', '1']);
    expect(await readBatch(client, waiting.id)).toMatchObject({ started_at: null });
    await expectFinal(waiting, []);
    expect((await stateOf(running)).phase).toBe('running');
  });

  it('while its file is planned has failed', async () => {
    const rig = await newFileRig(toJsonLines(linesOf(['a', 'b'])));
    const messages = await nextMessages(rig);
    await later(rig, DAY_MS);
    await expectExpired(rig, []);
    await expectFinal(rig, messages);
  });

  it('while a planner is in the middle of its file has the items that were found so far', async () => {
    const count = 2_600;
    const rig = await newFileRig(toJsonLines(linesOf(Array.from({ length: count }, (_, n) => `${n}`))));
    const messages = await nextMessages(rig);
    let reports = 0;
    const by = envAround(async (method, call) => {
      if (method === 'commitPlan' && ++reports === 2) await later(rig, DAY_MS);
      return call();
    });
    expect(await deliver(messages, by)).toEqual(['ack']);
    await expectExpired(
      rig,
      Array.from({ length: 2_500 }, (_, n) => String(n)),
    );
    await expectFinal(rig, messages);
  });

  it('while it runs keeps what is done, and nothing more is recorded', async () => {
    const rig = await newRig(linesOf(['0', '1', '2', '3', '4', '5']), { rangeItems: 2 });
    const [first, second, third] = await nextMessages(rig);
    await deliver([first as BatchMessage]);
    const by = envAround(async (method, call) => {
      if (method === 'commit') await later(rig, DAY_MS);
      return call();
    });
    expect(await deliver([second as BatchMessage], by)).toEqual(['ack']);
    await expectExpired(rig, rig.customIds, 2);
    await expectFinal(rig, [first, second, third] as BatchMessage[]);
  });

  it('is ended by its own alarm, on time', async () => {
    const expiresAt = Date.now() + 700;
    const rig = await newRig(linesOf(['a']), { spec: { expiresAt } });
    await eventually(async () => expect((await readBatch(rig.client, rig.id)).status).toBe('failed'));
    const { completed_at } = await readBatch(rig.client, rig.id);
    expect(Date.parse(completed_at ?? '')).toBeGreaterThanOrEqual(expiresAt);
    expect(Date.parse(completed_at ?? '')).toBeLessThan(expiresAt + 3_000);
    await expectExpired(rig, ['0']);
  });
});

it('a batch that was done in its window stays completed after it', async () => {
  const rig = await newRig(linesOf(['a']));
  await runToEnd(rig);
  const before = await readBatch(rig.client, rig.id);
  await later(rig, DAY_MS);
  expect(await readBatch(rig.client, rig.id)).toEqual(before);
});
