// A batch as native clients see it, from what is stored of it.
import { type CostNano, costResponse } from '../accounts/ledger';
import type { BatchProgress, BatchResponse, BatchStatus } from '../contract/batches';
import { ApiError } from '../contract/errors';
import { BATCH_POLL_SECONDS } from '../contract/limits';
import { errorBody } from '../contract/messages/render';
import type { BatchSpec } from './batch-spec';
import { type BatchOutcome, type BatchPhase, type BatchState, totals } from './state';

const STATUS_OF_OUTCOME: Record<BatchOutcome, BatchStatus> = {
  completed: 'completed',
  invalid: 'failed',
  expired: 'failed',
  cancelled: 'cancelled',
};

const STATUS_OF_PHASE: Record<Exclude<BatchPhase, 'ended'>, BatchStatus> = {
  planning: 'pending',
  waiting: 'pending',
  running: 'running',
  finalizing: 'running',
};

/** All that is known of a batch, but for its results and its webhook: what other shapes of it are made from. */
export interface BatchSnapshot {
  spec: Omit<BatchSpec, 'webhook'>;
  state: BatchState;
}

/** A batch on its way to a client: its JSON text, which holds up to a mebibyte of results, is never parsed again. */
export interface BatchDocument {
  id: string;
  json: string;
  /** Seconds until it makes sense to ask again; null once the batch has ended. */
  retryAfter: number | null;
}

export function batchStatus(state: BatchState): BatchStatus {
  // A batch that never ran is not running while it is taken down.
  if (state.phase === 'finalizing' && state.startedAt === null) return 'pending';
  if (state.phase !== 'ended') return STATUS_OF_PHASE[state.phase];
  return STATUS_OF_OUTCOME[state.outcome ?? 'completed'];
}

/** What a status event on the stream says; polling always agrees with it. */
export function batchProgress(state: BatchState): BatchProgress {
  return {
    status: batchStatus(state),
    completed: state.completed,
    failed: state.failed,
    total: state.total,
  };
}

/** The `BatchResponse`, with the JSON texts of its results, or null where it carries none. */
export function batchDocument(batch: BatchSnapshot, results: readonly string[] | null): BatchDocument {
  const response = withoutResults(batch);
  const list = results === null ? 'null' : `[${results.join(',')}]`;
  const json = `${JSON.stringify(response).slice(0, -1)},"results":${list}}`;
  return { id: batch.spec.id, json, retryAfter: response.retry_after };
}

function withoutResults({ spec, state }: BatchSnapshot): Omit<BatchResponse, 'results'> {
  const url = `${spec.origin}/api/v1/batches/${spec.id}`;
  const { usage, costNano } = totals(state);
  const ended = state.phase === 'ended';
  return {
    id: spec.id,
    object: 'batch',
    ...batchProgress(state),
    model: state.model ?? null,
    results_url: `${url}/results`,
    stream_url: `${url}/stream?token=${spec.streamToken}`,
    metadata: spec.metadata,
    completion_window: spec.completionWindow,
    created_at: isoTime(spec.createdAt),
    started_at: state.startedAt === null ? null : isoTime(state.startedAt),
    completed_at: state.endedAt === null ? null : isoTime(state.endedAt),
    expires_at: isoTime(spec.expiresAt),
    usage,
    cost: costOf(state, costNano),
    error: ended ? errorOf(spec, state) : null,
    ...(ended && state.errors.length > 0 && { errors: { object: 'list', data: state.errors } }),
    retry_after: ended ? null : BATCH_POLL_SECONDS,
  };
}

/** Nothing spent yet is a cost of zero; spend on models without a price alone has no known cost. */
function costOf(state: BatchState, costNano: CostNano | null): BatchResponse['cost'] {
  const nano = costNano ?? (state.ledger.length === 0 ? { prompt: 0, completion: 0 } : null);
  return nano && costResponse(nano);
}

/** Why the batch as a whole could not be done. */
function errorOf(spec: BatchSnapshot['spec'], { outcome, errors }: BatchState): BatchResponse['error'] {
  if (outcome === 'expired') {
    const expired = new ApiError('timeout', { code: 'batch_expired', detail: ['window_over'] });
    return errorBody(expired, spec.locale);
  }
  if (outcome !== 'invalid') return null;
  const invalid = new ApiError('invalid_request', {
    detail: ['input_file_invalid', errors.length],
    param: 'input_file_id',
  });
  return errorBody(invalid, spec.locale);
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
