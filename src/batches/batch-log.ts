// A batch's life in the log: one line when it is made, starts and ends. A crash just after the step loses its line.
import { usdFromNano } from '../contract/money';
import { logLine } from '../platform/log-line';
import type { Batch } from './batch-record';
import { batchStatus } from './batch-response';
import { totals } from './state';

export function logCreated({ spec, state }: Batch): void {
  const { id, accountId, keyId, inputFileId } = spec;
  logLine('batch.created', {
    batch: id,
    account: accountId,
    key: keyId,
    // The items of a file are counted while it is read.
    total: inputFileId === null ? state.total : undefined,
  });
}

export function logStarted({ spec, state }: Batch): void {
  const { id, accountId, createdAt } = spec;
  const waitedMs = (state.startedAt ?? createdAt) - createdAt;
  logLine('batch.started', { batch: id, account: accountId, total: state.total, waited_ms: waitedMs });
}

export function logEnded({ spec, state }: Batch): void {
  const { id, accountId, keyId, createdAt } = spec;
  const { usage, costNano } = totals(state);
  logLine('batch.ended', {
    batch: id,
    account: accountId,
    key: keyId,
    status: batchStatus(state),
    outcome: state.outcome,
    model: state.model ?? null,
    total: state.total,
    completed: state.completed,
    failed: state.failed,
    tokens: usage.total_tokens,
    cost_usd: costNano && usdFromNano(costNano.prompt + costNano.completion),
    ms: (state.endedAt ?? createdAt) - createdAt,
  });
}
