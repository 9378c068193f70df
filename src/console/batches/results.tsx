// Results: the newest as they finish while the batch runs, all of them by pages once it has ended.
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
import { STREAMED_RESULTS_LIMIT, type WatchView } from './batch-watch';

const FILTERS = ['all', 'completed', 'failed'] as const;

const PAGE_SIZE = 50;

export function LiveResults({ view }: { view: WatchView }) {
  const { batches: m } = messages.value;
  if (view.batch.total > STREAMED_RESULTS_LIMIT) return <p class="muted centered">{m.tooManyToStream}</p>;
  if (view.recent.length === 0) return <p class="muted centered">{m.noResultsYet}</p>;
  return <ResultTable results={view.recent} />;
}

export function PagedResults({ id }: { id: string }) {
  const { batches: m } = messages.value;
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>('all');
  const path = `/api/v1/batches/${id}/results${filter === 'all' ? '' : `?status=${filter}`}`;
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
      </div>
      <ErrorNotice failure={list.failure} onRetry={list.reload} />
      {list.data?.data.length === 0 ? (
        <p class="muted centered">{m.noResults}</p>
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
