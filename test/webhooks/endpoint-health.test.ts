// What outcomes mean for an endpoint: who is held back, for how long, and who is disabled.
import { describe, expect, it } from 'vitest';
import { decideHealth, type EndpointHealth, HEALTHY } from '../../src/webhooks/endpoint-health';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;

/** The health after so many failures in a row, one a minute. */
function afterFailures(count: number, random = 0): EndpointHealth {
  let health = HEALTHY;
  for (let n = 0; n < count; n++) {
    health = decideHealth(health, { status: n % 2 ? 500 : null }, NOW + n * 60_000, random).health;
  }
  return health;
}

const holdOf = (count: number, random = 0) =>
  (afterFailures(count, random).heldUntil ?? Number.NaN) - (NOW + (count - 1) * 60_000);

it('a few failures hold nothing back', () => {
  for (const count of [1, 2, 3, 4]) {
    expect(afterFailures(count)).toEqual({ failures: count, failingSince: NOW, heldUntil: null });
  }
});

it('from the fifth on, each doubles the wait, up to five minutes', () => {
  const holds = [5, 6, 7, 8, 9, 10, 11, 12, 40, 2000].map((count) => holdOf(count));
  expect(holds).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000, 300_000]);
});

it('the wait is up to a tenth longer, so that endpoints that failed together do not come back together', () => {
  for (const random of [0.001, 0.5, 0.999]) {
    expect(holdOf(5, random)).toBeGreaterThan(5_000);
    expect(holdOf(5, random)).toBeLessThanOrEqual(5_500);
  }
});

it.each([200, 201, 204, 299])('a %i makes it healthy', (status) => {
  expect(decideHealth(afterFailures(50), { status }, NOW, 0)).toEqual({ health: HEALTHY, disable: null });
});

describe('disabling', () => {
  const failing = { ...afterFailures(9), failingSince: NOW };

  it('comes with the first failure five days after the first', () => {
    expect(decideHealth(failing, { status: 500 }, NOW + 5 * DAY - 1, 0).disable).toBe(null);
    expect(decideHealth(failing, { status: 500 }, NOW + 5 * DAY, 0).disable).toBe('failing');
    expect(decideHealth(failing, { status: null }, NOW + 50 * DAY, 0).disable).toBe('failing');
    expect(decideHealth(failing, { status: 200 }, NOW + 50 * DAY, 0).disable).toBe(null);
  });

  it('comes at once with a 410', () => {
    expect(decideHealth(HEALTHY, { status: 410 }, NOW, 0).disable).toBe('gone');
    for (const status of [301, 400, 401, 404, 429, 500, null]) {
      expect(decideHealth(HEALTHY, { status }, NOW, 0).disable).toBe(null);
    }
  });
});
