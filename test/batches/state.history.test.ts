// The batch state machine under random histories: messages twice, late, lost and out of order, consumers with old
// epochs, alarms at any time, crashes between any two steps. See `history-world.ts` for the world, `history-oracle.ts`
// for what must hold. A failure names seed and number: `runHistory(seed, number)` is that history again.
import { describe, expect, it } from 'vitest';
import { type HistoryEnd, runHistory } from './history';

const HISTORIES = 20_000;

/** The same histories every time, and others every time. */
const SEEDS = [20_260_131, Date.now() % 2 ** 31];

describe.each(SEEDS)('with seed %i', (seed) => {
  it(`every one of ${HISTORIES} histories ends, with one outcome and one charge an item`, () => {
    console.info(`batch histories: seed ${seed}`);
    const ends: HistoryEnd[] = [];
    for (let number = 0; number < HISTORIES; number++) ends.push(runHistory(seed, number));

    // Histories that never come near a rule do not test it.
    const share = (matches: (end: HistoryEnd) => boolean) => ends.filter(matches).length / HISTORIES;
    for (const outcome of ['completed', 'invalid', 'expired', 'cancelled', 'ceiling']) {
      expect(
        share((end) => end.outcome === outcome),
        outcome,
      ).toBeGreaterThan(0.02);
    }
    expect(share((end) => end.losses > 0)).toBeGreaterThan(0.05);
    expect(share((end) => end.failed > 0 && end.completed > 0)).toBeGreaterThan(0.1);
  });
});
