// Runs one random history of a batch to its end, and says all that is needed to see it again where it fails.
import { Chance } from './chance';
import { randomScenario } from './history-scenario';
import { World } from './history-world';

/** Events after the end, which must change nothing. */
const STEPS_AFTER_END = 10;

/** How much of a failed history is shown. */
const SHOWN_STEPS = 25;

/** How a history ended, to tell whether the histories reach what they are about. */
export interface HistoryEnd {
  outcome: string;
  losses: number;
  failed: number;
  completed: number;
}

/** @throws Error with seed, number and the last steps of a history that broke a promise */
export function runHistory(seed: number, number: number): HistoryEnd {
  try {
    return play(seed, number, null);
  } catch (error) {
    throw new Error(describe(seed, number, error), { cause: error });
  }
}

function play(seed: number, number: number, trace: string[] | null): HistoryEnd {
  const chance = new Chance(seed ^ Math.imul(number, 0x9e3779b1));
  const scenario = randomScenario(chance);
  const world = new World(scenario, chance, trace && ((seen) => trace.push(shown(seen))));
  for (let step = 0; step < scenario.steps; step++) world.step();
  world.finishFairly();
  for (let step = 0; step < STEPS_AFTER_END; step++) world.step();
  const { outcome, ceilingReached, completed, failed } = world.object.state;
  return {
    outcome: ceilingReached ? 'ceiling' : (outcome ?? 'none'),
    losses: world.oracle.losses,
    failed,
    completed,
  };
}

/** The same history once more, with its steps written down. */
function describe(seed: number, number: number, error: unknown): string {
  const trace: string[] = [];
  try {
    play(seed, number, trace);
  } catch {
    // It is the failure that is described.
  }
  const what = error instanceof Error ? error.message : String(error);
  return `seed ${seed}, history ${number}: ${what}\n${trace.slice(-SHOWN_STEPS).join('\n')}`;
}

function shown({ now, object }: World): string {
  const { state, rows } = object;
  const { phase, outcome, completed, failed, total, inFlight, reservedNano, sequence } = state;
  const ranges = rows.map(({ status, epoch, done }) => `${status}/${epoch}/${done.toString(2)}`);
  const counts = `${completed}+${failed}/${total} inFlight=${inFlight} reserved=${reservedNano} sequence=${sequence}`;
  return `${new Date(now).toISOString()} ${phase} ${outcome ?? ''} ${counts} [${ranges.join(' ')}]`;
}
