// All batches of the account, newest first.
import { useEffect, useState } from 'preact/hooks';
import type { BatchResponse, BatchStatus } from '../../contract/batches';
import { Choice } from '../components/choice';
import { useFileDrop } from '../components/drop-zone';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { EmptyState, Page } from '../components/page';
import { Pager, usePagedList } from '../components/pager';
import { StatusBadge } from '../components/status-badge';
import { Time } from '../components/time';
import { formatCount, formatMoney } from '../format';
import { messages } from '../preferences';
import { href, navigate } from '../route';
import { droppedSource } from './dropped-source';
import { ProgressBar } from './progress-bar';

const FILTERS = ['all', 'running', 'pending', 'completed', 'failed', 'cancelled'] as const;
type Filter = (typeof FILTERS)[number];

export function BatchesPage() {
  const { batches: m } = messages.value;
  const [filter, setFilter] = useState<Filter>('all');
  const list = usePagedList<BatchResponse>(`/api/v1/batches${filter === 'all' ? '' : `?status=${filter}`}`);
  const drop = useFileDrop(([file]) => {
    droppedSource.value = file ?? null;
    navigate('batches', 'new');
  }, false);
  useReloadWhileRunning(list.data?.data ?? [], list.reload);

  const statuses: Record<Filter, string> = { all: m.all, ...m.statuses };
  return (
    <Page
      title={m.title}
      lead={m.lead}
      actions={
        <a href={href('batches', 'new')} class="button primary">
          <Icon name="plus" />
          {m.create}
        </a>
      }
    >
      <div class={`drop-target ${drop.over ? 'over' : ''}`} {...drop.handlers}>
        <div class="toolbar">
          <Choice
            label={m.filter}
            value={filter}
            options={FILTERS.map((value) => ({ value, text: statuses[value] }))}
            onChange={setFilter}
          />
        </div>
        <ErrorNotice failure={list.failure} onRetry={list.reload} />
        {list.data?.data.length === 0 ? (
          <NoBatches filter={filter} />
        ) : (
          <BatchTable batches={list.data?.data ?? null} />
        )}
        <Pager list={list} />
      </div>
    </Page>
  );
}

function NoBatches({ filter }: { filter: BatchStatus | 'all' }) {
  const { batches: m } = messages.value;
  if (filter !== 'all') return <p class="muted centered">{m.noneWithStatus}</p>;
  return (
    <EmptyState title={m.noneTitle}>
      <p>{m.noneText}</p>
      <a href={href('batches', 'new')} class="button primary">
        <Icon name="plus" />
        {m.create}
      </a>
    </EmptyState>
  );
}

function BatchTable({ batches }: { batches: BatchResponse[] | null }) {
  const { batches: m } = messages.value;
  return (
    <div class="table-frame" aria-busy={batches === null}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">{m.batch}</th>
            <th scope="col">{m.status}</th>
            <th scope="col" class="wide-only">
              {m.model}
            </th>
            <th scope="col">{m.progress}</th>
            <th scope="col" class="number wide-only">
              {m.cost}
            </th>
            <th scope="col" class="number wide-only">
              {m.created}
            </th>
          </tr>
        </thead>
        <tbody>
          {batches?.map((batch) => (
            <tr key={batch.id}>
              <td>
                <a href={href('batches', batch.id)} class="row-link">
                  {batch.metadata?.name ?? batch.id}
                </a>
                {batch.metadata?.name !== undefined && <div class="mono muted">{batch.id}</div>}
              </td>
              <td>
                <StatusBadge status={batch.status} />
              </td>
              <td class="wide-only">{batch.model ?? m.severalModels}</td>
              <td>
                <ProgressBar progress={batch} small />
                <div class="muted tabular">
                  {m.doneOf(formatCount(batch.completed + batch.failed), formatCount(batch.total))}
                </div>
              </td>
              <td class="number wide-only">{formatMoney(batch.cost?.total_cost)}</td>
              <td class="number muted wide-only">
                <Time iso={batch.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Lists have no stream: as long as a batch runs, they are asked for again when the API says so. */
function useReloadWhileRunning(batches: readonly BatchResponse[], reload: () => void): void {
  const waits = batches.flatMap(({ retry_after }) => (retry_after === null ? [] : [retry_after]));
  const seconds = waits.length === 0 ? null : Math.min(...waits);
  // Each answer starts the wait anew.
  useEffect(() => {
    if (seconds === null) return;
    const timer = setTimeout(() => {
      if (document.visibilityState === 'visible') reload();
    }, seconds * 1000);
    return () => clearTimeout(timer);
  }, [batches, seconds, reload]);
}
