// Pages of a list, forward and back by cursor.
import { useState } from 'preact/hooks';
import type { ListResponse } from '../../contract/lists';
import { requestJson } from '../api/request';
import { type Resource, useResource } from '../api/use-resource';
import { messages } from '../preferences';

const PAGE_SIZE = 20;

export interface PagedList<T> extends Resource<ListResponse<T>> {
  previous: (() => void) | null;
  next: (() => void) | null;
}

/** The list at a path, whose query may hold filters already. Another path starts at its first page. */
export function usePagedList<T>(path: string, limit = PAGE_SIZE): PagedList<T> {
  const [place, setPlace] = useState<{ path: string; cursors: string[] }>({ path, cursors: [] });
  const cursors = place.path === path ? place.cursors : [];
  const setCursors = (next: string[]) => setPlace({ path, cursors: next });
  const after = cursors.at(-1);
  const url = `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${
    after === undefined ? '' : `&after=${encodeURIComponent(after)}`
  }`;
  const list = useResource<ListResponse<T>>((signal) => requestJson('GET', url, { signal }), [url]);
  const last = list.data?.has_more ? list.data.last_id : null;
  return {
    ...list,
    previous: cursors.length === 0 ? null : () => setCursors(cursors.slice(0, -1)),
    next: last === null || last === undefined ? null : () => setCursors([...cursors, last]),
  };
}

export function Pager({ list }: { list: PagedList<unknown> }) {
  if (list.previous === null && list.next === null) return null;
  const { common } = messages.value;
  return (
    <nav class="pager" aria-label={common.pages}>
      <button type="button" class="quiet" disabled={list.previous === null} onClick={() => list.previous?.()}>
        {common.previous}
      </button>
      <button type="button" class="quiet" disabled={list.next === null} onClick={() => list.next?.()}>
        {common.next}
      </button>
    </nav>
  );
}
