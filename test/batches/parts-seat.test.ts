// How much of an isolate's memory the parts of items take at once.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PartsSeat } from '../../src/batches/parts-seat';

const MEBIBYTE = 1024 ** 2;

const seats: PartsSeat[] = [];

afterEach(() => {
  for (const seat of seats.splice(0)) seat.leave();
  vi.useRealTimers();
});

function newSeat(signal = new AbortController().signal): PartsSeat {
  const seat = new PartsSeat(signal);
  seats.push(seat);
  return seat;
}

/** Whether a promise is still pending after many looks for room. */
async function waits(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, scheduler.wait(350).then(() => pending)])) === pending;
}

describe('an item whose parts are to be read', () => {
  it('waits until those before it have left room for it', async () => {
    const [first, second, third] = [newSeat(), newSeat(), newSeat()];
    await first.take(10 * MEBIBYTE, 1);
    await second.take(10 * MEBIBYTE, 1);
    const taken = third.take(10 * MEBIBYTE, 1);
    expect(await waits(taken)).toBe(true);
    first.leave();
    await taken;
  });

  it('takes room for all its parts with the first one, and never waits for the others', async () => {
    const [many, other] = [newSeat(), newSeat()];
    await many.take(5 * MEBIBYTE, 4);
    const taken = other.take(5 * MEBIBYTE, 1);
    expect(await waits(taken)).toBe(true);
    // More than it said, and more than there is room for.
    for (let part = 0; part < 3; part++) await many.take(9 * MEBIBYTE, 4);
    many.leave();
    await taken;
  });

  it('of any size has room where nobody else holds any', async () => {
    await newSeat().take(40 * MEBIBYTE, 9);
    expect(seats[0]?.bytes).toBe(40 * MEBIBYTE);
  });

  it('waits no longer once its batch is over', async () => {
    const over = new AbortController();
    await newSeat().take(20 * MEBIBYTE, 1);
    const taken = newSeat(over.signal).take(20 * MEBIBYTE, 1);
    over.abort();
    await expect(taken).rejects.toThrow();
  });

  it('does not wait for one whose invocation must have ended', async () => {
    await newSeat().take(20 * MEBIBYTE, 1);
    vi.useFakeTimers({ now: Date.now() + 15 * 60_000 + 1, toFake: ['Date'] });
    await newSeat().take(20 * MEBIBYTE, 1);
  });
});
