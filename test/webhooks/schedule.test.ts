// What follows an attempt to deliver.
import { describe, expect, it } from 'vitest';
import { decideDelivery, retryDelays } from '../../src/webhooks/schedule';

const NOW = 1_800_000_000_000;
const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** No jitter either way. */
const MIDDLE = 0.5;

const answered = (status: number | null, retryAfterMs: number | null = null) => ({ status, retryAfterMs });
const waitAfter = (attempt: number, random: number, retryAfterMs: number | null = null) =>
  (decideDelivery(answered(500, retryAfterMs), attempt, NOW, random).nextAt ?? Number.NaN) - NOW;

const WAITS: [attempt: number, wait: number][] = [
  [1, 5 * SECOND],
  [2, 300 * SECOND],
  [3, HOUR / 2],
  [4, 2 * HOUR],
  [5, 5 * HOUR],
  [6, 10 * HOUR],
  [7, 14 * HOUR],
  [8, 20 * HOUR],
  [9, 24 * HOUR],
];

describe.each(WAITS)('after failed attempt %i', (attempt, wait) => {
  it('the next one follows within a tenth of the scheduled wait', () => {
    expect(waitAfter(attempt, 0)).toBe(wait * 0.9);
    expect(waitAfter(attempt, MIDDLE)).toBe(wait);
    for (const random of [0.001, 0.25, 0.75, 0.999, 1 - Number.EPSILON]) {
      const jittered = waitAfter(attempt, random);
      expect(Number.isInteger(jittered)).toBe(true);
      expect(jittered).toBeGreaterThanOrEqual(wait * 0.9);
      expect(jittered).toBeLessThanOrEqual(wait * 1.1);
    }
  });

  it('a longer wait the receiver asks for is kept, up to a day', () => {
    for (const random of [0, MIDDLE, 0.999]) {
      expect(waitAfter(attempt, random, 24 * HOUR)).toBeGreaterThanOrEqual(24 * HOUR);
      expect(waitAfter(attempt, random, 1000 * HOUR)).toBe(waitAfter(attempt, random, 24 * HOUR));
    }
    expect(waitAfter(attempt, 0, 1000 * HOUR)).toBe(24 * HOUR);
  });

  it('a shorter wait the receiver asks for changes nothing', () => {
    for (const asked of [0, 1, wait / 2]) expect(waitAfter(attempt, MIDDLE, asked)).toBe(wait);
  });
});

it('gives up after the tenth failed attempt', () => {
  for (const attempt of [10, 11, 100]) {
    expect(decideDelivery(answered(503, 1000), attempt, NOW, MIDDLE)).toEqual({
      status: 'failed',
      nextAt: null,
    });
  }
});

it.each([200, 201, 202, 204, 206, 299])('is done after HTTP %i at any attempt', (status) => {
  for (const attempt of [1, 5, 10]) {
    expect(decideDelivery(answered(status, 60_000), attempt, NOW, 0)).toEqual({
      status: 'delivered',
      nextAt: null,
    });
  }
});

it('stops at once after 410 Gone', () => {
  expect(decideDelivery(answered(410, 60_000), 1, NOW, MIDDLE)).toEqual({ status: 'failed', nextAt: null });
});

it.each([
  null,
  101,
  300,
  301,
  302,
  307,
  308,
  400,
  401,
  403,
  404,
  405,
  408,
  409,
  413,
  422,
  425,
  429,
  500,
  503,
  599,
])('tries again after %s', (status) => {
  expect(decideDelivery(answered(status), 1, NOW, MIDDLE)).toEqual({
    status: 'pending',
    nextAt: NOW + 5 * SECOND,
  });
});

describe('the setting WEBHOOK_RETRY_SECONDS', () => {
  it('replaces the waits and their number', () => {
    const delays = retryDelays({ WEBHOOK_RETRY_SECONDS: '1, 2.5,60' });
    expect(delays).toEqual([1000, 2500, 60_000]);
    expect(decideDelivery(answered(500), 3, NOW, MIDDLE, delays).nextAt).toBe(NOW + 60_000);
    expect(decideDelivery(answered(500), 4, NOW, MIDDLE, delays).status).toBe('failed');
  });

  it.each([undefined, '', '5,', '5,0', '-1', 'often', '5;60', 'Infinity'])(
    '%j counts as not set',
    (value) => {
      const env = value === undefined ? {} : { WEBHOOK_RETRY_SECONDS: value };
      expect(retryDelays(env).map((delay) => delay / SECOND)).toEqual(WAITS.map(([, wait]) => wait / SECOND));
    },
  );
});
