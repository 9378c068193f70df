// What the measurements of a batch come to: each against its goal, where it has one.
import type { BatchTimes } from './batch-job.ts';
import {
  BILLED,
  BILLED_NAMES,
  type Billed,
  OBJECT_STORAGE_USD_PER_GIGABYTE_MONTH,
  usdOf,
} from './list-prices.ts';
import type { OperationCounts } from './operation-counts.ts';
import { count, type Finding, mebibytes, median, seconds } from './report.ts';

export const SMALL_ITEMS = 1_000;
export const MIDDLE_ITEMS = 10_000;
export const LARGE_ITEMS = 50_000;

/** Middle batches that are as much work as the large one. */
export const ROW_BATCHES = LARGE_ITEMS / MIDDLE_ITEMS;

/** The job that is done both ways. */
export const SHARED_ITEMS = 2_000;
export const CALLS_AT_ONCE = 50;

/** A model that takes its time makes the server report, and so write, more often per item. */
export const SLOW_LATENCY_MS = 1_000;

const MILLION = 1_000_000;

export const NOTES = [
  'Time: from sending the input file to seeing the batch completed, on a fresh server each; medians.',
  "Memory: peak resident memory of the workerd process that runs the Worker, the local runtime's simulators of R2, queue",
  'and Durable Objects included, from a fresh server; VmHWM after a reset, or sampled every 50 ms. Medians. V8 lets its',
  'heap grow with the work done since the start, whatever the batches: so also against as much work in smaller batches.',
  `Both ways: the same requests to the same server, as a batch whose results are read, and with the openai SDK, ${CALLS_AT_ONCE} at once.`,
  'Cost: list prices without what a plan includes; no model calls, no storage. A counting Worker wraps the bindings and the',
  'Durable Object classes: messages sent, delivered and acknowledged per 64 KB; calls of object methods and alarms;',
  'rowsRead and rowsWritten of every SQL cursor and a row for each alarm set; R2 calls; HTTP requests and queue deliveries',
  "as Worker requests; the batch object's time from made to completed × 128 MB; CPU of the whole local process. The client",
  'uploads, makes the batch, polls every 5 s as it is told, and reads the results once.',
  `A slow model: what ${seconds(SLOW_LATENCY_MS)} of latency an item adds in rows and requests, measured on a small batch; without the`,
  "object's time, which a local run, one delivery after the other, cannot tell.",
];

export interface SizedRun {
  times: BatchTimes;
  /** Bytes; null where memory cannot be seen. */
  idleBytes: number | null;
  peakBytes: number | null;
}

export interface SharedRun {
  batchMs: number;
  callsMs: number;
}

export interface CountedRun {
  items: number;
  counts: OperationCounts;
  billed: Record<Billed, number>;
}

export function speedFindings(small: SizedRun[], middle: SizedRun[], large: SizedRun[]): Finding[] {
  const ratio = medianOf(large, totalMs) / medianOf(middle, totalMs);
  return [
    speedFinding(SMALL_ITEMS, small),
    speedFinding(MIDDLE_ITEMS, middle),
    speedFinding(LARGE_ITEMS, large),
    {
      what: `time of ${count(LARGE_ITEMS)} ÷ time of ${count(MIDDLE_ITEMS)}`,
      value: ratio,
      figure: `${count(ratio, 2)} ×`,
      goal: { text: '≤ 5.5 ×', isMet: ratio <= 5.5 },
    },
  ];
}

function speedFinding(items: number, runs: SizedRun[]): Finding {
  const value = (items / medianOf(runs, totalMs)) * 1000;
  const [upload, plan, run] = (['uploadMs', 'planMs', 'runMs'] as const).map((part) =>
    seconds(medianOf(runs, ({ times }) => times[part])),
  );
  return {
    what: `${count(items)} items: upload ${upload}, plan ${plan}, run ${run}`,
    value,
    figure: `${seconds(medianOf(runs, totalMs))}, ${count(value)} items/s`,
  };
}

export function memoryFindings(middle: SizedRun[], large: SizedRun[], row: SizedRun): Finding[] {
  const peak = ({ peakBytes }: SizedRun) => peakBytes ?? Number.NaN;
  const idle = medianOf([...middle, ...large], ({ idleBytes }) => idleBytes ?? Number.NaN);
  const ratio = medianOf(large, peak) / medianOf(middle, peak);
  if (Number.isNaN(ratio)) {
    return [{ what: 'peak memory', value: ratio, figure: 'not measured: it takes a /proc to look in' }];
  }
  return [
    { what: 'memory at rest', value: idle, figure: mebibytes(idle) },
    ...[
      { items: MIDDLE_ITEMS, runs: middle },
      { items: LARGE_ITEMS, runs: large },
    ].map(({ items, runs }) => ({
      what: `peak memory, ${count(items)} items`,
      value: medianOf(runs, peak),
      figure: mebibytes(medianOf(runs, peak)),
    })),
    {
      what: `peak memory, ${ROW_BATCHES} × ${count(MIDDLE_ITEMS)} items in a row`,
      value: peak(row),
      figure: mebibytes(peak(row)),
    },
    peakFinding(`peak of ${count(LARGE_ITEMS)} ÷ peak of ${count(MIDDLE_ITEMS)}`, ratio),
    peakFinding(
      `peak of ${count(LARGE_ITEMS)} ÷ peak of ${ROW_BATCHES} × ${count(MIDDLE_ITEMS)} in a row`,
      medianOf(large, peak) / peak(row),
    ),
  ];
}

function peakFinding(what: string, value: number): Finding {
  return {
    what,
    value,
    figure: `${count(value, 2)} ×`,
    goal: { text: '≤ 1.25 ×', isMet: value <= 1.25 },
  };
}

export function sharedFindings(runs: SharedRun[], large: SizedRun[]): Finding[] {
  const batchMs = medianOf(runs, (run) => run.batchMs);
  const callsMs = medianOf(runs, (run) => run.callsMs);
  const gain = callsMs / batchMs;
  const largeGain = callsMs / SHARED_ITEMS / (medianOf(large, totalMs) / LARGE_ITEMS);
  return [
    {
      what: `${count(SHARED_ITEMS)} calls with the openai SDK, ${CALLS_AT_ONCE} at once`,
      value: (SHARED_ITEMS / callsMs) * 1000,
      figure: `${seconds(callsMs)}, ${count((SHARED_ITEMS / callsMs) * 1000)} items/s`,
    },
    {
      what: `the same ${count(SHARED_ITEMS)} as a batch, results read`,
      value: (SHARED_ITEMS / batchMs) * 1000,
      figure: `${seconds(batchMs)}, ${count((SHARED_ITEMS / batchMs) * 1000)} items/s`,
    },
    gainFinding(`batch against calls, ${count(SHARED_ITEMS)} items`, gain),
    gainFinding(`batch of ${count(LARGE_ITEMS)} against calls, per item`, largeGain),
  ];
}

function gainFinding(what: string, value: number): Finding {
  return { what, value, figure: `${count(value, 1)} × faster`, goal: { text: '≥ 3 ×', isMet: value >= 3 } };
}

export function costFindings(counted: CountedRun, quick: CountedRun, slow: CountedRun): Finding[] {
  const scale = MILLION / counted.items;
  const databaseBytes = (counted.counts.databaseBytes.BatchObject ?? 0) * scale;
  const slowed = withLatency(counted, quick, slow);
  const storageUsd = (databaseBytes / 1e9) * OBJECT_STORAGE_USD_PER_GIGABYTE_MONTH;
  return [
    ...BILLED.map((kind) => {
      const amount = counted.billed[kind];
      return {
        what: `${BILLED_NAMES[kind]}: ${count(amount)} for ${count(counted.items)} items`,
        value: amount * scale,
        figure: `${count(amount * scale)} a million, ${usd(usdOf(kind, amount * scale))}`,
      };
    }),
    costFinding('cost of a million items', counted.billed, counted.items),
    costFinding(`the same with a model that takes ${seconds(SLOW_LATENCY_MS)}`, slowed, counted.items),
    {
      what: 'beside it: results kept a month in Durable Objects',
      value: storageUsd,
      figure: `${count(databaseBytes / 1e6)} MB a million, ${usd(storageUsd)}`,
    },
  ];
}

/** What a model's latency adds per item, on top of what the large batch took. */
function withLatency(counted: CountedRun, quick: CountedRun, slow: CountedRun): Record<Billed, number> {
  const slowed = { ...counted.billed };
  for (const kind of ['objectRequests', 'rowsWritten', 'rowsRead'] as const) {
    slowed[kind] += ((slow.billed[kind] - quick.billed[kind]) / slow.items) * counted.items;
  }
  return slowed;
}

function costFinding(what: string, billed: Record<Billed, number>, items: number): Finding {
  const value = BILLED.reduce((sum, kind) => sum + usdOf(kind, (billed[kind] * MILLION) / items), 0);
  return { what, value, figure: usd(value), goal: { text: '< $0.50', isMet: value < 0.5 } };
}

function totalMs({ times }: SizedRun): number {
  return times.totalMs;
}

function medianOf<T>(runs: readonly T[], value: (run: T) => number): number {
  return median(runs.map(value));
}

function usd(amount: number): string {
  return `$${count(amount, 3)}`;
}
