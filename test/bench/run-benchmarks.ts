// Runs benchmarks one after the other and prints what they find: a table each, and at the end of several the goals.
import { printFailure, printTable, printTitle, styled } from '../demo/terminal.ts';
import { describeMachine, type Finding, type Machine, okText, printReport, type Report } from './report.ts';

/** @param step is told what is about to be measured */
export type Benchmark = (step: (text: string) => void) => Promise<Report>;

interface Measured extends Report {
  name: string;
  machine: Machine;
}

/** What came of a benchmark. */
export type Outcome = Measured | { name: string; error: string };

/** The error of one does not stop the others. As JSON, one is printed as an object and several as an array. */
export async function runBenchmarks(
  benchmarks: Record<string, Benchmark>,
  { json }: { json: boolean },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [name, benchmark] of Object.entries(benchmarks)) {
    const outcome = await run(name, benchmark);
    outcomes.push(outcome);
    if ('error' in outcome) printFailure(`${name}: ${outcome.error}`);
    else if (!json) printReport(outcome, outcome.machine);
  }
  if (json) console.log(JSON.stringify(outcomes.length === 1 ? outcomes[0] : outcomes, null, 2));
  else if (outcomes.length > 1) printGoals(outcomes);
  return outcomes;
}

async function run(name: string, benchmark: Benchmark): Promise<Outcome> {
  const machine = describeMachine();
  try {
    // Not on standard output, which is the report's.
    const report = await benchmark((text) => console.error(styled('dim', `${name}: measuring ${text}`)));
    return { name, machine, ...report };
  } catch (error) {
    return { name, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Every finding that has a goal, and every benchmark that could not measure. */
export function goalRows(outcomes: readonly Outcome[]): string[][] {
  return outcomes.flatMap((outcome) => {
    if ('error' in outcome) return [[outcome.name, 'could not be measured', '', '', 'NO']];
    return outcome.findings.flatMap(({ what, figure, goal }: Finding) =>
      goal === undefined ? [] : [[outcome.name, what, figure, goal.text, okText(goal)]],
    );
  });
}

function printGoals(outcomes: readonly Outcome[]): void {
  printTitle('Goals');
  console.log();
  printTable(
    [
      { title: 'benchmark', align: 'left' },
      { title: 'what', align: 'left' },
      { title: 'figure', align: 'right' },
      { title: 'goal', align: 'right' },
      { title: 'ok?', align: 'left' },
    ],
    goalRows(outcomes),
  );
}
