// One job, the two ways a client can have it done: as a batch of an input file, or call by call with the openai SDK.
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import type { BatchResponse } from '../../src/contract/batches.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { createBatch, getBatch } from '../e2e/batch-client.ts';

const MODEL = 'sandbox';

/** How often a timed batch is asked whether it is done: what this adds to its time is at most this. */
const POLL_INTERVAL_MS = 50;

/** A server as one key sees it. */
export interface Access {
  origin: string;
  key: string;
}

export interface BatchTimes {
  /** From sending the input file to seeing the batch's end, in milliseconds. */
  totalMs: number;
  uploadMs: number;
  /** By the batch's own times: made to started, started to completed. */
  planMs: number;
  runMs: number;
}

/** A request's only message. `latencyMs` is how long the sandbox model takes over it. */
export function prompt(index: number, latencyMs: number): string {
  const text = `Review ${index}: "The parcel came two days late, but the lamp works and looks as in the picture." Is the customer content? Answer in one word.`;
  return latencyMs === 0 ? text : `${text}\n@sandbox latency=${latencyMs}ms`;
}

function inputFile(items: number, latencyMs: number): File {
  const lines = Array.from({ length: items }, (_, index) =>
    JSON.stringify({
      custom_id: `review-${index}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: MODEL, messages: [{ role: 'user', content: prompt(index, latencyMs) }] },
    }),
  );
  return new File([`${lines.join('\n')}\n`], 'reviews.jsonl', { type: 'application/jsonl' });
}

/** @throws Error where the batch does not complete every item */
export async function runBatch(
  server: Access,
  items: number,
  { latencyMs = 0, pollIntervalMs = POLL_INTERVAL_MS } = {},
): Promise<{ batch: BatchResponse; times: BatchTimes }> {
  const api = new ApiClient(server.origin, server.key);
  const file = inputFile(items, latencyMs);
  const from = performance.now();
  const { id } = await sdk(server).files.create({ file, purpose: 'batch' });
  const uploadedAt = performance.now();
  const created = await createBatch(api, { input_file_id: id });
  const batch = await waitForEnd(api, created.id, pollIntervalMs);
  const totalMs = performance.now() - from;
  const { status, total, completed } = batch;
  if (status !== 'completed' || completed !== items || total !== items) {
    throw new Error(`the batch of ${items} ended ${status} with ${completed} of ${total} completed`);
  }
  const startedAt = timeOf(batch.started_at);
  return {
    batch,
    times: {
      totalMs,
      uploadMs: uploadedAt - from,
      planMs: startedAt - timeOf(batch.created_at),
      runMs: timeOf(batch.completed_at) - startedAt,
    },
  };
}

/** The whole results as JSON Lines, as a client that wants them reads them. @throws Error where one is missing */
export async function readResults(server: Access, batch: BatchResponse): Promise<void> {
  const api = new ApiClient(server.origin, server.key);
  const path = new URL(batch.results_url).pathname;
  const response = await api.send('GET', path, undefined, { accept: 'application/jsonl' });
  const lines = (await response.text()).trim().split('\n');
  if (!response.ok || lines.length !== batch.total) throw new Error(`${lines.length} results came`);
}

/** Each request alone, so many at once. Answers the milliseconds it took. */
export async function runCalls(server: Access, items: number, concurrency: number): Promise<number> {
  const client = sdk(server);
  const indexes = Array.from({ length: items }, (_, index) => index).values();
  const from = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      // All take from the one iterator.
      for (const index of indexes) {
        await client.chat.completions.create({
          model: MODEL,
          messages: [{ role: 'user', content: prompt(index, 0) }],
        });
      }
    }),
  );
  return performance.now() - from;
}

async function waitForEnd(api: ApiClient, id: string, pollIntervalMs: number): Promise<BatchResponse> {
  for (;;) {
    const batch = await getBatch(api, id);
    if (batch.retry_after === null) return batch;
    await sleep(pollIntervalMs);
  }
}

function sdk(server: Access): OpenAI {
  return new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: server.key });
}

function timeOf(iso: string | null): number {
  return Date.parse(iso ?? '');
}
