// A short `npm run chaos`: some kills, failures and jumps of the clock, and nothing lost, duplicated or unexplained.
import { expect, it } from 'vitest';
import { ChaosRun } from '../chaos/chaos-run.ts';

/** The same choices every time; when they meet what, is up to the machine. */
const SEED = 21;
const MINUTES = 0.4;

/** Two minutes on an idle machine, most of them the rest afterwards. */
const LIMIT_MS = 480_000;

it('after a short chaos everything is accounted for', { timeout: LIMIT_MS }, async () => {
  const told: string[] = [];
  const outcome = await new ChaosRun(SEED, MINUTES, (line) => told.push(line)).run();
  console.info(told.join('\n'));
  expect(outcome.findings.told).toEqual([]);
  expect(outcome.findings.faults).toBe(0);
  // It was chaos, and there was something to lose.
  expect(Array.from(outcome.injected.keys()).some((what) => what.startsWith('kill '))).toBe(true);
  const { batches, items, files, chats, streams, watches } = outcome;
  for (const made of [batches, items, files, chats, streams.whole, watches]) {
    expect(made).toBeGreaterThan(0);
  }
});
