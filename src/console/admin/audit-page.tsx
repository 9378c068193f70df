// What was done through the admin API, newest first: on the whole deployment, or to one account.
import type { AuditEntry, AuditValue } from '../../contract/accounts';
import { CopyButton } from '../components/copy-button';
import { ErrorNotice } from '../components/error-notice';
import { Page } from '../components/page';
import { Pager, usePagedList } from '../components/pager';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { NO_VALUE } from '../format';
import { messages } from '../preferences';
import { href } from '../route';

/** @param accountId only what was done to this one */
export function AuditPage({ accountId }: { accountId?: string | undefined }) {
  const { admin: m, errors } = messages.value;
  const filter = accountId === undefined ? '' : `?account=${encodeURIComponent(accountId)}`;
  const list = usePagedList<AuditEntry>(`/api/v1/admin/audit${filter}`);
  const columns: Column<AuditEntry>[] = [
    {
      name: m.action,
      cell: ({ action, account_id, key_id, created_at }) => (
        <>
          <span class="row-link">{m.auditActions[action]}</span>
          <small class="block">
            <Time iso={created_at} />
          </small>
          <a href={href('admin', account_id)} class="mono clipped">
            {account_id}
          </a>
          {key_id !== null && <div class="mono muted clipped">{key_id}</div>}
        </>
      ),
    },
    {
      name: m.changes,
      cell: ({ changes }) => (
        <ul class="changes">
          {Object.entries(changes).map(([name, { from, to }]) => (
            <li key={name}>
              <span class="mono">{name}</span> {from !== null && `${textOf(from)} → `}
              {textOf(to)}
            </li>
          ))}
        </ul>
      ),
    },
    {
      name: errors.requestId,
      class: 'wide-only',
      cell: ({ request_id }) => (
        <span class="mono muted request-id">
          <span class="clipped">{request_id}</span>
          <CopyButton value={request_id} label={errors.copyRequestId} />
        </span>
      ),
    },
  ];
  return (
    <Page
      title={m.audit}
      heading={
        <>
          <a href={href('admin')} class="crumb">
            {m.title}
          </a>
          {m.audit}
        </>
      }
      lead={accountId === undefined ? m.auditLead : <span class="mono">{accountId}</span>}
      actions={
        accountId !== undefined && (
          <a href={href('admin', 'audit')} class="button quiet">
            {m.auditAll}
          </a>
        )
      }
    >
      <ErrorNotice failure={list.failure} onRetry={list.reload} />
      {list.data?.data.length === 0 ? (
        <p class="muted centered">{m.noAudit}</p>
      ) : (
        <Table columns={columns} rows={list.data?.data ?? null} keyOf={({ id }) => id} />
      )}
      <Pager list={list} />
    </Page>
  );
}

function textOf(value: AuditValue): string {
  if (value === null) return NO_VALUE;
  return Array.isArray(value) ? value.join(', ') : String(value);
}
