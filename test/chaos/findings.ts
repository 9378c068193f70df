// What an audit finds, row by row: how much was looked at, and what of it is lost, there twice, or not explained.

export type Fault = 'lost' | 'duplicated' | 'unaccounted';

export interface AuditRow {
  checked: number;
  lost: number;
  duplicated: number;
  unaccounted: number;
}

/** Faults that are told one by one. */
const TOLD_LIMIT = 40;

export class Findings {
  readonly rows = new Map<string, AuditRow>();
  readonly told: string[] = [];
  faults = 0;

  checked(row: string, count = 1): void {
    this.#row(row).checked += count;
  }

  fault(row: string, fault: Fault, what: string): void {
    this.#row(row)[fault] += 1;
    this.faults += 1;
    if (this.told.length < TOLD_LIMIT) this.told.push(`${row}: ${fault}: ${what}`);
  }

  /** One check: a fault unless it holds. */
  holds(row: string, isTrue: boolean, fault: Fault, what: () => string): void {
    this.checked(row);
    if (!isTrue) this.fault(row, fault, what());
  }

  /** Whether two lists hold the same names, each once. */
  same(row: string, found: readonly string[], expected: readonly string[], what: string): void {
    this.checked(row, expected.length);
    const counts = new Map<string, number>();
    for (const name of found) counts.set(name, (counts.get(name) ?? 0) + 1);
    const known = new Set(expected);
    for (const name of known) if (!counts.has(name)) this.fault(row, 'lost', `${what}: ${name}`);
    for (const [name, count] of counts) {
      if (count > 1) this.fault(row, 'duplicated', `${what}: ${name}`);
      if (!known.has(name)) this.fault(row, 'unaccounted', `${what}: ${name}`);
    }
  }

  #row(name: string): AuditRow {
    const row = this.rows.get(name) ?? { checked: 0, lost: 0, duplicated: 0, unaccounted: 0 };
    this.rows.set(name, row);
    return row;
  }
}
