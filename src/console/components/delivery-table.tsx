// Attempts to deliver webhooks, one a row.
import type { BatchDeliveryAttempt, DeliveryAttempt } from '../../contract/webhooks';
import { formatDuration, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { Badge } from './status-badge';
import { type Column, Table } from './table';
import { Time } from './time';

export function DeliveryTable({ attempts }: { attempts: readonly BatchDeliveryAttempt[] }) {
  const { deliveries: m } = messages.value;
  const columns: Column<BatchDeliveryAttempt>[] = [
    { name: m.message, class: 'clip', cell: ({ webhook_id }) => <span class="mono">{webhook_id}</span> },
    { name: m.attempt, class: 'tabular', cell: ({ attempt }) => attempt },
    {
      name: m.status,
      cell: (attempt) => <AnswerBadge attempt={attempt} />,
    },
    { name: m.duration, class: 'number', cell: ({ duration_ms }) => formatDuration(duration_ms) },
    { name: m.error, class: 'wide-only', cell: ({ error }) => error ?? NO_VALUE },
    { name: m.at, class: 'number muted', cell: ({ at }) => <Time iso={at} /> },
  ];
  return (
    <Table
      columns={columns}
      rows={attempts}
      keyOf={({ webhook_id, attempt }) => `${webhook_id} ${attempt}`}
    />
  );
}

/** Said while an attempt is still to come: lists of deliveries do not move by themselves. */
export function OnItsWay({ shown }: { shown: boolean }) {
  return (
    <span class="muted" role="status">
      {shown && messages.value.deliveries.onItsWay}
    </span>
  );
}

/** The status that an attempt was answered with. */
export function AnswerBadge({ attempt: { status } }: { attempt: DeliveryAttempt }) {
  const delivered = status !== null && status >= 200 && status < 300;
  return <Badge tone={delivered ? 'good' : 'bad'}>{status ?? messages.value.deliveries.noAnswer}</Badge>;
}
