// Runs one item of a batch: a line of input in, its outcome out.
import { completeChat } from '../completions/complete';
import { type CostLimit, CostLimitError } from '../completions/cost-limit';
import { boundOf } from '../completions/estimate';
import type { BatchLine, BatchResult } from '../contract/batches';
import { ApiError, ERROR_TABLE } from '../contract/errors';
import { ITEM_RESULT_LIMIT_BYTES } from '../contract/limits';
import { errorBody } from '../contract/messages/render';
import { readFileBytes } from '../files/file-store';
import { findModel } from '../models/catalogue';
import { countUnreadParts } from '../models/token-estimate';
import { targetPolicy } from '../platform/target-policy';
import type { Claimed } from './grant';
import { PartsSeat } from './parts-seat';
import { ITEM_ATTEMPTS_LIMIT, type ItemOutcome } from './state';

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAXIMUM_MS = 30_000;
/** A provider's Retry-After is honoured up to here. */
const RETRY_AFTER_MAXIMUM_MS = 10 * 60_000;

/**
 * What came of one try: an outcome to record, with its JSON text; a try worth repeating later; or an item that was not
 * tried, since the money does not reach.
 */
export type FinishedItem =
  | { kind: 'outcome'; outcome: ItemOutcome; text: Uint8Array }
  | { kind: 'retry'; position: number; attempt: number; delayMs: number; overloaded: boolean }
  | { kind: 'unaffordable' };

export interface ItemTry {
  /** The input's JSON text; null where it is gone from R2. */
  line: string | null;
  customId: string;
  /** Place in the range. */
  position: number;
  /** 1 for the first. Beyond the limit where the worker died of the last one. */
  attempt: number;
  requestId: string;
  /** What it may cost in nano-dollars: so much, its own bound, or anything. */
  limit: number | 'bound' | null;
}

/** Tries an item once. Never throws: whatever goes wrong is the item's outcome, or a reason to try again. */
export async function runItem(
  env: Env,
  spec: Claimed['spec'],
  item: ItemTry,
  lost: AbortSignal,
): Promise<FinishedItem> {
  const { customId, position, attempt } = item;
  const seat = new PartsSeat(lost);
  try {
    if (attempt > ITEM_ATTEMPTS_LIMIT) {
      throw new ApiError('internal_error', {
        retryable: false,
        detail: ['worker_lost', ITEM_ATTEMPTS_LIMIT],
      });
    }
    if (item.line === null)
      throw new ApiError('internal_error', { retryable: false, detail: ['input_gone'] });
    const { body } = JSON.parse(item.line) as BatchLine;
    const makeRoom = (bytes: number) => seat.take(bytes, countUnreadParts(body));
    const { completion, costNano } = await completeChat(body, {
      ownOrigin: spec.origin,
      targets: targetPolicy(env),
      readFile: (id, limitBytes) => readFileBytes(env, spec.accountId, id, limitBytes, makeRoom),
      makeRoom,
      attempt,
      signal: lost,
      discount: 'batch',
      limit: limitOf(body, item.limit),
    });
    const text = encode({ custom_id: customId, status_code: 200, body: completion, error: null });
    if (text.byteLength > ITEM_RESULT_LIMIT_BYTES) {
      const megabytes = ITEM_RESULT_LIMIT_BYTES / 1024 ** 2;
      throw new ApiError('model_error', { retryable: false, detail: ['answer_too_large', megabytes] });
    }
    const charge = { model: completion.model, usage: completion.usage, costNano };
    return {
      kind: 'outcome',
      outcome: { position, failed: false, bytes: text.byteLength, charge },
      text,
    };
  } catch (thrown) {
    if (thrown instanceof CostLimitError) return { kind: 'unaffordable' };
    const error = thrown instanceof ApiError ? thrown : new ApiError('internal_error', { cause: thrown });
    if (error.retryable && attempt < ITEM_ATTEMPTS_LIMIT) {
      const overloaded = error.type === 'model_overloaded' || error.type === 'rate_limit_exceeded';
      const delayMs = retryDelayMs(error, attempt, Math.random());
      return { kind: 'retry', position, attempt, delayMs, overloaded };
    }
    const text = encode({
      custom_id: customId,
      status_code: ERROR_TABLE[error.type].status,
      body: null,
      error: errorBody(error, spec.locale, item.requestId),
    });
    return {
      kind: 'outcome',
      outcome: { position, failed: true, bytes: text.byteLength, charge: null },
      text,
    };
  } finally {
    seat.leave();
  }
}

/** An item that runs beside others keeps to its bound, or waits to run alone: then its answer may be cut short. */
function limitOf(body: BatchLine['body'], limit: ItemTry['limit']): CostLimit | null {
  if (limit === null) return null;
  if (limit !== 'bound') return { nano: limit, mayCut: true };
  const model = findModel(body.model);
  return model && { nano: boundOf(body, model, 'batch'), mayCut: false };
}

/** Doubles with every try, with jitter, and is never shorter than the provider asked for. */
function retryDelayMs(error: ApiError, attempt: number, random: number): number {
  const backoff = Math.min(BACKOFF_MAXIMUM_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1));
  const asked = Math.min(RETRY_AFTER_MAXIMUM_MS, error.retryAfterMs ?? 0);
  return Math.max(asked, Math.round(backoff * (0.75 + random / 2)));
}

/** The keys in this order: `output-files.ts` takes the body out of the text by their lengths. */
function encode({ custom_id, status_code, body, error }: BatchResult): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ custom_id, status_code, body, error }));
}
