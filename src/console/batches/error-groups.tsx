// What went wrong in a batch, by type: from the results streamed while it runs, from its failed results afterwards.
import type { BatchResult } from '../../contract/batches';
import type { ListResponse } from '../../contract/lists';
import { requestJson } from '../api/request';
import { useResource } from '../api/use-resource';
import { ErrorNotice } from '../components/error-notice';
import { formatCount } from '../format';
import { messages } from '../preferences';
import { type ErrorGroup, groupErrors } from './batch-tally';
import { isEnded, streamsResults, type WatchView } from './batch-watch';

/** Failed results looked at, in pages of the largest size: their types are known long before the last of 50,000. */
const PAGES_LIMIT = 10;
const PAGE_SIZE = 100;

export function ErrorGroups({ view }: { view: WatchView }) {
  const ended = isEnded(view.batch);
  if (!ended && streamsResults(view.batch)) return <GroupList groups={view.errorGroups} />;
  return <FailedResults id={view.batch.id} order={ended ? 'input' : 'committed'} />;
}

function FailedResults({ id, order }: { id: string; order: 'input' | 'committed' }) {
  const { batches: m } = messages.value;
  const failed = useResource((signal) => failedResults(id, order, signal), [id, order]);
  if (failed.data === null) return <ErrorNotice failure={failed.failure} onRetry={failed.reload} />;
  return (
    <>
      <GroupList groups={groupErrors(failed.data.results)} />
      {failed.data.more && <p class="muted">{m.firstFailures(formatCount(failed.data.results.length))}</p>}
    </>
  );
}

function GroupList({ groups }: { groups: readonly ErrorGroup[] }) {
  const { batches: m } = messages.value;
  if (groups.length === 0) return <p class="muted centered">{m.noErrors}</p>;
  return (
    <ul class="error-groups">
      {groups.map((group) => (
        <li key={group.type} class="card">
          <div class="group-head">
            <code>{group.type}</code>
            <span class="count">{formatCount(group.count)}</span>
          </div>
          <p>{group.message}</p>
          <p class="muted">
            {m.forExample} {group.customIds.join(', ')}
          </p>
        </li>
      ))}
    </ul>
  );
}

async function failedResults(id: string, order: string, signal: AbortSignal) {
  const results: BatchResult[] = [];
  let after = '';
  for (let page = 0; page < PAGES_LIMIT; page++) {
    const path = `/api/v1/batches/${id}/results?status=failed&order=${order}&limit=${PAGE_SIZE}${after}`;
    const list = await requestJson<ListResponse<BatchResult>>('GET', path, { signal });
    results.push(...list.data);
    if (!list.has_more) return { results, more: false };
    after = `&after=${encodeURIComponent(list.last_id ?? '')}`;
  }
  return { results, more: true };
}
