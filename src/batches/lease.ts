// Work that one consumer at a time may hold: it waits, is queued as a message, is leased to who claims it, is done.
// Pure: no I/O, no clock, `now` is passed in. What is lost on the way goes back to wait, under a new epoch.

/** How long dispatched work may wait in the queue before it counts as lost. Doubles with every loss. */
const QUEUE_WAIT_MS = 15_000;
const QUEUE_WAIT_DOUBLINGS = 6;

/** How long claimed work stays its consumer's without a sign of life. Consumers beat every third of it. */
export const LEASE_MS = 15_000;

export type LeaseStatus = 'waiting' | 'queued' | 'leased' | 'done';

/** Times are milliseconds. */
export interface Lease {
  status: LeaseStatus;
  /** The fencing token: grows with every dispatch, so that whoever held the work before can no longer commit. */
  epoch: number;
  /** queued, leased: when the work counts as lost. What is stored of a lease may be older than its last sign of life. */
  deadline: number;
  /** waiting: not before this time. */
  notBefore: number;
  /** How often it was lost in a row. Of leased work, 1 says that its lease was prolonged. */
  losses: number;
}

export const NEW_LEASE: Lease = { status: 'waiting', epoch: 0, deadline: 0, notBefore: 0, losses: 0 };

/** Waiting work goes to the queue under a new epoch. */
export function dispatch(lease: Lease, now: number): Lease {
  const waitMs = QUEUE_WAIT_MS * 2 ** Math.min(lease.losses, QUEUE_WAIT_DOUBLINGS);
  return { ...lease, status: 'queued', epoch: lease.epoch + 1, deadline: now + waitMs };
}

/** A message arrived: the work is its consumer's, or null for a message that is stale, repeated or too late. */
export function claim(lease: Lease, epoch: number, now: number): Lease | null {
  if (lease.status !== 'queued' || lease.epoch !== epoch) return null;
  return { ...lease, status: 'leased', deadline: now + LEASE_MS, losses: 0 };
}

/** A sign of life of whoever holds the work under this epoch, or null where it is no longer theirs. */
export function extend(lease: Lease, epoch: number, now: number): Lease | null {
  if (lease.status !== 'leased' || lease.epoch !== epoch) return null;
  return { ...lease, deadline: now + LEASE_MS, losses: 0 };
}

/**
 * Signs of life are heard in memory alone: a lease whose last ones may have been heard by an object that is gone gets
 * its time once more. Once only, and so written down, since objects may go away between any two looks at a lease.
 *
 * @param heardSince from when on all signs of life are known
 * @returns null for work whose every sign is known, or that had its second time
 */
export function prolong(lease: Lease, heardSince: number, now: number): Lease | null {
  const deadline = heardSince + LEASE_MS;
  const isKnown = lease.deadline >= deadline || deadline <= now;
  if (lease.status !== 'leased' || lease.losses > 0 || isKnown) return null;
  return { ...lease, deadline, losses: 1 };
}

/** Work whose deadline has passed goes back to wait until `notBefore`; null for work that is not lost. */
export function reclaim(lease: Lease, now: number, notBefore = now): Lease | null {
  if ((lease.status !== 'queued' && lease.status !== 'leased') || lease.deadline > now) return null;
  // A prolonged lease is lost once, not twice.
  const losses = lease.status === 'leased' ? 1 : lease.losses + 1;
  return { ...lease, status: 'waiting', notBefore, losses };
}
