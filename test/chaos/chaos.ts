// `npm run chaos -- [--seed N] [--minutes N]`: an hour of trouble in minutes, then an audit. Its exit code is 1 where anything
// is lost, there twice, or not explained.
import { numericFlags } from '../demo/numeric-flags.ts';
import { ChaosRun } from './chaos-run.ts';
import { printOutcome } from './report.ts';

const MINUTES = 6;

const { seed = Date.now() % 1_000_000, minutes = MINUTES } = numericFlags(['seed', 'minutes']);

const tell = (line: string) => console.info(line);
tell(
  `chaos: seed ${seed}, ${minutes} minutes; again by: npm run chaos -- --seed ${seed} --minutes ${minutes}`,
);
const outcome = await new ChaosRun(seed, minutes, tell).run();
printOutcome(outcome, tell);
tell(
  `chaos: seed ${seed}: ${outcome.findings.faults === 0 ? 'nothing is wrong' : `${outcome.findings.faults} faults`}`,
);
process.exitCode = outcome.findings.faults === 0 ? 0 : 1;
