// Decides what an attempt's outcome means for its endpoint: how long others to it wait, and whether it is disabled.
// No I/O, no clock.
import type { DisabledReason } from '../contract/webhooks';
import type { DeliveryOutcome } from './deliver';
import { isDelivered, STATUS_GONE } from './schedule';

/** Milliseconds, as all times here. */
export interface EndpointHealth {
  /** Failed attempts in a row, of whatever delivery. */
  failures: number;
  /** When the first of them ended; null while there is none. */
  failingSince: number | null;
  /** Until then nothing is sent to it. */
  heldUntil: number | null;
}

export const HEALTHY: EndpointHealth = { failures: 0, failingSince: null, heldUntil: null };

/** Nothing but failures for so long, and the endpoint is disabled: Standard Webhooks suggests "multiple days". */
const FAILING_LIMIT_MS = 5 * 86_400_000;

/** Fewer failures in a row are the deliveries' own: each waits by its own schedule. */
const HOLD_AFTER_FAILURES = 5;

/** Then one delivery at a time asks whether the endpoint is back, after this long, twice as long with each failure … */
const FIRST_HOLD_MS = 5_000;

/** … and no longer than this: one request in five minutes harms no one, and is soon enough for a receiver that came back. */
const HOLD_LIMIT_MS = 300_000;

/** As a share of the wait, on top of it. */
const JITTER_SHARE = 0.1;

/**
 * An endpoint's health after an attempt that ended at `now`, and why it is to be disabled, or null.
 * `random` lies in [0, 1) and places the jitter.
 */
export function decideHealth(
  { failures: before, failingSince: since }: EndpointHealth,
  { status }: Pick<DeliveryOutcome, 'status'>,
  now: number,
  random: number,
): { health: EndpointHealth; disable: DisabledReason | null } {
  if (isDelivered(status)) return { health: HEALTHY, disable: null };
  const failures = before + 1;
  const failingSince = since ?? now;
  const hold = Math.min(FIRST_HOLD_MS * 2 ** (failures - HOLD_AFTER_FAILURES), HOLD_LIMIT_MS);
  const heldUntil =
    failures < HOLD_AFTER_FAILURES ? null : now + Math.ceil(hold * (1 + JITTER_SHARE * random));
  const isFailing = now - failingSince >= FAILING_LIMIT_MS;
  return {
    health: { failures, failingSince, heldUntil },
    disable: status === STATUS_GONE ? 'gone' : isFailing ? 'failing' : null,
  };
}
