// The end of a batch: its output files, its spend, its place in the account's list, its notices; and its removal.
import { fileKey } from '../files/object-key';
import { logEnded } from './batch-log';
import type { Batch, BatchRecord } from './batch-record';
import { batchStatus } from './batch-response';
import { batchSnapshot } from './documents';
import type { EndNotices } from './end-notices';
import { writeOutputFiles } from './output-files';
import { retentionMs } from './retention';
import * as machine from './state';

/** How the account's list knows a batch. */
export function batchEntry({ spec, state }: Batch) {
  const { id, keyId, createdAt, inputFileId } = spec;
  return { id, keyId, createdAt, inputFileId, status: batchStatus(state) };
}

/**
 * Writes the files and books the spend, then makes the end visible: an ended batch is always paid for. Done again after
 * a crash, it comes to the same.
 */
export async function finishBatch(env: Env, record: BatchRecord, notices: EndNotices): Promise<void> {
  const batch = record.current();
  const { spec, state } = batch;
  if (state.phase !== 'finalizing') return;
  const now = Date.now();
  const times = { now, expiresAt: now + (spec.outputExpiresAfterMs ?? retentionMs(env)) };
  const files = await writeOutputFiles(env.BUCKET, record.store, batch, times);
  // Again: the files of 50,000 items take a while.
  const endedAt = Date.now();
  const ended = { spec, state: machine.end(state, endedAt) };
  const { hasWebhooks } = await env.ACCOUNTS.getByName(spec.accountId).endBatch(batchEntry(ended), {
    ledger: state.ledger,
    files,
    summary: JSON.stringify(batchSnapshot(ended)),
    hasWebhook: spec.webhook !== null,
  });
  record.transaction(() => {
    record.save(ended.state);
    notices.add(ended, hasWebhooks);
  });
  logEnded(ended);
}

/** Removes what a batch has outside its object: the account forgets it before its bytes go. */
export async function removeTraces(env: Env, { spec }: Batch): Promise<void> {
  const account = env.ACCOUNTS.getByName(spec.accountId);
  const files = [spec.outputFileId, spec.errorFileId];
  for (const id of files) await account.removeFile(id);
  const inputIsFree = await account.removeBatch(spec.id, spec.inputFileId);
  const keys = files.map((id) => fileKey(spec.accountId, id));
  await env.BUCKET.delete(inputIsFree ? [...keys, spec.inputKey] : keys);
}
