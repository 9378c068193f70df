// UTC days as the API names them: `2026-11-25`.
import type { UsageRow } from '../../contract/accounts';

const DAY_MS = 86_400_000;

/** So many days up to and with today, oldest first. */
export function daysUntil(now: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => dayOf(now - (count - 1 - index) * DAY_MS));
}

export function monthStart(now: number): string {
  return `${dayOf(now).slice(0, 7)}-01`;
}

/** A value for each day: the API leaves out days without use. */
export function withEveryDay(
  days: readonly string[],
  rows: readonly UsageRow[],
  value: (row: UsageRow) => number,
): { day: string; value: number }[] {
  const values = new Map(rows.map((row) => [row.day, value(row)]));
  return days.map((day) => ({ day, value: values.get(day) ?? 0 }));
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
