// Decides whether an endpoint may have another attempt now, so that slow and failing receivers delay no others.
// No I/O, no clock.
import type { EndpointHealth } from './endpoint-health';

/** An invocation waits for the headers of six connections at most. */
const ATTEMPTS_LIMIT = 6;

/** The others wait for their turn: a receiver is never flooded. */
const ATTEMPTS_PER_ENDPOINT = 2;

/** Failing endpoints often hang for the whole time an answer may take; half of all connections stay free of them. */
const FAILING_ATTEMPTS_LIMIT = 3;

/** Attempts under way. */
export interface AttemptLoad {
  all: number;
  /** To endpoints whose last attempt failed. */
  failing: number;
  /** To this endpoint. */
  own: number;
}

/** Whether an attempt to an endpoint may begin at `now`. */
export function hasRoom(
  { failures, heldUntil }: Pick<EndpointHealth, 'failures' | 'heldUntil'>,
  load: AttemptLoad,
  now: number,
): boolean {
  if (load.all >= ATTEMPTS_LIMIT || (heldUntil !== null && heldUntil > now)) return false;
  if (failures === 0) return load.own < ATTEMPTS_PER_ENDPOINT;
  return load.own === 0 && load.failing < FAILING_ATTEMPTS_LIMIT;
}
