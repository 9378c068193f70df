// Files in rows, with what can be done to each.
import { useState } from 'preact/hooks';
import type { FileResponse } from '../../contract/files';
import { request } from '../api/request';
import { saveAnswer } from '../api/save-answer';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { useConfirm } from '../components/use-confirm';
import { formatBytes } from '../format';
import { messages } from '../preferences';
import { canPreview, FilePreview } from './file-preview';

export function FileTable({ files, onChange }: { files: readonly FileResponse[]; onChange: () => void }) {
  const { files: m } = messages.value;
  const [previewed, setPreviewed] = useState<FileResponse | null>(null);
  const confirm = useConfirm();
  const remove = useAction(async (file: FileResponse) => {
    await request('DELETE', `/api/v1/files/${file.id}`);
    onChange();
  });
  const download = useAction(({ id, filename, size }: FileResponse) =>
    saveAnswer(filename, size, () => request('GET', `/api/v1/files/${id}/content`)),
  );
  const columns: Column<FileResponse>[] = [
    {
      name: m.name,
      cell: (file) => (
        <>
          {canPreview(file) ? (
            <button type="button" class="link row-link" onClick={() => setPreviewed(file)}>
              {file.filename}
            </button>
          ) : (
            <span class="row-link">{file.filename}</span>
          )}
          <div class="mono muted">{file.id}</div>
        </>
      ),
    },
    { name: m.type, class: 'wide-only', cell: ({ content_type }) => content_type },
    { name: m.purpose, class: 'wide-only', cell: ({ purpose }) => purpose },
    { name: m.size, class: 'number', cell: ({ size }) => formatBytes(size) },
    {
      name: m.created,
      class: 'number muted wide-only',
      cell: ({ created_at }) => <Time iso={created_at} />,
    },
    {
      name: m.expires,
      class: 'number muted wide-only',
      cell: ({ expires_at }) => (expires_at === null ? m.never : <Time iso={expires_at} />),
    },
    {
      name: m.actions,
      unnamed: true,
      cell: (file) => (
        <div class="row-actions">
          <button
            type="button"
            class="bare"
            aria-label={m.downloadFile(file.filename)}
            title={m.download}
            disabled={download.busy}
            onClick={() => download.run(file)}
          >
            <Icon name="download" />
          </button>
          <button
            type="button"
            class="bare"
            aria-label={m.removeFile(file.filename)}
            title={m.remove}
            onClick={() =>
              confirm.ask({
                title: m.removeTitle(file.filename),
                text: m.removeText,
                action: m.remove,
                onConfirm: () => remove.run(file),
              })
            }
          >
            <Icon name="trash" />
          </button>
        </div>
      ),
    },
  ];
  return (
    <>
      <ErrorNotice failure={remove.failure ?? download.failure} />
      <Table columns={columns} rows={files} keyOf={({ id }) => id} />
      {previewed !== null && <FilePreview file={previewed} onClose={() => setPreviewed(null)} />}
      {confirm.dialog}
    </>
  );
}
