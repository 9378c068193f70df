// Whether a request with an `Idempotency-Key` runs, waits or is answered as before: a pure decision.

/** How long a run may be silent before its request may run again. Three signs of life fit in. */
export const IDEMPOTENCY_LEASE_MS = 15_000;

/** The shortest wait a twin is told. */
const RETRY_MINIMUM_MS = 1_000;

/** How long a key is remembered, from its first use on. */
const IDEMPOTENCY_WINDOW_MS = 24 * 3_600_000;

/** All that is kept of a key; times in milliseconds. The answer's bytes lie beside it. */
export interface HeldKey {
  /** What the request is known by; null until a run knows it. */
  fingerprint: string | null;
  /** The id of what the request makes, the same in every run; null where it makes nothing with an id. */
  id: string | null;
  /** The run that may record an answer. */
  holder: string;
  startedAt: number;
  leaseUntil: number;
  expiresAt: number;
  /** The first answer, and how many parts its body is kept in. */
  answer: { status: number; headers: [name: string, value: string][]; parts: number } | null;
}

export type ClaimDecision =
  | { state: 'first' }
  | { state: 'rerun' }
  | { state: 'done' }
  | { state: 'mismatch' }
  | { state: 'running'; retryAfterMs: number };

/** `fingerprint` is null where the request is only known once its body was read. */
export function decideClaim(held: HeldKey | null, fingerprint: string | null, now: number): ClaimDecision {
  if (held === null || now >= held.expiresAt) return { state: 'first' };
  const areKnown = fingerprint !== null && held.fingerprint !== null;
  if (areKnown && fingerprint !== held.fingerprint) return { state: 'mismatch' };
  if (held.answer !== null) return { state: 'done' };
  if (now >= held.leaseUntil) return { state: 'rerun' };
  // As long again as it has run; but the run may have died, and then it counts as lost at the end of its lease.
  const waitMs = Math.max(RETRY_MINIMUM_MS, now - held.startedAt);
  return { state: 'running', retryAfterMs: Math.min(waitMs, held.leaseUntil - now) };
}

/** A key's first use. */
export function newHeldKey(request: Pick<HeldKey, 'fingerprint' | 'id' | 'holder'>, now: number): HeldKey {
  return {
    ...request,
    startedAt: now,
    leaseUntil: now + IDEMPOTENCY_LEASE_MS,
    expiresAt: now + IDEMPOTENCY_WINDOW_MS,
    answer: null,
  };
}
