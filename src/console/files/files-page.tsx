// The account's files: drop new ones, look into those that a browser can show, delete.
import { useState } from 'preact/hooks';
import type { FilePurpose, FileResponse, UploadPurpose } from '../../contract/files';
import { request } from '../api/request';
import { saveAs } from '../api/save-as';
import { useAction } from '../api/use-action';
import { ConfirmDialog } from '../components/dialog';
import { DropZone } from '../components/drop-zone';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { Page } from '../components/page';
import { Pager, usePagedList } from '../components/pager';
import { Time } from '../components/time';
import { formatBytes } from '../format';
import { messages } from '../preferences';
import { canPreview, FilePreview } from './file-preview';
import { FILE_PURPOSES, UPLOAD_PURPOSES } from './file-purposes';
import { UploadList } from './upload-list';
import { useUploads } from './use-uploads';

export function FilesPage() {
  const { files: m } = messages.value;
  const [purpose, setPurpose] = useState<UploadPurpose>('user_data');
  const [filter, setFilter] = useState<FilePurpose | ''>('');
  const list = usePagedList<FileResponse>(`/api/v1/files${filter === '' ? '' : `?purpose=${filter}`}`);
  const uploads = useUploads(list.reload);

  return (
    <Page title={m.title} lead={m.lead}>
      <div class="stack">
        <div class="upload-area">
          <DropZone multiple onFiles={(files) => uploads.add(files, purpose)} class="flat">
            <Icon name="upload" />
            <strong>{m.dropTitle}</strong>
            <span class="muted">{m.dropText}</span>
          </DropZone>
          <label class="field inline">
            <span class="field-label">{m.purpose}</span>
            <select
              value={purpose}
              onChange={(event) => setPurpose(event.currentTarget.value as UploadPurpose)}
            >
              {UPLOAD_PURPOSES.map((value) => (
                <option key={value} value={value}>
                  {value}
                </option>
              ))}
            </select>
          </label>
        </div>
        <UploadList uploads={uploads} />
      </div>
      <div class="toolbar files-toolbar">
        <label class="field inline">
          <span class="field-label">{m.show}</span>
          <select
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value as FilePurpose | '')}
          >
            <option value="">{m.all}</option>
            {FILE_PURPOSES.map((value) => (
              <option key={value} value={value}>
                {value}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ErrorNotice failure={list.failure} onRetry={list.reload} />
      {list.data?.data.length === 0 ? (
        <p class="muted centered">{m.none}</p>
      ) : (
        <FileTable files={list.data?.data ?? []} onChange={list.reload} />
      )}
      <Pager list={list} />
    </Page>
  );
}

function FileTable({ files, onChange }: { files: readonly FileResponse[]; onChange: () => void }) {
  const { files: m } = messages.value;
  const [previewed, setPreviewed] = useState<FileResponse | null>(null);
  const [removing, setRemoving] = useState<FileResponse | null>(null);
  const remove = useAction(async (file: FileResponse) => {
    await request('DELETE', `/api/v1/files/${file.id}`);
    onChange();
  });
  const download = useAction(async (file: FileResponse) => {
    const content = await request('GET', `/api/v1/files/${file.id}/content`);
    saveAs(await content.blob(), file.filename);
  });
  return (
    <>
      <ErrorNotice failure={remove.failure ?? download.failure} />
      <div class="table-frame">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">{m.name}</th>
              <th scope="col" class="wide-only">
                {m.type}
              </th>
              <th scope="col" class="wide-only">
                {m.purpose}
              </th>
              <th scope="col" class="number">
                {m.size}
              </th>
              <th scope="col" class="number wide-only">
                {m.created}
              </th>
              <th scope="col" class="number wide-only">
                {m.expires}
              </th>
              <th scope="col">
                <span class="visually-hidden">{m.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {files.map((file) => (
              <tr key={file.id}>
                <td>
                  {canPreview(file) ? (
                    <button type="button" class="link row-link" onClick={() => setPreviewed(file)}>
                      {file.filename}
                    </button>
                  ) : (
                    <span class="row-link">{file.filename}</span>
                  )}
                  <div class="mono muted">{file.id}</div>
                </td>
                <td class="wide-only">{file.content_type}</td>
                <td class="wide-only">{file.purpose}</td>
                <td class="number">{formatBytes(file.size)}</td>
                <td class="number muted wide-only">
                  <Time iso={file.created_at} />
                </td>
                <td class="number muted wide-only">
                  {file.expires_at === null ? m.never : <Time iso={file.expires_at} />}
                </td>
                <td>
                  <div class="row-actions">
                    <button
                      type="button"
                      class="bare"
                      aria-label={m.downloadFile(file.filename)}
                      title={m.download}
                      onClick={() => download.run(file)}
                    >
                      <Icon name="download" />
                    </button>
                    <button
                      type="button"
                      class="bare"
                      aria-label={m.removeFile(file.filename)}
                      title={m.remove}
                      onClick={() => setRemoving(file)}
                    >
                      <Icon name="trash" />
                    </button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {previewed !== null && <FilePreview file={previewed} onClose={() => setPreviewed(null)} />}
      {removing !== null && (
        <ConfirmDialog
          title={m.removeTitle(removing.filename)}
          text={m.removeText}
          action={m.remove}
          onConfirm={() => remove.run(removing)}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}
