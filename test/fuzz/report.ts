// What a run of the fuzzer found, for people: the table of routes, what of the document was reached, and each finding.
import { type Column, printTable, printTitle, styled } from '../demo/terminal.ts';
import { ALL_OPERATIONS } from '../openapi/api-document';
import type { FuzzReport } from './fuzz-run.ts';
import { curlCommand } from './wire-request.ts';

const COLUMNS: Column[] = [
  { title: 'operation', align: 'left' },
  { title: 'requests', align: 'right' },
  { title: '2xx', align: 'right' },
  { title: '3xx', align: 'right' },
  { title: '4xx', align: 'right' },
  { title: '5xx', align: 'right' },
  { title: 'findings', align: 'right' },
  { title: 'documented, not reached', align: 'left' },
];

/** How many faults a run found. */
export function faultCount({ findings, logFaults, unendedBatches }: FuzzReport): number {
  return findings.length + logFaults.length + unendedBatches.length;
}

export function printReport(origin: string, report: FuzzReport): void {
  const { seed, requests, milliseconds, valid, statuses, findings, logFaults, unendedBatches } = report;
  printTitle(`${requests} requests from seed ${seed} in ${Math.round(milliseconds / 1000)} s`);
  printTable(
    COLUMNS,
    ALL_OPERATIONS.map(({ operation }) => {
      const counts = statuses.get(operation.operationId) ?? new Map<number, number>();
      const ofClass = (first: number) => sumOf(counts, (status) => Math.floor(status / 100) === first);
      const found = findings.filter((finding) => finding.operation === operation.operationId).length;
      const missed = expectedOf(operation).filter((status) => !counts.has(status));
      return [
        operation.operationId,
        String(sumOf(counts, () => true)),
        ...[2, 3, 4, 5].map((first) => String(ofClass(first))),
        String(found),
        missed.join(' '),
      ];
    }),
  );
  const documented = ALL_OPERATIONS.flatMap(({ operation }) =>
    expectedOf(operation).map((status) => statuses.get(operation.operationId)?.has(status) ?? false),
  );
  const reached = documented.filter(Boolean).length;
  console.log(
    `\n  ${reached} of ${documented.length} documented answers (operation and status) were reached.`,
  );
  console.log(
    `  ${valid.succeeded} of ${valid.sent} requests that were right by the document succeeded; the others named what is not there.\n`,
  );
  for (const { operation, status, problem, count, first, answer } of findings) {
    console.log(styled('red', `${operation} ${status ?? ''} × ${count}: ${problem}`));
    console.log(`  ${curlCommand(origin, first)}\n  ${styled('dim', answer.replaceAll('\n', '⏎'))}\n`);
  }
  for (const line of logFaults) console.log(styled('red', `log: ${line}`));
  for (const id of unendedBatches) console.log(styled('red', `the batch ${id} does not end`));
  const faults = faultCount(report);
  console.log(faults === 0 ? '  Nothing is wrong.' : styled('red', `  ${faults} findings.`));
}

/** The documented statuses but the server's faults, which nothing here asks for. */
function expectedOf({ responses }: { responses: object }): number[] {
  return Object.keys(responses)
    .map(Number)
    .filter((status) => status < 500);
}

function sumOf(counts: ReadonlyMap<number, number>, isCounted: (status: number) => boolean): number {
  return Array.from(counts).reduce((sum, [status, count]) => sum + (isCounted(status) ? count : 0), 0);
}
