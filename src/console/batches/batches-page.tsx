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
import { type Column, Table } from '../components/table';
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
  const columns: Column<BatchResponse>[] = [
    {
      name: m.batch,
      cell: ({ id, metadata }) => (
        <>
          <a href={href('batches', id)} class="row-link">
            {metadata?.name ?? id}
          </a>
          {metadata?.name !== undefined && <div class="mono muted">{id}</div>}
        </>
      ),
    },
    { name: m.status, cell: ({ status }) => <StatusBadge status={status} /> },
    { name: m.model, class: 'wide-only', cell: ({ model }) => model ?? m.severalModels },
    {
      name: m.progress,
      cell: (batch) => (
        <>
          <ProgressBar progress={batch} small />
          <div class="muted tabular">
            {m.doneOf(formatCount(batch.completed + batch.failed), formatCount(batch.total))}
          </div>
        </>
      ),
    },
    { name: m.cost, class: 'number wide-only', cell: ({ cost }) => formatMoney(cost?.total_cost) },
    {
      name: m.created,
      class: 'number muted wide-only',
      cell: ({ created_at }) => <Time iso={created_at} />,
    },
  ];
  return <Table columns={columns} rows={batches} keyOf={({ id }) => id} />;
}

/** Lists have no stream: as long as a batch runs, they are asked for again when the API says so. */
function useReloadWhileRunning(batches: readonly BatchResponse[], reload: () => void): void {
  const waits = batches.flatMap(({ retry_after }) => (retry_after === null ? [] : [retry_after]));
  const seconds = waits.length === 0 ? null : Math.min(...waits);
  // Each answer starts the wait anew; where none comes, or nobody looks, it goes on.
  useEffect(() => {
    if (seconds === null) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [batches, seconds, reload]);
}
