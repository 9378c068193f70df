// Server-sent events, read back as an EventSource reads them.
import { expect, it } from 'vitest';
import {
  EVENT_STREAM_HEADERS,
  encodeEvent,
  encodeRetry,
  KEEP_ALIVE,
} from '../../src/platform/server-sent-events';

interface Dispatched {
  id: string;
  event: string;
  data: string;
}

/** The interpretation of WHATWG HTML 9.2.6, for streams with LF line breaks. */
function interpret(stream: string): { events: Dispatched[]; retry: string | null } {
  const events: Dispatched[] = [];
  let id = '';
  let event = '';
  let retry: string | null = null;
  let data: string[] = [];
  for (const line of stream.split('\n').slice(0, -1)) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') {
      if (data.length > 0) events.push({ id, event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
    } else if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'retry') retry = value;
  }
  return { events, retry };
}

it.each([
  [1, 'status', '{"status":"running"}'],
  [123_456, 'result', JSON.stringify({ text: 'a\nb\r\nc', quote: '"', colon: ': data: x' })],
  [0, 'done', JSON.stringify('둘 😀 \u2028')],
])('event %i (%s) arrives as it was sent', (id, event, data) => {
  const { events } = interpret(encodeEvent({ id, event, data }));
  expect(events).toEqual([{ id: String(id), event, data }]);
});

it('sends each event by itself, with its end', () => {
  const text = [1, 2, 3].map((id) => encodeEvent({ id, event: 'status', data: '{}' })).join('');
  expect(text).toBe([1, 2, 3].map((id) => `id: ${id}\nevent: status\ndata: {}\n\n`).join(''));
  expect(interpret(text).events.map(({ id }) => id)).toEqual(['1', '2', '3']);
});

it('keeps a connection awake, and tells when to reconnect, without an event', () => {
  const comment = new TextDecoder().decode(KEEP_ALIVE);
  expect(comment).toMatch(/^:.*\n\n$/);
  expect(interpret(comment)).toEqual({ events: [], retry: null });
  expect(interpret(encodeRetry(2_500))).toEqual({ events: [], retry: '2500' });
});

it('is sent so that nobody on the way buffers, caches or changes it', () => {
  const headers = new Headers(EVENT_STREAM_HEADERS);
  expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(headers.get('cache-control')).toBe('no-cache, no-transform');
  expect(headers.get('x-accel-buffering')).toBe('no');
});
