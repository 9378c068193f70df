// Batches as a client uses them: made, polled, watched over SSE, and their results paged.
import { setTimeout as sleep } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import type { ApiClient } from './api-client.ts';

/** Far more often than clients are asked to, so that a test sees more of what happens. */
const POLL_INTERVAL_MS = 100;

/** Results are asked for in pages of the largest size. */
const PAGE_SIZE = 100;

type Progress = Pick<BatchResponse, 'status' | 'completed' | 'failed' | 'total'>;

export type BatchEvent =
  | { event: 'status'; id: number; data: Progress }
  | { event: 'result'; id: number; data: BatchResult }
  | { event: 'done'; id: number; data: BatchResponse };

/** One answer of a poll, with the header that belongs to it. */
export interface Poll {
  batch: BatchResponse;
  retryAfter: string | null;
}

export function createBatch(api: ApiClient, body: object): Promise<BatchResponse> {
  return api.post('/api/v1/batches', body);
}

export function getBatch(api: ApiClient, id: string): Promise<BatchResponse> {
  return api.get(`/api/v1/batches/${id}`);
}

/** Polls until the batch has ended: every answer, the last one final. */
export async function pollUntilEnded(api: ApiClient, id: string): Promise<[...Poll[], Poll]> {
  const polls: Poll[] = [];
  for (;;) {
    const response = await api.send('GET', `/api/v1/batches/${id}`);
    if (!response.ok) throw new Error(`poll of ${id}: ${response.status} ${await response.text()}`);
    const poll = {
      batch: (await response.json()) as BatchResponse,
      retryAfter: response.headers.get('retry-after'),
    };
    if (isEnded(poll.batch)) return [...polls, poll];
    polls.push(poll);
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Whether a status is final, as the contract lists them. */
export function isEnded({ status }: Pick<BatchResponse, 'status'>): boolean {
  return status !== 'pending' && status !== 'running';
}

/** Every result, by the pages of `GET /batches/{id}/results`. */
export async function pageResults(api: ApiClient, id: string): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  for (let after = ''; ; ) {
    const page = await api.get<ListResponse<BatchResult>>(
      `/api/v1/batches/${id}/results?limit=${PAGE_SIZE}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
    );
    results.push(...page.data);
    if (!page.has_more) return results;
    if (page.last_id === null || page.last_id === after) throw new Error('the pages do not move on');
    after = page.last_id;
  }
}

/** All results as JSON Lines; with a `Range`, those bytes of them. */
export function downloadResults(api: ApiClient, id: string, range?: string): Promise<Response> {
  return api.send('GET', `/api/v1/batches/${id}/results`, undefined, {
    accept: 'application/jsonl',
    ...(range !== undefined && { range }),
  });
}

/** The objects of a text of JSON Lines, whose every line ends in a line break. */
export function parseLines<T>(text: string): T[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`the last line has no end: ${text.slice(-100)}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): T => JSON.parse(line));
}

/** A live stream: what came so far, and what it ends with. It reconnects by itself, as `EventSource` does. */
export interface Watch {
  events: BatchEvent[];
  /** The `done` event, after which the stream is closed. Rejected, with the status as cause, where it is refused. */
  done: Promise<BatchEvent & { event: 'done' }>;
  /** How often it had to connect. */
  connections(): number;
  close(): void;
}

/**
 * Watches a batch by its `stream_url`, which needs no key, or by the stream's own address with one.
 *
 * @param lastEventId what a client that was here before has seen last
 */
export function watchBatch(
  streamUrl: string,
  options: {
    includeResults?: boolean;
    lastEventId?: number;
    key?: string;
    onEvent?: (event: BatchEvent) => void;
  } = {},
): Watch {
  const url = new URL(streamUrl);
  if (options.includeResults) url.searchParams.set('include', 'results');
  let connections = 0;
  const source = new EventSource(url, {
    fetch: (input, init) => {
      connections++;
      const headers = {
        // Until it has seen an event itself, which then has its own place in what follows.
        ...(options.lastEventId !== undefined && { 'Last-Event-ID': String(options.lastEventId) }),
        ...init.headers,
        ...(options.key !== undefined && { Authorization: `Bearer ${options.key}` }),
      };
      return fetch(input, { ...init, headers });
    },
  });
  const events: BatchEvent[] = [];
  const done = new Promise<BatchEvent & { event: 'done' }>((resolve, reject) => {
    for (const name of ['status', 'result', 'done'] as const) {
      source.addEventListener(name, (message) => {
        const event = {
          event: name,
          id: Number(message.lastEventId),
          data: JSON.parse(message.data),
        } as BatchEvent;
        events.push(event);
        options.onEvent?.(event);
        if (event.event !== 'done') return;
        source.close();
        resolve(event);
      });
    }
    source.addEventListener('error', (error) => {
      if (source.readyState === EventSource.CLOSED)
        reject(new Error(`the stream was refused: ${error.code}`, { cause: error.code }));
    });
  });
  // Who is not interested in the end is not told of its failure either.
  done.catch(() => undefined);
  return { events, done, connections: () => connections, close: () => source.close() };
}
