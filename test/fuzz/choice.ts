// The choices a fuzzer makes, all from one seed.
import { randomFrom } from '../e2e/random.ts';

export class Choice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  /** True this often, of 1. */
  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** A whole number, both ends included. */
  int(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.#next() * (maximum - minimum + 1));
  }

  /** One of them, each as likely as the others. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error('there is nothing to pick from');
    return choices[this.int(0, choices.length - 1)] as T;
  }

  /** One of them, or null where there are none. */
  pickAny<T>(choices: readonly T[]): T | null {
    return choices.length === 0 ? null : this.pick(choices);
  }

  /** One of them by weight. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.#next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return (choices.at(-1) as readonly [number, T])[1];
  }
}
