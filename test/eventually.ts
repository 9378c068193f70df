// Waiting for what must come to be so, however busy the machine is.
import { vi } from 'vitest';

/** Long: who waits goes on at once, and only a test that fails takes all of it. */
const LIMIT_MS = 240_000;

/**
 * Calls `check` until it throws no more, and answers what it returned.
 *
 * @throws what `check` threw last, after four minutes
 */
export function eventually<T>(check: () => T | Promise<T>, lookIntervalMs = 20): Promise<T> {
  return vi.waitFor(check, { timeout: LIMIT_MS, interval: lookIntervalMs });
}
