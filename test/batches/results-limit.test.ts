// A batch whose results fill the room there is for them: it ends with what it has, and the rest can be tried again.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, expect, it } from 'vitest';
import { BATCH_RESULTS_LIMIT_BYTES } from '../../src/contract/limits';
import { deliver, linesOf, newRig, nextMessages, readBatch, readResults, restore, runToEnd } from './rig';

afterEach(restore);

it('ends with what is recorded, and fails the rest by name', async () => {
  const rig = await newRig(linesOf(['a', 'b', 'c', 'd']), { rangeItems: 1 });
  const messages = await nextMessages(rig);
  await runInDurableObject(rig.batch, (_object, { storage }) => {
    // As if results that large had been recorded: one more has room.
    const bytes = BATCH_RESULTS_LIMIT_BYTES - 1;
    storage.sql.exec("UPDATE batch SET state = json_set(state, '$.resultBytes', ?)", bytes);
  });
  await evictDurableObject(rig.batch);
  await deliver(messages.slice(1, 2));
  await deliver(messages);
  await runToEnd(rig);

  expect(await readBatch(rig.client, rig.id)).toMatchObject({ status: 'completed', completed: 1, failed: 3 });
  const results = await readResults(rig.client, rig.id);
  const full = {
    type: 'request_too_large',
    message: expect.stringContaining('a batch holds 8 GiB of results'),
  };
  expect(results.map(({ status_code, error }) => [status_code, error])).toEqual([
    [413, expect.objectContaining(full)],
    [200, null],
    [413, expect.objectContaining(full)],
    [413, expect.objectContaining(full)],
  ]);
  const { usage } = await readBatch(rig.client, rig.id);
  expect(usage.total_tokens).toBe(results[1]?.body?.usage.total_tokens);

  const retry = await rig.client.json<{ total: number }>('POST', `/api/v1/batches/${rig.id}/retry`);
  expect(retry.total).toBe(3);
});
