// A batch's webhook: kept with the batch until it is delivered, with the same id at every attempt.
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DeliveryAttempt } from '../../src/contract/webhooks';
import { eventually } from '../eventually';
import { errorOf } from '../http/client';
import {
  expectSound,
  linesOf,
  newFileRig,
  newRig,
  passTime,
  type Rig,
  readBatch,
  restore,
  runToEnd,
  stopClock,
} from './rig';

afterEach(restore);

const URL_OF_HOOK = 'https://hooks.example.com/quire';

interface Attempt {
  headers: Headers;
  body: string;
}

/** Answers the attempts with these statuses, the last one for all that follow; 0 is a lost connection. */
function receiver(...statuses: number[]): Attempt[] {
  const attempts: Attempt[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    expect(String(input)).toBe(URL_OF_HOOK);
    attempts.push({
      headers: new Headers(init?.headers),
      body: new TextDecoder().decode(init?.body as Uint8Array),
    });
    const status = statuses[attempts.length - 1] ?? statuses.at(-1) ?? 200;
    if (status === 0) throw new Error('Network connection lost.');
    return new Response('ok', { status });
  });
  return attempts;
}

const newHooked = (contents = ['a', 'b']) =>
  newRig(linesOf(contents), { spec: { webhook: { url: URL_OF_HOOK, secret: 'secret' } } });

async function deliveriesOf({ client, id }: Rig): Promise<DeliveryAttempt[]> {
  return (await client.json<{ data: DeliveryAttempt[] }>('GET', `/api/v1/batches/${id}/deliveries`)).data;
}

/** Runs the alarms that are due now, as often as they are set again at once. */
async function ring(rig: Rig): Promise<void> {
  for (let n = 0; n < 3; n++) await runDurableObjectAlarm(rig.batch);
}

describe('a webhook', () => {
  it('brings the batch as it is once it has ended, once', async () => {
    const attempts = receiver(200);
    const rig = await newHooked();
    expect(attempts).toHaveLength(0);
    await runToEnd(rig);
    await ring(rig);
    expect(attempts).toHaveLength(1);
    const batch = await readBatch(rig.client, rig.id);
    expect(JSON.parse(attempts[0]?.body ?? '')).toEqual(batch);
    expect(attempts[0]?.headers.get('content-type')).toBe('application/json');
    expect(attempts[0]?.headers.get('webhook-id')).toMatch(/^evt_/);
    expect(await deliveriesOf(rig)).toMatchObject([{ attempt: 1, status: 200, error: null }]);
    passTime(86_400_000);
    await ring(rig);
    await rig.batch.wake();
    expect(attempts).toHaveLength(1);
  });

  it('that fails comes again with the same id and body, and a fresh time, until it arrives', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const attempts = receiver(500, 0, 302, 200);
    const rig = await newHooked();
    await runToEnd(rig);
    stopClock();
    expect(attempts).toHaveLength(1);
    // After 5 s, 5 min and 30 min, give or take a tenth.
    for (const [n, wait] of [5_000, 300_000, 1_800_000].entries()) {
      passTime(wait * 0.5);
      await ring(rig);
      expect(attempts).toHaveLength(n + 1);
      passTime(wait * 0.65);
      await ring(rig);
      expect(attempts).toHaveLength(n + 2);
    }
    const [first] = attempts;
    for (const { headers, body } of attempts) {
      expect([headers.get('webhook-id'), body]).toEqual([first?.headers.get('webhook-id'), first?.body]);
    }
    const times = attempts.map(({ headers }) => Number(headers.get('webhook-timestamp')));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(4);
    expect((await deliveriesOf(rig)).map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, null],
      [3, 302],
      [4, 200],
    ]);
    passTime(7 * 86_400_000);
    await ring(rig);
    expect(attempts).toHaveLength(4);
  });

  it('survives its object’s going away', async () => {
    const attempts = receiver(503, 503, 200);
    const rig = await newHooked();
    await runToEnd(rig);
    await ring(rig);
    for (const wait of [6_000, 340_000]) {
      await evictDurableObject(rig.batch);
      passTime(wait);
      await ring(rig);
    }
    expect(attempts).toHaveLength(3);
    expect(new Set(attempts.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1);
    expect(await deliveriesOf(rig)).toHaveLength(3);
    await expectSound(rig.client, rig.id, rig.customIds);
  });

  it('stops where the receiver is gone for good', async () => {
    const attempts = receiver(410);
    const rig = await newHooked();
    await runToEnd(rig);
    await ring(rig);
    passTime(86_400_000);
    await ring(rig);
    expect(attempts).toHaveLength(1);
  });

  it('tells of every end: a cancel, a refused file, a window that is over', async () => {
    const attempts = receiver(200);
    const cancelled = await newHooked();
    await cancelled.batch.cancel(cancelled.client.accountId);
    await cancelled.batch.cancel(cancelled.client.accountId);
    await ring(cancelled);
    const refused = await newFileRig('{}\n', { spec: { webhook: { url: URL_OF_HOOK, secret: null } } });
    await runToEnd(refused);
    await ring(refused);
    const expired = await newHooked();
    passTime(86_400_000);
    await expired.batch.wake();
    await ring(expired);
    expect(attempts.map(({ body }) => JSON.parse(body)).map(({ id, status }) => [id, status])).toEqual([
      [cancelled.id, 'cancelled'],
      [refused.id, 'failed'],
      [expired.id, 'failed'],
    ]);
  });

  it('keeps its batch past its retention until it is delivered or given up', async () => {
    const attempts = receiver(500);
    const rig = await newHooked();
    await runToEnd(rig);
    await ring(rig);
    passTime(31 * 86_400_000);
    await runDurableObjectAlarm(rig.batch);
    expect(attempts).toHaveLength(2);
    expect(await rig.batch.holdsData()).toBe(true);
    for (let n = 0; n < 10; n++) {
      passTime(2 * 86_400_000);
      await runDurableObjectAlarm(rig.batch);
    }
    // Ten attempts by the schedule, the last of which gives it up.
    expect(attempts).toHaveLength(10);
    expect(await rig.batch.holdsData()).toBe(false);
  });
});

describe('sending again', () => {
  const resend = ({ client, id }: Rig) => client.send('POST', `/api/v1/batches/${id}/deliveries/resend`);

  it('while an attempt is under way is not forgotten when that fails for good', async () => {
    let isResent = false;
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
    fetched.mockImplementationOnce(async () => {
      while (!isResent) await scheduler.wait(5);
      return new Response(null, { status: 410 });
    });
    const rig = await newHooked();
    // Ended by the client: the alarm has nothing but the webhook left to do.
    await rig.batch.cancel(rig.client.accountId);
    const alarm = runDurableObjectAlarm(rig.batch);
    await eventually(() => expect(fetched).toHaveBeenCalledOnce());
    expect((await resend(rig)).status).toBe(202);
    isResent = true;
    await alarm;
    await ring(rig);
    expect((await deliveriesOf(rig)).map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 410],
      [2, 200],
    ]);
  });

  it.each([
    ['arrived', 200],
    ['failed and is still to be tried', 500],
    ['was given up', 410],
  ])('a webhook that %s comes with its id and a fresh time', async (_name, status) => {
    const attempts = receiver(status, 200);
    const rig = await newHooked();
    await runToEnd(rig);
    await ring(rig);
    expect(attempts).toHaveLength(1);
    passTime(2_000);
    const response = await resend(rig);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ object: 'webhook_delivery', status: 'pending' });
    await ring(rig);
    expect(attempts).toHaveLength(2);
    const [first, second] = attempts;
    expect(second?.headers.get('webhook-id')).toBe(first?.headers.get('webhook-id'));
    expect(second?.headers.get('webhook-timestamp')).not.toBe(first?.headers.get('webhook-timestamp'));
    expect(second?.body).toBe(first?.body);
    expect((await deliveriesOf(rig)).map((one) => [one.attempt, one.status])).toEqual([
      [1, status],
      [2, 200],
    ]);
    passTime(86_400_000);
    await ring(rig);
    expect(attempts).toHaveLength(2);
  });

  it('begins the schedule anew', async () => {
    const attempts = receiver(410, 500, 500, 200);
    const rig = await newHooked();
    await runToEnd(rig);
    await ring(rig);
    await resend(rig);
    await ring(rig);
    for (const wait of [6_000, 340_000]) {
      passTime(wait);
      await ring(rig);
    }
    expect(attempts).toHaveLength(4);
  });

  it('is refused before the end, and where there is no webhook', async () => {
    receiver(200);
    const rig = await newHooked();
    const early = await resend(rig);
    expect([early.status, (await errorOf(early)).type]).toEqual([409, 'conflict']);
    const without = await newRig(linesOf(['a']));
    await runToEnd(without);
    const refused = await resend(without);
    expect([refused.status, (await errorOf(refused)).type]).toEqual([400, 'invalid_request']);
  });
});

it('a batch without a webhook calls nobody', async () => {
  const attempts = receiver(200);
  const rig = await newRig(linesOf(['a']));
  await runToEnd(rig);
  await ring(rig);
  expect(attempts).toHaveLength(0);
  expect(await deliveriesOf(rig)).toEqual([]);
});
