// What batches cost by the model, how far that is from what was counted, and what everything else costs as counted.
import { type BatchLoad, durationMs, operationsOf } from './cost-model.ts';
import { BILLED, BILLED_NAMES, type Billed, usdOf } from './list-prices.ts';
import { count, type Finding, seconds } from './report.ts';

const MILLION = 1_000_000;

/** As clients are told to poll. */
const POLL_INTERVAL_MS = 5_000;

/** What a local run cannot tell: it has one consumer and a simulator of everything. */
const UNCOUNTED: readonly Billed[] = ['objectGigabyteSeconds', 'workerCpuMilliseconds'];
const COUNTED = BILLED.filter((kind) => !UNCOUNTED.includes(kind));

const GOAL_DEVIATION = 0.1;

/** A million items in so many batches; as many of them at once as there are, up to a thousand. */
const MILLIONS = [20, 1_000, 100_000];
const LATENCIES_MS = [0, 1_000];
const AT_ONCE_MAXIMUM = 1_000;

/** Of a short review and a one-word answer, with what surrounds them. */
export const ITEM_BYTES = 250;
export const RESULT_BYTES = 700;

export const COST_NOTES = [
  "Prices are Cloudflare's list prices without what a plan includes; no model calls, no storage, no CPU.",
  `The model's items are ${ITEM_BYTES} bytes and their results ${RESULT_BYTES}; inputs come as a file, are polled every 5 s and read once.`,
  'The check counts on the local server with the counting Worker (see `npm run bench -- batch`); the time for which objects',
  'are awake is in the bill, but not in the check: a local run, with one consumer for all, cannot tell it.',
  'In the check of 1,000 batches at once all are made before any has ended, and each delivery is of one batch alone.',
];

/** Operations as they were counted, and the batches that did them. */
export interface Check {
  name: string;
  load: BatchLoad;
  billed: Record<Billed, number>;
}

/** Something other than a batch that was done so many times. */
export interface Counted {
  name: string;
  times: number;
  billed: Record<Billed, number>;
}

function millionOf(batches: number, latencyMs: number): BatchLoad {
  const load: BatchLoad = {
    batches,
    atOnce: Math.min(batches, AT_ONCE_MAXIMUM),
    items: MILLION / batches,
    itemBytes: ITEM_BYTES,
    resultBytes: RESULT_BYTES,
    latencyMs,
    input: 'file',
    polls: 0,
    subscribers: 0,
    reads: 1,
    webhook: false,
  };
  return { ...load, polls: Math.ceil(durationMs(load) / POLL_INTERVAL_MS) };
}

export function billFindings(): Finding[] {
  return LATENCIES_MS.flatMap((latencyMs) =>
    MILLIONS.map((batches): Finding => {
      const load = millionOf(batches, latencyMs);
      const operations = operationsOf(load);
      const value = usdTotal(operations, BILLED);
      const model = latencyMs === 0 ? 'a quick model' : `a model of ${seconds(latencyMs)}`;
      const rows = count(operations.rowsWritten / MILLION, 3);
      return {
        what: `bill: ${count(batches)} × ${count(load.items)} items, ${model}: ${rows} rows an item`,
        value,
        figure: usd(value),
        // What a decision was to reach; small batches pay for being many.
        ...(batches === MILLIONS[0] && { goal: { text: '< $0.50', isMet: value < 0.5 } }),
      };
    }),
  );
}

export function checkFindings({ name, load, billed }: Check): Finding[] {
  const predicted = operationsOf(load);
  const ratio = usdTotal(billed, COUNTED) / usdTotal(predicted, COUNTED);
  return [
    ...COUNTED.filter((kind) => predicted[kind] > 0 || billed[kind] > 0).map((kind) => ({
      what: `${name}: ${BILLED_NAMES[kind]}`,
      value: billed[kind] / predicted[kind],
      figure: `${count(billed[kind])} ÷ ${count(predicted[kind])} = ${count(billed[kind] / predicted[kind], 2)}`,
    })),
    {
      what: `${name}: USD, counted ÷ predicted`,
      value: ratio,
      figure: `${usd(usdTotal(billed, COUNTED))} ÷ ${usd(usdTotal(predicted, COUNTED))} = ${count(ratio, 2)}`,
      goal: { text: '0.90 to 1.10', isMet: Math.abs(ratio - 1) <= GOAL_DEVIATION },
    },
  ];
}

/** What a million of it would bill. */
export function countedFinding({ name, times, billed }: Counted): Finding {
  const value = (usdTotal(billed, COUNTED) * MILLION) / times;
  const parts = COUNTED.filter((kind) => billed[kind] > 0).map(
    (kind) => `${count(billed[kind] / times, 2)} ${BILLED_NAMES[kind]}`,
  );
  return {
    what: `${name}: ${parts.join(', ') || 'nothing'}`,
    value,
    figure: `$${count(value, 2)} a million`,
  };
}

/** An open stream keeps the batch's object awake, however many watch it. */
export function streamFinding(objectGigabytes: number): Finding {
  const value = usdOf('objectGigabyteSeconds', 3_600 * objectGigabytes);
  return { what: 'a stream that is open for an hour: its object is awake', value, figure: usd(value) };
}

function usdTotal(operations: Record<Billed, number>, kinds: readonly Billed[]): number {
  return kinds.reduce((sum, kind) => sum + usdOf(kind, operations[kind]), 0);
}

function usd(amount: number): string {
  return `$${count(amount, amount < 0.01 ? 4 : 3)}`;
}
