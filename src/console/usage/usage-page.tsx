// What the account used and spent: by day as a chart, by model, each with its table, and how much of the budget is left.
import { useState } from 'preact/hooks';
import type { AccountResponse, UsageResponse, UsageRow } from '../../contract/accounts';
import { requestJson } from '../api/request';
import { useResource } from '../api/use-resource';
import { BarChart } from '../components/bar-chart';
import { Choice } from '../components/choice';
import { ErrorNotice } from '../components/error-notice';
import { Page } from '../components/page';
import { formatCompact, formatCount, formatDay, formatMoney, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { BudgetBar } from './budget-bar';
import { daysUntil, monthStart, withEveryDay } from './days';
import { UsageTable } from './usage-table';

const RANGES = ['7', '30', '90'] as const;
const METRICS = ['cost', 'requests', 'tokens'] as const;
type Metric = (typeof METRICS)[number];

const VALUES: Record<Metric, (row: Omit<UsageRow, 'day'>) => number> = {
  cost: (row) => row.cost?.total_cost ?? 0,
  requests: (row) => row.requests,
  tokens: (row) => row.usage.total_tokens,
};

const FORMATS: Record<Metric, (value: number) => string> = {
  cost: formatMoney,
  requests: formatCompact,
  tokens: formatCompact,
};

export function UsagePage() {
  const { usage: m } = messages.value;
  const [range, setRange] = useState<(typeof RANGES)[number]>('30');
  const [metric, setMetric] = useState<Metric>('cost');
  const days = daysUntil(Date.now(), Number(range));
  const from = days[0] ?? '';
  const to = days.at(-1) ?? '';
  const byDay = useUsage(from, to, 'day');
  const byModel = useUsage(from, to, 'model');
  const failure = byDay.failure ?? byModel.failure;

  return (
    <Page
      title={m.title}
      lead={m.lead}
      actions={
        <Choice
          label={m.range}
          value={range}
          options={RANGES.map((value) => ({ value, text: m.days(value) }))}
          onChange={setRange}
        />
      }
    >
      <ErrorNotice failure={failure} onRetry={byDay.failure ? byDay.reload : byModel.reload} />
      <div class="stack">
        <Budget />
        <Totals usage={byDay.data} />
        <section class="card">
          <div class="toolbar">
            <h2 class="card-title">{m.byDay}</h2>
            <Choice
              label={m.metric}
              value={metric}
              options={METRICS.map((value) => ({ value, text: m.metrics[value] }))}
              onChange={setMetric}
            />
          </div>
          <BarChart
            bars={withEveryDay(days, byDay.data?.data ?? [], VALUES[metric])}
            format={FORMATS[metric]}
          />
          <details class="chart-table">
            <summary>{m.asTable}</summary>
            <UsageTable
              name={m.day}
              rows={byDay.data?.data ?? []}
              label={(row) => formatDay(row.day ?? '')}
            />
          </details>
        </section>
        <section class="stack tight">
          <h2>{m.byModel}</h2>
          <UsageTable
            name={m.model}
            rows={sorted(byModel.data?.data ?? [], VALUES[metric])}
            label={(row) => row.model ?? NO_VALUE}
            share={VALUES[metric]}
          />
        </section>
      </div>
    </Page>
  );
}

function useUsage(from: string, to: string, groupBy: 'day' | 'model') {
  const path = `/api/v1/usage?from=${from}&to=${to}&group_by=${groupBy}`;
  return useResource<UsageResponse>((signal) => requestJson('GET', path, { signal }), [path]);
}

/** Only where the account has a budget. */
function Budget() {
  const from = monthStart(Date.now());
  const budget = useResource(
    async (signal) => {
      const account = await requestJson<AccountResponse>('GET', '/api/v1/account', { signal });
      const limit = account.limits.monthly_budget ?? null;
      if (limit === null) return null;
      const month = await requestJson<UsageResponse>('GET', `/api/v1/usage?from=${from}`, { signal });
      return { limit, spent: month.total.cost?.total_cost ?? 0 };
    },
    [from],
  );
  return budget.data === null ? <ErrorNotice failure={budget.failure} /> : <BudgetBar {...budget.data} />;
}

function Totals({ usage }: { usage: UsageResponse | null }) {
  const { usage: m } = messages.value;
  const total = usage?.total;
  return (
    <dl class="card tiles totals">
      <div class="tile">
        <dt>{m.metrics.cost}</dt>
        <dd>{total === undefined ? '…' : formatMoney(total.cost?.total_cost)}</dd>
      </div>
      <div class="tile">
        <dt>{m.metrics.requests}</dt>
        <dd>{total === undefined ? '…' : formatCount(total.requests)}</dd>
      </div>
      <div class="tile">
        <dt>{m.promptTokens}</dt>
        <dd>{total === undefined ? '…' : formatCount(total.usage.prompt_tokens)}</dd>
      </div>
      <div class="tile">
        <dt>{m.completionTokens}</dt>
        <dd>{total === undefined ? '…' : formatCount(total.usage.completion_tokens)}</dd>
      </div>
    </dl>
  );
}

function sorted(rows: readonly UsageRow[], value: (row: UsageRow) => number): UsageRow[] {
  return [...rows].sort((a, b) => value(b) - value(a));
}
