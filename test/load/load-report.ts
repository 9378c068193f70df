// What a run under load found, as tables.
import { count, mebibytes, seconds } from '../bench/report.ts';
import { type Column, printFailure, printTable, printTitle, shortened, styled } from '../demo/terminal.ts';
import type { Step } from './edge.ts';
import type { FoundKind } from './findings.ts';
import { GROWTH_LIMIT, type MemoryTrend } from './memory-trend.ts';
import type { Stored } from './stored.ts';
import { quantile, type TallyRow } from './tally.ts';

export interface LoadRun {
  seed: number;
  steps: readonly Step[];
  workers: number;
  holdMs: number;
  rows: readonly TallyRow[];
  batchItems: number;
  /** Over the whole run. A delivery that was cut off is made again. */
  webhooks: { received: number; cutOff: number };
  healthMs: readonly number[];
  /** null without a /proc to look in, or after too short a run. */
  memory: MemoryTrend | null;
  /** At the end of the traffic, and once everything was deleted. */
  stored: { full: Stored; empty: Stored };
  findings: readonly FoundKind[];
}

const KINDS: Column[] = [
  { title: 'request', align: 'left' },
  { title: 'count', align: 'right' },
  { title: 'a second', align: 'right' },
  { title: 'p50 ms', align: 'right' },
  { title: 'p99 ms', align: 'right' },
  { title: 'statuses', align: 'left' },
];

export function printRun(run: LoadRun): void {
  const { seed, steps, workers, holdMs, rows, batchItems, webhooks, healthMs, memory, stored, findings } =
    run;
  printTitle(`Mixed traffic for ${seconds(holdMs)} with ${workers} workers (seed ${seed})`);
  const found = steps.map(
    (step) => `${step.workers}: ${count(step.perSecond)}${step.isRefused ? ' (refused)' : ''}`,
  );
  console.log(`  the edge, requests a second by workers: ${found.join(', ')}\n`);
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const perSecond = (value: number) => count((value * 1000) / holdMs, 1);
  printTable(
    KINDS,
    rows
      .toSorted((a, b) => b.count - a.count)
      .map((row) => [
        row.kind,
        count(row.count),
        perSecond(row.count),
        count(row.p50Ms),
        count(row.p99Ms),
        row.statuses.map(([status, times]) => `${status}: ${count(times)}`).join(', '),
      ]),
    ['all', count(total), perSecond(total), '', '', ''],
  );
  console.log();
  console.log(`  items of batches: ${count(batchItems)}, ${perSecond(batchItems)} a second`);
  console.log(`  webhooks: ${count(webhooks.received)} received, ${count(webhooks.cutOff)} cut off`);
  const [half, most] = [0.5, 0.99].map((share) => count(quantile(healthMs, share)));
  console.log(`  /healthz beside it: p50 ${half} ms, p99 ${most} ms`);
  const { full, empty } = stored;
  console.log(
    `  on disk: ${mebibytes(full.bytes)}, of it ${count(full.blobs)} objects in R2 (${mebibytes(full.blobBytes)}); after all was deleted ${mebibytes(empty.bytes)} and ${count(empty.blobs)} objects`,
  );
  printMemory(memory);
  printFindings(findings);
}

function printMemory(memory: MemoryTrend | null): void {
  if (memory === null) {
    console.log('  memory: not seen');
    return;
  }
  const { points, middleBytes, endBytes, growth, isFlat } = memory;
  console.log(
    `  memory of the Worker's process, over the run: ${points.map((bytes) => count(bytes / 1024 ** 2)).join(' ')} MiB`,
  );
  const verdict = `${mebibytes(middleBytes)} in the middle, ${mebibytes(endBytes)} at the end: ${count(growth * 100, 1)} %`;
  console.log(
    `  ${verdict} ${isFlat ? styled('green', 'flat') : styled('red', `GROWS (limit ${GROWTH_LIMIT * 100} %)`)}`,
  );
}

function printFindings(findings: readonly FoundKind[]): void {
  if (findings.length === 0) {
    console.log(`\n  ${styled('green', '✓')} no findings: every answer was right, and all came to rest`);
    return;
  }
  printFailure(`${count(findings.length)} kinds of findings`);
  for (const { kind, count: times, example } of findings) {
    console.log(`  ${count(times)} × ${kind}\n      ${styled('dim', shortened(example, 300))}`);
  }
}
