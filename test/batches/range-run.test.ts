// A claimed range: what the planner accepted and cut is what its consumer reads, and what it then reports.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { RangeCut } from '../../src/batches/batch-spec';
import type { Grant } from '../../src/batches/grant';
import { planInput } from '../../src/batches/plan';
import { RangeRun } from '../../src/batches/range-run';
import type { FinishedItem } from '../../src/batches/run-item';
import type { PlanReport } from '../../src/batches/state';
import { Chance } from './chance';

const KEY = 'files/acct_range_run/input';
const TEXT = new TextEncoder().encode('{}');
const NOW = 1_800_000_000_000;

/** A line of input; its content is its own custom_id, so that a line can be told from another. */
const lineOf = (id: string) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'sandbox', messages: [{ role: 'user', content: id }] },
  });

/** Plans a file: its cuts, and the last report. */
async function plan(file: string | Uint8Array): Promise<{ cuts: RangeCut[]; report: PlanReport }> {
  await env.BUCKET.put(KEY, file);
  const cuts: RangeCut[] = [];
  let last: PlanReport | null = null;
  const from = { byte: 0, line: 0, item: 0 };
  const grant = { epoch: 1, inputKey: KEY, locale: 'en' as const, hasBounds: false, from, model: undefined };
  await planInput(env.BUCKET, grant, new Set(), async (_epoch, report, some) => {
    cuts.push(...some);
    last = report;
    return true;
  });
  if (last === null) throw new Error('the planner reported nothing');
  return { cuts, report: last };
}

function grantOf(cut: Partial<RangeCut> = {}, grant: Partial<Grant> = {}): Grant {
  const { customIds = ['a', 'b', 'c'], first = 0, start = 0, end = 0 } = cut;
  const count = customIds.length;
  const place = { range: 0, epoch: 1, first, start, end, count, customIds };
  return { ...place, done: 0, attempts: {}, aloneWithNano: null, oneByOne: false, ...grant };
}

async function linesOf(grant: Grant): Promise<(string | null)[]> {
  const lines: (string | null)[] = [];
  for await (const { line } of new RangeRun(grant).items(env.BUCKET, KEY)) lines.push(line);
  return lines;
}

const idOf = (line: string | null) => JSON.parse(line ?? 'null').custom_id;

describe('the lines of a range', () => {
  it.each<[name: string, before: string, after: string]>([
    ['LF line breaks', '', '\n'],
    ['CRLF line breaks', '', '\r\n'],
    ['blank lines between', '', '\n\n \t\r\n'],
    ['white space around', ' \t', '\r\n'],
    ['a byte order mark before each, as joined files have', '\ufeff', '\n'],
    ['a line that is a byte order mark alone', '', '\n\ufeff\n'],
  ])('are read as they were planned, with %s', async (_name, before, after) => {
    const ids = ['a', 'b', '둘'];
    const { cuts, report } = await plan(ids.map((id) => before + lineOf(id) + after).join(''));
    expect(report).toMatchObject({ done: true, errors: [], model: 'sandbox' });
    expect(cuts).toHaveLength(1);
    expect((await linesOf(grantOf(cuts[0]))).map(idOf)).toEqual(ids);
  });

  it.each([[[0xef]], [[0xbb]], [[0xbf]], [[0xef, 0xbb]], [[0xbf, 0xbb, 0xef]], [[0x0c]], [[0xc2, 0xa0]]])(
    'are refused by the planner where the consumer could not skip one: %j',
    async (bytes) => {
      const [a, b] = ['a', 'b'].map((id) => new TextEncoder().encode(`${lineOf(id)}\n`));
      const file = new Uint8Array([...(a ?? []), ...bytes, 0x0a, ...(b ?? [])]);
      const { report } = await plan(file);
      expect(report.errors).toMatchObject([{ code: 'invalid_json_line', line: 2 }]);
    },
  );

  it('are found in every range of a longer file, by their bytes', async () => {
    const chance = new Chance(7);
    const ids = Array.from({ length: 90 }, (_, index) => `item-${index}-${'é'.repeat(chance.below(50))}`);
    const file = ids.map(
      (id) => chance.pick(['', '\n', '\ufeff']) + lineOf(id) + chance.pick(['\n', '\r\n']),
    );
    const { cuts } = await plan(file.join(''));
    expect(cuts.map(({ customIds }) => customIds.length)).toEqual([25, 25, 25, 15]);
    const read = await Promise.all(cuts.map((cut) => linesOf(grantOf(cut))));
    expect(read.flat().map(idOf)).toEqual(ids);
  });

  it('that are done already are left out', async () => {
    const { cuts } = await plan(['a', 'b', 'c'].map(lineOf).join('\n'));
    expect((await linesOf(grantOf(cuts[0], { done: 0b010 }))).map(idOf)).toEqual(['a', 'c']);
  });

  it('are null where the input is gone', async () => {
    await env.BUCKET.delete(KEY);
    expect(await linesOf(grantOf({ end: 10 }))).toEqual([null, null, null]);
  });
});

describe('a report', () => {
  const outcome = (position: number, nano = 0): FinishedItem => ({
    kind: 'outcome',
    outcome: {
      position,
      failed: false,
      bytes: TEXT.byteLength,
      charge: {
        model: 'sandbox',
        usage: {} as never,
        costNano: { prompt: nano, completion: 0 },
      },
    },
    text: TEXT,
  });
  const retry = (position: number, delayMs: number, overloaded = false): FinishedItem => ({
    kind: 'retry',
    position,
    attempt: 1,
    delayMs,
    overloaded,
  });

  it('has what came since the last one', () => {
    const run = new RangeRun(grantOf());
    run.add(outcome(1), NOW);
    expect(run.pendingBytes).toBe(TEXT.byteLength);
    const first = run.take(false);
    expect(first.report.items.map(({ position }) => position)).toEqual([1]);
    expect(first.results).toEqual([TEXT]);
    expect(run.pendingBytes).toBe(0);
    expect(run.take(false).report.items).toEqual([]);
  });

  it('is due once the range is done, or some of it has waited for the rest for as long as it may', () => {
    const run = new RangeRun(grantOf());
    expect(run.isDue(NOW, 0)).toBe(false);
    run.add(retry(0, 500), NOW);
    expect(run.isDue(NOW + 60_000, 5_000)).toBe(false);
    run.add(outcome(1), NOW);
    run.add(outcome(0), NOW + 2_000);
    expect([run.isDue(NOW + 4_999, 5_000), run.isDue(NOW + 5_000, 5_000)]).toEqual([false, true]);
    run.take(false);
    expect(run.isDue(NOW + 60_000, 5_000)).toBe(false);
    run.add(outcome(2), NOW + 5_000);
    expect(run.isDue(NOW + 5_000, 5_000)).toBe(true);
  });

  it('that only says that its consumer lives leaves the outcomes for later', () => {
    const run = new RangeRun(grantOf());
    run.add(outcome(1), NOW);
    run.add(retry(2, 500), NOW);
    expect(run.signOfLife()).toMatchObject({
      report: { items: [], retries: { 2: 1 }, release: null },
      results: [],
    });
    expect(run.take(false).report.items).toHaveLength(1);
  });

  it('gives back what is not done with the last one, after the longest wait asked for', () => {
    const run = new RangeRun(grantOf());
    run.add(outcome(0), NOW);
    run.add(retry(1, 500), NOW);
    run.add(retry(2, 300, true), NOW);
    expect(run.take(false).report).toMatchObject({ release: null, overloaded: false });
    expect(run.take(true).report).toMatchObject({
      release: { delayMs: 500 },
      overloaded: true,
      retries: { 1: 1, 2: 1 },
    });
  });

  it('gives nothing back where all is done, also by others before', () => {
    const run = new RangeRun(grantOf({}, { done: 0b101 }));
    expect(run.isComplete).toBe(false);
    run.add(outcome(1), NOW);
    expect(run.isComplete).toBe(true);
    expect(run.take(true).report.release).toBeNull();
  });

  it('says that the money did not reach, and no more items start', () => {
    const run = new RangeRun(grantOf({}, { aloneWithNano: 100 }));
    run.add(outcome(0, 60), NOW);
    expect(run.left).toBe(40);
    expect(run.isOpen).toBe(true);
    run.add({ kind: 'unaffordable' }, NOW);
    expect(run.isOpen).toBe(false);
    expect(run.take(false).report.unaffordable).toBe(false);
    expect(run.take(true).report.unaffordable).toBe(true);
  });

  it('is made for no more items once the range is lost', () => {
    const run = new RangeRun(grantOf());
    run.lost.abort();
    expect(run.isOpen).toBe(false);
    expect(run.left).toBeNull();
  });
});
