// Where an account's limits stand, as headers: OpenAI's names and duration format.
import type { Rates } from '../accounts/rate-limits';

const RATE_NAMES = ['requests', 'tokens'] as const satisfies readonly (keyof Rates)[];

/** For browsers, which see no header that is not named. */
export const RATE_HEADERS = RATE_NAMES.flatMap((name) => headersOf(name));

/** The headers of the limits that there are. */
export function rateHeaders(rates: Rates): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of RATE_NAMES) {
    const rate = rates[name];
    if (rate === null) continue;
    const values = [String(rate.limit), String(rate.remaining), duration(rate.resetMs)];
    for (const [index, header] of headersOf(name).entries()) headers[header] = values[index] ?? '';
  }
  return headers;
}

/** Milliseconds as Go writes a duration: `0s`, `20ms`, `1s`, `59.25s`, `6m0s`. */
export function duration(milliseconds: number): string {
  const ms = Math.ceil(milliseconds);
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms - minutes * 60_000) / 1000}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}

function headersOf(name: keyof Rates): string[] {
  return ['limit', 'remaining', 'reset'].map((figure) => `x-ratelimit-${figure}-${name}`);
}
