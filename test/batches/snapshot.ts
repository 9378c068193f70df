// A batch to show: `batch_0123456789ab`, made at noon on the last day of January 2026 UTC.
import type { BatchSnapshot } from '../../src/batches/batch-response';
import { type BatchState, newBatchState } from '../../src/batches/state';

const CREATED_AT = Date.UTC(2026, 0, 31, 12);
const DAY_MS = 86_400_000;

/** With another state or specification where given. */
export function snapshotOf(
  state: Partial<BatchState>,
  spec: Partial<BatchSnapshot['spec']> = {},
): BatchSnapshot {
  return {
    spec: {
      id: 'batch_0123456789ab',
      accountId: 'acct_1',
      keyId: 'key_1',
      origin: 'https://quire.test',
      locale: 'en',
      metadata: { a: 'b' },
      completionWindow: '24h',
      createdAt: CREATED_AT,
      expiresAt: CREATED_AT + DAY_MS,
      inputKey: 'batches/acct_1/batch_0123456789ab/input.jsonl',
      inputFileId: 'file_input',
      outputFileId: 'file_output',
      errorFileId: 'file_error',
      outputExpiresAfterMs: null,
      maxCostNano: null,
      hasBounds: false,
      streamToken: 'stream-token',
      ...spec,
    },
    state: { ...newBatchState({ total: 0, model: null }), ...state },
  };
}
