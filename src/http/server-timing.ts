// Where a request's time went, for the header `Server-Timing`. A Worker's clock stands still while it computes, so what
// shows is waiting: for the account, the model, the store.
import type { AppContext } from './context';

/** Does a piece of a request and notes how long it took, also where it fails. */
export async function timed<T>(c: AppContext, name: 'admit' | 'model', run: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  try {
    return await run();
  } finally {
    c.set('timings', { ...c.var.timings, [name]: Date.now() - startedAt });
  }
}

/** The header's value: milliseconds of each piece, and of the whole until the answer's headers. */
export function serverTiming(c: AppContext, totalMs: number): string {
  return Object.entries({ ...c.var.timings, total: totalMs })
    .map(([name, ms]) => `${name};dur=${ms}`)
    .join(', ');
}
