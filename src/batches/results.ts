// Reads a batch's results out of its packs, in input order or in the order of their commits.
import { ApiError } from '../contract/errors';
import { errorBody } from '../contract/messages/render';
import type { BatchSpec } from './batch-spec';
import type { BatchStore, Pack, RangeRow } from './batch-store';
import type { BatchState } from './state';

/** One result as stored: its JSON text is read only by those who keep the entry. */
export interface ResultEntry {
  customId: string;
  /** `undone` where the batch ended first. */
  status: 'completed' | 'failed' | 'undone';
  /** Its event number; null for one that was never committed. */
  sequence: number | null;
  text: () => string;
}

export interface ResultsPage {
  /** `id` is the custom_id, which is the list's cursor; `json` the whole result. */
  entries: { id: string; json: string }[];
  hasMore: boolean;
}

/** A page ends early at this size: an answer between Durable Object and Worker may take 32 MiB. */
const PAGE_BYTES_LIMIT = 4 * 1024 ** 2;

/** Every result from the given place on, in input order. For a batch that has ended: undone items have results too. */
export function* resultsInInputOrder(
  store: BatchStore,
  batch: { spec: BatchSpec; state: BatchState },
  from: { range: number; position: number },
): Generator<ResultEntry> {
  for (let n = from.range; ; n++) {
    const range = store.range(n);
    if (range === null) return;
    const packed = packedItems(store, range);
    for (let position = n === from.range ? from.position : 0; position < range.count; position++) {
      const customId = range.customIds[position] ?? '';
      yield packed.get(position) ?? undone(batch, customId);
    }
  }
}

/** Every result with an event number above `sequence`, in the order of their commits. */
export function* resultsInCommitOrder(store: BatchStore, sequence: number): Generator<ResultEntry> {
  let at = sequence;
  for (let pack = store.packAfter(at); pack !== null; pack = store.packAfter(at)) {
    const customIds = store.range(pack.range)?.customIds ?? [];
    for (const place of pack.items.keys()) {
      const entry = packEntry(store, pack, place, customIds);
      if (entry.sequence !== null && entry.sequence > at) {
        yield entry;
        at = entry.sequence;
      }
    }
  }
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
    const json = entry.text();
    size += json.length;
    page.entries.push({ id: entry.customId, json });
  }
  return page;
}

/** Where the results of a range lie, by position. */
function packedItems(store: BatchStore, range: RangeRow): Map<number, ResultEntry> {
  const entries = new Map<number, ResultEntry>();
  for (const sequence of range.packs) {
    const pack = store.pack(sequence);
    for (const [place, item] of (pack?.items ?? []).entries()) {
      if (pack !== null) entries.set(item.position, packEntry(store, pack, place, range.customIds));
    }
  }
  return entries;
}

function packEntry(store: BatchStore, pack: Pack, place: number, customIds: readonly string[]): ResultEntry {
  const item = pack.items[place];
  return {
    customId: customIds[item?.position ?? -1] ?? '',
    status: item?.failed ? 'failed' : 'completed',
    sequence: pack.sequence + place,
    text: () => store.resultText(pack, place),
  };
}

function undone({ spec, state }: { spec: BatchSpec; state: BatchState }, customId: string): ResultEntry {
  const error = new ApiError(state.outcome === 'cancelled' ? 'batch_cancelled' : 'batch_expired');
  const result = { custom_id: customId, status_code: null, body: null, error: errorBody(error, spec.locale) };
  return { customId, status: 'undone', sequence: null, text: () => JSON.stringify(result) };
}
