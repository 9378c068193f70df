// Which request with an `Idempotency-Key` runs: every state of a key by every request.
import { describe, expect, it } from 'vitest';
import { decideClaim, IDEMPOTENCY_LEASE_MS, newHeldKey } from '../../src/accounts/idempotency-claim';

const NOW = Date.UTC(2026, 0, 31, 12);
const DAY_MS = 86_400_000;
const SOON = NOW + 1_000;
const SILENT = NOW + IDEMPOTENCY_LEASE_MS;

const running = newHeldKey({ fingerprint: 'a', id: 'batch_1', holder: 'h' }, NOW);
const done = { ...running, answer: { status: 200, headers: [], parts: 1 } };
const unread = { ...running, fingerprint: null };

describe('a request', () => {
  it.each([
    ['the first of its key runs', null, 'a', NOW, { state: 'first' }],
    ['a twin waits for the first', running, 'a', NOW, { state: 'running', retryAfterMs: 1_000 }],
    ['a later twin waits longer', running, 'a', NOW + 5_000, { state: 'running', retryAfterMs: 5_000 }],
    ['no twin waits for a lost one', running, 'a', SILENT - 10, { state: 'running', retryAfterMs: 10 }],
    ['another one is refused while the first runs', running, 'b', SOON, { state: 'mismatch' }],
    ['a repeat after a silent run runs again', running, 'a', SILENT, { state: 'rerun' }],
    ['another one is refused after a silent run, too', running, 'b', SILENT, { state: 'mismatch' }],
    ['a repeat is answered once there is an answer', done, 'a', SOON, { state: 'done' }],
    ['a repeat is answered long after', done, 'a', NOW + DAY_MS - 1, { state: 'done' }],
    ['another one is refused once there is an answer', done, 'b', SOON, { state: 'mismatch' }],
    ['after a day the key is new', done, 'a', NOW + DAY_MS, { state: 'first' }],
    ['after a day the key is new for others', done, 'b', NOW + DAY_MS, { state: 'first' }],
    // Whoever asks without a fingerprint compares by itself.
    ['that is not read yet is answered', done, null, SOON, { state: 'done' }],
    ['that is not read yet waits', unread, null, SOON, { state: 'running', retryAfterMs: 1_000 }],
    ['waits for one that is not read yet', unread, 'a', SOON, { state: 'running', retryAfterMs: 1_000 }],
    ['runs after one that was never read', unread, 'a', SILENT, { state: 'rerun' }],
  ] as const)('%s', (_name, held, fingerprint, now, decision) => {
    expect(decideClaim(held, fingerprint, now)).toEqual(decision);
  });
});
