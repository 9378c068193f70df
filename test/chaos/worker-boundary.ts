// The boundaries of the chaos worker: before and after every call to an object, the bucket and the queue. At each the call
// may fail, or the harness is asked to kill everything, and while it does nothing goes on here.
import { randomFrom } from '../e2e/random.ts';
import type { Injection } from './settings.ts';
import { settings } from './worker-clock.ts';

const random = randomFrom(settings.seed);
const passed = new Map<string, number>();

/** Whether something is injected here, by the rates of the harness. */
export function draws(injection: Injection): boolean {
  const rate = settings.perThousand[injection];
  return rate > 0 && random() * 1000 < rate;
}

/** Tells the harness before it happens: a kill that follows cannot take the count. */
export async function report(injection: Injection, where: string): Promise<void> {
  const query = new URLSearchParams({ injection, where });
  const response = await fetch(`${settings.url}/injected?${query}`, { method: 'POST' });
  await response.body?.cancel();
}

/** Passes a boundary. Null where nothing happens, so that the caller need not wait. */
function reach(boundary: string, canFail = true): Promise<void> | null {
  const nth = (passed.get(boundary) ?? 0) + 1;
  passed.set(boundary, nth);
  const { kill } = settings;
  if (kill?.boundary === boundary && kill.nth === nth) return die(boundary);
  return canFail && draws('fail') ? fail(boundary) : null;
}

/** A call with its two boundaries. Where nothing happens at the first, the call is made at once, in its caller's order. */
export async function passing<T>(name: string, call: () => T, canFail = true): Promise<Awaited<T>> {
  const before = reach(`${name}:before`, canFail);
  if (before !== null) await before;
  const result = await call();
  const after = reach(`${name}:after`, canFail);
  if (after !== null) await after;
  return result;
}

/** The harness does not answer: it kills this process. */
async function die(boundary: string): Promise<never> {
  await fetch(`${settings.url}/kill?${new URLSearchParams({ boundary })}`, { method: 'POST' });
  throw new Error(`chaos: nobody died at ${boundary}`);
}

async function fail(boundary: string): Promise<never> {
  await report('fail', boundary);
  throw Object.assign(new Error(`chaos: ${boundary}`), { retryable: random() < 0.5 });
}
