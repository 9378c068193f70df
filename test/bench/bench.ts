// `npm run bench -- NAME [--json]`: measures, and says whether its goals are met. It fails only where it could not measure.
import { parseArgs } from 'node:util';
import { printFailure, styled } from '../demo/terminal.ts';
import { benchBatch } from './batch-bench.ts';
import { benchChat } from './chat-bench.ts';
import { benchFiles } from './files-bench.ts';
import { describeMachine, printJson, printReport, type Report } from './report.ts';

const BENCHMARKS: Record<string, (step: (text: string) => void) => Promise<Report>> = {
  batch: benchBatch,
  chat: benchChat,
  files: benchFiles,
};

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const [name = ''] = positionals;
  const bench = BENCHMARKS[name];
  if (bench === undefined) throw new Error(`name one of: ${Object.keys(BENCHMARKS).join(', ')}`);
  const machine = describeMachine();
  // Not on standard output, which is the report's.
  const report = await bench((text) => console.error(styled('dim', `measuring ${text}`)));
  const print = values.json ? printJson : printReport;
  print(report, machine);
} catch (error) {
  printFailure(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
