import { expect, it } from 'vitest';
import { onceAtATime } from '../../src/platform/once-at-a-time';

/** Work that ends when it is told to, and counts its runs. */
function heldWork() {
  const runs: PromiseWithResolvers<string>[] = [];
  const ask = onceAtATime(() => {
    const run = Promise.withResolvers<string>();
    runs.push(run);
    return run.promise;
  });
  return { runs, ask };
}

it('runs once for all that ask meanwhile, and again for whoever asks after its end', async () => {
  const { runs, ask } = heldWork();
  const answers = [ask(), ask()];
  runs[0]?.resolve('first');
  await expect(Promise.all(answers)).resolves.toEqual(['first', 'first']);
  const later = ask();
  runs[1]?.resolve('second');
  await expect(later).resolves.toBe('second');
  expect(runs).toHaveLength(2);
});

it('fails for all that wait for a run that fails, and runs again after it', async () => {
  const { runs, ask } = heldWork();
  const answers = Promise.allSettled([ask(), ask()]);
  runs[0]?.reject(new Error('no'));
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const later = ask();
  runs[1]?.resolve('yes');
  await expect(later).resolves.toBe('yes');
});
