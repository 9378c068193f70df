// Server-sent events as bytes (WHATWG HTML, "Server-sent events").

const ENCODER = new TextEncoder();

export interface ServerSentEvent {
  id: number;
  event: string;
  /** One line: JSON text has no raw line breaks. */
  data: string;
}

export function encodeEvent({ id, event, data }: ServerSentEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
}

/** A comment: proxies see traffic, clients see nothing. */
export const KEEP_ALIVE = ENCODER.encode(': keep-alive\n\n');

/** How long a client waits before it reconnects. */
export function encodeRetry(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}

export const EVENT_STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx and its kind buffer answers unless told not to.
  'X-Accel-Buffering': 'no',
} as const;
