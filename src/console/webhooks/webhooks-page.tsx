// The account's webhook endpoints: who is told when something happens.

import { useState } from 'preact/hooks';
import type { EndpointResponse, EndpointWithSecret } from '../../contract/webhooks';
import { request, requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { EmptyState, Page } from '../components/page';
import { Pager, usePagedList } from '../components/pager';
import { SecretDialog } from '../components/secret-dialog';
import { Badge } from '../components/status-badge';
import { useConfirm } from '../components/use-confirm';
import { messages } from '../preferences';
import { EndpointDeliveries } from './endpoint-deliveries';
import { NewEndpointDialog } from './new-endpoint-dialog';

const PATH = '/api/v1/webhooks';

export function WebhooksPage() {
  const { webhooks: m } = messages.value;
  const list = usePagedList<EndpointResponse>(PATH);
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<EndpointWithSecret | null>(null);
  const showSecret = (endpoint: EndpointWithSecret) => {
    setShown(endpoint);
    list.reload();
  };

  return (
    <Page
      title={m.title}
      lead={m.lead}
      actions={
        <button type="button" class="primary" onClick={() => setAdding(true)}>
          <Icon name="plus" />
          {m.create}
        </button>
      }
    >
      <ErrorNotice failure={list.failure} onRetry={list.reload} />
      {list.data?.data.length === 0 && (
        <EmptyState title={m.noneTitle}>
          <p>{m.noneText}</p>
        </EmptyState>
      )}
      <div class="stack">
        {list.data?.data.map((endpoint) => (
          <EndpointCard key={endpoint.id} endpoint={endpoint} onChange={list.reload} onSecret={showSecret} />
        ))}
      </div>
      <Pager list={list} />
      {adding && <NewEndpointDialog onMade={showSecret} onClose={() => setAdding(false)} />}
      {shown !== null && (
        <SecretDialog title={m.secretTitle} secret={shown.secret} onClose={() => setShown(null)} />
      )}
    </Page>
  );
}

interface EndpointCardProps {
  endpoint: EndpointResponse;
  onChange: () => void;
  onSecret: (endpoint: EndpointWithSecret) => void;
}

function EndpointCard({ endpoint, onChange, onSecret }: EndpointCardProps) {
  const { webhooks: m } = messages.value;
  const confirm = useConfirm();
  const [shown, setShown] = useState<'no' | 'by the test' | 'yes'>('no');
  const open = shown !== 'no';
  /** Counts what may have led to a delivery, so that the list is read again. */
  const [round, setRound] = useState(0);
  const path = `${PATH}/${endpoint.id}`;
  const enabled = endpoint.status === 'enabled';

  const toggle = useAction(async () => {
    await request('PATCH', path, { body: { status: enabled ? 'disabled' : 'enabled' } });
    onChange();
  });
  const test = useAction(async () => {
    await request('POST', `${path}/test`);
    setShown((last) => (last === 'no' ? 'by the test' : last));
    setRound((count) => count + 1);
  });
  const showDeliveries = () => {
    setShown(shown === 'yes' ? 'no' : 'yes');
    // Who asks for a list that the test has just opened wants to see it, with what came meanwhile.
    if (shown === 'by the test') setRound((count) => count + 1);
  };
  const rotate = useAction(async () => onSecret(await requestJson('POST', `${path}/rotate`)));
  const remove = useAction(async () => {
    await request('DELETE', path);
    onChange();
  });
  return (
    <section class="card stack endpoint" aria-label={endpoint.url}>
      <div class="endpoint-head">
        <div>
          <h2 class="mono">{endpoint.url}</h2>
          <p class="muted small">
            {endpoint.events.includes('*') ? m.allEvents : endpoint.events.join(', ')}
          </p>
        </div>
        <Badge tone={enabled ? 'good' : 'warn'}>
          {enabled ? m.enabled : m.disabledReasons[endpoint.disabled_reason ?? 'request']}
        </Badge>
      </div>
      <div class="actions start">
        <button type="button" class="quiet" disabled={!enabled || test.busy} onClick={test.run}>
          <Icon name="send" />
          {m.test}
        </button>
        <button type="button" class="quiet" aria-expanded={open} onClick={showDeliveries}>
          {m.deliveries}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() =>
            confirm.ask({ title: m.rotateTitle, text: m.rotateText, action: m.rotate, onConfirm: rotate.run })
          }
        >
          <Icon name="retry" />
          {m.rotate}
        </button>
        <button type="button" class="quiet" disabled={toggle.busy} onClick={toggle.run}>
          {enabled ? m.disable : m.enable}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() =>
            confirm.ask({ title: m.removeTitle, text: m.removeText, action: m.remove, onConfirm: remove.run })
          }
        >
          <Icon name="trash" />
          {m.remove}
        </button>
      </div>
      <ErrorNotice failure={toggle.failure ?? test.failure ?? rotate.failure ?? remove.failure} />
      {open && <EndpointDeliveries key={round} path={path} enabled={enabled} />}
      {confirm.dialog}
    </section>
  );
}
