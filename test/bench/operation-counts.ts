// What the counting worker counts: every operation that the platform bills, from the first request on.

/** The methods called on one class of Durable Objects, and the alarms that fired in it. */
export type CallCounts = Record<string, number>;

interface StatementCounts {
  runs: number;
  rowsRead: number;
  rowsWritten: number;
}

export interface OperationCounts {
  /** Requests to the Worker, and deliveries by the queue. */
  httpRequests: number;
  queueDeliveries: number;
  /** Per message and 64 KB. A message that is delivered again is read again. */
  queueWrites: number;
  queueReads: number;
  queueDeletes: number;
  queueRetries: number;
  /** By class and method. */
  objectRequests: Record<string, CallCounts>;
  /** By the SQL text; each alarm that is set counts as a statement that writes one row. */
  statements: Record<string, StatementCounts>;
  /** By method. */
  bucketCalls: Record<string, number>;
  /** The largest database of any object, by class. */
  databaseBytes: Record<string, number>;
}

export function noCounts(): OperationCounts {
  return {
    httpRequests: 0,
    queueDeliveries: 0,
    queueWrites: 0,
    queueReads: 0,
    queueDeletes: 0,
    queueRetries: 0,
    objectRequests: {},
    statements: {},
    bucketCalls: {},
    databaseBytes: {},
  };
}
