// What subscribers read of a batch, as it is stored.
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, it } from 'vitest';
import { BatchRecord } from '../../src/batches/batch-record';
import { progressSource } from '../../src/batches/documents';
import { linesOf, newRig, nextMessages, restore } from './rig';

afterEach(restore);

const ENCODER = new TextEncoder();

it('large results are told a few at a time, each of them once: together they would not fit into memory', async () => {
  const ids = Array.from({ length: 9 }, (_, index) => String(index));
  const rig = await newRig(linesOf(ids), { rangeItems: 9 });
  const [message] = await nextMessages(rig);
  if (message?.kind !== 'run') throw new Error('a run message was expected');
  await rig.batch.claim([message]);
  const filling = 'x'.repeat(200 * 1024);
  const results = ids.map((id) => ENCODER.encode(JSON.stringify({ custom_id: id, filling })));
  await rig.batch.commit([
    {
      range: 0,
      epoch: message.epoch,
      report: {
        items: results.map(({ byteLength }, position) => ({
          position,
          failed: true,
          bytes: byteLength,
          charge: null,
        })),
        retries: {},
        release: null,
        overloaded: false,
        unaffordable: false,
      },
      results,
    },
  ]);
  const pieces = await runInDurableObject(rig.batch, (_object, { storage }) => {
    const { resultEvents } = progressSource(new BatchRecord(storage));
    const texts: string[] = [];
    for (let events = resultEvents(0); events !== null; events = resultEvents(events.sequence)) {
      texts.push(events.text);
    }
    return texts;
  });
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(512 * 1024);
  const told = Array.from(pieces.join('').matchAll(/"custom_id":"(\d)"/g), ([, id]) => id);
  expect(told).toEqual(ids);
});
