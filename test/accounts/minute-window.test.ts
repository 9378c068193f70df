// The window of a minute: never more than was allowed in any 60 s, and no wait longer than it has to be.
import { describe, expect, it } from 'vitest';
import { MinuteWindow } from '../../src/accounts/minute-window';
import { newSeed, randomFrom } from '../batches/rig';

describe('a window', () => {
  it('holds what was taken for 60 s, to the millisecond', () => {
    const window = new MinuteWindow();
    window.take(2, 1_000);
    window.take(3, 1_500);
    expect(window.used(60_999)).toBe(5);
    expect(window.used(61_000)).toBe(3);
    expect(window.used(61_500)).toBe(0);
  });

  it('says how long until so much is free', () => {
    const window = new MinuteWindow();
    window.take(2, 1_000);
    window.take(3, 1_500);
    expect(window.msUntil(5, 2_000)).toBe(0);
    expect(window.msUntil(4, 2_000)).toBe(59_000);
    expect(window.msUntil(3, 2_000)).toBe(59_000);
    expect(window.msUntil(2, 2_000)).toBe(59_500);
    expect(window.msUntil(0, 2_000)).toBe(59_500);
    expect(new MinuteWindow().msUntil(0, 2_000)).toBe(0);
  });

  it('corrects what was taken where it was taken, and not what has left', () => {
    const window = new MinuteWindow();
    const early = window.take(100, 1_000);
    const late = window.take(100, 2_000);
    window.correct(early, -90, 3_000);
    window.correct(late, 50, 3_000);
    expect(window.used(3_000)).toBe(160);
    expect(window.used(61_000)).toBe(150);
    window.correct(early, -1000, 61_000);
    window.correct(1_234, -1000, 61_000);
    expect(window.used(61_000)).toBe(150);
  });

  it('keeps the order where the clock was set back', () => {
    const window = new MinuteWindow();
    window.take(1, 5_000);
    expect(window.take(1, 4_000)).toBe(5_000);
    expect(window.used(64_999)).toBe(2);
    expect(window.used(65_000)).toBe(0);
  });

  it('agrees with a count of every single take, over random minutes', () => {
    const random = randomFrom(newSeed('minute window'));
    const window = new MinuteWindow();
    const taken: { at: number; amount: number }[] = [];
    let now = 0;
    for (let step = 0; step < 20_000; step++) {
      now += Math.floor(random() * 40);
      const inside = () => taken.filter(({ at }) => at > now - 60_000);
      if (random() < 0.1 && taken.length > 0) {
        const one = taken[Math.floor(random() * taken.length)];
        if (one && taken.filter(({ at }) => at === one.at).length === 1) {
          const difference = -Math.floor(random() * one.amount);
          window.correct(one.at, difference, now);
          one.amount += difference;
        }
      }
      const amount = 1 + Math.floor(random() * 50);
      taken.push({ at: window.take(amount, now), amount });
      if (step % 97 === 0) {
        expect(window.used(now)).toBe(inside().reduce((sum, one) => sum + one.amount, 0));
        const level = Math.floor(random() * window.used(now));
        const wait = window.msUntil(level, now);
        const left = (at: number) =>
          taken.filter((one) => one.at > at - 60_000).reduce((sum, one) => sum + one.amount, 0);
        expect(left(now + wait)).toBeLessThanOrEqual(level);
        expect(left(now + wait - 1)).toBeGreaterThan(level);
      }
    }
  });
});
