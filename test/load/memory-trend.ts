// Whether memory is flat: what it was in the middle of a run against what it was at the end. Pure.
import { quantile } from './tally.ts';

/** By then caches are filled, and every path was compiled. */
const WARM_UP_SHARE = 1 / 3;
const FIFTHS = 5;

/** What a garbage collector lets lie about is more than noise and less than a leak. */
export const GROWTH_LIMIT = 0.1;

const POINTS = 10;

export interface MemoryTrend {
  middleBytes: number;
  endBytes: number;
  /** From the middle to the end, as a share. */
  growth: number;
  isFlat: boolean;
  /** The whole run at ten points, each the median of its tenth. */
  points: number[];
}

/** @param samples in bytes, evenly spread over the run. null where they are too few to say anything */
export function memoryTrend(samples: readonly number[]): MemoryTrend | null {
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP_SHARE));
  if (warm.length < FIFTHS) return null;
  const middleBytes = median(piece(warm, 2, FIFTHS));
  const endBytes = median(piece(warm, FIFTHS - 1, FIFTHS));
  const growth = endBytes / middleBytes - 1;
  const points = Array.from({ length: Math.min(POINTS, samples.length) }, (_, index) =>
    median(piece(samples, index, Math.min(POINTS, samples.length))),
  );
  return { middleBytes, endBytes, growth, isFlat: growth < GROWTH_LIMIT, points };
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function piece(values: readonly number[], index: number, pieces: number): number[] {
  const from = Math.floor((index * values.length) / pieces);
  return values.slice(from, Math.floor(((index + 1) * values.length) / pieces));
}
