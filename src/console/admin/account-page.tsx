// One account: its limits, its keys, and whether it may do anything at all.
import { useState } from 'preact/hooks';
import type { AccountResponse } from '../../contract/accounts';
import { requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { useResource } from '../api/use-resource';
import { CopyButton } from '../components/copy-button';
import { ErrorNotice } from '../components/error-notice';
import { Page } from '../components/page';
import { useConfirm } from '../components/use-confirm';
import { messages } from '../preferences';
import { href } from '../route';
import { AccountBadge } from './admin-page';
import { KeyList } from './key-list';
import { LimitsForm } from './limits-form';

export function AccountPage({ id }: { id: string }) {
  const { admin: m } = messages.value;
  const confirm = useConfirm();
  const path = `/api/v1/admin/accounts/${encodeURIComponent(id)}`;
  const loaded = useResource<AccountResponse>((signal) => requestJson('GET', path, { signal }), [path]);
  const [changed, setChanged] = useState<AccountResponse | null>(null);
  const setStatus = useAction(async (status: AccountResponse['status']) =>
    setChanged(await requestJson('PATCH', path, { body: { status } })),
  );
  const account = changed ?? loaded.data;
  if (account === null) {
    return (
      <Page title={id}>
        <ErrorNotice failure={loaded.failure} onRetry={loaded.reload} />
      </Page>
    );
  }
  const active = account.status === 'active';
  return (
    <Page
      title={account.name}
      heading={
        <>
          <a href={href('admin')} class="crumb">
            {m.title}
          </a>
          <span class="heading-line">
            {account.name}
            <AccountBadge account={account} />
          </span>
        </>
      }
      lead={
        <span class="mono">
          {id} <CopyButton value={id} label={m.copyId} />
        </span>
      }
      actions={
        <>
          <a href={href('admin', 'audit', id)} class="button quiet">
            {m.audit}
          </a>
          <button
            type="button"
            class="quiet"
            disabled={setStatus.busy}
            onClick={() =>
              active
                ? confirm.ask({
                    title: m.suspendTitle,
                    text: m.suspendText,
                    action: m.suspend,
                    onConfirm: () => setStatus.run('suspended'),
                  })
                : setStatus.run('active')
            }
          >
            {active ? m.suspend : m.activate}
          </button>
        </>
      }
    >
      <ErrorNotice failure={setStatus.failure} />
      <div class="stack">
        <KeyList path={`${path}/keys`} />
        <LimitsForm path={path} account={account} onChange={setChanged} />
      </div>
      {confirm.dialog}
    </Page>
  );
}
