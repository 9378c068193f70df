// A batch whose queue the test holds: it sees every message, and decides which arrive, how often, in what order and when.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import type { BatchObject } from '../../src/batches/batch-object';
import type { BatchSnapshot } from '../../src/batches/batch-response';
import {
  type BatchMessage,
  type BatchSpec,
  inlineInputKey,
  type RangeCut,
} from '../../src/batches/batch-spec';
import { consumeBatchQueue, consumeDeadLetters } from '../../src/batches/consumer';
import type { BatchState } from '../../src/batches/state';
import { boundOf } from '../../src/completions/estimate';
import type { UsageResponse } from '../../src/contract/accounts';
import type { BatchLine, BatchResponse, BatchResult } from '../../src/contract/batches';
import { newId } from '../../src/contract/ids';
import { nanoFromUsd } from '../../src/contract/money';
import { fileKey } from '../../src/files/object-key';
import { findModel } from '../../src/models/catalogue';
import { eventually } from '../eventually';
import { type Client, newClient, ORIGIN } from '../http/client';

export interface Rig {
  client: Client;
  id: string;
  spec: BatchSpec;
  batch: DurableObjectStub<BatchObject>;
  customIds: string[];
  /** What the batch sent and nobody took yet; `taken` has all of it. */
  sent: BatchMessage[];
  /** Set it, and sending fails. */
  queue: { isDown: boolean };
}

interface RigOptions {
  client?: Client;
  /** Items in a range. */
  rangeItems?: number;
  spec?: Partial<BatchSpec>;
}

/** A line of a batch on the sandbox model. */
export function line(customId: string, content: string, members: object = {}): BatchLine {
  return {
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'sandbox', messages: [{ role: 'user', content }], ...members },
  };
}

/** Lines `0`, `1` … with these contents. */
export function linesOf(contents: readonly string[], members: object = {}): BatchLine[] {
  return contents.map((content, index) => line(String(index), content, members));
}

export function toJsonLines(lines: readonly unknown[]): string {
  return lines.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** A batch of inline inputs, cut into small ranges. */
export async function newRig(lines: readonly BatchLine[], options: RigOptions = {}): Promise<Rig> {
  const rig = await prepare(options);
  const encoder = new TextEncoder();
  const cuts: RangeCut[] = [];
  const { rangeItems = 3 } = options;
  let start = 0;
  for (let first = 0; first < lines.length; first += rangeItems) {
    const some = lines.slice(first, first + rangeItems);
    const end = start + encoder.encode(toJsonLines(some)).byteLength;
    const boundNano = !rig.spec.hasBounds ? 0 : some.reduce((sum, { body }) => sum + bound(body), 0);
    cuts.push({ first, start, end, customIds: some.map(({ custom_id }) => custom_id), boundNano });
    start = end;
  }
  await env.BUCKET.put(rig.spec.inputKey, toJsonLines(lines));
  await open(rig, { cuts, model: 'sandbox' });
  return { ...rig, customIds: lines.map(({ custom_id }) => custom_id) };
}

/** A batch of an uploaded file that is still to be planned. */
export async function newFileRig(
  text: string | Uint8Array<ArrayBuffer>,
  options: RigOptions = {},
): Promise<Rig> {
  const client = options.client ?? (await newClient());
  const inputFileId = await upload(client, text);
  const inputKey = fileKey(client.accountId, inputFileId);
  const rig = await prepare({ ...options, client, spec: { inputKey, inputFileId, ...options.spec } });
  await open(rig, null);
  return rig;
}

/** Uploads an input file and answers its id. */
export async function upload(client: Client, text: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const body = new FormData();
  body.set('purpose', 'batch');
  body.set('file', new File([text], 'input.jsonl'));
  const response = await client.send('POST', '/v1/files', { body });
  expect(response.status).toBe(200);
  return (await response.json<{ id: string }>()).id;
}

async function prepare({ client: given, spec: values }: RigOptions): Promise<Rig> {
  const client = given ?? (await newClient());
  const id = newId('batch');
  const now = Date.now();
  const spec: BatchSpec = {
    id,
    accountId: client.accountId,
    keyId: client.keyId,
    origin: ORIGIN,
    locale: 'en',
    metadata: null,
    completionWindow: '24h',
    createdAt: now,
    expiresAt: now + 86_400_000,
    inputKey: inlineInputKey(client.accountId, id),
    inputFileId: null,
    outputFileId: newId('file'),
    errorFileId: newId('file'),
    outputExpiresAfterMs: null,
    maxCostNano: null,
    hasBounds: typeof values?.maxCostNano === 'number',
    webhook: null,
    streamToken: 'a-token-that-opens-the-stream',
    ...values,
  };
  const rig = {
    client,
    id,
    spec,
    batch: env.BATCHES.getByName(id),
    customIds: [],
    sent: [],
    queue: { isDown: false },
  };
  await holdQueue(rig);
  return rig;
}

/** Its first alarm is not waited for: where time was passed, that lies ahead. */
async function open(rig: Rig, inputs: { cuts: RangeCut[]; model: string } | null): Promise<void> {
  expect(await rig.batch.create(rig.spec, inputs)).not.toBeNull();
  await rig.batch.wake();
}

/** What is held back of each batch's messages; every other batch has the real queue. */
const held = new Map<string, Pick<Rig, 'sent' | 'queue'>>();

/** Takes the batch's messages off the queue that all objects share. */
async function holdQueue(rig: Rig): Promise<void> {
  held.set(rig.id, rig);
  await runInDurableObject(rig.batch, (object) => {
    const binding: Queue = Reflect.get(object, 'env').BATCH_QUEUE;
    if (Object.hasOwn(binding, 'sendBatch')) return;
    const send = binding.sendBatch.bind(binding);
    const sendBatch = async (messages: { body: BatchMessage }[]) => {
      const [first] = messages;
      const holder = first && held.get(first.body.batch);
      if (holder?.queue.isDown) throw new Error('the queue is down');
      if (holder === undefined) await send(messages);
      else holder.sent.push(...messages.map(({ body }) => body));
    };
    Object.defineProperty(binding, 'sendBatch', { value: sendBatch });
  });
}

export async function stateOf({ batch, client }: Rig): Promise<BatchState> {
  const snapshot: BatchSnapshot | null = await batch.snapshot(client.accountId);
  if (snapshot === null) throw new Error('the batch is gone');
  return snapshot.state;
}

/** Every row of a table of the batch, as SQLite has it. */
export function rowsOf(
  { batch }: Pick<Rig, 'batch'>,
  query: string,
): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(batch, (_object, { storage }) => storage.sql.exec(query).toArray());
}

/** Waits for the batch's next messages and takes them. */
export function nextMessages(rig: Rig): Promise<BatchMessage[]> {
  return eventually(() => {
    expect(rig.sent.length).toBeGreaterThan(0);
    return rig.sent.splice(0);
  });
}

/** Messages as one delivery of the queue, and what became of each. */
export async function deliver(
  messages: readonly BatchMessage[],
  by: Env = env,
): Promise<('ack' | 'retry')[]> {
  return handled('quire-batches', messages, (batch) => consumeBatchQueue(batch, by));
}

export async function deliverDead(
  messages: readonly BatchMessage[],
  by: Env = env,
): Promise<('ack' | 'retry')[]> {
  return handled('quire-batches-dead', messages, (batch) => consumeDeadLetters(batch, by));
}

async function handled(
  queue: string,
  bodies: readonly BatchMessage[],
  consume: (batch: MessageBatch<unknown>) => Promise<void>,
): Promise<('ack' | 'retry')[]> {
  const outcomes = new Map<number, 'ack' | 'retry'>();
  const messages = bodies.map((body, index) => ({
    id: String(index),
    timestamp: new Date(),
    attempts: 1,
    body,
    ack: () => void outcomes.set(index, 'ack'),
    retry: () => void outcomes.set(index, 'retry'),
  }));
  await consume({ queue, messages } as unknown as MessageBatch<unknown>);
  // No message may be left to the queue's own guess.
  expect(outcomes.size).toBe(bodies.length);
  return bodies.map((_, index) => outcomes.get(index) ?? 'retry');
}

const realNow = Date.now.bind(Date);
let aheadMs = 0;
let stoppedAt: number | null = null;

/** Lets so much time pass, for the objects here too: they share this isolate. Alarms stay where they are. */
export function passTime(milliseconds: number): void {
  aheadMs += milliseconds;
  vi.spyOn(Date, 'now').mockImplementation(() => (stoppedAt ?? realNow()) + aheadMs);
}

/** From here on time passes by `passTime` alone: however slow the machine is, nothing is due before. */
export function stopClock(): void {
  stoppedAt = realNow();
  passTime(0);
}

/** Back to the real time, and every other mock with it. */
export function restore(): void {
  aheadMs = 0;
  stoppedAt = null;
  vi.restoreAllMocks();
}

/** Lets so much time pass and does what is due then. */
export async function later({ batch }: Pick<Rig, 'batch'>, milliseconds: number): Promise<void> {
  passTime(milliseconds);
  await batch.wake();
}

/** A consumer's environment in which every call to a batch goes through `around`, which may make it, or throw. */
export function envAround(around: (method: string, call: () => Promise<unknown>) => Promise<unknown>): Env {
  const getByName = (name: string) => {
    const stub = env.BATCHES.getByName(name);
    return new Proxy(stub, {
      get: (_stub, method) => {
        if (typeof method !== 'string') return undefined;
        // An RPC method is called on its stub: it cannot be bound.
        const call = (values: unknown[]) => Reflect.get(stub, method)(...values) as Promise<unknown>;
        return (...values: unknown[]) => around(method, () => call(values));
      },
    });
  };
  return { ...env, BATCHES: { getByName } as unknown as Env['BATCHES'] };
}

/** Delivers what is sent until the batch has ended; what waits for a time is waited for. */
export async function runToEnd(
  rig: Rig,
  give: (messages: BatchMessage[]) => Promise<unknown> = deliver,
): Promise<BatchState> {
  for (;;) {
    const messages = rig.sent.splice(0);
    if (messages.length > 0) {
      await give(messages);
      continue;
    }
    const state = await stateOf(rig);
    if (state.phase === 'ended') return state;
    await runDurableObjectAlarm(rig.batch);
    if (rig.sent.length === 0) await scheduler.wait(20);
  }
}

export function readBatch(client: Client, id: string): Promise<BatchResponse> {
  return client.json('GET', `/api/v1/batches/${id}`);
}

/** All results, read as JSON Lines. */
export async function readResults(client: Client, id: string, query = ''): Promise<BatchResult[]> {
  const headers = { accept: 'application/jsonl' };
  const response = await client.send('GET', `/api/v1/batches/${id}/results${query}`, { headers });
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((text) => JSON.parse(text));
}

/** What must be true of every batch that has ended, whatever happened to it. */
export async function expectSound(
  client: Client,
  id: string,
  customIds: readonly string[],
): Promise<{ batch: BatchResponse; results: BatchResult[] }> {
  const batch = await readBatch(client, id);
  const results = await readResults(client, id);
  expect(results.map(({ custom_id }) => custom_id)).toEqual(customIds);
  expect(batch.results).toEqual(results);
  const completed = results.filter((result) => result.status_code === 200);
  const undone = results.filter((result) => result.status_code === null);
  expect([batch.total, batch.completed, batch.failed]).toEqual([
    results.length,
    completed.length,
    results.length - completed.length - undone.length,
  ]);
  for (const result of results) {
    expect([result.body !== null, result.error !== null]).toEqual(
      result.status_code === 200 ? [true, false] : [false, true],
    );
  }
  if (batch.status === 'completed') expect(undone).toEqual([]);
  const nano = completed.reduce(
    (sum, { body }) => sum + nanoFromUsd(body?.cost?.total_cost ?? Number.NaN),
    0,
  );
  expect(nanoFromUsd(batch.cost?.total_cost ?? Number.NaN)).toBe(nano);
  const tokens = completed.reduce((sum, { body }) => sum + (body?.usage.total_tokens ?? Number.NaN), 0);
  expect(batch.usage.total_tokens).toBe(tokens);
  return { batch, results };
}

/** Requests and nano-dollars booked with the account. */
export async function booked(client: Client): Promise<{ requests: number; nano: number }> {
  const { total } = await client.json<UsageResponse>('GET', '/api/v1/usage');
  return { requests: total.requests, nano: nanoFromUsd(total.cost?.total_cost ?? Number.NaN) };
}

/** A generator of numbers in [0, 1) that a seed repeats (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed for this run. Printed, so that a failure can be had again: answer it from here. */
export function newSeed(name: string): number {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`${name}: seed ${seed}`);
  return seed;
}

export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const rest = [...values];
  return values.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0] as T);
}

function bound(body: BatchLine['body']): number {
  const model = findModel(body.model);
  return model === null ? 0 : boundOf(body, model, 'batch');
}
