// One batch: live while it runs, its results afterwards.
import { useEffect, useState } from 'preact/hooks';
import type { BatchResponse } from '../../contract/batches';
import { Tabs, tabId } from '../components/choice';
import { CopyButton } from '../components/copy-button';
import { ErrorNotice } from '../components/error-notice';
import { Page } from '../components/page';
import { StatusBadge } from '../components/status-badge';
import { formatCount } from '../format';
import { messages } from '../preferences';
import { href } from '../route';
import { BatchActions } from './batch-actions';
import { BatchDetails } from './batch-details';
import { BatchWatch, isEnded, type WatchView } from './batch-watch';
import { Deliveries } from './deliveries';
import { ErrorGroups } from './error-groups';
import { ProgressCard } from './progress-card';
import { Results } from './results';

const TABS = ['results', 'errors', 'deliveries', 'details'] as const;
type Tab = (typeof TABS)[number];

export function BatchPage({ id }: { id: string }) {
  const { batches: m } = messages.value;
  const [watch, setWatch] = useState<BatchWatch | null>(null);
  useEffect(() => {
    const started = new BatchWatch(id);
    setWatch(started);
    started.start();
    return () => started.stop();
  }, [id]);

  const view = watch?.view.value ?? null;
  if (view === null) {
    return (
      <Page title={id}>
        <ErrorNotice failure={watch?.missing.value ?? null} onRetry={() => watch?.start()} />
      </Page>
    );
  }
  const { batch } = view;
  const name = batch.metadata?.name;
  return (
    <Page
      title={name ?? id}
      heading={
        <>
          <a href={href('batches')} class="crumb">
            {m.title}
          </a>
          <span class="heading-line">
            {name ?? <span class="mono">{id}</span>}
            <StatusBadge status={batch.status} />
          </span>
        </>
      }
      lead={
        <span class="mono">
          {id} <CopyButton value={id} label={m.copyId} />
        </span>
      }
      actions={<BatchActions batch={batch} />}
    >
      <ErrorNotice failure={view.failure} />
      <BatchError batch={batch} />
      <ProgressCard view={view} />
      <BatchTabs view={view} />
    </Page>
  );
}

function BatchTabs({ view }: { view: WatchView }) {
  const { batches: m } = messages.value;
  const [tab, setTab] = useState<Tab>('results');
  const { batch } = view;
  const ended = isEnded(batch);
  const counts: Partial<Record<Tab, number>> = {
    results: batch.completed + batch.failed,
    errors: batch.failed,
  };
  return (
    <section>
      <Tabs
        label={m.sections}
        value={tab}
        options={TABS.map((value) => ({
          value,
          text: (
            <>
              {m.tabs[value]}
              {counts[value] !== undefined && <span class="count">{formatCount(counts[value])}</span>}
            </>
          ),
        }))}
        onChange={setTab}
      />
      <div role="tabpanel" aria-labelledby={tabId(tab)} class="tab-panel">
        {tab === 'results' && <Results view={view} />}
        {tab === 'errors' && <ErrorGroups view={view} />}
        {tab === 'deliveries' && <Deliveries batchId={batch.id} ended={ended} />}
        {tab === 'details' && <BatchDetails batch={batch} />}
      </div>
    </section>
  );
}

/** Why the batch as a whole could not be done, with the lines of a refused file. */
function BatchError({ batch }: { batch: BatchResponse }) {
  const { batches: m } = messages.value;
  if (batch.error === null) return null;
  return (
    <div class="notice danger" role="alert">
      <p>{batch.error.message}</p>
      {batch.errors !== undefined && (
        <ul class="line-errors">
          {batch.errors.data.slice(0, LINE_ERRORS_SHOWN).map((error) => (
            <li key={`${error.line} ${error.param}`}>
              {error.line !== null && <strong>{m.line(formatCount(error.line))}</strong>} {error.message}{' '}
              <code>{error.param ?? error.code}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const LINE_ERRORS_SHOWN = 20;
