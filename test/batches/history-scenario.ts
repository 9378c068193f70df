// What one random history is about: a batch's inputs, its money, its time.
import type { Chance } from './chance';

/** Nano-dollars. An item of a model without a price costs nothing, whatever it is given. */
interface ScenarioItem {
  priced: boolean;
  /** What the engine believes that it can cost at most. Sometimes less than its prompt alone costs. */
  bound: number;
  prompt: number;
  /** With the answer the model would give if nothing limited it. */
  full: number;
  /** Chances that a try fails for good, or in a way worth repeating. */
  fails: number;
  stumbles: number;
  /** Whoever runs it dies, and others with it. */
  kills: boolean;
}

export interface Scenario {
  ranges: ScenarioItem[][];
  /** The batch comes as a file that is planned first, and what is wrong with it. */
  planned: boolean;
  invalid: boolean;
  ceilingNano: number | null;
  startsAt: number;
  expiresAt: number;
  /** Where earlier overload has left the window; null where a batch starts. */
  window: number | null;
  /** How often things go wrong, and for how many steps. */
  mischief: number;
  steps: number;
}

/** Two hours before midnight UTC, so that some histories book on two days. */
const EVENING = Date.UTC(2026, 0, 31, 22);
const HOUR_MS = 3_600_000;

export function randomScenario(chance: Chance): Scenario {
  const large = chance.is(0.02);
  const rangeCount = large ? chance.between(18, 40) : chance.between(1, 5);
  const priced = chance.next();
  const kills = chance.is(0.1) ? chance.pick([0.05, 0.3]) : 0;
  const ranges = Array.from({ length: rangeCount }, () => {
    const count = chance.is(0.02) ? 25 : chance.between(1, large ? 2 : 4);
    return Array.from({ length: count }, () => randomItem(chance, chance.is(priced), chance.is(kills)));
  });
  const needed = ranges.flat().reduce((sum, item) => sum + (item.priced ? item.full : 0), 0);
  const startsAt = EVENING + chance.below(4 * HOUR_MS);
  return {
    ranges,
    planned: chance.is(0.4),
    invalid: chance.is(0.1),
    // From nothing at all to more than enough.
    ceilingNano: chance.is(0.6) ? Math.floor(needed * chance.pick([0, 0.1, 0.5, 0.9, 1, 1.2, 3])) : null,
    startsAt,
    expiresAt: startsAt + chance.pick([60_000, HOUR_MS, 24 * HOUR_MS, 168 * HOUR_MS]),
    window: chance.is(0.4) ? chance.between(1, 3) : null,
    mischief: chance.pick([0, 0.02, 0.1, 0.25]),
    steps: chance.between(10, 90),
  };
}

function randomItem(chance: Chance, priced: boolean, kills: boolean): ScenarioItem {
  const prompt = chance.between(0, 50);
  const full = prompt + chance.between(1, 100);
  // Mostly an upper bound, sometimes an estimate that was wrong.
  const bound = chance.is(0.8) ? full + chance.below(100) : chance.below(full);
  return {
    priced,
    bound: priced ? bound : 0,
    prompt,
    full,
    fails: chance.pick([0, 0.1, 0.5]),
    stumbles: chance.pick([0, 0.1, 0.4, 0.95]),
    kills,
  };
}
