// A batch cancelled at any point: nothing is half done, and nothing is done later.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BatchMessage } from '../../src/batches/batch-spec';
import { sandbox } from '../../src/models/sandbox/sandbox-model';
import { eventually } from '../eventually';
import { newClient } from '../http/client';
import {
  booked,
  deliver,
  deliverDead,
  envAround,
  expectSound,
  linesOf,
  newFileRig,
  newRig,
  newSeed,
  nextMessages,
  randomFrom,
  readBatch,
  readResults,
  restore,
  rowsOf,
  stateOf,
  toJsonLines,
} from './rig';

afterEach(restore);

const CANCELLED = {
  type: 'batch_cancelled',
  code: 'batch_cancelled',
  message: 'The batch was cancelled before this item was done',
  param: null,
};

describe('a batch that is cancelled at any point', () => {
  it('has one result an item, counts that add up, and one charge for what was done', async () => {
    const seed = newSeed('cancel');
    const random = randomFrom(seed);
    const client = await newClient();
    let spent = 0;
    const found = { untouched: 0, partly: 0, complete: 0 };
    for (let round = 0; round < 50; round++) {
      const contents = Array.from({ length: 12 }, (_, n) => {
        const fault =
          random() < 0.2 ? '\n@sandbox error=not_found' : random() < 0.1 ? '\n@sandbox fail=1' : '';
        return `${n}${fault}${random() < 0.3 ? `\n@sandbox latency=${1 + Math.floor(random() * 10)}ms` : ''}`;
      });
      const rig = await newRig(linesOf(contents), { client, rangeItems: 2 });
      const messages = await nextMessages(rig);
      // Somewhere among the calls of its consumers, before or after one of them arrives.
      let callsLeft = Math.floor(random() * 16);
      const before = random() < 0.5;
      const cancelling: Promise<boolean>[] = [];
      const by = envAround(async (_method, call) => {
        const isDue = callsLeft-- === 0;
        if (isDue && before) cancelling.push(rig.batch.cancel(client.accountId));
        const answer = await call();
        if (isDue && !before) cancelling.push(rig.batch.cancel(client.accountId));
        return answer;
      });
      await Promise.all(messages.map((message) => deliver([message], by)));
      cancelling.push(rig.batch.cancel(client.accountId));
      await Promise.all(cancelling);
      const where = `seed ${seed}, round ${round}`;
      const { batch, results } = await expectSound(client, rig.id, rig.customIds);
      expect(['cancelled', 'completed'], where).toContain(batch.status);
      expect(batch.error, where).toBeNull();
      for (const result of results.filter(({ status_code }) => status_code === null)) {
        expect(result.error, where).toMatchObject(CANCELLED);
      }
      // Nothing that comes after the end changes it.
      const late = [...messages, ...rig.sent];
      await deliver(late);
      await deliverDead(late);
      expect(await rig.batch.cancel(client.accountId)).toBe(true);
      expect(await readBatch(client, rig.id), where).toEqual(batch);
      spent += Math.round((batch.cost?.total_cost ?? Number.NaN) * 1e9);
      const done = batch.completed + batch.failed;
      found[done === 0 ? 'untouched' : done === batch.total ? 'complete' : 'partly'] += 1;
    }
    expect((await booked(client)).nano).toBe(spent);
    // The points lie everywhere, or the test shows nothing.
    expect(found.untouched * found.partly).toBeGreaterThan(0);
  });
});

describe('once a batch is cancelled', () => {
  it('no range can be claimed, and what was claimed commits nothing', async () => {
    const asked = vi.spyOn(sandbox, 'complete');
    const rig = await newRig(linesOf(['a', 'b', 'c', 'd']), { rangeItems: 2 });
    const [first, second] = await nextMessages(rig);
    if (first?.kind !== 'run' || second?.kind !== 'run') throw new Error('run messages were expected');
    expect((await rig.batch.claim([first]))?.grants).toHaveLength(1);
    await rig.batch.cancel(rig.client.accountId);
    expect((await rig.batch.claim([first, second]))?.grants).toEqual([]);
    const text = new TextEncoder().encode('{}');
    const report = {
      items: [{ position: 0, failed: false, bytes: text.byteLength, charge: null }],
      retries: {},
      release: null,
      overloaded: false,
      unaffordable: false,
    };
    expect(await rig.batch.commit([{ range: 0, epoch: first.epoch, report, results: [text] }])).toEqual([
      false,
    ]);
    expect(await deliver([first, second])).toEqual(['ack', 'ack']);
    expect(asked).not.toHaveBeenCalled();
    const { results } = await expectSound(rig.client, rig.id, rig.customIds);
    expect(results.map(({ error }) => error?.type)).toEqual(Array(4).fill('batch_cancelled'));
  });

  it('a consumer starts no more items and lets go of those in hand', async () => {
    const asked = vi.spyOn(sandbox, 'complete');
    // Six at a time: one is done at once, the others only long after this test.
    const contents = Array.from({ length: 20 }, (_, n) => (n === 0 ? '0' : `${n}\n@sandbox latency=500s`));
    const rig = await newRig(linesOf(contents), { rangeItems: 20 });
    const delivering = deliver(await nextMessages(rig));
    await eventually(() => expect(asked).toHaveBeenCalledTimes(7));
    await rig.batch.cancel(rig.client.accountId);
    expect(await delivering).toEqual(['ack']);
    expect(asked).toHaveBeenCalledTimes(7);
    expect(await booked(rig.client)).toEqual({ requests: 0, nano: 0 });
  });

  it('nothing more is started, wherever among its items the cancel comes', async () => {
    const random = randomFrom(newSeed('cancel between items'));
    for (let round = 0; round < 50; round++) {
      const asked = vi.spyOn(sandbox, 'complete');
      const contents = Array.from(
        { length: 40 },
        (_, n) => `${n}\n@sandbox latency=${1 + Math.floor(random() * 9)}ms`,
      );
      const rig = await newRig(linesOf(contents), { rangeItems: 10 });
      const delivering = deliver(await nextMessages(rig));
      const point = Math.floor(random() * 40);
      await eventually(() => expect(asked.mock.calls.length).toBeGreaterThanOrEqual(point), 1);
      await rig.batch.cancel(rig.client.accountId);
      const startedByThen = asked.mock.calls.length;
      await delivering;
      // While the word of it is on its way, each of the six that run may be followed by another.
      expect(asked.mock.calls.length).toBeLessThanOrEqual(startedByThen + 6);
      await expectSound(rig.client, rig.id, rig.customIds);
      asked.mockRestore();
    }
  });

  it('a second cancel changes nothing, nor does one that comes at the same time', async () => {
    const rig = await newRig(linesOf(['a', 'b', 'c']), { rangeItems: 1 });
    const [first] = await nextMessages(rig);
    await deliver([first as BatchMessage]);
    const cancel = async () => {
      const response = await rig.client.send('POST', `/api/v1/batches/${rig.id}/cancel`);
      expect(response.status).toBe(200);
      return response.json();
    };
    const answers = await Promise.all([cancel(), cancel(), cancel()]);
    const { batch } = await expectSound(rig.client, rig.id, rig.customIds);
    expect(batch).toMatchObject({ status: 'cancelled', total: 3, completed: 1, failed: 0 });
    const rows = () =>
      Promise.all(['batch', 'ranges', 'packs'].map((table) => rowsOf(rig, `SELECT * FROM ${table}`)));
    const before = await rows();
    answers.push(await cancel());
    expect(answers).toEqual([batch, batch, batch, batch]);
    expect(await rows()).toEqual(before);
  });

  it('a completed batch stays completed', async () => {
    const rig = await newRig(linesOf(['a']));
    await deliver(await nextMessages(rig));
    await eventually(async () => expect((await stateOf(rig)).phase).toBe('ended'));
    const before = await readBatch(rig.client, rig.id);
    expect(before.status).toBe('completed');
    await rig.client.send('POST', `/api/v1/batches/${rig.id}/cancel`);
    expect(await readBatch(rig.client, rig.id)).toEqual(before);
  });
});

describe('a batch that is cancelled before its file is planned', () => {
  it('ends at once without items, and its planner finds nothing to do', async () => {
    const rig = await newFileRig(toJsonLines(linesOf(['a', 'b'])));
    const plan = await nextMessages(rig);
    await rig.client.send('POST', `/v1/batches/${rig.id}/cancel`);
    expect(await readBatch(rig.client, rig.id)).toMatchObject({ status: 'cancelled', total: 0, results: [] });
    expect(await deliver(plan)).toEqual(['ack']);
    expect(await readBatch(rig.client, rig.id)).toMatchObject({ status: 'cancelled', total: 0, results: [] });
    expect(await readResults(rig.client, rig.id)).toEqual([]);
    const openai = await rig.client.json<object>('GET', `/v1/batches/${rig.id}`);
    expect(openai).toMatchObject({
      status: 'cancelled',
      request_counts: { total: 0, completed: 0, failed: 0 },
      output_file_id: null,
      error_file_id: null,
      cancelled_at: expect.any(Number),
      cancelling_at: expect.any(Number),
    });
  });
});
