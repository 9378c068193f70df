// Files in rows, with what can be done to each.
import { useState } from 'preact/hooks';
import type { FileResponse } from '../../contract/files';
import { request } from '../api/request';
import { saveAs } from '../api/save-as';
import { useAction } from '../api/use-action';
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
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
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {previewed !== null && <FilePreview file={previewed} onClose={() => setPreviewed(null)} />}
      {confirm.dialog}
    </>
  );
}
