// The deployment's accounts, for whoever holds the admin key.
import { useState } from 'preact/hooks';
import type { AccountResponse } from '../../contract/accounts';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { Dialog } from '../components/dialog';
import { ErrorNotice } from '../components/error-notice';
import { Field } from '../components/field';
import { Icon } from '../components/icon';
import { EmptyState, Page } from '../components/page';
import { Pager, usePagedList } from '../components/pager';
import { Badge } from '../components/status-badge';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { formatMoney } from '../format';
import { messages } from '../preferences';
import { href, navigate } from '../route';

const PATH = '/api/v1/admin/accounts';

export function AdminPage() {
  const { admin: m } = messages.value;
  const list = usePagedList<AccountResponse>(PATH);
  const [adding, setAdding] = useState(false);
  const columns: Column<AccountResponse>[] = [
    {
      name: m.account,
      cell: ({ id, name }) => (
        <>
          <a href={href('admin', id)} class="row-link">
            {name}
          </a>
          <div class="mono muted">{id}</div>
        </>
      ),
    },
    { name: m.status, cell: (account) => <AccountBadge account={account} /> },
    {
      name: m.limits.monthly_budget,
      class: 'number wide-only',
      cell: ({ limits }) => formatMoney(limits.monthly_budget),
    },
    {
      name: m.created,
      class: 'number muted wide-only',
      cell: ({ created_at }) => <Time iso={created_at} />,
    },
  ];
  return (
    <Page
      title={m.title}
      lead={m.lead}
      actions={
        <>
          <a href={href('admin', 'audit')} class="button quiet">
            {m.audit}
          </a>
          <button type="button" class="primary" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            {m.create}
          </button>
        </>
      }
    >
      <ErrorNotice failure={list.failure} onRetry={list.reload} />
      {list.data?.data.length === 0 ? (
        <EmptyState title={m.noneTitle}>
          <p>{m.noneText}</p>
        </EmptyState>
      ) : (
        <Table columns={columns} rows={list.data?.data ?? null} keyOf={({ id }) => id} />
      )}
      <Pager list={list} />
      {adding && <NewAccountDialog onClose={() => setAdding(false)} />}
    </Page>
  );
}

export function AccountBadge({ account }: { account: AccountResponse }) {
  const { admin: m } = messages.value;
  return <Badge tone={account.status === 'active' ? 'good' : 'warn'}>{m.statuses[account.status]}</Badge>;
}

function NewAccountDialog({ onClose }: { onClose: () => void }) {
  const { admin: m } = messages.value;
  const [name, setName] = useState('');
  const create = useAction(async () => {
    const account = await requestJson<AccountResponse>('POST', PATH, { body: { name: name.trim() } });
    onClose();
    navigate('admin', account.id);
  });
  return (
    <Dialog title={m.create} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.run();
        }}
      >
        <Field label={m.name} hint={m.nameHint}>
          <input
            required
            maxLength={200}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <ErrorNotice failure={create.failure} />
        <footer class="actions">
          <button type="submit" class="primary" disabled={create.busy || name.trim() === ''}>
            {m.create}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
