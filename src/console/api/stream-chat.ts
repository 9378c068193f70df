// A streamed chat completion, chunk by chunk as it arrives.
import type { ChunkChoice, Cost, Usage } from '../../contract/chat';
import type { ErrorBody } from '../../contract/errors';
import { ApiFailure, noAnswer, request, whole } from './request';

export interface ChatChunk {
  choices: ChunkChoice[];
  usage: Usage | null;
  /** On the last chunk, beside `usage`. */
  cost?: Cost | null;
}

/** @throws ApiFailure for an error before or within the stream, and for a stream that breaks off */
export async function* streamChat(body: object, signal: AbortSignal): AsyncGenerator<ChatChunk> {
  const response = await request('POST', '/api/v1/chat/completions', { body, signal });
  const requestId = response.headers.get('x-request-id');
  for await (const data of dataLines(response)) {
    if (data === '[DONE]') return;
    const chunk = JSON.parse(data) as ChatChunk & { error?: ErrorBody };
    if (chunk.error !== undefined) {
      throw new ApiFailure(null, { ...(requestId !== null && { request_id: requestId }), ...chunk.error });
    }
    yield chunk;
  }
  throw noAnswer();
}

/** What stands after `data:`, a line each: the API sends every event on one. */
async function* dataLines(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await whole(reader.read());
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
  }
}
