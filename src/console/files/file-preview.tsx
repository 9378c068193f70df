// A look into a file: images as pictures, text as text and never as a page.
import { useEffect, useState } from 'preact/hooks';
import type { FileResponse } from '../../contract/files';
import { request, whole } from '../api/request';
import { useResource } from '../api/use-resource';
import { Dialog } from '../components/dialog';
import { ErrorNotice } from '../components/error-notice';
import { formatBytes } from '../format';
import { messages } from '../preferences';

/** Of a text, so much is read. */
const TEXT_LIMIT_BYTES = 64 * 1024;
/** A larger image is left to be downloaded. */
const IMAGE_LIMIT_BYTES = 20 * 1024 ** 2;

const TEXT_TYPES = ['text/plain', 'text/csv', 'application/jsonl', 'application/json'];

export function canPreview(file: FileResponse): boolean {
  return isText(file) || (file.content_type.startsWith('image/') && file.size <= IMAGE_LIMIT_BYTES);
}

function isText({ content_type }: FileResponse): boolean {
  return TEXT_TYPES.includes(content_type);
}

export function FilePreview({ file, onClose }: { file: FileResponse; onClose: () => void }) {
  return (
    <Dialog title={file.filename} onClose={onClose} wide>
      {isText(file) ? <TextPreview file={file} /> : <ImagePreview file={file} />}
    </Dialog>
  );
}

function TextPreview({ file }: { file: FileResponse }) {
  const { files: m } = messages.value;
  const text = useResource(
    async (signal) => {
      const headers: Record<string, string> =
        file.size > TEXT_LIMIT_BYTES ? { Range: `bytes=0-${TEXT_LIMIT_BYTES - 1}` } : {};
      return whole((await request('GET', contentPath(file), { headers, signal })).text());
    },
    [file.id],
  );
  return (
    <>
      <ErrorNotice failure={text.failure} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard. */}
      <pre class="code-block preview" tabIndex={0}>
        {text.data}
      </pre>
      {file.size > TEXT_LIMIT_BYTES && (
        <p class="muted small">{m.beginning(formatBytes(TEXT_LIMIT_BYTES))}</p>
      )}
    </>
  );
}

function ImagePreview({ file }: { file: FileResponse }) {
  const image = useResource(
    async (signal) => whole((await request('GET', contentPath(file), { signal })).blob()),
    [file.id],
  );
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (image.data === null) return;
    const made = URL.createObjectURL(image.data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [image.data]);
  return (
    <>
      <ErrorNotice failure={image.failure} />
      {url !== null && <img class="preview" src={url} alt={file.filename} />}
    </>
  );
}

function contentPath({ id }: FileResponse): string {
  return `/api/v1/files/${id}/content`;
}
