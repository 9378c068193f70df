// The account's files: drop new ones, look into those that a browser can show, delete.
import { useState } from 'preact/hooks';
import type { FilePurpose, FileResponse, UploadPurpose } from '../../contract/files';
import { DropZone } from '../components/drop-zone';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { Page } from '../components/page';
import { Pager, usePagedList } from '../components/pager';
import { messages } from '../preferences';
import { FILE_PURPOSES, UPLOAD_PURPOSES } from './file-purposes';
import { FileTable } from './file-table';
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
