// What a run found that should not be: by kind how often, with the first example.

/** An answer or an event that is not as it has to be. What it is about stands in `kind`, the particulars in the message. */
export class Finding extends Error {
  readonly kind: string;

  constructor(kind: string, example: string) {
    super(example);
    this.kind = kind;
  }
}

export interface FoundKind {
  kind: string;
  count: number;
  /** The first one, with its request's id where there is one. */
  example: string;
}

const EXAMPLE_LIMIT_CHARACTERS = 400;

export class Findings {
  readonly #kinds = new Map<string, FoundKind>();

  add(kind: string, example: string): void {
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      this.#kinds.set(kind, { kind, count: 1, example: example.slice(0, EXAMPLE_LIMIT_CHARACTERS) });
    } else known.count += 1;
  }

  /** Notes what a piece of work threw. */
  note(where: string, error: unknown): void {
    if (error instanceof Finding) this.add(error.kind, error.message);
    else
      this.add(`${where}: ${String(error).slice(0, 80)}`, error instanceof Error ? (error.stack ?? '') : '');
  }

  /** The most frequent first. */
  list(): FoundKind[] {
    return [...this.#kinds.values()].sort((a, b) => b.count - a.count);
  }
}

/** @throws Finding where two values differ */
export function same<T>(kind: string, actual: T, expected: T, about: string): void {
  if (actual === expected) return;
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value)?.slice(0, 120));
  throw new Finding(kind, `${about}: ${is} where ${should} was expected`);
}
