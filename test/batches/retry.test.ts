// A batch tried again: a new one of what failed or was never done.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it } from 'vitest';
import { type BatchMessage, inlineInputKey } from '../../src/batches/batch-spec';
import { retryBatch } from '../../src/batches/retry';
import type { BatchResponse } from '../../src/contract/batches';
import { eventually } from '../eventually';
import { errorOf } from '../http/client';
import {
  deliver,
  envAround,
  expectSound,
  later,
  line,
  linesOf,
  newFileRig,
  newRig,
  nextMessages,
  type Rig,
  readBatch,
  restore,
  runToEnd,
  toJsonLines,
} from './rig';

afterEach(restore);

function retry({ client }: Rig, id: string): Promise<Response> {
  return client.send('POST', `/api/v1/batches/${id}/retry`);
}

/** Tries a batch again, through the real queue, to its end. */
async function retried(rig: Rig): Promise<BatchResponse> {
  const response = await retry(rig, rig.id);
  expect(response.status).toBe(202);
  const { id } = await response.json<BatchResponse>();
  expect(id).not.toBe(rig.id);
  expect(response.headers.get('location')).toBe(`/api/v1/batches/${id}`);
  return eventually(async () => {
    const batch = await readBatch(rig.client, id);
    expect(batch.status).toBe('completed');
    return batch;
  });
}

describe('a retry', () => {
  it('takes what failed, in input order, on the same terms', async () => {
    const contents = Array.from({ length: 9 }, (_, n) =>
      n % 4 === 1 ? `${n}\n@sandbox error=not_found` : `${n}`,
    );
    const metadata = { project: 'night' };
    const rig = await newRig(linesOf(contents), {
      rangeItems: 2,
      spec: { metadata, completionWindow: '3h', expiresAt: Date.now() + 3 * 3_600_000 },
    });
    await runToEnd(rig);
    const before = await readBatch(rig.client, rig.id);
    const again = await retried(rig);
    expect(again).toMatchObject({ total: 2, completed: 0, failed: 2, metadata, completion_window: '3h' });
    const window = Date.parse(again.expires_at) - Date.parse(again.created_at);
    expect(Math.abs(window - 3 * 3_600_000)).toBeLessThan(5_000);
    const { results } = await expectSound(rig.client, again.id, ['1', '5']);
    expect(results.map(({ error }) => error?.type)).toEqual(['not_found', 'not_found']);
    expect(await readBatch(rig.client, rig.id)).toEqual(before);
    // What was tried again can be tried again.
    expect((await retry(rig, again.id)).status).toBe(202);
  });

  it('of more custom_ids than a call can hold is planned by the queue, as a file is', async () => {
    const rig = await newRig([line('0', 'Hi')]);
    await rig.batch.cancel(rig.client.accountId);
    const count = 8_200;
    const lines = Array.from({ length: count }, (_, n) => line(`${n}`.padStart(512, '가'), 'Hi'));
    const inputKey = inlineInputKey(rig.client.accountId, 'batch_many');
    await env.BUCKET.put(inputKey, toJsonLines(lines));
    const maker = { ...rig.spec, hasBudget: false };
    const items = Array.from({ length: count }, (_, n) => n);
    const { spec, state } = await retryBatch(env, maker, { spec: { ...rig.spec, inputKey }, items });
    expect(state.phase).toBe('planning');
    await eventually(async () => expect((await readBatch(rig.client, spec.id)).total).toBe(count));
    await env.BATCHES.getByName(spec.id).cancel(rig.client.accountId);
  });

  it('takes what a cancel left undone, and what failed before it', async () => {
    const rig = await newRig(linesOf(['0', '1\n@sandbox error=not_found', '2', '3', '4', '5']), {
      rangeItems: 2,
    });
    const [first] = await nextMessages(rig);
    await deliver([first as BatchMessage]);
    await rig.batch.cancel(rig.client.accountId);
    const again = await retried(rig);
    expect(again).toMatchObject({ total: 5, completed: 4, failed: 1 });
    await expectSound(rig.client, again.id, ['1', '2', '3', '4', '5']);
  });

  it('does not need the input file any more', async () => {
    const rig = await newFileRig(`\n${toJsonLines(linesOf(['0', '1\n@sandbox error=not_found', '2']))}`);
    await runToEnd(rig);
    const fileId = rig.spec.inputFileId;
    expect((await rig.client.send('DELETE', `/v1/files/${fileId}`)).status).toBe(200);
    expect((await rig.client.send('GET', `/v1/files/${fileId}`)).status).toBe(404);
    expect(await env.BUCKET.head(rig.spec.inputKey)).not.toBeNull();
    const again = await retried(rig);
    await expectSound(rig.client, again.id, ['1']);
    // The last that needed the bytes takes them with it.
    expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(200);
    expect(await env.BUCKET.head(rig.spec.inputKey)).toBeNull();
    expect((await retry(rig, again.id)).status).toBe(202);
  });

  it.each([
    ['none of it', 0],
    ['some of it', 1],
  ])(
    'of a batch whose file was not read to its end, but %s, takes all of the file',
    async (_, reportsBefore) => {
      const count = 2_600;
      const contents = Array.from({ length: count }, (_, n) => `${n}`);
      const rig = await newFileRig(toJsonLines(linesOf(contents)));
      let reports = 0;
      const by = envAround(async (method, call) => {
        if (method === 'commitPlan' && ++reports > reportsBefore) throw new Error('the planner dies');
        return call();
      });
      await deliver(await nextMessages(rig), by);
      await rig.batch.cancel(rig.client.accountId);
      expect(await readBatch(rig.client, rig.id)).toMatchObject({
        status: 'cancelled',
        total: reportsBefore * 2_500,
      });
      const response = await retry(rig, rig.id);
      expect(response.status).toBe(202);
      const { id } = await response.json<BatchResponse>();
      await eventually(async () => expect(await readBatch(rig.client, id)).toMatchObject({ total: count }));
      // The file is the new batch's, too.
      expect((await rig.client.send('DELETE', `/v1/files/${rig.spec.inputFileId}`)).status).toBe(409);
      await rig.client.send('POST', `/api/v1/batches/${id}/cancel`);
    },
  );

  it('takes what the window left undone', async () => {
    const rig = await newRig(linesOf(['a', 'b']));
    await later(rig, 86_400_000);
    restore();
    const again = await retried(rig);
    await expectSound(rig.client, again.id, ['0', '1']);
  });

  it('keeps the ceiling, and takes what it left out', async () => {
    const lines = linesOf(
      Array.from({ length: 6 }, (_, n) => `${n}\n@sandbox tokens=50`),
      { max_tokens: 50 },
    );
    const rig = await newRig(lines, { rangeItems: 2, spec: { maxCostNano: 33_000 } });
    await runToEnd(rig);
    const first = await readBatch(rig.client, rig.id);
    expect(first.failed).toBeGreaterThan(0);
    expect(first.completed).toBeGreaterThan(0);
    const again = await retried(rig);
    expect(again.total).toBe(first.failed);
    expect(again.completed).toBeGreaterThan(0);
    expect(again.cost?.total_cost).toBeLessThanOrEqual(33_000 / 1e9);
  });
});

describe('there is no retry', () => {
  it('of a batch that has not ended', async () => {
    const rig = await newRig(linesOf(['a']));
    const response = await retry(rig, rig.id);
    expect(response.status).toBe(409);
    expect((await errorOf(response)).type).toBe('conflict');
    await runToEnd(rig);
  });

  it('where every item was completed, or the file was refused', async () => {
    const whole = await newRig(linesOf(['a']));
    await runToEnd(whole);
    const refused = await newFileRig('{}\n');
    await runToEnd(refused);
    for (const [rig, reason] of [
      [whole, 'every item was completed'],
      [refused, 'the input file was refused'],
    ] as const) {
      const response = await retry(rig, rig.id);
      expect(response.status).toBe(400);
      expect((await errorOf(response)).message).toContain(reason);
      const list = await rig.client.json<{ data: unknown[] }>('GET', '/api/v1/batches');
      expect(list.data).toHaveLength(1);
    }
  });
});
