// What is fixed about a batch from the moment it is made.
import type { Locale } from '../contract/messages/render';

export interface BatchSpec {
  id: string;
  accountId: string;
  keyId: string;
  /** The origin the batch was made through: its URLs, and file URLs in its inputs, are on it. */
  origin: string;
  /** The language of its items' errors. */
  locale: Locale;
  /** The model of every input; null where they differ. */
  model: string | null;
  metadata: Record<string, string> | null;
  completionWindow: string;
  /** Milliseconds since 1970, as all times here. */
  createdAt: number;
  expiresAt: number;
  /** The R2 object with one input a line. */
  inputKey: string;
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
}

/** The keys of all batches' objects start so. */
export const BATCH_KEY_PREFIX = 'batches/';

/** What R2 holds for a batch lies under this prefix. */
export function batchPrefix(accountId: string, batchId: string): string {
  return `${BATCH_KEY_PREFIX}${accountId}/${batchId}/`;
}

/** The batch whose object a key is, or null where it is no batch's. */
export function parseBatchKey(key: string): string | null {
  return /^batches\/[^/]+\/([^/]+)\//.exec(key)?.[1] ?? null;
}

/** What a queue message says: a hint that this range may be claimed under this epoch. */
export interface RangeMessage {
  batch: string;
  range: number;
  epoch: number;
}
