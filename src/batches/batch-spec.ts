// What is fixed about a batch from the moment it is made, and the messages and keys that name it.
import type { Locale } from '../contract/messages/render';

export interface BatchSpec {
  id: string;
  accountId: string;
  keyId: string;
  /** The origin the batch was made through: its URLs, and file URLs in its inputs, are on it. */
  origin: string;
  /** The language of its items' errors. */
  locale: Locale;
  metadata: Record<string, string> | null;
  completionWindow: string;
  /** Milliseconds since 1970, as all times here. */
  createdAt: number;
  expiresAt: number;
  /** The R2 object with one input a line, and the uploaded file that it is; null for inputs that came inline. */
  inputKey: string;
  inputFileId: string | null;
  /** The ids its output and error file will have. */
  outputFileId: string;
  errorFileId: string;
  /** How long the two are kept; null for as long as the batch. */
  outputExpiresAfterMs: number | null;
  /** The most the whole batch may cost, in nano-dollars. */
  maxCostNano: number | null;
  /** Whether its ranges are cut with the most they can cost: there is a `max_cost`, or was a budget. */
  hasBounds: boolean;
  webhook: { url: string; secret: string | null } | null;
  /** Opens this batch's stream, and nothing else: `stream_url` carries it. */
  streamToken: string;
}

/** A range as it is cut from the input: consecutive lines, by their byte offsets. */
export interface RangeCut {
  /** Index of its first item in the batch. */
  first: number;
  /** Byte offsets in the input object; `end` is exclusive. */
  start: number;
  end: number;
  customIds: string[];
  /** The most its items can cost, in nano-dollars, by estimate; 0 where the batch has no bounds. */
  boundNano: number;
}

/** A queue message: a hint that a range, or the planning of the batch, may be claimed under this epoch. */
export type BatchMessage =
  | { kind: 'run'; batch: string; range: number; epoch: number }
  | { kind: 'plan'; batch: string; epoch: number };

/** The request id of an item: the same at every try, and it names the place. */
export function itemRequestId(batchId: string, index: number): string {
  return `req_${batchId.slice('batch_'.length)}_${index}`;
}

/** The keys of all batches' objects start so. */
export const BATCH_KEY_PREFIX = 'batches/';

/** Where the inputs of a batch are kept that came inline. */
export function inlineInputKey(accountId: string, batchId: string): string {
  return `${BATCH_KEY_PREFIX}${accountId}/${batchId}/input.jsonl`;
}

/** The batch whose object a key is, or null where it is no batch's. */
export function parseBatchKey(key: string): string | null {
  return /^batches\/[^/]+\/([^/]+)\//.exec(key)?.[1] ?? null;
}
