// An item that its consumers die of, as of more memory than an isolate has: it must not be run for as long as its batch lives,
// nor take others down with it.
import { evictDurableObject } from 'cloudflare:test';
import { afterEach, expect, it, vi } from 'vitest';
import { sandbox } from '../../src/models/sandbox/sandbox-model';
import { eventually } from '../eventually';
import {
  deliver,
  envAround,
  expectSound,
  later,
  linesOf,
  newRig,
  type Rig,
  restore,
  rowsOf,
  runToEnd,
  stateOf,
} from './rig';

afterEach(restore);

/** Three consumers that run it beside others, one that runs its range alone, five tries of the item by itself. */
const DEATHS_AT_MOST = 9;

const LEASE_IS_OVER_MS = 16_000;

/**
 * Delivers to consumers of which each dies as it asks the model for what says `deadly`, and reports nothing from then on;
 * until the batch has ended. Answers what was asked, in order.
 */
async function runDeadly(rig: Rig): Promise<string[]> {
  const asked: string[] = [];
  let isDead = false;
  const complete = sandbox.complete.bind(sandbox);
  vi.spyOn(sandbox, 'complete').mockImplementation((call) => {
    const text = JSON.stringify(call.messages.at(-1)?.content);
    if (!isDead) asked.push(text);
    if (text.includes('deadly')) isDead = true;
    return complete(call);
  });
  const env = envAround(async (method, call) => {
    if (isDead && method === 'commit') throw new Error('the consumer is dead');
    return call();
  });
  for (let round = 0; (await stateOf(rig)).phase !== 'ended'; round++) {
    expect(round).toBeLessThan(60);
    isDead = false;
    const messages = rig.sent.splice(0);
    if (messages.length > 0) await deliver(messages, env);
    isDead = false;
    await later(rig, LEASE_IS_OVER_MS);
  }
  return asked;
}

it('fails once it was tried often enough by itself, and all others are done', async () => {
  const contents = ['a', 'b', 'c', 'd', 'deadly', 'e', 'f', 'g', 'h', 'i', 'j'];
  const rig = await newRig(linesOf(contents), { rangeItems: 3 });
  const asked = await runDeadly(rig);
  expect(asked.filter((text) => text.includes('deadly')).length).toBeLessThanOrEqual(DEATHS_AT_MOST);
  const { batch, results } = await expectSound(rig.client, rig.id, rig.customIds);
  expect(batch).toMatchObject({ status: 'completed', completed: 10, failed: 1 });
  expect(results[4]).toMatchObject({
    custom_id: '4',
    status_code: 500,
    error: { code: 'internal_error', message: expect.stringContaining('the worker that ran it was lost') },
  });
});

it('does so also where there are several, in one range and in others', async () => {
  const contents = ['deadly 0', 'deadly 1', 'a', 'b', 'c', 'd', 'deadly 6', 'e'];
  const rig = await newRig(linesOf(contents), { rangeItems: 4 });
  await runDeadly(rig);
  const { batch } = await expectSound(rig.client, rig.id, rig.customIds);
  expect(batch).toMatchObject({ status: 'completed', completed: 5, failed: 3 });
});

it('is found in a batch that an earlier version made', async () => {
  const rig = await newRig(linesOf(['a', 'deadly', 'b']), { rangeItems: 3 });
  await rowsOf(rig, 'ALTER TABLE ranges DROP COLUMN crashes');
  await evictDurableObject(rig.batch);
  await runDeadly(rig);
  expect(await stateOf(rig)).toMatchObject({ outcome: 'completed', completed: 2, failed: 1 });
});

it('is not looked for where consumers are lost between reports of outcomes', async () => {
  const rig = await newRig(linesOf(['a', 'b', 'c', 'd', 'e', 'f']), { rangeItems: 6 });
  // Each reports what it has, and dies at its next report.
  for (let lost = 0; lost < 5; lost++) {
    const [message] = await eventually(() => {
      expect(rig.sent).toHaveLength(1);
      return rig.sent.splice(0);
    });
    const { range, epoch } = message as { range: number; epoch: number };
    expect((await rig.batch.claim([{ range, epoch }]))?.grants).toMatchObject([{ oneByOne: false }]);
    const outcome = { position: lost, failed: true, bytes: 2, charge: null };
    const report = { items: [outcome], retries: {}, release: null, overloaded: false, unaffordable: false };
    const results = [new TextEncoder().encode('{}')];
    expect(await rig.batch.commit([{ range, epoch, report, results }])).toEqual([true]);
    await later(rig, LEASE_IS_OVER_MS);
  }
  expect(await rowsOf(rig, 'SELECT crashes FROM ranges')).toEqual([{ crashes: 1 }]);
  await runToEnd(rig);
  expect(await stateOf(rig)).toMatchObject({ outcome: 'completed', completed: 1, failed: 5 });
});
