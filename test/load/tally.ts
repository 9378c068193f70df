// How many requests of each kind were made, with what status and in what time.

export interface TallyRow {
  kind: string;
  count: number;
  p50Ms: number;
  p99Ms: number;
  /** How many had each status. */
  statuses: [status: number, count: number][];
}

interface KindTally {
  ms: number[];
  statuses: Map<number, number>;
}

export class Tally {
  #kinds = new Map<string, KindTally>();
  #total = 0;
  /** Answers 429 and 503 of accounts that have no limits. */
  #refused = 0;

  /** @param isPressure whether the status says that the server is at its edge */
  add(kind: string, status: number, ms: number, isPressure = false): void {
    const tally = this.#kinds.get(kind) ?? { ms: [], statuses: new Map<number, number>() };
    this.#kinds.set(kind, tally);
    tally.ms.push(ms);
    tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
    this.#total += 1;
    if (isPressure) this.#refused += 1;
  }

  get total(): number {
    return this.#total;
  }

  get refused(): number {
    return this.#refused;
  }

  /** Forgets everything: what follows is counted by itself. */
  clear(): void {
    this.#kinds = new Map();
    this.#total = 0;
    this.#refused = 0;
  }

  rows(): TallyRow[] {
    return [...this.#kinds].map(([kind, { ms, statuses }]) => ({
      kind,
      count: ms.length,
      p50Ms: quantile(ms, 0.5),
      p99Ms: quantile(ms, 0.99),
      statuses: [...statuses].sort(([a], [b]) => a - b),
    }));
  }
}

/** By nearest rank: the least value that so large a share of all does not exceed; not a number for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
