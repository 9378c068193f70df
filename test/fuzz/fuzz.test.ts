// A short run of the fuzzer, always of the same seed. `npm run fuzz` makes longer ones.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Server } from '../e2e/server.ts';
import { fuzz } from './fuzz-run.ts';
import { faultCount, printReport } from './report.ts';

const REQUESTS = 2000;
const SEED = 1;
/** It takes half a minute on an idle machine. */
const TEST_LIMIT_MS = 300_000;

let server: Server;

beforeAll(async () => {
  server = await Server.start();
});

afterAll(async () => {
  await server?.stop();
});

it(
  '2,000 requests, half of them odd, are answered as documented, and break nothing',
  async () => {
    const report = await fuzz(server, { requests: REQUESTS, seed: SEED });
    if (faultCount(report) > 0) printReport(server.origin, report);
    expect(report.findings.map(({ operation, status, problem }) => [operation, status, problem])).toEqual([]);
    expect(report.logFaults).toEqual([]);
    expect(report.unendedBatches).toEqual([]);
    // Work was really done, and by every operation.
    expect(report.valid.succeeded).toBeGreaterThan(report.valid.sent / 2);
    const reached = Array.from(report.statuses, ([operation, counts]) => ({
      operation,
      statuses: [...counts.keys()],
    }));
    expect(reached.filter(({ statuses }) => statuses.length === 0)).toEqual([]);
  },
  TEST_LIMIT_MS,
);
