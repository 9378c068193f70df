// Everything else that is known of a batch.
import type { ComponentChildren } from 'preact';
import type { BatchResponse } from '../../contract/batches';
import { formatCount, formatDateTime, formatMoney, NO_VALUE } from '../format';
import { messages } from '../preferences';

export function BatchDetails({ batch }: { batch: BatchResponse }) {
  const { batches: m } = messages.value;
  const time = (iso: string | null) => (iso === null ? NO_VALUE : formatDateTime(iso));
  const facts: [string, ComponentChildren][] = [
    [m.model, batch.model ?? m.severalModels],
    [m.window, batch.completion_window],
    [m.created, time(batch.created_at)],
    [m.started, time(batch.started_at)],
    [m.ended, time(batch.completed_at)],
    [m.expires, time(batch.expires_at)],
    [m.promptTokens, formatCount(batch.usage.prompt_tokens)],
    [m.completionTokens, formatCount(batch.usage.completion_tokens)],
    [m.cost, formatMoney(batch.cost?.total_cost)],
    ...Object.entries(batch.metadata ?? {}).map(([key, value]): [string, string] => [
      `metadata.${key}`,
      value,
    ]),
  ];
  return (
    <dl class="card facts wide">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
