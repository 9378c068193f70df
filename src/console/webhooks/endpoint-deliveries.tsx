// What was sent to one endpoint, newest first: each event with what came of it, its attempts, and a way to send it again.

import { useState } from 'preact/hooks';
import type { DeliveryResponse, DeliveryStatus } from '../../contract/webhooks';
import { request } from '../api/request';
import { useAction } from '../api/use-action';
import { AnswerBadge, DeliveryTable, OnItsWay } from '../components/delivery-table';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { Pager, usePagedList } from '../components/pager';
import { Badge, type Tone } from '../components/status-badge';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { formatCount, NO_VALUE } from '../format';
import { messages } from '../preferences';

const TONES: Record<DeliveryStatus, Tone> = { pending: 'active', delivered: 'good', failed: 'bad' };

/** @param path of the endpoint, which sends nothing while it is not enabled */
export function EndpointDeliveries({ path, enabled }: { path: string; enabled: boolean }) {
  const { webhooks: m, common } = messages.value;
  const list = usePagedList<DeliveryResponse>(`${path}/deliveries`);
  const resend = useAction(async (eventId: string) => {
    await request('POST', `${path}/deliveries/resend`, { body: { event_id: eventId } });
    list.reload();
  });
  const deliveries = list.data?.data ?? [];
  return (
    <div>
      <div class="toolbar end">
        <OnItsWay shown={deliveries.some(({ status }) => status === 'pending')} />
        <button type="button" class="quiet" disabled={list.loading} onClick={list.reload}>
          <Icon name="retry" />
          {common.reload}
        </button>
      </div>
      <ErrorNotice failure={list.failure ?? resend.failure} />
      {list.data?.data.length === 0 && <p class="muted centered">{m.nothingSent}</p>}
      {deliveries.length > 0 && (
        <EventTable deliveries={deliveries} onResend={resend.run} canResend={enabled && !resend.busy} />
      )}
      <Pager list={list} />
    </div>
  );
}

interface EventTableProps {
  deliveries: readonly DeliveryResponse[];
  onResend: (eventId: string) => void;
  canResend: boolean;
}

function EventTable({ deliveries, onResend, canResend }: EventTableProps) {
  const { webhooks: m, deliveries: texts } = messages.value;
  const [open, setOpen] = useState<string | null>(null);
  const columns: Column<DeliveryResponse>[] = [
    {
      name: m.event,
      cell: ({ id, event_type }) => (
        <button
          type="button"
          class="disclose mono"
          aria-expanded={open === id}
          onClick={() => setOpen(open === id ? null : id)}
        >
          <Icon name="next" />
          <span>{event_type}</span>
        </button>
      ),
    },
    {
      name: m.status,
      cell: ({ status }) => <Badge tone={TONES[status]}>{m.deliveryStatuses[status]}</Badge>,
    },
    {
      name: texts.status,
      cell: ({ attempts }) => {
        const last = attempts.at(-1);
        return last === undefined ? NO_VALUE : <AnswerBadge attempt={last} />;
      },
    },
    {
      name: m.attempts,
      class: 'number wide-only',
      cell: ({ attempts }) => formatCount(attempts.at(-1)?.attempt ?? 0),
    },
    { name: m.nextTry, class: 'number', cell: (delivery) => <NextTry delivery={delivery} /> },
    {
      name: m.published,
      class: 'number muted wide-only',
      cell: ({ created_at }) => <Time iso={created_at} />,
    },
    {
      name: texts.resend,
      unnamed: true,
      class: 'number',
      cell: ({ event_id }) => (
        <button type="button" class="quiet" disabled={!canResend} onClick={() => onResend(event_id)}>
          <Icon name="send" />
          {texts.resend}
        </button>
      ),
    },
  ];
  return (
    <Table
      columns={columns}
      rows={deliveries}
      keyOf={({ id }) => id}
      detail={(delivery) => (delivery.id === open ? <Attempts delivery={delivery} /> : null)}
    />
  );
}

/** A time that is past means that it waits for its turn. */
function NextTry({ delivery: { next_attempt_at: at } }: { delivery: DeliveryResponse }) {
  if (at !== null && new Date(at).getTime() <= Date.now())
    return <span>{messages.value.webhooks.atOnce}</span>;
  return <Time iso={at} />;
}

function Attempts({ delivery: { event_id, attempts } }: { delivery: DeliveryResponse }) {
  if (attempts.length === 0) return <code>{event_id}</code>;
  return <DeliveryTable attempts={attempts.map((attempt) => ({ ...attempt, webhook_id: event_id }))} />;
}
