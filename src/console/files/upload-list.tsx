// Uploads under way, and those that failed.
import { ErrorNotice } from '../components/error-notice';
import { Icon } from '../components/icon';
import { formatBytes, formatPercent } from '../format';
import { messages } from '../preferences';
import type { Uploads } from './use-uploads';

export function UploadList({ uploads }: { uploads: Uploads }) {
  const { files: m } = messages.value;
  if (uploads.list.length === 0) return null;
  return (
    <ul class="uploads" aria-label={m.uploads}>
      {uploads.list.map(({ key, name, size, share, failure, cancel }) => (
        <li key={key} class="card">
          <div class="upload-line">
            <strong>{name}</strong>
            <span class="muted tabular">
              {formatBytes(size)}
              {failure === null && ` · ${share < 1 ? formatPercent(share) : m.finishing}`}
            </span>
            <button
              type="button"
              class="bare"
              aria-label={failure === null ? m.stopUpload(name) : m.dismiss(name)}
              onClick={failure === null ? cancel : () => uploads.dismiss(key)}
            >
              <Icon name="close" />
            </button>
          </div>
          {failure === null ? (
            <progress value={share} max={1} aria-label={name} />
          ) : (
            <ErrorNotice failure={failure} />
          )}
        </li>
      ))}
    </ul>
  );
}
