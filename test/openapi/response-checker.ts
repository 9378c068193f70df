// Holds every answer that a test sees to the OpenAPI document: an undocumented status, media type, header or member fails.
import {
  API_DOCUMENT,
  type FoundOperation,
  headerOf,
  operationOf,
  responseOf,
  violationsOf,
} from './api-document';

/** An answer as far as the document speaks of it. */
export interface Seen {
  method: string;
  /** Without its query. */
  path: string;
  status: number;
  headers: Headers;
  /** The whole body as text; null where it was not read. */
  body: string | null;
}

/** What a path or a method that is not documented is answered with, or a key that is refused first, or let in no more. */
const UNKNOWN_STATUSES = [401, 403, 404, 405, 429];

const LINES_TYPE = 'application/jsonl';
const EVENTS_TYPE = 'text/event-stream';

/**
 * The same answer, checked: at once, or, a stream of events or lines, at its end. A stream that breaks off is not checked.
 *
 * @throws Error that names the request and what is wrong
 */
export async function checked(method: string, url: string, response: Response): Promise<Response> {
  const path = new URL(url).pathname;
  const type = mediaTypeOf(response.headers);
  const { status, headers } = response;
  const check = (body: string | null) => throwProblems({ method, path, status, headers, body });
  if (type === 'application/json' && method !== 'HEAD') {
    check(await response.clone().text());
    return response;
  }
  check(null);
  if ((type !== LINES_TYPE && type !== EVENTS_TYPE) || status !== 200 || response.body === null)
    return response;
  return new Response(response.body.pipeThrough(atEnd(check)), response);
}

/** What of an answer is not as documented. */
export function problemsOf(seen: Seen): string[] {
  const { method, path, status, headers } = seen;
  if (method === 'OPTIONS') return [];
  const found = operationOf(method, path);
  const response = found === null ? undefined : responseOf(found.operation, status);
  if (response === undefined) return undocumentedProblems(seen, found);
  const type = mediaTypeOf(headers);
  const media = response.content?.[type] ?? response.content?.['*/*'];
  if (response.content !== undefined && media === undefined)
    return [`the media type "${type}" is not documented`];
  const headerProblems = Object.entries(response.headers ?? {}).flatMap(([name, reference]) => {
    const { required, schema } = headerOf(reference);
    const value = headers.get(name);
    if (value === null) return required ? [`the header ${name} is missing`] : [];
    return violationsOf(schema, value).map((problem) => `the header ${name} (${value}): ${problem}`);
  });
  return [...headerProblems, ...bodyProblems(seen, type, media ?? {})];
}

function undocumentedProblems({ status, body }: Seen, found: FoundOperation | null): string[] {
  if (found !== null || !UNKNOWN_STATUSES.includes(status)) return ['the status is not documented'];
  if (body === null || body === '') return [];
  return violationsOf({ $ref: '#/components/schemas/Error' }, JSON.parse(body));
}

function bodyProblems(
  { method, body }: Seen,
  type: string,
  media: { schema?: object; 'x-item-schema'?: object },
): string[] {
  if (body === null || method === 'HEAD') return [];
  const itemSchema = media['x-item-schema'];
  if (itemSchema !== undefined) {
    const items =
      type === EVENTS_TYPE ? eventsOf(body) : body.trimEnd().split('\n').filter(Boolean).map(parse);
    return items.flatMap((item) => violationsOf(itemSchema, item)).slice(0, 3);
  }
  if (media.schema === undefined || type !== 'application/json') return [];
  return violationsOf(media.schema, JSON.parse(body));
}

/** The events of a whole stream, each with the fields it has; `data` as the JSON it is. */
export function eventsOf(stream: string): { event?: string; id?: string; data: unknown }[] {
  return stream.split('\n\n').flatMap((block) => {
    const fields = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
    const event = Object.fromEntries(
      fields.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    return event.data === undefined
      ? []
      : [{ ...event, data: event.data === '[DONE]' ? event.data : parse(event.data) }];
  });
}

function throwProblems(seen: Seen): void {
  const problems = problemsOf(seen);
  if (problems.length === 0) return;
  const { method, path, status, body } = seen;
  throw new Error(
    `${method} ${path} answered ${status}, not as ${API_DOCUMENT.openapi} describes it:\n${problems.join('\n')}\n${(body ?? '').slice(0, 2000)}`,
  );
}

/** Hands everything through as it comes, and the whole text to `check` at the end. */
function atEnd(check: (body: string) => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let text = '';
  return new TransformStream({
    transform(chunk, controller) {
      text += decoder.decode(chunk, { stream: true });
      controller.enqueue(chunk);
    },
    flush() {
      check(text);
    },
  });
}

function mediaTypeOf(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
}

function parse(text: string): unknown {
  return JSON.parse(text);
}
