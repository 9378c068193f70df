// Results: the newest as they finish, all of them by pages once the batch has ended or where they are not streamed.
import { useState } from 'preact/hooks';
import type { BatchResponse, BatchResult } from '../../contract/batches';
import { Choice } from '../components/choice';
import { CodeBlock } from '../components/code-block';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { Pager, usePagedList } from '../components/pager';
import { Badge } from '../components/status-badge';
import { type Column, Table } from '../components/table';
import { formatCount, formatMoney, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { isEnded, streamsResults, type WatchView } from './batch-watch';

const FILTERS = ['all', 'completed', 'failed'] as const;

const PAGE_SIZE = 50;

export function Results({ view }: { view: WatchView }) {
  const { batches: m } = messages.value;
  const { batch, recent } = view;
  const ended = isEnded(batch);
  const isStreamed = streamsResults(batch);
  const seen = isStreamed ? recent.length : batch.completed + batch.failed;
  if (!ended && seen === 0) return <p class="muted centered">{m.noResultsYet}</p>;
  return isStreamed && !ended ? (
    <ResultTable results={recent} />
  ) : (
    <PagedResults batch={batch} ended={ended} />
  );
}

/** Of a running batch, those that are done, in the order in which they were; the list does not move by itself. */
function PagedResults({ batch, ended }: { batch: BatchResponse; ended: boolean }) {
  const { batches: m, common } = messages.value;
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all');
  const order = ended ? 'input' : 'committed';
  const path = `/api/v1/batches/${batch.id}/results?order=${order}${filter === 'all' ? '' : `&status=${filter}`}`;
  const list = usePagedList<BatchResult>(path, PAGE_SIZE);
  // Of a batch that was cancelled or whose window ended. The API has no filter for them.
  const undone = ended ? batch.total - batch.completed - batch.failed : 0;
  const texts = { all: m.all, completed: m.statuses.completed, failed: m.statuses.failed };
  return (
    <>
      <div class="toolbar">
        <Choice
          label={m.filter}
          value={filter}
          options={FILTERS.map((value) => ({ value, text: texts[value] }))}
          onChange={setFilter}
        />
        {undone > 0 && <span class="muted tabular">{m.notDoneCount(formatCount(undone))}</span>}
        {!ended && (
          <button type="button" class="quiet" disabled={list.loading} onClick={list.reload}>
            <Icon name="retry" />
            {common.reload}
          </button>
        )}
      </div>
      <ErrorNotice failure={list.failure} onRetry={list.reload} />
      {list.data?.data.length === 0 ? (
        <p class="muted centered">{ended ? m.noResults : m.noResultsYet}</p>
      ) : (
        <ResultTable results={list.data?.data ?? []} />
      )}
      <Pager list={list} />
    </>
  );
}

function ResultTable({ results }: { results: readonly BatchResult[] }) {
  const { batches: m } = messages.value;
  const [open, setOpen] = useState<string | null>(null);
  const columns: Column<BatchResult>[] = [
    {
      name: m.request,
      cell: ({ custom_id }) => (
        <button
          type="button"
          class="disclose mono"
          aria-expanded={open === custom_id}
          onClick={() => setOpen(open === custom_id ? null : custom_id)}
        >
          <Icon name="next" />
          <span>{custom_id}</span>
        </button>
      ),
    },
    {
      name: m.outcome,
      cell: ({ error, status_code }) => (
        <Badge tone={error === null ? 'good' : 'bad'}>{status_code ?? m.notDone}</Badge>
      ),
    },
    { name: m.answer, class: 'clip', cell: (result) => result.error?.message ?? answerText(result) },
    {
      name: m.tokens,
      class: 'number wide-only',
      cell: ({ body }) => (body === null ? NO_VALUE : formatCount(body.usage.total_tokens)),
    },
    {
      name: m.cost,
      class: 'number wide-only',
      cell: ({ body }) => formatMoney(body?.cost?.total_cost),
    },
  ];
  return (
    <Table
      columns={columns}
      rows={results}
      keyOf={({ custom_id }) => custom_id}
      detail={(result) => (result.custom_id === open ? <ResultDetail result={result} /> : null)}
    />
  );
}

function ResultDetail({ result }: { result: BatchResult }) {
  return (
    <>
      {result.error === null && <p class="answer">{answerText(result)}</p>}
      <details open={result.error !== null}>
        <summary>JSON</summary>
        <CodeBlock text={JSON.stringify(result, null, 2)} label={messages.value.batches.copyResult} />
      </details>
    </>
  );
}

/** What the model said, or which tools it called. */
function answerText({ body }: BatchResult): string {
  const message = body?.choices[0]?.message;
  if (message === undefined) return '';
  const calls = message.tool_calls?.map(({ function: call }) => `${call.name}(${call.arguments})`) ?? [];
  return message.content ?? message.refusal ?? calls.join('\n');
}
