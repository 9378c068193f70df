// A batch in OpenAI's words. Times are unix seconds.
import type { BatchSnapshot } from '../../batches/batch-response';
import { type BatchState, totals } from '../../batches/state';
import type { OpenaiBatch } from './objects';

type OpenaiStatus = OpenaiBatch['status'];

/** A batch as OpenAI's `Batch` object. */
export function openaiBatch({ spec, state }: BatchSnapshot): OpenaiBatch {
  const { usage } = totals(state);
  const ended = state.phase === 'ended';
  const endedAt = (outcome: BatchState['outcome']) =>
    ended && state.outcome === outcome ? seconds(state.endedAt) : null;
  return {
    id: spec.id,
    object: 'batch',
    endpoint: '/v1/chat/completions',
    model: state.model ?? null,
    errors: state.errors.length === 0 ? null : { object: 'list', data: state.errors },
    input_file_id: spec.inputFileId,
    completion_window: spec.completionWindow,
    status: statusOf(state),
    output_file_id: ended && state.completed > 0 ? spec.outputFileId : null,
    error_file_id: ended && state.total > state.completed ? spec.errorFileId : null,
    created_at: Math.floor(spec.createdAt / 1000),
    in_progress_at: seconds(state.startedAt),
    expires_at: seconds(spec.expiresAt),
    finalizing_at: isFinalized(state) ? seconds(state.finalizingAt) : null,
    completed_at: endedAt('completed'),
    failed_at: endedAt('invalid'),
    expired_at: endedAt('expired'),
    cancelling_at: state.outcome === 'cancelled' ? seconds(state.finalizingAt) : null,
    cancelled_at: endedAt('cancelled'),
    request_counts: { total: state.total, completed: state.completed, failed: state.failed },
    usage: {
      input_tokens: usage.prompt_tokens,
      input_tokens_details: { cached_tokens: usage.prompt_tokens_details.cached_tokens },
      output_tokens: usage.completion_tokens,
      output_tokens_details: { reasoning_tokens: usage.completion_tokens_details.reasoning_tokens },
      total_tokens: usage.total_tokens,
    },
    metadata: spec.metadata,
  };
}

/** Whether the batch passes, or passed, through the status `finalizing`. */
function isFinalized({ outcome }: BatchState): boolean {
  return outcome === 'completed' || outcome === 'expired';
}

function statusOf({ phase, outcome }: BatchState): OpenaiStatus {
  switch (phase) {
    case 'planning':
    case 'waiting':
      return 'validating';
    case 'running':
      return 'in_progress';
    case 'finalizing':
      return FINALIZING_STATUS[outcome ?? 'completed'];
    case 'ended':
      return ENDED_STATUS[outcome ?? 'completed'];
  }
}

const FINALIZING_STATUS: Record<NonNullable<BatchState['outcome']>, OpenaiStatus> = {
  completed: 'finalizing',
  invalid: 'validating',
  expired: 'finalizing',
  cancelled: 'cancelling',
};

const ENDED_STATUS: Record<NonNullable<BatchState['outcome']>, OpenaiStatus> = {
  completed: 'completed',
  invalid: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.floor(milliseconds / 1000);
}
