// The planning of an input file, interrupted anywhere: the ranges are those of a plan that was not.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BatchMessage, RangeCut } from '../../src/batches/batch-spec';
import { type PlanGrant, planInput } from '../../src/batches/plan';
import type { PlanReport } from '../../src/batches/state';
import { newClient } from '../http/client';
import {
  booked,
  deliver,
  deliverDead,
  envAround,
  expectSound,
  later,
  line,
  linesOf,
  newFileRig,
  newSeed,
  nextMessages,
  type Rig,
  randomFrom,
  readBatch,
  restore,
  rowsOf,
  runToEnd,
  stateOf,
  toJsonLines,
} from './rig';

afterEach(restore);
// Deaths are logged, as they should be.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));

const RANGES = 'SELECT n, first, start_byte, end_byte, custom_ids, count, bound_nano FROM ranges ORDER BY n';

/** Reports come every hundred ranges of 25 lines: four on the way, and the last. */
const LINES = 10_040;

/** Some lines are long, some blank, some end like on Windows. */
function manyLines(): string {
  return linesOf(Array.from({ length: LINES }, (_, n) => `${n}`))
    .map(
      (value, n) => `${JSON.stringify(value)}${n % 17 === 0 ? '\r' : ''}\n${n % 501 === 0 ? '\n  \n' : ''}`,
    )
    .join('');
}

/** What an uninterrupted pass cuts. */
async function wholePlan(rig: Rig): Promise<RangeCut[]> {
  const cuts: RangeCut[] = [];
  const from = { byte: 0, line: 0, item: 0 };
  const grant: PlanGrant = {
    epoch: 1,
    inputKey: rig.spec.inputKey,
    locale: 'en',
    hasBounds: rig.spec.hasBounds,
    from,
    model: undefined,
  };
  await planInput(env.BUCKET, grant, new Set(), async (_epoch, _report, some) => {
    cuts.push(...some);
    return true;
  });
  return cuts;
}

async function expectPlanned(rig: Rig): Promise<void> {
  const rows = await rowsOf(rig, RANGES);
  const cuts = await wholePlan(rig);
  expect(rows).toEqual(
    cuts.map(({ first, start, end, customIds, boundNano }, n) => ({
      n,
      first,
      start_byte: start,
      end_byte: end,
      custom_ids: JSON.stringify(customIds),
      count: customIds.length,
      bound_nano: boundNano,
    })),
  );
  const ids = rows.flatMap((row) => JSON.parse(String(row.custom_ids)) as string[]);
  expect(ids).toEqual(Array.from({ length: LINES }, (_, n) => String(n)));
  expect(await stateOf(rig)).toMatchObject({ total: LINES, model: 'sandbox', errors: [] });
}

describe('a planner that dies', () => {
  it('anywhere, again and again, leaves a plan that the next completes', async () => {
    const seed = newSeed('planning');
    const random = randomFrom(seed);
    const client = await newClient();
    const text = manyLines();
    for (let round = 0; round < 3; round++) {
      const rig = await newFileRig(text, { client, spec: round === 1 ? { maxCostNano: 1e15 } : {} });
      for (let deaths = 0; deaths < 4 && (await stateOf(rig)).phase === 'planning'; deaths++) {
        const messages = await nextMessages(rig);
        if (random() < 0.75) {
          let callsLeft = Math.floor(random() * 4);
          const isAfter = random() < 0.5;
          const by = envAround(async (_method, call) => {
            if (callsLeft-- !== 0) return call();
            if (isAfter) await call();
            throw new Error(`the planner dies (seed ${seed}, round ${round})`);
          });
          await deliver(messages, by);
          // The queue delivers again: nobody may take up what the dead one holds.
          if (random() < 0.5) await deliver(messages);
        }
        await later(rig, 400_000);
      }
      while ((await stateOf(rig)).phase === 'planning') await deliver(await nextMessages(rig));
      await expectPlanned(rig);
      await rig.batch.cancel(client.accountId);
    }
  });

  it('is replaced at once where the queue gave up on its message', async () => {
    const rig = await newFileRig(toJsonLines(linesOf(['a', 'b'])));
    const [dead] = await nextMessages(rig);
    expect(await deliverDead([dead as BatchMessage])).toEqual(['ack']);
    const [again] = await nextMessages(rig);
    expect(again).toEqual({ ...dead, epoch: (dead?.epoch ?? 0) + 1 });
    expect(await deliver([dead as BatchMessage])).toEqual(['ack']);
    expect(await stateOf(rig)).toMatchObject({ phase: 'planning', total: 0 });
    rig.sent.push(again as BatchMessage);
    await runToEnd(rig);
    await expectSound(rig.client, rig.id, ['0', '1']);
  });
});

describe('a planner among millions of blank lines', () => {
  it('says where it is, so that the next goes on there', async () => {
    const inputs = linesOf(['a', 'b', 'c']).map((input) => `${JSON.stringify(input)}\n`);
    const text = inputs.join('\n'.repeat(25_000));
    const rig = await newFileRig(text);
    const from = { byte: 0, line: 0, item: 0 };
    const grant: PlanGrant = {
      epoch: 1,
      inputKey: rig.spec.inputKey,
      locale: 'en',
      hasBounds: false,
      from,
      model: undefined,
    };
    // A clock by which every line takes long enough to be reported.
    let now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => (now += 2_000));
    const plan = async (start: typeof from, stopAt: number) => {
      const reports: PlanReport[] = [];
      const cuts: RangeCut[] = [];
      await planInput(env.BUCKET, { ...grant, from: start }, new Set(), async (_epoch, report, some) => {
        reports.push(report);
        cuts.push(...some);
        return reports.length < stopAt;
      });
      return { cuts, next: reports.at(-1)?.next ?? from };
    };
    // The first input, and ten thousand blank lines.
    const first = await plan(from, 2);
    expect(first.next).toEqual({ byte: (inputs[0]?.length ?? 0) + 10_000, line: 10_001, item: 1 });
    expect(first.cuts.map(({ customIds }) => customIds)).toEqual([['0']]);
    const rest = await plan(first.next, Number.POSITIVE_INFINITY);
    const cuts = [...first.cuts, ...rest.cuts];
    expect(cuts.map(({ customIds, first: n }) => [n, ...customIds])).toEqual([
      [0, '0'],
      [1, '1'],
      [2, '2'],
    ]);
    for (const [n, { start, end }] of cuts.entries()) expect(text.slice(start, end)).toBe(inputs[n]);
  });
});

describe('a planner that is only slow', () => {
  it('can record nothing more once another has the plan', async () => {
    const rig = await newFileRig(manyLines());
    const [first] = await nextMessages(rig);
    let reports = 0;
    const slow = envAround(async (method, call) => {
      if (method !== 'commitPlan' || ++reports !== 2) return call();
      // While it sleeps its lease ends and another plans the file to its end.
      await later(rig, 16_000);
      const [second] = await nextMessages(rig);
      expect(second).toMatchObject({ kind: 'plan', epoch: (first?.epoch ?? 0) + 1 });
      await deliver([second as BatchMessage]);
      return call();
    });
    expect(await deliver([first as BatchMessage], slow)).toEqual(['ack']);
    // Told once that the plan is not its own, it stops.
    expect(reports).toBe(2);
    await expectPlanned(rig);
    await rig.batch.cancel(rig.client.accountId);
  });

  it('and of whose message there are three, plans once', async () => {
    const rig = await newFileRig(manyLines());
    const [message] = await nextMessages(rig);
    const three = [message, message, message] as BatchMessage[];
    let reports = 0;
    const counting = envAround((method, call) => {
      if (method === 'commitPlan') reports += 1;
      return call();
    });
    await Promise.all([...three.map((one) => deliver([one], counting)), deliver(three, counting)]);
    expect(reports).toBe(5);
    await expectPlanned(rig);
    await rig.batch.cancel(rig.client.accountId);
  });
});

it('a file whose bytes are gone fails its batch, rather than being planned for ever', async () => {
  const rig = await newFileRig(toJsonLines(linesOf(['a'])));
  await env.BUCKET.delete(rig.spec.inputKey);
  await runToEnd(rig);
  const batch = await readBatch(rig.client, rig.id);
  expect(batch).toMatchObject({
    status: 'failed',
    total: 0,
    results: [],
    error: { type: 'invalid_request', param: 'input_file_id' },
    errors: { object: 'list', data: [{ code: 'invalid_request', param: 'input_file_id', line: null }] },
  });
  expect(await booked(rig.client)).toEqual({ requests: 0, nano: 0 });
});

it('errors found after an interruption have the lines of the file, and no range is left', async () => {
  const good = linesOf(Array.from({ length: 2_600 }, (_, n) => `${n}`));
  const bad = [line('7', 'far from the first'), { nothing: true }];
  const rig = await newFileRig(`${toJsonLines(good)}\n${toJsonLines(bad)}`);
  const [message] = await nextMessages(rig);
  let reports = 0;
  const dying = envAround(async (method, call) => {
    if (method === 'commitPlan' && ++reports === 2) throw new Error('the planner dies');
    return call();
  });
  expect(await deliver([message as BatchMessage], dying)).toEqual(['retry']);
  expect(await stateOf(rig)).toMatchObject({ phase: 'planning', total: 2_500 });
  await later(rig, 16_000);
  await runToEnd(rig);
  const batch = await readBatch(rig.client, rig.id);
  expect(batch).toMatchObject({ status: 'failed', total: 0, completed: 0, failed: 0, results: [] });
  expect(batch.errors?.data).toMatchObject([
    { code: 'duplicate_custom_id', line: 2_602, param: 'custom_id' },
    { code: 'invalid_request', line: 2_603 },
  ]);
  expect(await rowsOf(rig, 'SELECT n FROM ranges')).toEqual([]);
});
