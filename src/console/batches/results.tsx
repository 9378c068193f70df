// Results: the newest as they finish, all of them by pages once the batch has ended or where they are not streamed.
import { useState } from 'preact/hooks';
import type { BatchResult } from '../../contract/batches';
import { Choice } from '../components/choice';
import { CodeBlock } from '../components/code-block';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { Pager, usePagedList } from '../components/pager';
import { Badge } from '../components/status-badge';
import { formatCount, formatMoney, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { isEnded, streamsResults, type WatchView } from './batch-watch';

const FILTERS = ['all', 'completed', 'failed'] as const;

const PAGE_SIZE = 50;

export function Results({ view }: { view: WatchView }) {
  const { batches: m } = messages.value;
  const ended = isEnded(view.batch);
  if (ended || !streamsResults(view.batch)) return <PagedResults id={view.batch.id} ended={ended} />;
  if (view.recent.length === 0) return <p class="muted centered">{m.noResultsYet}</p>;
  return <ResultTable results={view.recent} />;
}

/** Of a running batch, those that are done, in the order in which they were; the list does not move by itself. */
function PagedResults({ id, ended }: { id: string; ended: boolean }) {
  const { batches: m, common } = messages.value;
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all');
  const order = ended ? 'input' : 'committed';
  const path = `/api/v1/batches/${id}/results?order=${order}${filter === 'all' ? '' : `&status=${filter}`}`;
  const list = usePagedList<BatchResult>(path, PAGE_SIZE);
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
  return (
    <div class="table-frame">
      <table class="rows results">
        <thead>
          <tr>
            <th scope="col">{m.request}</th>
            <th scope="col">{m.outcome}</th>
            <th scope="col">{m.answer}</th>
            <th scope="col" class="number wide-only">
              {m.tokens}
            </th>
            <th scope="col" class="number wide-only">
              {m.cost}
            </th>
          </tr>
        </thead>
        <tbody>
          {results.map((result) => (
            <ResultRow
              key={result.custom_id}
              result={result}
              open={open === result.custom_id}
              onToggle={() => setOpen(open === result.custom_id ? null : result.custom_id)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ResultRow({ result, open, onToggle }: { result: BatchResult; open: boolean; onToggle: () => void }) {
  const { batches: m } = messages.value;
  const { custom_id, status_code, body, error } = result;
  return (
    <>
      <tr class={open ? 'open' : ''}>
        <td>
          <button type="button" class="disclose mono" aria-expanded={open} onClick={onToggle}>
            <Icon name="next" />
            <span>{custom_id}</span>
          </button>
        </td>
        <td>
          <Badge tone={error === null ? 'good' : 'bad'}>{status_code ?? m.notDone}</Badge>
        </td>
        <td class="clip">{error === null ? answerText(result) : error.message}</td>
        <td class="number wide-only">{body === null ? NO_VALUE : formatCount(body.usage.total_tokens)}</td>
        <td class="number wide-only">{formatMoney(body?.cost?.total_cost)}</td>
      </tr>
      {open && (
        <tr class="detail">
          <td colSpan={5}>
            {error === null && <p class="answer">{answerText(result)}</p>}
            <details open={error !== null}>
              <summary>JSON</summary>
              <CodeBlock text={JSON.stringify(result, null, 2)} label={m.copyResult} />
            </details>
          </td>
        </tr>
      )}
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
