// Sends a form with its progress, which `fetch` cannot tell: hence XMLHttpRequest. Files in it are read as they are sent.
import { commonHeaders, endSessionAfter, failureOf, noAnswer } from './request';

export interface SendOptions {
  /** The share sent so far, 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** The JSON of the answer. @throws ApiFailure; a DOMException `AbortError` after an abort */
export async function postForm<T>(path: string, form: FormData, options: SendOptions): Promise<T> {
  const answer = await send(path, form, options);
  if (answer.status === 200) return JSON.parse(answer.responseText);
  const requestId = answer.getResponseHeader('x-request-id');
  const failure = failureOf(answer.status, answer.responseText, requestId);
  endSessionAfter(failure, path);
  throw failure;
}

function send(path: string, form: FormData, { onProgress, signal }: SendOptions): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new DOMException('aborted', 'AbortError'));
    if (signal?.aborted) return stopped();
    const request = new XMLHttpRequest();
    request.open('POST', path);
    for (const [name, value] of Object.entries(commonHeaders(path))) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress?.(loaded / total));
    request.addEventListener('load', () => resolve(request));
    request.addEventListener('error', () => reject(noAnswer()));
    request.addEventListener('abort', stopped);
    signal?.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}
