// `npm run fuzz -- [--requests N] [--seed N]` behind its loader: a server of its own, a run, a report. Findings make it fail.
import { numericFlags } from '../demo/numeric-flags.ts';
import { styled } from '../demo/terminal.ts';
import { Server } from '../e2e/server.ts';
import { fuzz } from './fuzz-run.ts';
import { faultCount, printReport } from './report.ts';

const REQUESTS = 20_000;
const PROGRESS_EVERY = 1000;

const { requests = REQUESTS, seed = Date.now() % 2 ** 31 } = numericFlags(['requests', 'seed']);

console.error(styled('dim', `starting a server; seed ${seed}`));
const server = await Server.start();
try {
  const report = await fuzz(server, {
    requests,
    seed,
    onProgress: (sent) => {
      if (sent % PROGRESS_EVERY === 0) console.error(styled('dim', `${sent} requests`));
    },
  });
  printReport(server.origin, report);
  if (faultCount(report) > 0) process.exitCode = 1;
} finally {
  await server.stop();
}
