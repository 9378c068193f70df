// The lease of work that one consumer at a time may hold.
import { describe, expect, it } from 'vitest';
import * as lease from '../../src/batches/lease';

const NOW = 1_800_000_000_000;

const WAITING: lease.Lease = { status: 'waiting', epoch: 4, deadline: 0, notBefore: NOW - 1, losses: 2 };
const QUEUED: lease.Lease = { ...WAITING, status: 'queued', epoch: 5, deadline: NOW + 10 };
const LEASED: lease.Lease = { ...QUEUED, status: 'leased', losses: 0 };
const DONE: lease.Lease = { ...QUEUED, status: 'done' };
const BY_STATUS = { waiting: { ...WAITING, epoch: 5 }, queued: QUEUED, leased: LEASED, done: DONE };

describe('dispatched work', () => {
  it('is queued under the next epoch', () => {
    expect(lease.dispatch(lease.NEW_LEASE, NOW)).toMatchObject({ status: 'queued', epoch: 1 });
    expect(lease.dispatch(WAITING, NOW)).toMatchObject({ status: 'queued', epoch: 5, losses: 2 });
  });

  it.each([
    [0, 15],
    [1, 30],
    [2, 60],
    [5, 480],
    [6, 960],
    [7, 960],
    [1000, 960],
  ])('waits, lost %i times in a row, %i seconds for its consumer', (losses, seconds) => {
    expect(lease.dispatch({ ...WAITING, losses }, NOW).deadline).toBe(NOW + seconds * 1000);
  });
});

describe('a claim', () => {
  it('of queued work under its epoch gives it a lease', () => {
    expect(lease.claim(QUEUED, 5, NOW)).toEqual({
      ...QUEUED,
      status: 'leased',
      deadline: NOW + lease.LEASE_MS,
      // It was not lost this time: the next wait in the queue is a short one again.
      losses: 0,
    });
  });

  it('under any other epoch is refused', () => {
    for (const epoch of [0, 4, 6]) expect(lease.claim(QUEUED, epoch, NOW)).toBeNull();
  });

  it.each(['waiting', 'leased', 'done'] as const)('of work that is %s is refused', (status) => {
    expect(lease.claim(BY_STATUS[status], 5, NOW)).toBeNull();
  });

  it('that comes late is good as long as nobody took the work back', () => {
    expect(lease.claim(QUEUED, 5, QUEUED.deadline + 60_000)).not.toBeNull();
  });
});

describe('a sign of life', () => {
  it('of whoever holds the work extends the lease and ends the row of losses', () => {
    expect(lease.extend({ ...LEASED, losses: 1 }, 5, NOW)).toEqual({
      ...LEASED,
      deadline: NOW + lease.LEASE_MS,
      losses: 0,
    });
  });

  it('under any other epoch is refused', () => {
    for (const epoch of [0, 4, 6]) expect(lease.extend(LEASED, epoch, NOW)).toBeNull();
  });

  it.each(['waiting', 'queued', 'done'] as const)('of work that is %s is refused', (status) => {
    expect(lease.extend(BY_STATUS[status], 5, NOW)).toBeNull();
  });
});

describe('a lease that is overdue', () => {
  const overdue = { ...LEASED, deadline: NOW };

  it('has its time once more from when all signs of life are known, if its last ones may not be', () => {
    const prolonged = { ...overdue, deadline: NOW - 5_000 + lease.LEASE_MS, losses: 1 };
    expect(lease.prolong(overdue, NOW - 5_000, NOW)).toEqual(prolonged);
    expect(lease.extend(prolonged, 5, NOW)).toMatchObject({ losses: 0 });
  });

  it('is not prolonged a second time, though the object went away again', () => {
    expect(lease.prolong({ ...overdue, losses: 1 }, NOW, NOW)).toBeNull();
  });

  it('is not prolonged where every sign of life since its last is known', () => {
    expect(lease.prolong(overdue, NOW - lease.LEASE_MS, NOW)).toBeNull();
    expect(lease.prolong(overdue, NOW - lease.LEASE_MS - 1, NOW)).toBeNull();
  });

  it('is not prolonged into the past', () => {
    const old = { ...overdue, deadline: NOW - 60_000 };
    expect(lease.prolong(old, NOW - lease.LEASE_MS, NOW)).toBeNull();
  });

  it.each(['waiting', 'queued', 'done'] as const)('of work that is %s is none', (status) => {
    expect(lease.prolong({ ...BY_STATUS[status], deadline: NOW, losses: 0 }, NOW, NOW)).toBeNull();
  });
});

describe('reclaiming', () => {
  it.each(['queued', 'leased'] as const)(
    'takes back work that is %s once its deadline has come',
    (status) => {
      const held = BY_STATUS[status];
      expect(lease.reclaim(held, held.deadline - 1)).toBeNull();
      expect(lease.reclaim(held, held.deadline)).toEqual({
        ...held,
        status: 'waiting',
        notBefore: held.deadline,
        losses: held.losses + 1,
      });
    },
  );

  it.each(['waiting', 'done'] as const)('leaves work alone that is %s', (status) => {
    expect(lease.reclaim(BY_STATUS[status], NOW + 1e9)).toBeNull();
  });

  it('counts a lease that was prolonged as lost once', () => {
    const prolonged = lease.prolong(LEASED, NOW, NOW);
    expect(prolonged && lease.reclaim(prolonged, NOW + lease.LEASE_MS)?.losses).toBe(1);
  });

  it('lets the work wait as long as asked', () => {
    expect(lease.reclaim(LEASED, NOW + 10, NOW + 2_000)?.notBefore).toBe(NOW + 2_000);
  });

  it('shuts out who held the work, also before it goes out again', () => {
    const back = lease.reclaim(LEASED, NOW + 10);
    if (back === null) throw new Error('not reclaimed');
    expect(lease.claim(back, 5, NOW + 11)).toBeNull();
    expect(lease.extend(back, 5, NOW + 11)).toBeNull();
    const again = lease.dispatch(back, NOW + 12);
    expect(lease.claim(again, 5, NOW + 13)).toBeNull();
    expect(lease.claim(again, 6, NOW + 13)).not.toBeNull();
  });
});
