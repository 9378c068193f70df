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
import { Time } from '../components/time';
import { formatMoney, NO_VALUE } from '../format';
import { messages } from '../preferences';
import { href, navigate } from '../route';

const PATH = '/api/v1/admin/accounts';

export function AdminPage() {
  const { admin: m } = messages.value;
  const list = usePagedList<AccountResponse>(PATH);
  const [adding, setAdding] = useState(false);
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
      {list.data?.data.length === 0 ? (
        <EmptyState title={m.noneTitle}>
          <p>{m.noneText}</p>
        </EmptyState>
      ) : (
        <div class="table-frame">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col">{m.account}</th>
                <th scope="col">{m.status}</th>
                <th scope="col" class="number wide-only">
                  {m.limits.monthly_budget}
                </th>
                <th scope="col" class="number wide-only">
                  {m.created}
                </th>
              </tr>
            </thead>
            <tbody>
              {list.data?.data.map((account) => (
                <tr key={account.id}>
                  <td>
                    <a href={href('admin', account.id)} class="row-link">
                      {account.name}
                    </a>
                    <div class="mono muted">{account.id}</div>
                  </td>
                  <td>
                    <AccountBadge account={account} />
                  </td>
                  <td class="number wide-only">
                    {account.limits.monthly_budget == null
                      ? NO_VALUE
                      : formatMoney(account.limits.monthly_budget)}
                  </td>
                  <td class="number muted wide-only">
                    <Time iso={account.created_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
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
