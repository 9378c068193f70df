// The ceiling on what a batch may cost: never passed, and what it pays for is done.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BatchLine, BatchResponse, BatchResult } from '../../src/contract/batches';
import type { ListResponse } from '../../src/contract/lists';
import { sandbox } from '../../src/models/sandbox/sandbox-model';
import { eventually } from '../eventually';
import { newClient } from '../http/client';
import { boundNanoOf, COST, evenItem, ITEMS } from './even-items';
import {
  booked,
  deliver,
  expectSound,
  line,
  linesOf,
  newRig,
  newSeed,
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

async function run(items: BatchLine[], maxCostNano: number, rangeItems: number): Promise<Rig> {
  const rig = await newRig(items, { rangeItems, spec: { maxCostNano } });
  await runToEnd(rig);
  return rig;
}

/** What holds under every ceiling. Answers what was spent, in nano-dollars. */
async function expectUnder(
  rig: Rig,
): Promise<{ batch: BatchResponse; results: BatchResult[]; nano: number }> {
  const { batch, results } = await expectSound(rig.client, rig.id, rig.customIds);
  const nano = Math.round((batch.cost?.total_cost ?? Number.NaN) * 1e9);
  expect(nano).toBeLessThanOrEqual(rig.spec.maxCostNano ?? 0);
  expect(await booked(rig.client)).toEqual({ requests: batch.completed, nano });
  expect(batch).toMatchObject({ status: 'completed', error: null });
  expect(batch.completed + batch.failed).toBe(batch.total);
  return { batch, results, nano };
}

const BUDGET_EXCEEDED = {
  status_code: 429,
  body: null,
  error: { type: 'budget_exceeded', code: 'budget_exceeded' },
};

describe('a ceiling of so many items', () => {
  it.each([1, 2, 5, 19, 20])('pays for exactly %s of 20, with several ranges in flight', async (count) => {
    for (const rangeItems of [3, 25]) {
      const rig = await run(ITEMS, count * COST, rangeItems);
      const { batch, results, nano } = await expectUnder(rig);
      expect([batch.completed, nano]).toEqual([count, count * COST]);
      for (const result of results.filter(({ status_code }) => status_code !== 200)) {
        expect(result).toMatchObject(BUDGET_EXCEEDED);
        expect(result.error?.message).toContain(`max_cost of $${(count * COST) / 1e9}`);
      }
    }
  });

  it('with messages that come three times, shuffled, still pays for exactly as many', async () => {
    const random = randomFrom(newSeed('max cost'));
    const rig = await newRig(ITEMS, { rangeItems: 2, spec: { maxCostNano: 11 * COST } });
    await runToEnd(rig, async (messages) => {
      const all = shuffled([...messages, ...messages, ...messages], random);
      await Promise.all(all.map((message) => deliver([message])));
    });
    expect((await expectUnder(rig)).nano).toBe(11 * COST);
  });
});

it('a ceiling between two multiples is never passed', async () => {
  for (const maxCostNano of [COST - 1, COST + 1, 2.5 * COST, 7 * COST - 1].map(Math.floor)) {
    const { batch } = await expectUnder(await run(ITEMS, maxCostNano, 4));
    expect(batch.completed).toBeGreaterThanOrEqual(Math.floor(maxCostNano / COST));
  }
});

it('a ceiling of nothing asks nothing of any model', async () => {
  const asked = vi.spyOn(sandbox, 'complete');
  const { batch, results } = await expectUnder(await run(ITEMS, 0, 4));
  expect(batch).toMatchObject({ completed: 0, failed: 20 });
  for (const result of results) expect(result).toMatchObject(BUDGET_EXCEEDED);
  expect(asked).not.toHaveBeenCalled();
});

it('a ceiling that is far away changes nothing', async () => {
  const contents = ITEMS.map(({ body }) => String(body.messages[0]?.content));
  const rig = await run(linesOf(contents), 1e15, 4);
  expect((await expectUnder(rig)).batch).toMatchObject({ completed: 20, failed: 0 });
});

describe('under a ceiling', () => {
  it('items that fail cost nothing, so that more of the others are done', async () => {
    const items = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0 ? evenItem(n, '\n@sandbox error=not_found') : evenItem(n),
    );
    const rig = await run(items, 10 * COST, 3);
    const { batch, nano } = await expectUnder(rig);
    expect([batch.completed, batch.failed, nano]).toEqual([10, 10, 10 * COST]);
  });

  it('items that are tried again are paid for once', async () => {
    const items = Array.from({ length: 9 }, (_, n) =>
      n % 3 === 0 ? evenItem(n, '\n@sandbox fail=1') : evenItem(n),
    );
    // The directive makes some dearer, and all of them are to be done.
    const all = items.reduce((sum, item) => sum + boundNanoOf(item), 0);
    const rig = await run(items, all, 2);
    const { batch, nano } = await expectUnder(rig);
    expect([batch.completed, nano]).toEqual([9, all]);
  });

  it('answers of no stated length are done one after the other, as far as the money goes', async () => {
    const rig = await run(
      linesOf(Array.from({ length: 12 }, (_, n) => `${n}\n@sandbox tokens=100`)),
      200_000,
      3,
    );
    const { batch } = await expectUnder(rig);
    expect(batch.completed).toBeGreaterThan(5);
    expect(batch.completed).toBeLessThan(12);
  });

  it('an item dearer than its estimate is done alone, where the money reaches', async () => {
    const client = await newClient();
    const form = new FormData();
    form.set('file', new File(['word '.repeat(20_000)], 'long.txt', { type: 'text/plain' }));
    const { id } = await client.json<{ id: string }>('POST', '/v1/files', { body: form });
    const content = [{ type: 'document', source: { type: 'file', file_id: id } }];
    const long = {
      ...line('long', '', { max_tokens: 5 }),
      body: { model: 'sandbox', messages: [{ role: 'user', content }], max_tokens: 5 },
    } as BatchLine;
    for (const [maxCostNano, completed] of [
      [10_000_000, 3],
      // Both of the others are done by the time that it turns out to be too dear.
      [1_000_000, 2],
    ] as const) {
      const rig = await newRig([evenItem(0), long, evenItem(2)], {
        client,
        rangeItems: 3,
        spec: { maxCostNano },
      });
      await runToEnd(rig);
      const { batch } = await expectSound(client, rig.id, rig.customIds);
      expect(batch).toMatchObject({ status: 'completed', completed });
      expect(Math.round((batch.cost?.total_cost ?? Number.NaN) * 1e9)).toBeLessThanOrEqual(maxCostNano);
    }
  });

  it('what is spent and reserved never passes it, at any moment', async () => {
    const maxCostNano = 9 * COST;
    const rig = await newRig(ITEMS, { rangeItems: 2, spec: { maxCostNano } });
    const watch = async () => {
      const state = await stateOf(rig);
      const spent = state.ledger.reduce(
        (sum, { costNano }) => sum + (costNano?.prompt ?? 0) + (costNano?.completion ?? 0),
        0,
      );
      expect(spent + state.reservedNano).toBeLessThanOrEqual(maxCostNano);
      const [{ reserved } = {}] = await rowsOf(rig, 'SELECT sum(reserved_nano) AS reserved FROM ranges');
      expect(state.reservedNano).toBe(reserved);
      return state;
    };
    // Four ranges of two items fit; the ninth item is for later.
    expect(await watch()).toMatchObject({ inFlight: 4, reservedNano: 8 * COST });
    await runToEnd(rig, async (messages) => {
      for (const message of messages) {
        await deliver([message]);
        if ((await stateOf(rig)).phase === 'running') await watch();
      }
    });
    expect((await expectUnder(rig)).nano).toBe(maxCostNano);
  });

  it('results, their status filter and the output files tell the same', async () => {
    const rig = await run(ITEMS, 7 * COST, 5);
    const { results } = await expectUnder(rig);
    const page = async (status: string) =>
      (
        await rig.client.json<ListResponse<BatchResult>>(
          'GET',
          `/api/v1/batches/${rig.id}/results?limit=100&status=${status}`,
        )
      ).data;
    const [completed, failed] = [await page('completed'), await page('failed')];
    expect(completed).toEqual(results.filter(({ body }) => body !== null));
    expect(failed).toEqual(results.filter(({ body }) => body === null));
    expect([completed.length, failed.length]).toEqual([7, 13]);
    // Failures for want of money are events like any other: those who follow the commits see them too.
    const committed = await readResults(rig.client, rig.id, '?order=committed');
    const byIndex = (a: BatchResult, b: BatchResult) => Number(a.custom_id) - Number(b.custom_id);
    expect(committed.toSorted(byIndex)).toEqual(results);
    const stream = await rig.client.send('GET', `/api/v1/batches/${rig.id}/stream?include=results`);
    const events = (await stream.text()).split('\n\n').filter((event) => event.includes('event: result'));
    expect(events.map((event) => JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? ''))).toEqual(committed);
    const ids = events.map((event) => Number(/^id: (\d+)$/m.exec(event)?.[1]));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    const linesIn = async (id: string) =>
      (await (await rig.client.send('GET', `/v1/files/${id}/content`)).text())
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text));
    const output = await linesIn(rig.spec.outputFileId);
    const errors = await linesIn(rig.spec.errorFileId);
    expect(output.map((entry) => entry.response.body)).toEqual(completed.map(({ body }) => body));
    expect(
      errors.map((entry) => [entry.custom_id, entry.response.status_code, entry.response.body.error.type]),
    ).toEqual(failed.map(({ custom_id }) => [custom_id, 429, 'budget_exceeded']));
    expect(await rig.client.json('GET', `/v1/batches/${rig.id}`)).toMatchObject({
      status: 'completed',
      request_counts: { total: 20, completed: 7, failed: 13 },
      output_file_id: rig.spec.outputFileId,
      error_file_id: rig.spec.errorFileId,
    });
  });
});

it('holds from request to end, through the real queue, in USD', async () => {
  const client = await newClient();
  const inputs = ITEMS.map(({ body: { messages, max_tokens } }) => ({ messages, max_tokens }));
  const json = { model: 'sandbox', inputs, max_cost: (6 * COST) / 1e9 };
  const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', { json });
  await eventually(async () => expect((await readBatch(client, id)).status).toBe('completed'));
  const { batch } = await expectSound(
    client,
    id,
    ITEMS.map((_, n) => String(n)),
  );
  expect(batch).toMatchObject({ completed: 6, failed: 14, cost: { total_cost: (6 * COST) / 1e9 } });
  const bad = await client.send('POST', '/api/v1/batches', { json: { ...json, max_cost: -1 } });
  expect(bad.status).toBe(400);
  expect(await env.BATCHES.getByName(id).holdsData()).toBe(true);
});
