// What clients do with batches during the chaos: they make them in every form, cancel, retry and delete some.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { parseLines } from '../e2e/batch-client.ts';
import { randomFrom } from '../e2e/random.ts';
import type { UnreliableReceiver } from '../e2e/unreliable-receiver.ts';
import { BatchWatch, type Watched } from './batch-watch.ts';
import { MODELS, promptOf } from './expected-answers.ts';
import { sendForm } from './file-workload.ts';
import type { PatientClient } from './patient-client.ts';
import type { BatchRecord, Item, Tenant } from './tenant.ts';

const POLL_INTERVAL_MS = 600;
/** Then others are made beside it; what became of it is asked at the end. */
const WATCHED_MS = 25_000;
const ANSWER_TOKENS_LIMIT = 64;

const WATCHED_SHARE = 0.6;

/** Some are small and over soon, few are large enough to be met by several kills. */
const SIZES: [share: number, from: number, to: number][] = [
  [0.55, 1, 20],
  [0.85, 20, 80],
  [1, 120, 260],
];

export interface Workload {
  random: () => number;
  receiver: UnreliableReceiver;
  /** Nothing new is begun from then on. */
  isOver: () => boolean;
}

/** One client: a batch after the other. */
export async function makeBatches(tenant: Tenant, workload: Workload): Promise<void> {
  const { random, isOver } = workload;
  while (!isOver()) {
    const record = await makeBatch(tenant, workload);
    if (random() < 0.12) {
      await sleep(random() * 3_000);
      await tenant.batches.ask('POST', `/api/v1/batches/${record.id}/cancel`);
      record.isCancelled = true;
    }
    if (!(await endsInTime(tenant, record))) continue;
    record.seen = await readBatch(tenant, record);
    if (record.seen.results.some(({ error }) => error !== null) && random() < 0.3) {
      await retryBatch(tenant, record, random);
    }
    // One whose webhook or last event is on its way is left alone: deleting it takes them with it.
    const isTold = record.webhook === null && record.watch?.isOver !== false;
    if (isTold && random() < 0.25) await deleteBatch(tenant, record);
    await sleep(random() * 500);
  }
}

async function makeBatch(tenant: Tenant, { random, receiver }: Workload): Promise<BatchRecord> {
  const name = randomName(random);
  const items = makeItems(name, random);
  const model = MODELS[random() < 0.5 ? 0 : 1] ?? '';
  const webhook =
    random() < 0.5 ? { path: `/batch/${name}`, secret: `whsec_${randomBytes(24).toString('base64')}` } : null;
  const maxCost = random() < 0.2 ? Math.round(items.length * random() * 60_000) / 1e9 : null;
  const options = {
    metadata: { name },
    ...(webhook && { webhook_url: receiver.url(webhook.path), webhook_secret: webhook.secret }),
    ...(maxCost !== null && { max_cost: maxCost }),
    // Short enough for a jump of the clock to end it.
    ...(random() < 0.1 && { completion_window: '10m' }),
  };
  const draw = random();
  const form = draw < 0.3 ? 'shared model' : draw < 0.6 ? 'lines' : draw < 0.85 ? 'input file' : 'OpenAI';
  const own = form === 'shared model' ? items.map((item) => ({ ...item, model })) : items;
  const body = await bodyOf(tenant, form, own, model, random);
  const path = form === 'OpenAI' ? '/v1/batches' : '/api/v1/batches';
  const isOpenai = form === 'OpenAI' && { endpoint: '/v1/chat/completions', completion_window: '24h' };
  const { status, body: made } = await tenant.batches.ask<Watched['made']>('POST', path, {
    json: { ...options, ...isOpenai, ...body },
    idempotencyKey: name,
  });
  if (status >= 300) throw new Error(`a batch was refused: ${status} ${JSON.stringify(made)}`);
  return keep(tenant, { form, items: own, maxCost, webhook }, made, random);
}

/** Most are followed by a client of their own. */
function keep(
  tenant: Tenant,
  batch: Pick<BatchRecord, 'form' | 'items' | 'maxCost' | 'webhook'>,
  made: Watched['made'],
  random: () => number,
): BatchRecord {
  const { origin, key } = tenant.batches;
  const isWatched = random() < WATCHED_SHARE;
  const record: BatchRecord = {
    ...batch,
    id: made.id,
    isCancelled: false,
    isDeleted: false,
    seen: null,
    watch: isWatched ? BatchWatch.start({ origin, key, made, random: randomFrom(random() * 2 ** 32) }) : null,
  };
  tenant.batchRecords.push(record);
  return record;
}

async function bodyOf(
  tenant: Tenant,
  form: string,
  items: readonly Item[],
  model: string,
  random: () => number,
): Promise<object> {
  if (form === 'shared model') {
    const inputs = items.map(({ customId, prompt }) => ({ custom_id: customId, ...chatBody(prompt) }));
    return { model, inputs };
  }
  const lines = items.map((item) => ({
    custom_id: item.customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: item.model, ...chatBody(item.prompt) },
  }));
  if (form === 'lines') return { inputs: lines };
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const file = await sendForm(tenant, { purpose: 'batch', content: Buffer.from(text), random });
  file.isInput = true;
  return { input_file_id: file.id };
}

export function chatBody(prompt: string): object {
  return { max_tokens: ANSWER_TOKENS_LIMIT, messages: [{ role: 'user', content: prompt }] };
}

async function retryBatch(tenant: Tenant, source: BatchRecord, random: () => number): Promise<void> {
  const { batch, results = [] } = source.seen ?? {};
  const unfinished = new Set(results.filter(({ error }) => error !== null).map(({ custom_id }) => custom_id));
  // A file that was not read to its end is read again, all of it.
  const isWhole = batch?.total === source.items.length;
  const { status, body } = await tenant.batches.ask<Watched['made']>(
    'POST',
    `/api/v1/batches/${source.id}/retry`,
    { idempotencyKey: `retry-${source.id}` },
  );
  if (status >= 300) throw new Error(`a retry was refused: ${status} ${JSON.stringify(body)}`);
  const { maxCost, webhook } = source;
  const items = source.items.filter(({ customId }) => !isWhole || unfinished.has(customId));
  keep(tenant, { form: 'retry', items, maxCost, webhook }, body, random);
}

async function deleteBatch(tenant: Tenant, record: BatchRecord): Promise<void> {
  const { status, body } = await tenant.batches.ask('DELETE', `/api/v1/batches/${record.id}`);
  // A repeat finds it gone.
  if (status >= 300 && status !== 404) throw new Error(`not deleted: ${status} ${JSON.stringify(body)}`);
  record.isDeleted = true;
}

async function endsInTime(tenant: Tenant, record: BatchRecord): Promise<boolean> {
  for (const until = Date.now() + WATCHED_MS; Date.now() < until; await sleep(POLL_INTERVAL_MS)) {
    if (await hasEnded(tenant, record)) return true;
  }
  return false;
}

export async function hasEnded({ batches }: Tenant, { id }: BatchRecord): Promise<boolean> {
  return (await batches.get<BatchResponse>(`/api/v1/batches/${id}`)).retry_after === null;
}

/** An ended batch with all its results. */
export async function readBatch(
  tenant: Tenant,
  { id }: BatchRecord,
): Promise<{ batch: BatchResponse; results: BatchResult[] }> {
  const batch = await tenant.batches.get<BatchResponse>(`/api/v1/batches/${id}`);
  return { batch, results: batch.results ?? (await readResults(tenant.batches, id, 'input')) };
}

/** All that is recorded of it, by pages. */
export async function readResults(
  client: PatientClient,
  id: string,
  order: 'input' | 'committed',
): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  for (let after = ''; ; ) {
    const page = await client.get<{ data: BatchResult[]; has_more: boolean; last_id: string }>(
      `/api/v1/batches/${id}/results?limit=100&order=${order}${after}`,
    );
    results.push(...page.data);
    if (!page.has_more) return results;
    after = `&after=${encodeURIComponent(page.last_id)}`;
  }
}

/** The custom_ids in an output or error file. */
export async function readOutputIds(tenant: Tenant, fileId: string | null): Promise<string[]> {
  if (fileId === null) return [];
  const { status, bytes } = await tenant.client.bytes(`/api/v1/files/${fileId}/content`);
  if (status !== 200) throw new Error(`output file ${fileId}: ${status}`);
  return parseLines<{ custom_id: string }>(bytes.toString()).map(({ custom_id }) => custom_id);
}

function makeItems(name: string, random: () => number): Item[] {
  const draw = random();
  const [, from, to] = SIZES.find(([share]) => draw < share) ?? [1, 1, 20];
  const count = Math.round(from + random() * (to - from));
  return Array.from({ length: count }, (_, index) => ({
    customId: `${name}-${index}`,
    model: MODELS[random() < 0.5 ? 0 : 1] ?? '',
    prompt: promptOf(`item ${index} of ${name}`),
  }));
}

export function randomName(random: () => number): string {
  return Math.floor(random() * 2 ** 48).toString(36);
}
