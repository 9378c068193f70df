// A bound on the work one schema may cause: recursion and combinations in a hostile one have no end of their own.

/** About a tenth of a second; ordinary schemas need hundreds. */
const STEPS_MAXIMUM = 50_000;

/** Thrown when the bound is reached; the search is then over, not just one way of it. */
export class Exhausted extends Error {}

export class Effort {
  #stepsLeft = STEPS_MAXIMUM;

  /** Counts steps, or a fraction of one. @throws Exhausted */
  spend(steps = 1): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) throw new Exhausted();
  }
}
