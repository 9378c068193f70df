// Usage in rows, with the same figures as the chart and more.
import type { UsageRow } from '../../contract/accounts';
import { type Column, Table } from '../components/table';
import { formatCount, formatMoney } from '../format';
import { messages } from '../preferences';

interface UsageTableProps {
  name: string;
  rows: readonly UsageRow[];
  label: (row: UsageRow) => string;
  /** Draws a bar behind each name, as long as its part of the largest. */
  share?: (row: UsageRow) => number;
}

export function UsageTable({ name, rows, label, share }: UsageTableProps) {
  const { usage: m } = messages.value;
  if (rows.length === 0) return <p class="muted centered">{m.none}</p>;
  const largest = Math.max(...rows.map((row) => share?.(row) ?? 0));
  const columns: Column<UsageRow>[] = [
    {
      name,
      cell: (row) => (
        <>
          {label(row)}
          {share && (
            <div class="share" aria-hidden="true">
              <span style={{ width: `${largest === 0 ? 0 : (share(row) / largest) * 100}%` }} />
            </div>
          )}
        </>
      ),
    },
    { name: m.metrics.requests, class: 'number', cell: ({ requests }) => formatCount(requests) },
    {
      name: m.promptTokens,
      class: 'number wide-only',
      cell: ({ usage }) => formatCount(usage.prompt_tokens),
    },
    {
      name: m.completionTokens,
      class: 'number wide-only',
      cell: ({ usage }) => formatCount(usage.completion_tokens),
    },
    { name: m.metrics.cost, class: 'number', cell: ({ cost }) => formatMoney(cost?.total_cost) },
  ];
  return <Table columns={columns} rows={rows} keyOf={label} />;
}
