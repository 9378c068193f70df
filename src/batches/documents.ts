// What others are shown of a batch: its document with the results that ride along, its events, its results as lines.
import { INLINE_RESULTS_LIMIT_BYTES } from '../contract/limits';
import { parseByteRange } from '../platform/byte-range';
import { encodeEvent } from '../platform/server-sent-events';
import type { Batch, BatchRecord } from './batch-record';
import { type BatchDocument, type BatchSnapshot, batchDocument, batchProgress } from './batch-response';
import type { BatchStore } from './batch-store';
import type { ProgressSource } from './progress-stream';
import { linesSize, rangeInit, resultLines } from './result-lines';
import { resultsInCommitOrder, resultsInInputOrder, textOf } from './results';

/** Result events a subscriber is given at once: so many, or fewer that are large. A result alone may have 4 MiB. */
const EVENT_CHUNK_RESULTS = 50;
const EVENT_CHUNK_BYTES = 256 * 1024;

/** All of it but the webhook, whose secret stays with the batch. */
export function batchSnapshot({ spec: { webhook: _secret, ...spec }, state }: Batch): BatchSnapshot {
  return { spec, state };
}

/** The batch as native clients see it, with its results where it has ended and they are few enough. */
export function fullDocument(store: BatchStore, batch: Batch): BatchDocument {
  return batchDocument(batch, inlineResults(store, batch));
}

function inlineResults(store: BatchStore, batch: Batch): string[] | null {
  if (batch.state.phase !== 'ended' || batch.state.resultBytes > INLINE_RESULTS_LIMIT_BYTES) return null;
  const texts: string[] = [];
  // The brackets, less the comma that the first result does not have.
  let size = 1;
  for (const entry of resultsInInputOrder(store, batch)) {
    size += entry.size + 1;
    if (size > INLINE_RESULTS_LIMIT_BYTES) return null;
    texts.push(textOf(entry));
  }
  return texts;
}

/** What the subscribers of a batch's stream read. After its removal there is nothing more to tell. */
export function progressSource(record: BatchRecord): ProgressSource {
  return {
    newest: () => {
      const state = record.get()?.state;
      return { sequence: state?.sequence ?? 0, ended: state === undefined || state.phase === 'ended' };
    },
    resultEvents: (sequence) => {
      const batch = record.get();
      return batch && resultEvents(record.store, batch, sequence);
    },
    statusEvent: (id) => {
      const batch = record.get();
      return batch === null
        ? ''
        : encodeEvent({ id, event: 'status', data: JSON.stringify(batchProgress(batch.state)) });
    },
    doneEvent: (id) => {
      const batch = record.get();
      return batch === null
        ? ''
        : encodeEvent({ id, event: 'done', data: fullDocument(record.store, batch).json });
    },
  };
}

function resultEvents(
  store: BatchStore,
  batch: Batch,
  sequence: number,
): { text: string; sequence: number } | null {
  let text = '';
  let last = sequence;
  let count = 0;
  let size = 0;
  for (const entry of resultsInCommitOrder(store, batch, sequence)) {
    if (entry.sequence === null || count === EVENT_CHUNK_RESULTS || size >= EVENT_CHUNK_BYTES) break;
    count += 1;
    size += entry.size;
    last = entry.sequence;
    text += encodeEvent({ id: last, event: 'result', data: textOf(entry) });
  }
  return text === '' ? null : { text, sequence: last };
}

/** All results as JSON Lines: in input order once the batch has ended, a byte range of them too; else what is done. */
export function linesResponse(
  store: BatchStore,
  batch: Batch,
  order: string | null,
  rangeHeader: string | null,
): Response {
  if (order === 'committed') {
    return new Response(resultLines(resultsInCommitOrder(store, batch, 0), null), rangeInit(null, null));
  }
  if (batch.state.phase !== 'ended') return new Response(null, { status: 409 });
  const size = linesSize(resultsInInputOrder(store, batch));
  const range = parseByteRange(rangeHeader, size);
  if (range === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${size}` } });
  }
  const lines = resultLines(resultsInInputOrder(store, batch), range);
  // Of known length, or the answer would go out without one.
  const body = lines.pipeThrough(new FixedLengthStream(range?.length ?? size));
  return new Response(body, rangeInit(size, range));
}
