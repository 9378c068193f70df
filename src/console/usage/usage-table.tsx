// Usage in rows, with the same figures as the chart and more.
import type { UsageRow } from '../../contract/accounts';
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
  return (
    <div class="table-frame">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col" class="number">
              {m.metrics.requests}
            </th>
            <th scope="col" class="number wide-only">
              {m.promptTokens}
            </th>
            <th scope="col" class="number wide-only">
              {m.completionTokens}
            </th>
            <th scope="col" class="number">
              {m.metrics.cost}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={label(row)}>
              <td>
                {label(row)}
                {share && (
                  <div class="share" aria-hidden="true">
                    <span style={{ width: `${largest === 0 ? 0 : (share(row) / largest) * 100}%` }} />
                  </div>
                )}
              </td>
              <td class="number">{formatCount(row.requests)}</td>
              <td class="number wide-only">{formatCount(row.usage.prompt_tokens)}</td>
              <td class="number wide-only">{formatCount(row.usage.completion_tokens)}</td>
              <td class="number">{formatMoney(row.cost?.total_cost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
