// The wire to a provider, recorded: what is answered, and what was asked.
import { vi } from 'vitest';
import type { ChatRequest } from '../../src/contract/chat';
import { ApiError } from '../../src/contract/errors';
import type { ModelCall, ModelEvent, ModelMessage } from '../../src/models/model';
import type { ProviderKind, Upstream } from '../../src/models/provider';

interface Sent {
  url: string;
  headers: Headers;
  /** As it was sent. */
  text: string;
  /** Whether it was given as a stream, and not whole. */
  isStreamed: boolean;
  body: Record<string, unknown>;
  signal: AbortSignal | null;
}

/** A tool choice that requires a call of one of these tools. */
export const allowing = (...names: string[]) => ({
  type: 'allowed_tools' as const,
  allowed_tools: {
    mode: 'required' as const,
    tools: names.map((name) => ({ type: 'function' as const, function: { name } })),
  },
});

/** Every request that goes out meets this answer, made anew for each. */
export function provider(answer: (signal: AbortSignal | null) => Response | Promise<Response>): Sent[] {
  const sent: Sent[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const signal = init?.signal ?? null;
    const headers = new Headers(init?.headers as HeadersInit);
    const text = await new Response(init?.body ?? null).text();
    const isStreamed = init?.body instanceof ReadableStream;
    sent.push({ url: String(input), headers, text, isStreamed, body: JSON.parse(text), signal });
    return answer(signal);
  });
  return sent;
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { 'content-type': 'application/json', ...headers } });
}

/** Server-sent events, cut into small pieces where nothing else would be. */
export function sse(text: string, pieceBytes = 37): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** A stream that begins and then hangs, until the request is aborted, as `fetch` ends its body. */
export function hanging(text: string, signal: AbortSignal | null): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

export function upstream(kind: ProviderKind, model: string, options: Partial<Upstream> = {}): Upstream {
  return {
    provider: { name: kind, kind, baseUrl: null, keyName: 'KEY' },
    key: 'secret-key-0123456789',
    model,
    id: `our-${kind}`,
    hasJsonSchema: true,
    ...options,
  };
}

export function call(
  messages: ModelMessage[] | string,
  request: Partial<ChatRequest> = {},
  signal: AbortSignal = new AbortController().signal,
): ModelCall {
  const asked: ModelMessage[] =
    typeof messages === 'string' ? [{ role: 'user', content: messages }] : messages;
  return { request: { model: 'm', messages: [], ...request }, messages: asked, attempt: 1, signal };
}

export async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`no ApiError but ${String(error)}`, { cause: error });
}

/** A stream's first event. */
export async function begun(stream: Promise<AsyncIterable<ModelEvent>>): Promise<unknown> {
  return (await stream)[Symbol.asyncIterator]().next();
}

export async function collect(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The events as short lines: what a chunk adds, how it ends. */
export function outline(events: readonly ModelEvent[]): unknown[] {
  return events.map((event) => {
    if (event.type !== 'chunk') return event.type;
    const [choice] = event.choices;
    return choice?.finish_reason ? { ...choice.delta, end: choice.finish_reason } : choice?.delta;
  });
}

/** The fixtures of a folder by their names. */
export function fixtures(files: Record<string, string>): (name: string) => string {
  return (name) => {
    const text = files[`./fixtures/${name}`];
    if (text === undefined) throw new Error(`no fixture ${name}`);
    return text;
  };
}
