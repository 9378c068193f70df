// Reads a batch's results out of its packs, in input order or in the order of their commits.
import { ApiError, ERROR_TABLE } from '../contract/errors';
import { BATCH_RESULTS_LIMIT_BYTES } from '../contract/limits';
import { errorBody } from '../contract/messages/render';
import { usdFromNano } from '../contract/money';
import { type BatchSpec, itemRequestId } from './batch-spec';
import type { BatchStore, Pack, RangeRow } from './batch-store';
import type { BatchState } from './state';

/** One result as stored: its JSON text is read only by those who keep the entry. */
export interface ResultEntry {
  /** Its place in the input, from 0. */
  index: number;
  customId: string;
  /** `undone` where the batch ended first. */
  status: 'completed' | 'failed' | 'undone';
  /** Its event number; null for one that was never committed. */
  sequence: number | null;
  /** Bytes of its JSON text. */
  size: number;
  json(): Uint8Array;
}

export interface ResultsPage {
  /** `id` is the custom_id, which is the list's cursor; `json` the whole result. */
  entries: { id: string; json: string }[];
  hasMore: boolean;
}

/** A page ends early at this size: an answer between Durable Object and Worker may take 32 MiB. */
const PAGE_BYTES_LIMIT = 4 * 1024 ** 2;

const ENCODER = new TextEncoder();

/** Every result from the given place on, in input order. For a batch that has ended: undone items have results too. */
export function* resultsInInputOrder(
  store: BatchStore,
  batch: { spec: BatchSpec; state: BatchState },
  from: { range: number; position: number } = { range: 0, position: 0 },
): Generator<ResultEntry> {
  for (let n = from.range; ; n++) {
    const range = store.range(n);
    if (range === null) return;
    const packed = packedItems(store, range);
    for (let position = n === from.range ? from.position : 0; position < range.count; position++) {
      yield packed.get(position) ?? leftOver(batch, range, position);
    }
  }
}

/**
 * Every result with an event number above `sequence`, in the order of their commits. Items that failed for want of money
 * come last, all at once.
 */
export function* resultsInCommitOrder(
  store: BatchStore,
  batch: { spec: BatchSpec; state: BatchState },
  sequence: number,
): Generator<ResultEntry> {
  let at = sequence;
  for (let pack = store.packAfter(at); pack !== null; pack = store.packAfter(at)) {
    const range = store.range(pack.range);
    if (range === null) return;
    for (const place of pack.items.keys()) {
      const entry = packEntry(store, pack, place, range);
      if (entry.sequence !== null && entry.sequence > at) {
        yield entry;
        at = entry.sequence;
      }
    }
  }
  if (batch.state.ceilingReached) yield* leftOversAfter(store, batch, at);
}

function* leftOversAfter(
  store: BatchStore,
  batch: { spec: BatchSpec; state: BatchState },
  sequence: number,
): Generator<ResultEntry> {
  let next = batch.state.leftOverFrom;
  for (const { n, count } of store.undoneCounts()) {
    // A whole range at a time, so that a stream that goes on late in a long tail starts there.
    if (next + count - 1 <= sequence) {
      next += count;
      continue;
    }
    const range = store.range(n);
    if (range === null) return;
    for (let position = 0; position < range.count; position++) {
      if (range.done & (1 << position)) continue;
      if (next > sequence) yield { ...leftOver(batch, range, position), sequence: next };
      next += 1;
    }
  }
}

/** The event number of an item's result; null where it has none. */
export function sequenceOf(
  store: BatchStore,
  { state }: { state: BatchState },
  range: RangeRow,
  position: number,
): number | null {
  const recorded = store.sequenceOf(range, position);
  if (recorded !== null || !state.ceilingReached) return recorded;
  let sequence = state.leftOverFrom;
  for (const { n, count } of store.undoneCounts()) {
    if (n === range.n) break;
    sequence += count;
  }
  for (let before = 0; before < position; before++) if (!(range.done & (1 << before))) sequence += 1;
  return sequence;
}

/** The next `limit` entries that match, ended early by size. */
export function takePage(
  entries: Iterable<ResultEntry>,
  limit: number,
  status: ResultEntry['status'] | undefined,
): ResultsPage {
  const page: ResultsPage = { entries: [], hasMore: false };
  let size = 0;
  for (const entry of entries) {
    if (status !== undefined && entry.status !== status) continue;
    if (page.entries.length === limit || size > PAGE_BYTES_LIMIT) return { ...page, hasMore: true };
    size += entry.size;
    page.entries.push({ id: entry.customId, json: textOf(entry) });
  }
  return page;
}

/** A result's JSON as text. */
export function textOf(entry: ResultEntry): string {
  return new TextDecoder().decode(entry.json());
}

/** Where the results of a range lie, by position. */
function packedItems(store: BatchStore, range: RangeRow): Map<number, ResultEntry> {
  const entries = new Map<number, ResultEntry>();
  for (const sequence of range.packs) {
    const pack = store.pack(sequence);
    for (const [place, item] of (pack?.items ?? []).entries()) {
      if (pack !== null) entries.set(item.position, packEntry(store, pack, place, range));
    }
  }
  return entries;
}

function packEntry(store: BatchStore, pack: Pack, place: number, range: RangeRow): ResultEntry {
  const { position = 0, failed = false, bytes = 0 } = pack.items[place] ?? {};
  return {
    index: range.first + position,
    customId: range.customIds[position] ?? '',
    status: failed ? 'failed' : 'completed',
    sequence: pack.sequence + place,
    size: bytes,
    json: () => store.resultBytes(pack, place),
  };
}

/** What an item without a recorded outcome ended as: failed for want of money, or never done. */
function leftOver(
  { spec, state }: { spec: BatchSpec; state: BatchState },
  range: RangeRow,
  position: number,
): ResultEntry {
  const error = leftOverError(spec, state);
  const customId = range.customIds[position] ?? '';
  const result = {
    custom_id: customId,
    status_code: ERROR_TABLE[error.type].status,
    body: null,
    error: errorBody(error, spec.locale, itemRequestId(spec.id, range.first + position)),
  };
  const json = ENCODER.encode(JSON.stringify(result));
  return {
    index: range.first + position,
    customId,
    status: state.ceilingReached ? 'failed' : 'undone',
    sequence: null,
    size: json.byteLength,
    json: () => json,
  };
}

function leftOverError(spec: BatchSpec, state: BatchState): ApiError {
  if (state.ceilingReached === 'budget') {
    return new ApiError('budget_exceeded', { detail: ['batch_budget_spent'] });
  }
  if (state.ceilingReached === 'results') {
    const gigabytes = BATCH_RESULTS_LIMIT_BYTES / 1024 ** 3;
    return new ApiError('request_too_large', { detail: ['results_too_large', gigabytes] });
  }
  if (state.ceilingReached) {
    const usd = String(usdFromNano(spec.maxCostNano ?? 0));
    return new ApiError('budget_exceeded', { detail: ['max_cost_reached', usd] });
  }
  return new ApiError(state.outcome === 'cancelled' ? 'batch_cancelled' : 'batch_expired');
}
