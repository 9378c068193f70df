// Runs one item of a batch: a line of input in, its outcome out.
import { completeChat } from '../completions/complete';
import type { BatchLine, BatchResult } from '../contract/batches';
import { ApiError, ERROR_TABLE } from '../contract/errors';
import { ITEM_RESULT_LIMIT_BYTES } from '../contract/limits';
import { errorBody } from '../contract/messages/render';
import { readFileBytes } from '../files/file-store';
import type { Claimed, Grant } from './batch-object';
import { ITEM_ATTEMPTS_LIMIT, type ItemOutcome } from './state';

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAXIMUM_MS = 30_000;
/** A provider's Retry-After is honoured up to here. */
const RETRY_AFTER_MAXIMUM_MS = 10 * 60_000;

/** What came of one try: an outcome to record, with its JSON text, or a try worth repeating later. */
export type FinishedItem =
  | { kind: 'outcome'; outcome: ItemOutcome; text: Uint8Array }
  | { kind: 'retry'; position: number; attempt: number; delayMs: number; overloaded: boolean };

export interface ItemTry {
  line: string;
  /** Place in the range. */
  position: number;
  /** 1 for the first. */
  attempt: number;
}

/** The input lines of a range, read by their byte offsets. */
export async function readLines(bucket: R2Bucket, inputKey: string, grant: Grant): Promise<string[]> {
  const { start, end } = grant;
  const object = await bucket.get(inputKey, { range: { offset: start, length: end - start } });
  if (object === null) throw new Error(`the input ${inputKey} is gone`);
  const lines = (await object.text()).split('\n').filter((line) => line.trim() !== '');
  if (lines.length !== grant.count)
    throw new Error(`range ${grant.range} of ${inputKey} has ${lines.length} lines`);
  return lines;
}

/** Tries an item once. Never throws: whatever goes wrong is the item's outcome, or a reason to try again. */
export async function runItem(
  env: Env,
  spec: Claimed['spec'],
  requestId: string,
  { line, position, attempt }: ItemTry,
  lost: AbortSignal,
): Promise<FinishedItem> {
  const { custom_id, body } = JSON.parse(line) as BatchLine;
  try {
    const { completion, costNano } = await completeChat(body, {
      ownOrigin: spec.origin,
      readFile: (id, limitBytes) => readFileBytes(env, spec.accountId, id, limitBytes),
      attempt,
      signal: lost,
      discount: 'batch',
    });
    const charge = { model: completion.model, usage: completion.usage, costNano };
    return outcome(position, { custom_id, status_code: 200, body: completion, error: null }, charge);
  } catch (thrown) {
    const error = thrown instanceof ApiError ? thrown : new ApiError('internal_error', { cause: thrown });
    if (error.retryable && attempt < ITEM_ATTEMPTS_LIMIT) {
      const overloaded = error.type === 'model_overloaded' || error.type === 'rate_limit_exceeded';
      return {
        kind: 'retry',
        position,
        attempt,
        delayMs: retryDelayMs(error, attempt, Math.random()),
        overloaded,
      };
    }
    return outcome(position, failure(custom_id, error, spec, requestId), null);
  }
}

/** Doubles with every try, with jitter, and is never shorter than the provider asked for. */
function retryDelayMs(error: ApiError, attempt: number, random: number): number {
  const backoff = Math.min(BACKOFF_MAXIMUM_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1));
  const asked = Math.min(RETRY_AFTER_MAXIMUM_MS, error.retryAfterMs ?? 0);
  return Math.max(asked, Math.round(backoff * (0.75 + random / 2)));
}

function failure(customId: string, error: ApiError, spec: Claimed['spec'], requestId: string): BatchResult {
  return {
    custom_id: customId,
    status_code: ERROR_TABLE[error.type].status,
    body: null,
    error: errorBody(error, spec.locale, requestId),
  };
}

function outcome(position: number, result: BatchResult, charge: ItemOutcome['charge']): FinishedItem {
  const text = new TextEncoder().encode(JSON.stringify(result));
  if (text.byteLength > ITEM_RESULT_LIMIT_BYTES) {
    const error = new ApiError('model_error', {
      detail: ['answer_too_large', ITEM_RESULT_LIMIT_BYTES / 1024 ** 2],
    });
    // The tokens were used, so the charge stays.
    const short = {
      custom_id: result.custom_id,
      status_code: 500,
      body: null,
      error: errorBody(error, 'en'),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(short));
    return {
      kind: 'outcome',
      outcome: { position, failed: true, bytes: bytes.byteLength, charge },
      text: bytes,
    };
  }
  return {
    kind: 'outcome',
    outcome: { position, failed: result.error !== null, bytes: text.byteLength, charge },
    text,
  };
}
