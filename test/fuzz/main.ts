// `npm run fuzz -- [--requests N] [--seed N]` behind its loader: a server of its own, a run, a report. Findings make it fail.
import { parseArgs } from 'node:util';
import { styled } from '../demo/terminal.ts';
import { Server } from '../e2e/server.ts';
import { fuzz } from './fuzz-run.ts';
import { faultCount, printReport } from './report.ts';

const PROGRESS_EVERY = 1000;

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '20000' }, seed: { type: 'string' } },
});
const requests = Number(values.requests);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(seed))
  throw new Error('--requests and --seed take whole numbers');

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
