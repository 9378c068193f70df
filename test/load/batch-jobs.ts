// Batches: inline and from files, watched in every way there is, cancelled, read, and deleted.
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import { parseLines, watchBatch } from '../e2e/batch-client.ts';
import { inputLine, inputLines, type Question } from '../e2e/input-file.ts';
import type { WebhookReceiver } from '../e2e/webhook-receiver.ts';
import { checkPrice, echo } from './chat-jobs.ts';
import { between, oneOf, type Random, sentence } from './choices.ts';
import { removeFile, uploadText } from './file-jobs.ts';
import { Finding, same } from './findings.ts';
import type { LoadClient } from './load-client.ts';

/** An item of a batch costs half. */
const BATCH_SHARE = 0.5;

/** A batch of these sizes ends within seconds; many at once take their turns. */
const END_LIMIT_MS = 300_000;

const PAGE_SIZE = 100;

const WEBHOOK_SECRET = 'a secret of the load test';

/** A receiver that is down for a moment: the delivery is repeated after 5 s. */
const RECEIVER_FAULTS_SHARE = 0.05;

/** What the jobs about batches share. */
export interface BatchWorld {
  receiver: WebhookReceiver;
  /** Connections to streams of batches that were opened. */
  watches: number;
  /** Items of batches that have an outcome. */
  items: number;
}

/** A request of a batch, and what has to come of it. */
interface Item {
  question: Question;
  text: string;
  isFaulty: boolean;
}

let webhooks = 0;

/** Inline or from a file, whole, to the end. */
export async function batch(client: LoadClient, random: Random, world: BatchWorld): Promise<void> {
  const isFile = random() < 0.3;
  const items = makeItems(random, isFile ? between(random, 100, 2_000) : between(random, 10, 200));
  const made = await create(client, random, world, items, isFile);
  const ended = await waitForEnd(client, random, world, made.batch);
  same('batch: not completed', ended.status, 'completed', ended.id);
  same('batch: items without outcome', ended.completed + ended.failed, items.length, ended.id);
  world.items += ended.total;
  const results = await readResults(client, random, ended);
  checkResults(client, ended, items, results);
  await finish(client, made, ended, world);
}

/** Cancelled while it is at work: what was done by then counts, the rest says that it was cancelled. */
export async function cancelledBatch(client: LoadClient, random: Random, world: BatchWorld): Promise<void> {
  const items = makeItems(
    random,
    between(random, 50, 300),
    `\n@sandbox latency=${between(random, 20, 200)}ms`,
  );
  const made = await create(client, random, world, items, false);
  await sleep(between(random, 0, 1_500));
  const path = `/api/v1/batches/${made.batch.id}`;
  await client.send('batch, cancelled', 'POST', `${path}/cancel`);
  const ended = await waitForEnd(client, random, world, made.batch);
  if (ended.status !== 'cancelled' && ended.status !== 'completed') {
    throw new Finding(`batch: ${ended.status} after a cancel`, ended.id);
  }
  checkResults(client, ended, items, await readResults(client, random, ended));
  await finish(client, made, ended, world);
}

function makeItems(random: Random, count: number, directive = ''): Item[] {
  return Array.from({ length: count }, (_, index) => {
    const text = sentence(random, between(random, 3, 15));
    const isFaulty = random() < 0.03;
    const content = isFaulty ? '@sandbox error=content_policy_violation' : `${text}${directive}`;
    return { question: [`item-${index}`, content], text, isFaulty };
  });
}

interface Made {
  batch: BatchResponse;
  fileId: string | null;
  webhookPath: string | null;
}

async function create(
  client: LoadClient,
  random: Random,
  world: BatchWorld,
  items: readonly Item[],
  isFile: boolean,
): Promise<Made> {
  webhooks += 1;
  const webhookPath = random() < 0.5 ? `/${client.name}/${webhooks}` : null;
  const options = webhookPath !== null && {
    webhook_url: world.receiver.url(webhookPath),
    webhook_secret: WEBHOOK_SECRET,
  };
  if (random() < RECEIVER_FAULTS_SHARE) world.receiver.answerNext(503);
  const questions = items.map(({ question }) => question);
  let fileId: string | null = null;
  let json: object;
  if (isFile) {
    const type = { purpose: 'batch', name: 'input.jsonl', type: 'application/jsonl' };
    fileId = (await uploadText(client, 'batch, input file', inputLines(questions), type)).id;
    json = { input_file_id: fileId, ...options };
  } else json = { inputs: questions.map(inputLine), ...options };
  const kind = isFile ? 'batch of a file' : 'batch inline';
  const isKeyed = random() < 0.2;
  const headers = isKeyed ? { 'idempotency-key': `load-batch-${webhooks}-${random()}` } : {};
  const answer = await client.send(kind, 'POST', '/api/v1/batches', { json, headers, expect: 202 });
  if (isKeyed) {
    const again = await client.send(kind, 'POST', '/api/v1/batches', { json, headers, expect: 202 });
    same(
      `${kind}: made again`,
      again.json<BatchResponse>().id,
      answer.json<BatchResponse>().id,
      again.requestId,
    );
  }
  return { batch: answer.json(), fileId, webhookPath };
}

/** By polling as often as the server says, or by its stream. */
async function waitForEnd(
  client: LoadClient,
  random: Random,
  world: BatchWorld,
  { id, stream_url }: BatchResponse,
): Promise<BatchResponse> {
  const until = Date.now() + END_LIMIT_MS;
  if (random() < 0.5) return waitByStream(client, random, world, { id, stream_url }, until);
  while (Date.now() < until) {
    const answer = await client.send('batch, polled', 'GET', `/api/v1/batches/${id}`);
    const batch = answer.json<BatchResponse>();
    same(
      'batch: Retry-After',
      answer.headers.get('retry-after'),
      batch.retry_after === null ? null : String(batch.retry_after),
      id,
    );
    if (batch.retry_after === null) return batch;
    await sleep(batch.retry_after * 1000);
  }
  throw new Finding('batch: no end', id);
}

async function waitByStream(
  client: LoadClient,
  random: Random,
  world: BatchWorld,
  { id, stream_url }: { id: string; stream_url: string },
  until: number,
): Promise<BatchResponse> {
  const includeResults = random() < 0.3;
  const watch = watchBatch(stream_url, { includeResults });
  const timeout = AbortSignal.timeout(until - Date.now());
  try {
    const end = await Promise.race([
      watch.done,
      new Promise<never>((_, reject) => {
        timeout.addEventListener('abort', () => reject(new Finding('batch: no end of its stream', id)));
      }),
    ]);
    const numbers = watch.events.map((event) => event.id);
    const isGrowing = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
    same('batch, watched: ids do not grow', isGrowing, true, id);
    if (includeResults) {
      const results = watch.events.filter(({ event }) => event === 'result').length;
      same('batch, watched: other results', results, end.data.completed + end.data.failed, id);
    }
    const polled = await client.send('batch, polled', 'GET', `/api/v1/batches/${id}`);
    const batch = polled.json<BatchResponse>();
    same('batch, watched: another end', JSON.stringify(counts(end.data)), JSON.stringify(counts(batch)), id);
    return batch;
  } finally {
    watch.close();
    world.watches += watch.connections();
  }
}

function counts({ status, completed, failed, total, cost }: BatchResponse) {
  return { status, completed, failed, total, cost };
}

/** In one of the three ways: as it stands in the batch, by pages, or as JSON Lines. */
async function readResults(client: LoadClient, random: Random, batch: BatchResponse): Promise<BatchResult[]> {
  const path = `/api/v1/batches/${batch.id}/results`;
  const way = oneOf(random, ['inline', 'pages', 'lines'] as const);
  if (way === 'inline' && batch.results !== null) return batch.results;
  if (way === 'lines') {
    const headers = { accept: 'application/jsonl' };
    return parseLines((await client.send('results, whole', 'GET', path, { headers })).text());
  }
  const results: BatchResult[] = [];
  for (let after = ''; ; ) {
    const from = after === '' ? '' : `&after=${after}`;
    const answer = await client.send('results, a page', 'GET', `${path}?limit=${PAGE_SIZE}${from}`);
    const page = answer.json<ListResponse<BatchResult>>();
    results.push(...page.data);
    if (!page.has_more) return results;
    after = page.last_id ?? '';
  }
}

function checkResults(
  client: LoadClient,
  batch: BatchResponse,
  items: readonly Item[],
  results: readonly BatchResult[],
): void {
  const { id } = batch;
  same('batch: another number of results', results.length, items.length, id);
  let [completed, undone, sum] = [0, 0, 0];
  for (const [index, { question, text, isFaulty }] of items.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    const about = `${id} ${question[0]}`;
    same('batch: results out of order', result.custom_id, question[0], about);
    if (result.error?.type === 'batch_cancelled') undone += 1;
    else if (isFaulty) same('batch: another error', result.error?.type, 'content_policy_violation', about);
    else {
      same('batch: another answer', result.body?.choices[0]?.message.content, echo(text), about);
      checkPrice('batch', result.body?.usage ?? null, result.body?.cost ?? null, BATCH_SHARE, about);
      completed += 1;
      sum += Math.round((result.body?.cost?.total_cost ?? 0) * 1e9);
    }
  }
  same('batch: undone items that were not cancelled', undone > 0 && batch.status !== 'cancelled', false, id);
  same('batch: another count', batch.completed, completed, id);
  same('batch: another count of failures', batch.failed, items.length - completed - undone, id);
  if (completed === 0) return;
  const before = client.spent.nano;
  client.pay('batch', batch.cost, id, completed);
  same('batch: costs more than its items', client.spent.nano - before, sum, id);
}

/** Its webhook comes, and then it is deleted, and its file: nothing of them is left. */
async function finish(
  client: LoadClient,
  made: Made,
  ended: BatchResponse,
  world: BatchWorld,
): Promise<void> {
  const path = `/api/v1/batches/${ended.id}`;
  // A deleted batch sends no webhook any more.
  if (made.webhookPath !== null) await checkWebhook(world, made.webhookPath, ended);
  await client.send('batch, deleted', 'DELETE', path);
  await client.send('batch, gone', 'GET', path, { expect: 404 });
  if (made.fileId !== null) await removeFile(client, made.fileId);
}

async function checkWebhook({ receiver }: BatchWorld, path: string, ended: BatchResponse): Promise<void> {
  const [webhook] = await receiver.waitFor(path);
  if (webhook === undefined) throw new Finding('webhook: never came', ended.id);
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(webhook.body).digest('hex');
  same('webhook: another signature', webhook.headers['x-webhook-signature'], `sha256=${signature}`, ended.id);
  const told: BatchResponse = JSON.parse(webhook.body.toString());
  same('webhook: another batch', told.id, ended.id, ended.id);
  same('webhook: another end', JSON.stringify(counts(told)), JSON.stringify(counts(ended)), ended.id);
}
