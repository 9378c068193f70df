// An account's keys: made, seen once, recognised by their hint, revoked.
import { useState } from 'preact/hooks';
import type { KeyResponse } from '../../contract/accounts';
import { request, requestJson } from '../api/request';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Pager, usePagedList } from '../components/pager';
import { SecretDialog } from '../components/secret-dialog';
import { Badge } from '../components/status-badge';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { useConfirm } from '../components/use-confirm';
import { messages } from '../preferences';

export function KeyList({ path }: { path: string }) {
  const { admin: m } = messages.value;
  const list = usePagedList<KeyResponse>(path);
  const [name, setName] = useState('');
  const [expires, setExpires] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const confirm = useConfirm();

  const create = useAction(async () => {
    const body = { name: name.trim(), ...(expires !== '' && { expires_at: `${expires}T23:59:59Z` }) };
    const made = await requestJson<KeyResponse & { key: string }>('POST', path, { body });
    setSecret(made.key);
    setName('');
    setExpires('');
    list.reload();
  });
  const revoke = useAction(async (key: KeyResponse) => {
    await request('DELETE', `${path}/${key.id}`);
    list.reload();
  });
  const columns: Column<KeyResponse>[] = [
    {
      name: m.key,
      cell: ({ name, hint }) => (
        <>
          <span class="row-link">{name}</span>
          <div class="mono muted">{hint}</div>
        </>
      ),
    },
    { name: m.status, cell: (key) => <KeyBadge item={key} /> },
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
      <form
        class="card key-form"
        onSubmit={(event) => {
          event.preventDefault();
          create.run();
        }}
      >
        <label class="field">
          <span class="field-label">{m.keyName}</span>
          <input
            required
            maxLength={200}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="field-label">{m.keyExpires}</span>
          <input type="date" value={expires} onInput={(event) => setExpires(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={create.busy || name.trim() === ''}>
          {m.createKey}
        </button>
      </form>
      <ErrorNotice failure={create.failure ?? revoke.failure ?? list.failure} />
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
