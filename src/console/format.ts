// Numbers, money, sizes and times as people read them, in the language chosen.
import { locale } from './preferences';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What stands where there is no value. */
export const NO_VALUE = '—';

export function formatCount(count: number): string {
  return new Intl.NumberFormat(locale.value).format(count);
}

/** Large counts in a few characters: `12.3K`. */
export function formatCompact(count: number): string {
  return new Intl.NumberFormat(locale.value, { notation: 'compact', maximumFractionDigits: 1 }).format(count);
}

/** USD with as many decimals as tell something: batches of small models cost fractions of a cent. */
export function formatMoney(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return NO_VALUE;
  const size = Math.abs(usd);
  const digits: Intl.NumberFormatOptions =
    size === 0 || size >= 1
      ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
      : size >= 0.01
        ? { minimumFractionDigits: 2, maximumFractionDigits: 4 }
        : { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
  return new Intl.NumberFormat(locale.value, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    ...digits,
  }).format(usd);
}

export function formatPercent(share: number): string {
  return new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

export function formatRate(perSecond: number): string {
  return new Intl.NumberFormat(locale.value, { maximumFractionDigits: perSecond < 10 ? 1 : 0 }).format(
    perSecond,
  );
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const number = new Intl.NumberFormat(locale.value, {
    maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0,
  });
  return `${number.format(size)} ${units[unit]}`;
}

export function formatDateTime(iso: string): string {
  return new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'medium' }).format(
    new Date(iso),
  );
}

export function formatDay(day: string): string {
  return new Intl.DateTimeFormat(locale.value, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** `3 minutes ago`, `in 2 days`. */
export function formatRelative(iso: string, now: number): string {
  const format = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto', style: 'short' });
  const distance = new Date(iso).getTime() - now;
  const size = Math.abs(distance);
  if (size < MINUTE_MS) return format.format(Math.round(distance / 1000), 'second');
  if (size < HOUR_MS) return format.format(Math.round(distance / MINUTE_MS), 'minute');
  if (size < DAY_MS) return format.format(Math.round(distance / HOUR_MS), 'hour');
  return format.format(Math.round(distance / DAY_MS), 'day');
}

/** Two units at most: `1h 12m`, `4m 03s`, `12s`, `850ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}
