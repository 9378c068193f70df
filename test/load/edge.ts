// Where the edge is: how many workers to try next, and with how many the most is done. Pure.

/** What so many workers got done. */
export interface Step {
  workers: number;
  perSecond: number;
  /** Whether requests of accounts without limits were refused with 429 or 503. */
  isRefused: boolean;
}

/** One worker for each role, and the smallest mix that has all of them. */
export const FIRST_WORKERS = 16;
const GROWTH = 1.5;

/** Less than this is noise; and workers beyond the edge leave work behind that takes minutes to come to rest. */
const LEAST_GAIN = 1.1;

/** One poor step may be chance. */
const STEPS_WITHOUT_GAIN = 2;

/** A client that opens more connections measures itself. */
const WORKERS_LIMIT = 400;

/** The workers of the next step, or null where the edge is found. */
export function nextWorkers(steps: readonly Step[]): number | null {
  const last = steps.at(-1);
  if (last === undefined) return FIRST_WORKERS;
  const next = Math.round(last.workers * GROWTH);
  if (last.isRefused || next > WORKERS_LIMIT) return null;
  const before = steps.slice(0, -STEPS_WITHOUT_GAIN);
  const recent = steps.slice(-STEPS_WITHOUT_GAIN);
  if (before.length > 0 && most(recent) < most(before) * LEAST_GAIN) return null;
  return next;
}

/** The step at the edge: the fewest workers that get as good as the most done. */
export function edgeOf(steps: readonly Step[]): Step {
  const enough = most(steps) / LEAST_GAIN;
  const edge = steps.find(({ perSecond }) => perSecond >= enough);
  if (edge === undefined) throw new Error('no step was made');
  return edge;
}

function most(steps: readonly Step[]): number {
  return Math.max(...steps.map(({ perSecond }) => perSecond));
}
