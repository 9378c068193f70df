// An account's keys: made, seen once, recognised by their hint, revoked.
import { useState } from 'preact/hooks';
import type { KeyResponse } from '../../contract/accounts';
import { request } from '../api/request';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Pager, usePagedList } from '../components/pager';
import { SecretDialog } from '../components/secret-dialog';
import { Badge } from '../components/status-badge';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { useConfirm } from '../components/use-confirm';
import { formatCount } from '../format';
import { messages } from '../preferences';
import { KEY_LIMITS } from './limit-fields';
import { NewKeyForm } from './new-key-form';

export function KeyList({ path }: { path: string }) {
  const { admin: m } = messages.value;
  const list = usePagedList<KeyResponse>(path);
  const [secret, setSecret] = useState<string | null>(null);
  const confirm = useConfirm();
  const revoke = useAction(async (key: KeyResponse) => {
    await request('DELETE', `${path}/${key.id}`);
    list.reload();
  });
  const columns: Column<KeyResponse>[] = [
    {
      name: m.key,
      cell: (key) => (
        <>
          <span class="row-link">{key.name}</span>
          <div class="mono muted">{key.hint}</div>
          <small>{allowances(key)}</small>
        </>
      ),
    },
    { name: m.status, cell: (key) => <KeyBadge item={key} /> },
    {
      name: m.keyUsed,
      class: 'number muted wide-only',
      cell: ({ last_used_at }) => (last_used_at === null ? m.never : <Time iso={last_used_at} />),
    },
    {
      name: m.created,
      class: 'number muted wide-only',
      cell: ({ created_at }) => <Time iso={created_at} />,
    },
    {
      name: m.keyExpires,
      class: 'number muted wide-only',
      cell: ({ expires_at }) => (expires_at === null ? m.never : <Time iso={expires_at} />),
    },
    {
      name: m.actions,
      unnamed: true,
      class: 'number',
      cell: (key) =>
        key.revoked_at === null && (
          <button
            type="button"
            class="quiet small"
            aria-label={m.revokeKey(key.name)}
            onClick={() =>
              confirm.ask({
                title: m.revokeTitle(key.name),
                text: m.revokeText,
                action: m.revoke,
                onConfirm: () => revoke.run(key),
              })
            }
          >
            {m.revoke}
          </button>
        ),
    },
  ];
  return (
    <section class="stack tight">
      <h2>{m.keys}</h2>
      <NewKeyForm
        path={path}
        onMade={({ key }) => {
          setSecret(key);
          list.reload();
        }}
      />
      <ErrorNotice failure={revoke.failure ?? list.failure} />
      {list.data?.data.length === 0 ? (
        <p class="muted centered">{m.noKeys}</p>
      ) : (
        <Table columns={columns} rows={list.data?.data ?? null} keyOf={({ id }) => id} />
      )}
      <Pager list={list} />
      {secret !== null && <SecretDialog title={m.keyTitle} secret={secret} onClose={() => setSecret(null)} />}
      {confirm.dialog}
    </section>
  );
}

function KeyBadge({ item }: { item: KeyResponse }) {
  const { admin: m } = messages.value;
  if (item.revoked_at !== null) return <Badge tone="bad">{m.revoked}</Badge>;
  const expired = item.expires_at !== null && new Date(item.expires_at).getTime() <= Date.now();
  return expired ? <Badge tone="warn">{m.expired}</Badge> : <Badge tone="good">{m.statuses.active}</Badge>;
}

/** What a key may do and how much of it, in one line. */
function allowances({ scopes, limits }: KeyResponse): string {
  const { admin: m } = messages.value;
  const held = KEY_LIMITS.flatMap((name) => {
    const limit = limits[name] ?? null;
    return limit === null ? [] : [`${m.limits[name]}: ${formatCount(limit)}`];
  });
  return [`${m.scopes}: ${scopes?.join(', ') ?? m.everyScope}`, ...held].join(' · ');
}
