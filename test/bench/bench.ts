// `npm run bench [-- NAME… --json]`: measures, everything or what is named, and says whether the goals are met. It fails
// only where it could not measure.
import { parseArgs } from 'node:util';
import { printFailure } from '../demo/terminal.ts';
import { benchBatch } from './batch-bench.ts';
import { benchChat } from './chat-bench.ts';
import { benchCost } from './cost-bench.ts';
import { benchFiles } from './files-bench.ts';
import { type Benchmark, runBenchmarks } from './run-benchmarks.ts';
import { benchSse } from './sse-bench.ts';
import { benchStart } from './start-bench.ts';
import { benchWebhooks } from './webhooks-bench.ts';

/** In the order in which all of them run. */
const BENCHMARKS: Record<string, Benchmark> = {
  batch: benchBatch,
  chat: benchChat,
  cost: benchCost,
  files: benchFiles,
  sse: benchSse,
  webhooks: benchWebhooks,
  start: benchStart,
};

function named(names: readonly string[]): Record<string, Benchmark> {
  const chosen = names.map((name) => [name, BENCHMARKS[name]] as const);
  if (chosen.some(([, benchmark]) => benchmark === undefined)) {
    throw new Error(`name one of: ${Object.keys(BENCHMARKS).join(', ')}; or none, and all of them run`);
  }
  return Object.fromEntries(chosen) as Record<string, Benchmark>;
}

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const benchmarks = positionals.length === 0 ? BENCHMARKS : named(positionals);
  const outcomes = await runBenchmarks(benchmarks, values);
  if (outcomes.some((outcome) => 'error' in outcome)) process.exitCode = 1;
} catch (error) {
  printFailure(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
