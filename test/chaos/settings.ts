// What the harness tells the chaos worker, and the names of what both speak of: boundaries, and what is done at them.

/** What is injected beside kills; each is drawn by itself wherever it is possible. */
const INJECTIONS = [
  /** A call to an object, the bucket or the queue throws: before it was made, or once it was. */
  'fail',
  /** The object that was just called loses its memory, and its caller the answer. */
  'reset',
  /** An alarm's handler throws: the platform calls it again. */
  'alarm-throw',
  /** An alarm does nothing and is gone: what is left once the platform gave up on its handler, after seven failures. */
  'alarm-lost',
  /** A message is acknowledged unread. */
  'drop',
  /** A message is handled three times at once. */
  'triple',
  /** A message comes later. */
  'delay',
] as const;
export type Injection = (typeof INJECTIONS)[number];

export interface ChaosSettings {
  /** Where the worker asks and reports: the harness. */
  url: string;
  seed: number;
  /** How far the worker's clock is ahead of the real one. */
  clockMs: number;
  /** The end of everything: at that time of passing a boundary, counted from 1. */
  kill: { boundary: string; nth: number } | null;
  perThousand: Record<Injection, number>;
}

/** Where nothing is injected. */
export const CALM: Record<Injection, number> = {
  fail: 0,
  reset: 0,
  'alarm-throw': 0,
  'alarm-lost': 0,
  drop: 0,
  triple: 0,
  delay: 0,
};

/** Calls at which a kill can be wanted, beside all others that are passed: those that commit something. */
const KILL_CALLS = [
  'BatchObject.create',
  'BatchObject.claim',
  'BatchObject.commit',
  'BatchObject.claimPlan',
  'BatchObject.commitPlan',
  'BatchObject.cancel',
  'BatchObject.remove',
  'BatchObject.alarm',
  'AccountObject.exchange',
  'AccountObject.startBatch',
  'AccountObject.fundBatch',
  'AccountObject.endBatch',
  'AccountObject.addFile',
  'AccountObject.removeFile',
  'AccountObject.addUploadPart',
  'AccountObject.completeUpload',
  'IdempotencyObject.claim',
  'IdempotencyObject.record',
  'WebhookObject.publish',
  'WebhookObject.alarm',
  'bucket.put',
  'bucket.get',
  'bucket.delete',
  'bucket.createMultipartUpload',
  'bucket.uploadPart',
  'bucket.complete',
  'queue.sendBatch',
  'queue.delivery',
  'http.POST',
] as const;

/** `…:before` and `…:after` each of the calls. */
export const KILL_BOUNDARIES: readonly string[] = KILL_CALLS.flatMap((call) => [
  `${call}:before`,
  `${call}:after`,
]);
