// Decides what follows a delivery attempt: done, another attempt at a time, or given up. No I/O, no clock.
import type { DeliveryStatus } from '../contract/webhooks';
import type { DeliveryOutcome } from './deliver';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The wait after each attempt that failed: Standard Webhooks 1.0, "Deliverability and reliability". Three days in all. */
const STANDARD_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Either way, as a share of the wait: receivers that failed together are not called together again. */
const JITTER_SHARE = 0.1;

/** The longest wait a receiver may ask for: no longer than the schedule's own. */
const RETRY_AFTER_LIMIT_MS = 24 * HOUR_MS;

/** The receiver wants no more of this: Standard Webhooks says to stop. */
export const STATUS_GONE = 410;

export interface DeliveryDecision {
  status: DeliveryStatus;
  /** Epoch milliseconds of the next attempt; null unless pending. */
  nextAt: number | null;
}

export function isDelivered(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

/**
 * The waits after each failed attempt, in milliseconds. The setting `WEBHOOK_RETRY_SECONDS`, e.g. "5,60,600", replaces the
 * standard's; what is no list of numbers above 0 counts as not set.
 */
export function retryDelays(env: Pick<Env, 'WEBHOOK_RETRY_SECONDS'>): readonly number[] {
  const seconds = (env.WEBHOOK_RETRY_SECONDS ?? '').split(',').map(Number);
  const isValid = seconds.every((wait) => wait > 0 && Number.isFinite(wait));
  return isValid ? seconds.map((wait) => wait * SECOND_MS) : STANDARD_DELAYS_MS;
}

/**
 * What follows attempt number `attempt` (from 1), which ended at `now` (epoch milliseconds) with `outcome`.
 * `random` lies in [0, 1) and places the jitter.
 */
export function decideDelivery(
  { status, retryAfterMs }: Pick<DeliveryOutcome, 'status' | 'retryAfterMs'>,
  attempt: number,
  now: number,
  random: number,
  delays: readonly number[] = STANDARD_DELAYS_MS,
): DeliveryDecision {
  if (isDelivered(status)) return { status: 'delivered', nextAt: null };
  const delay = delays[attempt - 1];
  if (status === STATUS_GONE || delay === undefined) return { status: 'failed', nextAt: null };
  const scheduled = delay * (1 + JITTER_SHARE * (2 * random - 1));
  const asked = Math.min(retryAfterMs ?? 0, RETRY_AFTER_LIMIT_MS);
  return { status: 'pending', nextAt: now + Math.ceil(Math.max(scheduled, asked)) };
}
