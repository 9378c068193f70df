// Random choices of the traffic, all of them from a seed.

export type Random = () => number;

const WORDS =
  'amber birch cedar dune ember fjord grove heath inlet jetty knoll larch marsh north oak pine'.split(' ');

/** A whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('there is nothing to choose from');
  return value;
}

let sentences = 0;

/** Words that no other message has in this order: they are numbered. */
export function sentence(random: Random, words = between(random, 3, 40)): string {
  sentences += 1;
  return [
    `number ${sentences}`,
    ...Array.from({ length: words }, () => WORDS[Math.floor(random() * WORDS.length)]),
  ].join(' ');
}

/** One of them by its weight. */
export function byWeight<T>(random: Random, choices: readonly { weight: number; value: T }[]): T {
  let left = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, value } of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('there is nothing to choose from');
}
