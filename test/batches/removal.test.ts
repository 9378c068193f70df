// What is left of a batch once it is deleted or its time is over: what it spent, and nothing else.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BatchObject } from '../../src/batches/batch-object';
import { sweepBatches } from '../../src/batches/sweep';
import { sweepFiles } from '../../src/files/sweep';
import { eventually } from '../eventually';
import { errorOf } from '../http/client';
import {
  booked,
  deliver,
  deliverDead,
  linesOf,
  newFileRig,
  newRig,
  nextMessages,
  passTime,
  type Rig,
  restore,
  rowsOf,
  runToEnd,
  stateOf,
  toJsonLines,
} from './rig';

afterEach(restore);

const DAY_MS = 86_400_000;
const RETENTION_DAYS = 30;

const CONTENTS = ['0', '1\n@sandbox error=not_found', '2'];

async function objectsOf({ client }: Rig): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of [`batches/${client.accountId}/`, `files/${client.accountId}/`]) {
    keys.push(...(await env.BUCKET.list({ prefix })).objects.map(({ key }) => key));
  }
  return keys;
}

async function expectGone(rig: Rig, usage: unknown, objects: string[] = []): Promise<void> {
  expect(await objectsOf(rig)).toEqual(objects);
  expect(
    await rowsOf(
      rig,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    ),
  ).toEqual([]);
  expect(await rig.batch.holdsData()).toBe(false);
  for (const path of [
    `/api/v1/batches/${rig.id}`,
    `/v1/batches/${rig.id}`,
    `/v1/files/${rig.spec.outputFileId}`,
  ]) {
    expect((await rig.client.send('GET', path)).status).toBe(404);
  }
  for (const path of ['/api/v1/batches', '/v1/batches', '/v1/files?purpose=batch_output']) {
    expect(await rig.client.json('GET', path)).toMatchObject({ data: [] });
  }
  expect(await booked(rig.client)).toEqual(usage);
}

describe('a deleted batch', () => {
  it('leaves nothing but what it spent', async () => {
    const rig = await newRig(linesOf(CONTENTS), { rangeItems: 2 });
    const messages = await nextMessages(rig);
    await deliver(messages);
    await runToEnd(rig);
    expect(await objectsOf(rig)).toHaveLength(3);
    const usage = await booked(rig.client);
    expect(usage.requests).toBe(2);
    expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(200);
    await expectGone(rig, usage);
    // Nor does anything that comes late bring it back.
    await deliver(messages);
    await deliverDead(messages);
    await rig.batch.wake();
    await runDurableObjectAlarm(rig.batch);
    await expectGone(rig, usage);
    expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(404);
  });

  it('is gone also where its alarm is at work, which then has nothing to complain of', async () => {
    const complaints = vi.spyOn(console, 'error');
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    let isDeleted = false;
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementationOnce(async () => new Response(null, { status: 503 }))
      .mockImplementation(async () => {
        while (!isDeleted) await scheduler.wait(5);
        return new Response('ok');
      });
    const webhook = { url: 'https://hooks.example.com/quire', secret: null };
    const rig = await newRig(linesOf(['0']), { spec: { webhook } });
    await runToEnd(rig);
    await runDurableObjectAlarm(rig.batch);
    const usage = await booked(rig.client);
    passTime(60_000);
    const alarm = runDurableObjectAlarm(rig.batch);
    await eventually(() => expect(fetched).toHaveBeenCalledTimes(2));
    expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(200);
    isDeleted = true;
    await alarm;
    await expectGone(rig, usage);
    expect(complaints).not.toHaveBeenCalled();
  });

  it('leaves its input file, which is the client’s', async () => {
    const rig = await newFileRig(toJsonLines(linesOf(CONTENTS)));
    await runToEnd(rig);
    const usage = await booked(rig.client);
    await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`);
    await expectGone(rig, usage, [rig.spec.inputKey]);
    expect((await rig.client.send('GET', `/v1/files/${rig.spec.inputFileId}/content`)).status).toBe(200);
  });

  it('leaves it also where it is deleted twice at once', async () => {
    const rig = await newFileRig(toJsonLines(linesOf(CONTENTS)));
    await runToEnd(rig);
    const usage = await booked(rig.client);
    const removals = [1, 2, 3].map(() => rig.client.send('DELETE', `/api/v1/batches/${rig.id}`));
    const statuses = (await Promise.all(removals)).map(({ status }) => status);
    // Whoever comes late finds nothing, or that it is done.
    expect(statuses).toContain(200);
    expect(statuses.filter((status) => status !== 200 && status !== 404)).toEqual([]);
    await expectGone(rig, usage, [rig.spec.inputKey]);
  });

  it('must have ended', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    const response = await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`);
    expect(response.status).toBe(409);
    expect((await errorOf(response)).type).toBe('conflict');
    expect((await stateOf(rig)).phase).toBe('running');
    await rig.batch.cancel(rig.client.accountId);
    expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(200);
  });
});

describe('a batch whose retention is over', () => {
  it('is removed by its alarm, not a moment sooner', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    await runToEnd(rig);
    const usage = await booked(rig.client);
    passTime(RETENTION_DAYS * DAY_MS - 60_000);
    expect(await runDurableObjectAlarm(rig.batch)).toBe(true);
    expect(await rig.batch.holdsData()).toBe(true);
    expect((await rig.client.send('GET', `/api/v1/batches/${rig.id}`)).status).toBe(200);
    passTime(60_001);
    expect(await runDurableObjectAlarm(rig.batch)).toBe(true);
    await expectGone(rig, usage);
    expect(await runDurableObjectAlarm(rig.batch)).toBe(false);
  });

  it('is removed by the cron where the alarm never came', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    await runToEnd(rig);
    const usage = await booked(rig.client);
    passTime((RETENTION_DAYS + 9) * DAY_MS);
    await sweepBatches(env, Date.now());
    await expectGone(rig, usage);
  });

  it('is ended by the cron where it never ended', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    passTime((RETENTION_DAYS + 9) * DAY_MS);
    await sweepBatches(env, Date.now());
    expect(await stateOf(rig)).toMatchObject({ phase: 'ended', outcome: 'expired' });
    passTime((RETENTION_DAYS + 1) * DAY_MS);
    await sweepBatches(env, Date.now());
    await expectGone(rig, { requests: 0, nano: 0 });
  });
});

describe('the cron', () => {
  it('takes batches off the list whose objects are gone', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    await runToEnd(rig);
    const account = env.ACCOUNTS.getByName(rig.client.accountId);
    const lost = {
      id: 'batch_00000000dead',
      keyId: rig.spec.keyId,
      createdAt: rig.spec.createdAt,
      status: 'completed',
      inputFileId: null,
    } as const;
    await account.addBatch(lost);
    await sweepBatches(env, Date.now());
    expect((await account.listBatches({ limit: 10, order: 'asc' }))?.data).toHaveLength(2);
    await sweepBatches(env, Date.now() + (RETENTION_DAYS + 9) * DAY_MS);
    expect((await account.listBatches({ limit: 10, order: 'asc' }))?.data.map(({ id }) => id)).toEqual([
      rig.id,
    ]);
  });

  it('removes the inputs of batches that were never made, and no others', async () => {
    const rig = await newRig(linesOf(CONTENTS));
    await runToEnd(rig);
    const orphan = `batches/${rig.client.accountId}/batch_00000000beef/input.jsonl`;
    await env.BUCKET.put(orphan, 'x');
    await sweepBatches(env, Date.now());
    expect(await objectsOf(rig)).toContain(orphan);
    await sweepBatches(env, Date.now() + 2 * DAY_MS);
    await sweepFiles(env, Date.now() + 2 * DAY_MS);
    const objects = await objectsOf(rig);
    expect(objects).not.toContain(orphan);
    expect(objects).toHaveLength(3);
  });

  it('goes past an object whose owner cannot be asked', async () => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const rig = await newRig(linesOf(CONTENTS));
    await runToEnd(rig);
    const orphans = ['batch_00000000beef', 'batch_00000000cafe'].map(
      (id) => `batches/${rig.client.accountId}/${id}/input.jsonl`,
    );
    for (const key of orphans) await env.BUCKET.put(key, 'x');
    const { holdsData } = BatchObject.prototype;
    vi.spyOn(BatchObject.prototype, 'holdsData').mockImplementation(function (this: BatchObject) {
      if (Reflect.get(this, 'ctx').id.name === 'batch_00000000beef') throw new Error('the object is broken');
      return holdsData.call(this);
    });
    await sweepBatches(env, Date.now() + 2 * DAY_MS);
    const objects = await objectsOf(rig);
    expect(objects).toContain(orphans[0]);
    expect(objects).not.toContain(orphans[1]);
    expect(complaints).toHaveBeenCalled();
  });

  it('removes an expired file that an unfinished batch reads only after its end', async () => {
    const rig = await newFileRig(toJsonLines(linesOf(CONTENTS)));
    const { inputFileId, inputKey, accountId } = rig.spec;
    const account = env.ACCOUNTS.getByName(accountId);
    const file = await account.getFile(inputFileId ?? '', Date.now());
    expect(file).not.toBeNull();
    await runInDurableObject(account, (_object, { storage }) => {
      storage.sql.exec('UPDATE files SET expires_at = 1 WHERE id = ?', inputFileId);
    });
    await sweepFiles(env, Date.now());
    expect(await env.BUCKET.head(inputKey)).not.toBeNull();
    await runToEnd(rig);
    expect(await stateOf(rig)).toMatchObject({ completed: 2, failed: 1 });
    await sweepFiles(env, Date.now());
    // The ended batch may still be tried again with it.
    expect(await account.expiredFiles(Date.now(), 10)).toEqual([]);
    expect(await env.BUCKET.head(inputKey)).not.toBeNull();
    await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`);
    expect(await env.BUCKET.head(inputKey)).toBeNull();
  });
});

it('a removal that is cut short is done again, and leaves the client its file', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const rig = await newFileRig(toJsonLines(linesOf(CONTENTS)));
  await runToEnd(rig);
  const usage = await booked(rig.client);
  vi.spyOn(env.BUCKET, 'delete').mockRejectedValueOnce(new Error('R2 is away'));
  expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(500);
  expect((await rig.client.send('DELETE', `/api/v1/batches/${rig.id}`)).status).toBe(200);
  await expectGone(rig, usage, [rig.spec.inputKey]);
  expect((await rig.client.send('GET', `/v1/files/${rig.spec.inputFileId}/content`)).status).toBe(200);
});

it('a removal that is cut short is done again by the alarm', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const rig = await newRig(linesOf(CONTENTS));
  await runToEnd(rig);
  const usage = await booked(rig.client);
  passTime((RETENTION_DAYS + 1) * DAY_MS);
  vi.spyOn(env.BUCKET, 'delete').mockRejectedValueOnce(new Error('R2 is away'));
  await runDurableObjectAlarm(rig.batch);
  // Not at once: what is away is asked every two seconds, not as fast as alarms can ring.
  const at = await runInDurableObject(rig.batch, (_object, { storage }) => storage.getAlarm());
  expect(at).toBeGreaterThan(Date.now() + 1_000);
  await runDurableObjectAlarm(rig.batch);
  await expectGone(rig, usage);
});
