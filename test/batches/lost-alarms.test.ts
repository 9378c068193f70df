// The platform gives up on an alarm whose handler failed seven times in a row. The cron finds where one is missing.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it } from 'vitest';
import { sweepBatches } from '../../src/batches/sweep';
import { newHooks, newHosts, receivers } from '../webhooks/rig';
import { deliver, linesOf, newRig, nextMessages, passTime, restore, runToEnd, stateOf } from './rig';

afterEach(restore);

/** Leaves what the platform leaves of an alarm that it gave up on: nothing. */
function loseAlarm<T extends Rpc.DurableObjectBranded>(object: DurableObjectStub<T>): Promise<void> {
  return runInDurableObject(object, (_object, { storage }) => storage.deleteAlarm());
}

function alarmOf<T extends Rpc.DurableObjectBranded>(object: DurableObjectStub<T>): Promise<number | null> {
  return runInDurableObject(object, (_object, { storage }) => storage.getAlarm());
}

/** Which batches the cron still looks after. */
async function lookedAfter(accountId: string): Promise<string[]> {
  return (await env.ACCOUNTS.getByName(accountId).alarmsToCheck(10)).batches;
}

it('a batch whose messages and alarm are lost runs on', async () => {
  const rig = await newRig(linesOf(['a', 'b', 'c', 'd']));
  await nextMessages(rig);
  await loseAlarm(rig.batch);
  await sweepBatches(env, Date.now());
  // The alarm is there again: it finds what was lost once that is overdue.
  expect(await alarmOf(rig.batch)).not.toBeNull();
  passTime(16_000);
  await runDurableObjectAlarm(rig.batch);
  await deliver(await nextMessages(rig));
  expect(await runToEnd(rig)).toMatchObject({ phase: 'ended', completed: 4 });
});

it('a batch that is at work keeps the alarm it has', async () => {
  const rig = await newRig(linesOf(['a']));
  await nextMessages(rig);
  const before = await alarmOf(rig.batch);
  await sweepBatches(env, Date.now());
  expect(before).not.toBeNull();
  expect(await alarmOf(rig.batch)).toBe(before);
  expect(await stateOf(rig)).toMatchObject({ phase: 'running', inFlight: 1 });
});

it('an ended batch is looked after until its webhook has arrived', async () => {
  const url = newHosts()('own');
  const { at } = receivers({ [url]: [500, 200] });
  const rig = await newRig(linesOf(['a']), { spec: { webhook: { url, secret: null } } });
  await runToEnd(rig);
  // By its own alarm or by this: whichever is first, the other finds nothing to do.
  await runDurableObjectAlarm(rig.batch);
  const delivery = async () => (await rig.batch.delivery(rig.client.accountId))?.delivery;
  await expect.poll(async () => (await delivery())?.attempts.length).toBe(1);
  await loseAlarm(rig.batch);
  await sweepBatches(env, Date.now());
  expect(await lookedAfter(rig.client.accountId)).toEqual([rig.id]);
  passTime(6_000);
  await runDurableObjectAlarm(rig.batch);
  await expect.poll(async () => (await delivery())?.status).toBe('delivered');
  expect(at(url)).toHaveLength(2);
  await sweepBatches(env, Date.now());
  expect(await lookedAfter(rig.client.accountId)).toEqual([]);
});

it('an ended batch whose webhook is sent again is looked after again', async () => {
  const url = newHosts()('again');
  const { at } = receivers({ [url]: [200, 500, 200] });
  const rig = await newRig(linesOf(['a']), { spec: { webhook: { url, secret: null } } });
  await runToEnd(rig);
  await runDurableObjectAlarm(rig.batch);
  await expect.poll(() => at(url).length).toBe(1);
  await sweepBatches(env, Date.now());
  expect(await lookedAfter(rig.client.accountId)).toEqual([]);
  await rig.batch.resendWebhook(rig.client.accountId);
  await runDurableObjectAlarm(rig.batch);
  await expect.poll(() => at(url).length).toBe(2);
  expect(await lookedAfter(rig.client.accountId)).toEqual([rig.id]);
  await loseAlarm(rig.batch);
  await sweepBatches(env, Date.now());
  expect(await alarmOf(rig.batch)).not.toBeNull();
});

it('a batch that nobody is told of is not looked after once it has ended', async () => {
  const rig = await newRig(linesOf(['a']));
  expect(await lookedAfter(rig.client.accountId)).toEqual([rig.id]);
  await runToEnd(rig);
  expect(await lookedAfter(rig.client.accountId)).toEqual([]);
});

it('an endpoint’s delivery whose alarm is lost is tried again', async () => {
  const url = newHosts()('endpoint');
  const { at } = receivers({ [url]: [500, 200] });
  const hooks = await newHooks();
  const { id } = await hooks.add(url);
  await hooks.publish('evt_lost');
  await expect.poll(async () => (await hooks.deliveries(id))[0]?.attempts.length).toBe(1);
  await loseAlarm(hooks.webhooks());
  passTime(6_000);
  await sweepBatches(env, Date.now());
  await expect.poll(async () => (await hooks.deliveries(id))[0]?.status).toBe('delivered');
  expect(at(url)).toHaveLength(2);
});
