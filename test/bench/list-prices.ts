// What counted operations cost by Cloudflare's list prices, without the amounts a plan includes.
import type { CallCounts, OperationCounts } from './operation-counts.ts';

/** USD for a million. https://developers.cloudflare.com/workers/platform/pricing/ and the pages of each product. */
const USD_PER_MILLION = {
  queueOperations: 0.4,
  objectRequests: 0.15,
  objectGigabyteSeconds: 12.5,
  rowsWritten: 1,
  rowsRead: 0.001,
  bucketClassA: 4.5,
  bucketClassB: 0.36,
  workerRequests: 0.3,
  workerCpuMilliseconds: 0.02,
};

export type Billed = keyof typeof USD_PER_MILLION;

export const BILLED = Object.keys(USD_PER_MILLION) as Billed[];

export const BILLED_NAMES: Record<Billed, string> = {
  queueOperations: 'queue operations',
  objectRequests: 'Durable Object requests',
  objectGigabyteSeconds: 'Durable Object GB-s',
  rowsWritten: 'SQLite rows written',
  rowsRead: 'SQLite rows read',
  bucketClassA: 'R2 class A operations',
  bucketClassB: 'R2 class B operations',
  workerRequests: 'Worker requests',
  workerCpuMilliseconds: 'Worker CPU ms, at most',
};

/** USD for a gigabyte in a Durable Object's SQLite for a month. */
export const OBJECT_STORAGE_USD_PER_GIGABYTE_MONTH = 0.2;

/** A Durable Object is billed as if it took so much memory. */
export const OBJECT_GIGABYTES = 0.128;

/** R2's methods by class; deletions and aborted uploads are free. */
const BUCKET_CLASS_A = ['put', 'list', 'createMultipartUpload', 'uploadPart', 'complete'];
const BUCKET_CLASS_B = ['get', 'head'];

/** What the counting worker cannot see. */
export interface RunTimes {
  /** How long the batch's object was awake, in milliseconds: from making the batch to its end. */
  objectMs: number;
  /** What the server's process computed, the local simulators of queue and R2 included. Null where it is not known. */
  cpuMs: number | null;
}

export function billedOperations(
  counts: OperationCounts,
  { objectMs, cpuMs }: RunTimes,
): Record<Billed, number> {
  const statements = Object.entries(counts.statements)
    // The local runtime notes each object's name in a table of its own.
    .filter(([sql]) => !sql.includes('__miniflare'))
    .map(([, statement]) => statement);
  return {
    queueOperations: counts.queueWrites + counts.queueReads + counts.queueDeletes,
    objectRequests: sum(Object.values(counts.objectRequests).map((calls) => sum(Object.values(calls)))),
    objectGigabyteSeconds: (objectMs / 1000) * OBJECT_GIGABYTES,
    rowsWritten: sum(statements.map(({ rowsWritten }) => rowsWritten)),
    rowsRead: sum(statements.map(({ rowsRead }) => rowsRead)),
    bucketClassA: callsOf(counts.bucketCalls, BUCKET_CLASS_A),
    bucketClassB: callsOf(counts.bucketCalls, BUCKET_CLASS_B),
    workerRequests: counts.httpRequests + counts.queueDeliveries,
    workerCpuMilliseconds: cpuMs ?? 0,
  };
}

export function usdOf(kind: Billed, amount: number): number {
  return (amount / 1e6) * USD_PER_MILLION[kind];
}

function callsOf(calls: CallCounts, methods: readonly string[]): number {
  return sum(methods.map((method) => calls[method] ?? 0));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
