// How often each of many delays was seen, and what a share of them did not take longer than.

/** How often a delay of so many milliseconds was seen. */
export type Histogram = Record<string, number>;

export function addTo(histogram: Histogram, delay: number): void {
  histogram[delay] = (histogram[delay] ?? 0) + 1;
}

/** The shortest delay that so large a share of all did not exceed; not a number where there is none. */
export function percentile(histograms: readonly Histogram[], share: number): number {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [delay, count] of Object.entries(histogram)) {
      counts.set(Number(delay), (counts.get(Number(delay)) ?? 0) + count);
    }
  }
  const sorted = Array.from(counts).sort(([a], [b]) => a - b);
  const all = sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [delay, count] of sorted) {
    seen += count;
    if (seen >= all * share) return delay;
  }
  return Number.NaN;
}
