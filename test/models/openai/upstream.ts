// What tests of the OpenAI-compatible adapter share: an upstream of a script, and calls to it.
import { vi } from 'vitest';
import type { ChatRequest } from '../../../src/contract/chat';
import { ApiError } from '../../../src/contract/errors';
import type { ModelCall, ModelEvent, ModelMessage } from '../../../src/models/model';
import { connectOpenai } from '../../../src/models/openai/openai-model';
import type { Upstream } from '../../../src/models/provider';

export const KEY = 'up-secret-1234567890';

export const UPSTREAM: Upstream = {
  provider: { name: 'acme', kind: 'openai', baseUrl: 'https://acme.test/v1', keyName: 'ACME_KEY' },
  key: KEY,
  model: 'acme-large',
  id: 'acme/large',
  hasJsonSchema: true,
};

export function callOf(request: Partial<ChatRequest> = {}, messages?: ModelMessage[]): ModelCall {
  const asked: ModelMessage[] = messages ?? [{ role: 'user', content: 'Hi' }];
  return {
    request: { model: 'acme/large', messages: [{ role: 'user', content: 'Hi' }], ...request },
    messages: asked,
    attempt: 1,
    signal: new AbortController().signal,
  };
}

export const model = connectOpenai(UPSTREAM);

export const JSON_TYPE = { 'content-type': 'application/json' };
export const EVENTS_TYPE = { 'content-type': 'text/event-stream; charset=utf-8' };

/** Every request to the upstream is answered with this; it tells how it was asked. */
export function upstreamAnswers(body: BodyInit | (() => BodyInit), init: ResponseInit = {}) {
  return vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async () => new Response(typeof body === 'function' ? body() : body, init));
}

/** Bytes that arrive in these pieces; without `end`, the connection stays open. */
export function inPieces(
  pieces: readonly (string | Uint8Array)[],
  { end = true, onCancel }: { end?: boolean | Error; onCancel?: () => void } = {},
): ReadableStream<Uint8Array> {
  const left = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (end instanceof Error) controller.error(end);
        else if (end) controller.close();
        else await new Promise(() => undefined);
      },
      cancel: () => onCancel?.(),
    },
    { highWaterMark: 0 },
  );
}

export async function eventsOf(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** What was thrown, which has to be one of our errors. */
export async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof ApiError) return thrown;
  throw new Error(`not an ApiError: ${thrown}`);
}

/** The chunks in server-sent events, with `[DONE]` as it is. */
export function chunksIn(text: string): unknown[] {
  return text
    .split('\n\n')
    .flatMap((event) => event.split('\n'))
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)));
}
