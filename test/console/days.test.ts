import { expect, it } from 'vitest';
import { daysUntil, monthStart, withEveryDay } from '../../src/console/usage/days';
import { NO_USAGE } from '../../src/contract/chat';

const NOW = Date.UTC(2026, 2, 1, 23, 59);

it('names the days up to today, in UTC and across months', () => {
  expect(daysUntil(NOW, 3)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
  expect(monthStart(NOW)).toBe('2026-03-01');
});

it('gives a day without use its zero', () => {
  const sum = { requests: 4, usage: NO_USAGE, cost: null };
  const rows = [{ day: '2026-02-28', ...sum, batch: { requests: 0, cost: null, discount: null } }];
  expect(withEveryDay(daysUntil(NOW, 2), rows, (row) => row.requests)).toEqual([
    { day: '2026-02-28', value: 4 },
    { day: '2026-03-01', value: 0 },
  ]);
});
