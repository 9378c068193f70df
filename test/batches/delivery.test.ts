// The queue promises nothing: messages come twice, late, out of order, or not at all, and consumers die at any point.
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchMessage } from '../../src/batches/batch-spec';
import { sandbox } from '../../src/models/sandbox/sandbox-model';
import { eventually } from '../eventually';
import {
  booked,
  deliver,
  deliverDead,
  envAround,
  expectSound,
  later,
  linesOf,
  newRig,
  newSeed,
  nextMessages,
  passTime,
  type Rig,
  randomFrom,
  readBatch,
  readResults,
  restore,
  rowsOf,
  runToEnd,
  shuffled,
  stateOf,
} from './rig';

afterEach(restore);

/** The environment of a consumer that dies when it calls `method` for the `at`th time, before or after it arrives. */
function dyingEnv(method: 'claim' | 'commit', when: 'before' | 'after', at = 1): Env {
  let calls = 0;
  return envAround(async (called, call) => {
    if (called !== method || ++calls < at) return call();
    if (when === 'after') await call();
    throw new Error('the consumer dies');
  });
}

const contents = Array.from({ length: 40 }, (_, n) => {
  if (n % 7 === 3) return `${n}\n@sandbox error=not_found`;
  if (n % 11 === 5) return `${n}\n@sandbox fail=1`;
  return n % 5 === 1 ? `${n}\n@sandbox latency=5ms` : `${n}`;
});

describe('messages that come three times, shuffled, several at once', () => {
  it('have one outcome, one charge and one place in the results an item', async () => {
    const seed = newSeed('delivery');
    const random = randomFrom(seed);
    const asked = vi.spyOn(sandbox, 'complete');
    const rig = await newRig(linesOf(contents), { rangeItems: 4 });
    const old: BatchMessage[] = [];
    await runToEnd(rig, async (messages) => {
      // What was delivered long ago comes again, too.
      const all = shuffled([...messages, ...messages, ...messages, ...old], random);
      old.push(...messages);
      const deliveries: Promise<unknown>[] = [];
      while (all.length > 0) deliveries.push(deliver(all.splice(0, 1 + Math.floor(random() * 10))));
      await Promise.all(deliveries);
    });
    const { batch } = await expectSound(rig.client, rig.id, rig.customIds);
    const failing = contents.filter((content) => content.includes('error=')).length;
    expect(batch).toMatchObject({ status: 'completed', completed: 40 - failing, failed: failing });
    // Each item was asked for once, and those that failed at first once more.
    expect(asked).toHaveBeenCalledTimes(40 + contents.filter((content) => content.includes('fail=')).length);
    const nano = Math.round((batch.cost?.total_cost ?? 0) * 1e9);
    expect(await booked(rig.client)).toEqual({ requests: batch.completed, nano });

    // And once more after the end.
    await deliver(shuffled([...old, ...old], random));
    expect(await readBatch(rig.client, rig.id)).toEqual(batch);
    expect(await booked(rig.client)).toEqual({ requests: batch.completed, nano });
  });
});

describe('a consumer that dies', () => {
  // Deaths are logged, as they should be.
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));

  it.each([
    ['before its claim arrives', 'claim', 'before'],
    ['before it hears of its claim', 'claim', 'after'],
    ['before its results arrive', 'commit', 'before'],
    ['before it hears that its results arrived', 'commit', 'after'],
  ] as const)('%s leaves its work to the next, and no item counts twice', async (_, method, when) => {
    const rig = await newRig(linesOf(contents.slice(0, 6)), { rangeItems: 2 });
    const messages = await nextMessages(rig);
    expect(messages).toHaveLength(3);
    const outcomes = await deliver(messages, dyingEnv(method, when));
    expect(outcomes).toEqual(['retry', 'retry', 'retry']);
    // The queue brings the same messages again: they are taken up, or were claimed and change nothing.
    expect(await deliver(messages)).toEqual(['ack', 'ack', 'ack']);
    // What the first delivery had claimed is sent again once its lease is over.
    await later(rig, 16_000);
    await runToEnd(rig);
    const { batch } = await expectSound(rig.client, rig.id, rig.customIds);
    expect(batch.status).toBe('completed');
    expect((await booked(rig.client)).requests).toBe(batch.completed);
  });

  it('that cannot report any more starts nothing, and drops what is under way', async () => {
    const slow = Array.from({ length: 12 }, (_, n) => `${n}\n@sandbox latency=${n === 0 ? 1 : 60_000}ms`);
    const rig = await newRig(linesOf(slow), { rangeItems: 12 });
    const asked = vi.spyOn(sandbox, 'complete');
    // The first commit, a second after the first outcome, is the one that fails: a minute before the others would be done.
    expect(await deliver(await nextMessages(rig), dyingEnv('commit', 'before'))).toEqual(['retry']);
    // Six at first, and one in the place of the first.
    expect(asked).toHaveBeenCalledTimes(7);
  });

  it('after a part of a range leaves only the rest to be done again', async () => {
    const rig = await newRig(linesOf(['0', '1\n@sandbox latency=3s', '2', '3']), { rangeItems: 4 });
    const asked = vi.spyOn(sandbox, 'complete');
    const [message] = await nextMessages(rig);
    // First results are handed over after a second; the next time it calls, it dies.
    const dying = deliver([message as BatchMessage], dyingEnv('commit', 'before', 2));
    expect(await dying).toEqual(['retry']);
    expect((await stateOf(rig)).completed).toBe(3);
    const committed = await readResults(rig.client, rig.id, '?order=committed');
    expect(asked).toHaveBeenCalledTimes(4);
    await later(rig, 16_000);
    await runToEnd(rig);
    expect(asked).toHaveBeenCalledTimes(5);
    const { results } = await expectSound(rig.client, rig.id, rig.customIds);
    for (const result of committed) expect(results).toContainEqual(result);
  });

  it('and comes back after its work was given to another can commit nothing', async () => {
    const rig = await newRig(linesOf(['a', 'b']), { rangeItems: 2 });
    const [message] = await nextMessages(rig);
    if (message?.kind !== 'run') throw new Error('a run message was expected');
    const held = await rig.batch.claim([message]);
    expect(held?.grants).toHaveLength(1);
    await later(rig, 16_000);
    const [again] = await nextMessages(rig);
    expect(again).toEqual({ ...message, epoch: message.epoch + 1 });
    const text = new TextEncoder().encode('{"custom_id":"0","status_code":200,"body":null,"error":null}');
    const late = {
      items: [{ position: 0, failed: false, bytes: text.byteLength, charge: null }],
      retries: { 1: 1 },
      release: null,
      overloaded: true,
      unaffordable: true,
    };
    const before = [await stateOf(rig), await rowsOf(rig, 'SELECT * FROM ranges')];
    const commit = { range: 0, epoch: message.epoch, report: late, results: [text] };
    expect(await rig.batch.commit([commit])).toEqual([false]);
    expect(await rig.batch.commit([{ ...commit, epoch: message.epoch + 1 }])).toEqual([false]);
    expect(await rig.batch.commit([{ ...commit, range: 99 }])).toEqual([false]);
    expect([await stateOf(rig), await rowsOf(rig, 'SELECT * FROM ranges')]).toEqual(before);
    rig.sent.push(again as BatchMessage);
    await runToEnd(rig);
    await expectSound(rig.client, rig.id, rig.customIds);
  });
});

describe('a consumer that gives signs of life', () => {
  const beat = { items: [], retries: {}, release: null, overloaded: false, unaffordable: false };

  async function claimed(): Promise<{ rig: Rig; isHeard: () => Promise<boolean[]> }> {
    const rig = await newRig(linesOf(['a', 'b']), { rangeItems: 2 });
    const [message] = await nextMessages(rig);
    if (message?.kind !== 'run') throw new Error('a run message was expected');
    expect((await rig.batch.claim([message]))?.grants).toHaveLength(1);
    const commit = { range: 0, epoch: message.epoch, report: beat, results: [] };
    return { rig, isHeard: () => rig.batch.commit([commit]) };
  }

  it('keeps its range as long as it does, and writes nothing', async () => {
    const { rig, isHeard } = await claimed();
    const before = [await rowsOf(rig, 'SELECT * FROM ranges'), await rowsOf(rig, 'SELECT * FROM batch')];
    for (let beats = 0; beats < 10; beats++) {
      await later(rig, 5_000);
      expect(await isHeard()).toEqual([true]);
    }
    expect([await rowsOf(rig, 'SELECT * FROM ranges'), await rowsOf(rig, 'SELECT * FROM batch')]).toEqual(
      before,
    );
    await later(rig, 14_000);
    expect(rig.sent).toEqual([]);
    await later(rig, 2_000);
    expect(await nextMessages(rig)).toMatchObject([{ range: 0, epoch: 2 }]);
    expect(await isHeard()).toEqual([false]);
  });

  it('keeps it where the object that heard them is gone', async () => {
    const { rig, isHeard } = await claimed();
    for (let beats = 0; beats < 10; beats++) {
      passTime(14_000);
      if (beats > 0) expect(await isHeard()).toEqual([true]);
      await evictDurableObject(rig.batch);
      await rig.batch.wake();
    }
    expect(await isHeard()).toEqual([true]);
    expect(rig.sent).toEqual([]);
  });

  it('loses it once they end, though the object goes away at every chance', async () => {
    const { rig, isHeard } = await claimed();
    expect(await isHeard()).toEqual([true]);
    for (const passed of [14_000, 2_000, 12_000]) {
      await evictDurableObject(rig.batch);
      await later(rig, passed);
      expect(rig.sent).toEqual([]);
    }
    await evictDurableObject(rig.batch);
    await later(rig, 4_000);
    expect(await nextMessages(rig)).toMatchObject([{ range: 0, epoch: 2 }]);
    expect(await isHeard()).toEqual([false]);
  });
});

describe('a message that is lost', () => {
  it('is sent again under a new epoch once its time is over, and not before', async () => {
    const rig = await newRig(linesOf(['a', 'b', 'c']), { rangeItems: 1 });
    const lost = await nextMessages(rig);
    await later(rig, 14_000);
    expect(rig.sent).toEqual([]);
    await later(rig, 2_000);
    const again = await nextMessages(rig);
    expect(again).toEqual(lost.map((message) => ({ ...message, epoch: message.epoch + 1 })));
    // The lost ones turn up after all, and have nothing to say any more.
    expect(await deliver(lost)).toEqual(['ack', 'ack', 'ack']);
    expect(await stateOf(rig)).toMatchObject({ completed: 0, inFlight: 3 });
    rig.sent.push(...again);
    await runToEnd(rig);
    await expectSound(rig.client, rig.id, rig.customIds);
  });

  it('is waited for longer every time, for the queue may only be slow', async () => {
    const rig = await newRig(linesOf(['a']));
    await nextMessages(rig);
    for (const [tooSoon, due] of [
      [14_000, 2_000],
      [29_000, 2_000],
      [59_000, 2_000],
    ] as const) {
      await later(rig, tooSoon);
      expect(rig.sent).toEqual([]);
      await later(rig, due);
      await nextMessages(rig);
    }
  });

  it('that the queue gave up on is handed out again without a wait', async () => {
    const rig = await newRig(linesOf(['a', 'b']), { rangeItems: 1 });
    const dead = await nextMessages(rig);
    expect(await deliverDead(dead)).toEqual(['ack', 'ack']);
    const again = await nextMessages(rig);
    expect(again).toEqual(dead.map((message) => ({ ...message, epoch: message.epoch + 1 })));
    // A second time it is too old to mean anything.
    expect(await deliverDead(dead)).toEqual(['ack', 'ack']);
    await runDurableObjectAlarm(rig.batch);
    expect(rig.sent).toEqual([]);
    rig.sent.push(...again);
    await runToEnd(rig);
    await expectSound(rig.client, rig.id, rig.customIds);
    expect(await deliverDead([...dead, ...again])).toEqual(['ack', 'ack', 'ack', 'ack']);
  });

  it('that the queue gave up on changes nothing where somebody holds what it names', async () => {
    const rig = await newRig(linesOf(['a', 'b']), { rangeItems: 2 });
    const [message] = await nextMessages(rig);
    if (message?.kind !== 'run') throw new Error('a run message was expected');
    const by = envAround(async (method, call) => {
      if (method === 'commit') expect(await deliverDead([message, message])).toEqual(['ack', 'ack']);
      return call();
    });
    expect(await deliver([message], by)).toEqual(['ack']);
    await runToEnd(rig);
    expect(rig.sent).toEqual([]);
    const { batch } = await expectSound(rig.client, rig.id, rig.customIds);
    expect(batch.completed).toBe(2);
    expect(await rowsOf(rig, 'SELECT epoch, status FROM ranges')).toEqual([{ epoch: 1, status: 'done' }]);
  });

  it('of a batch that is gone is forgotten', async () => {
    const nobody = { kind: 'run', batch: 'batch_000000000000', range: 0, epoch: 1 } as const;
    const plan = { kind: 'plan', batch: 'batch_000000000000', epoch: 1 } as const;
    expect(await deliver([nobody, plan])).toEqual(['ack', 'ack']);
    expect(await deliverDead([nobody, plan])).toEqual(['ack', 'ack']);
  });
});

it('an object that goes away between any two messages goes on where it was', async () => {
  const rig = await newRig(linesOf(contents.slice(0, 12)), { rangeItems: 2 });
  await runToEnd(rig, async (messages) => {
    for (const message of messages) {
      await evictDurableObject(rig.batch);
      await deliver([message, message]);
    }
    await evictDurableObject(rig.batch);
  });
  const { batch } = await expectSound(rig.client, rig.id, rig.customIds);
  expect((await booked(rig.client)).requests).toBe(batch.completed);
});

it('a queue that takes nothing for a while delays a batch and loses none of it', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const rig = await newRig(linesOf(['a', 'b', 'c', 'd']), { rangeItems: 2 });
  rig.queue.isDown = true;
  await runDurableObjectAlarm(rig.batch);
  // Whether the first messages left before the queue went down is a matter of luck.
  rig.sent.splice(0);
  await later(rig, 20_000);
  await eventually(async () => expect(await stateOf(rig)).toMatchObject({ phase: 'running', inFlight: 0 }));
  expect(rig.sent).toEqual([]);
  rig.queue.isDown = false;
  await later(rig, 3_000);
  expect(await nextMessages(rig)).toHaveLength(2);
  await later(rig, 1_000_000);
  await runToEnd(rig);
  await expectSound(rig.client, rig.id, rig.customIds);
});

it('a range whose lines cannot be read just now goes back, and the others of its delivery are done', async () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const rig = await newRig(linesOf(['a', 'b', 'c', 'd', 'e']), { rangeItems: 2 });
  const asked = vi.spyOn(sandbox, 'complete');
  const get = env.BUCKET.get.bind(env.BUCKET);
  const read = vi.spyOn(env.BUCKET, 'get').mockImplementationOnce(get);
  read.mockRejectedValueOnce(new Error('R2 is away'));
  expect(await deliver(await nextMessages(rig))).toEqual(['ack', 'ack', 'ack']);
  expect(await stateOf(rig)).toMatchObject({ phase: 'running', completed: 3, inFlight: 0 });
  expect(complaints).toHaveBeenCalledOnce();
  await later(rig, 1_000);
  expect(rig.sent).toEqual([]);
  await later(rig, 2_000);
  await runToEnd(rig);
  await expectSound(rig.client, rig.id, rig.customIds);
  expect(asked).toHaveBeenCalledTimes(5);
});

it('items whose inputs are gone from R2 fail, rather than being tried for ever', async () => {
  const rig = await newRig(linesOf(['a', 'b', 'c', 'd', 'e']), { rangeItems: 2 });
  await env.BUCKET.delete(rig.spec.inputKey);
  await runToEnd(rig);
  const { batch, results } = await expectSound(rig.client, rig.id, rig.customIds);
  expect(batch).toMatchObject({ status: 'completed', completed: 0, failed: 5 });
  for (const { status_code, error } of results) {
    expect([status_code, error?.type]).toEqual([500, 'internal_error']);
    expect(error?.message).toContain('the input is no longer stored');
  }
});
