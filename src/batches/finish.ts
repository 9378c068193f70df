// The end of a batch: its output files, its spend, its place in the account's list, its webhook; and its removal.
import { newId } from '../contract/ids';
import type { EventType, WebhookEvent } from '../contract/webhooks';
import { fileKey } from '../files/object-key';
import type { DeliveryOutbox } from '../webhooks/delivery-outbox';
import { logEnded } from './batch-log';
import type { Batch, BatchRecord } from './batch-record';
import { batchStatus } from './batch-response';
import { batchSnapshot, fullDocument } from './documents';
import { writeOutputFiles } from './output-files';
import { retentionMs } from './retention';
import * as machine from './state';

/** Whom a batch's outbox knows: the receiver of its own webhook, and the account's endpoints, all together. */
export const OWN_WEBHOOK = 'webhook_url';
export const ACCOUNT_ENDPOINTS = 'account';

const EVENT_OF_OUTCOME: Record<machine.BatchOutcome, EventType> = {
  completed: 'batch.completed',
  invalid: 'batch.failed',
  expired: 'batch.expired',
  cancelled: 'batch.cancelled',
};

/** How the account's list knows a batch. */
export function batchEntry({ spec, state }: Batch) {
  const { id, keyId, createdAt, inputFileId } = spec;
  return { id, keyId, createdAt, inputFileId, status: batchStatus(state) };
}

/**
 * Writes the files and books the spend, then makes the end visible: an ended batch is always paid for. Done again after
 * a crash, it comes to the same.
 */
export async function finishBatch(env: Env, record: BatchRecord, outbox: DeliveryOutbox): Promise<void> {
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
    const put = (endpointId: string, eventType: string, body: string) => {
      const id = newId('evt');
      outbox.add({ id, eventId: id, endpointId, eventType, body }, endedAt);
    };
    if (spec.webhook !== null) put(OWN_WEBHOOK, 'batch', fullDocument(record.store, ended).json);
    if (!hasWebhooks) return;
    const event = endEvent(ended);
    put(ACCOUNT_ENDPOINTS, event.type, JSON.stringify(event));
  });
  logEnded(ended);
}

/** Hands the event of the batch's end to the account's endpoints, which tell it at once: only when clients can see the end. */
export async function announceEnd(env: Env, { spec }: Batch, outbox: DeliveryOutbox): Promise<void> {
  const [due] = outbox.due(ACCOUNT_ENDPOINTS, Date.now(), 1);
  if (due === undefined) return;
  await env.WEBHOOKS.getByName(spec.accountId).publish(JSON.parse(due.body) as WebhookEvent);
  outbox.removeAll(ACCOUNT_ENDPOINTS);
}

/** What the account's endpoints are told. The id comes from the batch's: a rerun after a crash tells nothing new. */
function endEvent({ spec: { id }, state: { outcome, endedAt } }: Batch): WebhookEvent {
  return {
    id: `evt_${id.slice('batch_'.length)}`,
    type: EVENT_OF_OUTCOME[outcome ?? 'completed'],
    createdAt: endedAt ?? 0,
    data: { id },
  };
}

/** Removes what a batch has outside its object: the account forgets it before its bytes go. */
export async function removeTraces(env: Env, { spec }: Batch): Promise<void> {
  const account = env.ACCOUNTS.getByName(spec.accountId);
  const files = [spec.outputFileId, spec.errorFileId];
  for (const id of files) await account.removeFile(id);
  const inputIsFree = await account.removeBatch(spec.id);
  const keys = files.map((id) => fileKey(spec.accountId, id));
  await env.BUCKET.delete(inputIsFree ? [...keys, spec.inputKey] : keys);
}
