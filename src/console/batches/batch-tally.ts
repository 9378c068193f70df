// What a live page knows of a batch beyond its counts: speed, time left, money spent, errors by type, the latest results.
// It has no clock: times are passed in.
import type { BatchResponse, BatchResult } from '../../contract/batches';

export type Progress = Pick<BatchResponse, 'status' | 'completed' | 'failed' | 'total'>;

export interface ErrorGroup {
  type: string;
  count: number;
  /** The message of the first one. */
  message: string;
  /** The ids of the first few. */
  customIds: string[];
}

/** Speed is measured over the last seconds: long enough to be calm, short enough to follow a change. */
const WINDOW_MS = 15_000;
/** A shorter span says nothing yet. */
const SPAN_MINIMUM_MS = 800;
/** The page keeps this many results; older ones are on the server. */
const RECENT_LIMIT = 100;
const GROUP_IDS_LIMIT = 5;

export class BatchTally {
  #samples: { at: number; done: number }[] = [];
  #groups = new Map<string, ErrorGroup>();
  #recent: BatchResult[] = [];
  #costUsd = 0;
  #hasPrice = false;

  addProgress({ completed, failed }: Progress, now: number): void {
    this.#samples = [
      ...this.#samples.filter(({ at }) => at >= now - WINDOW_MS),
      { at: now, done: completed + failed },
    ];
  }

  addResult(result: BatchResult): void {
    this.#recent = [result, ...this.#recent.slice(0, RECENT_LIMIT - 1)];
    const cost = result.body?.cost;
    if (cost) {
      this.#costUsd += cost.total_cost;
      this.#hasPrice = true;
    }
    addError(this.#groups, result);
  }

  /** Newest first. */
  recent(): readonly BatchResult[] {
    return this.#recent;
  }

  errorGroups(): ErrorGroup[] {
    return sortedGroups(this.#groups);
  }

  /** USD; null while no result had a price. */
  cost(): number | null {
    return this.#hasPrice ? this.#costUsd : null;
  }

  /** Items a second, or null before that can be said. */
  rate(now: number): number | null {
    const recent = this.#samples.filter(({ at }) => at >= now - WINDOW_MS);
    const first = recent[0];
    const last = recent.at(-1);
    if (first === undefined || last === undefined) return null;
    // Up to now and not to the last event: a batch that stands still slows down.
    const span = now - first.at;
    return span < SPAN_MINIMUM_MS ? null : ((last.done - first.done) / span) * 1000;
  }
}

/** Milliseconds until the rest is done at this speed, or null where that cannot be said. */
export function timeLeft({ completed, failed, total }: Progress, rate: number | null): number | null {
  // A file whose lines are still being counted.
  if (total === 0) return null;
  const left = total - completed - failed;
  if (left <= 0) return 0;
  return rate === null || rate <= 0 ? null : (left / rate) * 1000;
}

export function groupErrors(results: readonly BatchResult[]): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>();
  for (const result of results) addError(groups, result);
  return sortedGroups(groups);
}

function addError(groups: Map<string, ErrorGroup>, { custom_id, error }: BatchResult): void {
  if (error === null) return;
  const group = groups.get(error.type) ?? {
    type: error.type,
    count: 0,
    message: error.message,
    customIds: [],
  };
  group.count += 1;
  if (group.customIds.length < GROUP_IDS_LIMIT) group.customIds.push(custom_id);
  groups.set(error.type, group);
}

/** The most frequent first. */
function sortedGroups(groups: Map<string, ErrorGroup>): ErrorGroup[] {
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
