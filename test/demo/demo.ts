// `npm run demo`: the main job from a client's side, step by step. It talks to the server at QUIRE_URL, else to the one
// at 127.0.0.1:8787, else to one that it starts; its webhook comes to 127.0.0.1, so the server must run on this machine.
import { createHmac, timingSafeEqual } from 'node:crypto';
import OpenAI from 'openai';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { createBatch, getBatch, pageResults, watchBatch } from '../e2e/batch-client.ts';
import { nanoDollars } from '../e2e/money.ts';
import { pngImage } from '../e2e/sample-files.ts';
import { Server } from '../e2e/server.ts';
import { type ReceivedWebhook, WebhookReceiver } from '../e2e/webhook-receiver.ts';
import {
  printBar,
  printDone,
  printFailure,
  printStep,
  printTable,
  printTitle,
  shortened,
  styled,
} from './terminal.ts';

const DEFAULT_URL = 'http://127.0.0.1:8787';
const ANSWER_WIDTH = 44;

const MINUTES = '회의록\n다음 회의는 목요일 오전 10시로 옮겨졌습니다. 참석자: 김민준, 이서연.\n';

const RESPONSE_FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'summary',
    strict: true,
    schema: {
      type: 'object',
      properties: {
        title: { type: 'string' },
        priority: { type: 'string', enum: ['low', 'normal', 'high'] },
        tags: { type: 'array', items: { type: 'string' }, minItems: 1 },
      },
      required: ['title', 'priority', 'tags'],
      additionalProperties: false,
    },
  },
};

/** The server to talk to, and the one to end afterwards if it was started here. */
async function findServer(): Promise<{ origin: string; own: Server | null }> {
  const url = process.env.QUIRE_URL ?? DEFAULT_URL;
  const response = await fetch(new URL('/healthz', url)).catch(() => null);
  await response?.body?.cancel();
  if (response?.ok) return { origin: new URL(url).origin, own: null };
  if (process.env.QUIRE_URL !== undefined) throw new Error(`no server answers at ${url}`);
  console.log(styled('dim', `No server answers at ${url}: starting one for this demo.`));
  const own = await Server.start();
  return { origin: own.origin, own };
}

async function upload(client: OpenAI): Promise<{ imageId: string; minutesId: string }> {
  printStep(1, 'Upload two files with the official openai SDK');
  const image = await client.files.create({
    file: new File([pngImage(320, 200)], 'gradient.png', { type: 'image/png' }),
    purpose: 'vision',
  });
  const minutes = await client.files.create({
    file: new File([MINUTES], '회의록.txt', { type: 'text/plain' }),
    purpose: 'user_data',
  });
  for (const { id, filename, bytes } of [image, minutes]) printDone(`${id}  ${filename}, ${bytes} bytes`);
  return { imageId: image.id, minutesId: minutes.id };
}

/** One request a line: an image and a document by reference, structured outputs, and two that are slow or flaky. */
function inputs(origin: string, files: { imageId: string; minutesId: string }) {
  const ask = (custom_id: string, content: unknown, extra: object = {}) => ({
    custom_id,
    messages: [{ role: 'user', content }],
    ...extra,
  });
  const structured = { response_format: RESPONSE_FORMAT };
  const image = { type: 'image', source: { type: 'file', file_id: files.imageId } };
  const minutes = {
    type: 'document',
    source: { type: 'url', url: `${origin}/api/v1/files/${files.minutesId}/content` },
  };
  return [
    ask('greeting', '안녕하세요! 오늘 기분이 어떠세요?'),
    ask('image', [{ type: 'text', text: 'What is in this picture?' }, image]),
    ask('minutes', [{ type: 'text', text: '회의록을 읽어 주세요.' }, minutes]),
    ask('summary', [{ type: 'text', text: 'Summarise the minutes.' }, minutes], structured),
    ask('caption', [{ type: 'text', text: 'Describe the picture.' }, image], structured),
    ask('slow', 'Take your time.\n@sandbox latency=2500ms'),
    ask('slower', 'Take all the time you need.\n@sandbox latency=5s'),
    ask('flaky', 'Fail once, then answer.\n@sandbox fail=1'),
  ];
}

async function follow(api: ApiClient, created: BatchResponse): Promise<BatchResponse> {
  printStep(3, 'Follow it live over SSE');
  const watch = watchBatch(created.stream_url, {
    onEvent: ({ event, data }) => {
      if (event !== 'status') return;
      const failures = data.failed === 0 ? '' : `, ${data.failed} failed`;
      printBar(data.completed + data.failed, data.total, data.status + failures);
    },
  });
  await watch.done;
  const ended = await getBatch(api, created.id);
  printDone(`${ended.status}: ${ended.completed} of ${ended.total} completed, ${ended.failed} failed`);
  return ended;
}

function checkWebhook({ body, headers }: ReceivedWebhook, secret: string, batchId: string): void {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const signature = Buffer.from(headers['x-webhook-signature'] ?? '');
  if (expected.length !== signature.length || !timingSafeEqual(expected, signature)) {
    throw new Error('the webhook has a wrong signature');
  }
  const batch: BatchResponse = JSON.parse(body.toString('utf8'));
  if (batch.id !== batchId) throw new Error(`the webhook is about ${batch.id}`);
  printDone(`${headers['webhook-id']}  ${body.length} bytes, batch ${batch.status}`);
  printDone(`signature verified: ${signature.toString().slice(0, 27)}…`);
}

function printResults(batch: BatchResponse, results: BatchResult[]): void {
  const columns = [
    { title: 'custom_id', align: 'left' as const },
    { title: 'status', align: 'right' as const },
    { title: 'tokens', align: 'right' as const },
    { title: 'cost in USD', align: 'right' as const },
    { title: 'answer', align: 'left' as const },
  ];
  const rows = results.map(({ custom_id, status_code, body, error }) => [
    custom_id,
    String(status_code ?? '–'),
    String(body?.usage.total_tokens ?? 0),
    usd(body?.cost?.total_cost ?? 0),
    shortened(body?.choices[0]?.message.content ?? error?.message ?? '', ANSWER_WIDTH),
  ]);
  printTable(columns, rows, [
    'total',
    '',
    String(batch.usage.total_tokens),
    usd(batch.cost?.total_cost ?? 0),
    '',
  ]);
}

function usd(amount: number): string {
  return `$${amount.toFixed(9)}`;
}

/** The batch says what its items say: ids, counts and money. */
function checkTotals(batch: BatchResponse, results: BatchResult[], expectedIds: string[]): void {
  const ids = results.map(({ custom_id }) => custom_id);
  if (ids.join() !== expectedIds.join()) throw new Error(`the results are of ${ids.join(', ')}`);
  const failed = results.filter(({ error }) => error !== null);
  if (failed.length > 0) throw new Error(`failed: ${failed.map(({ custom_id }) => custom_id).join(', ')}`);
  const sum = results.reduce((nano, { body }) => nano + nanoDollars(body?.cost?.total_cost ?? 0), 0);
  if (nanoDollars(batch.cost?.total_cost ?? 0) !== sum)
    throw new Error("the items' costs do not add up to the batch's");
  printDone('the costs of the items add up to the cost of the batch, half of the price of single requests');
}

async function run(origin: string, receiver: WebhookReceiver): Promise<void> {
  const key = process.env.QUIRE_KEY ?? 'sk-dev';
  const api = new ApiClient(origin, key);
  printTitle(`Quire at ${origin}`);
  const files = await upload(new OpenAI({ baseURL: `${origin}/v1`, apiKey: key }));

  const requests = inputs(origin, files);
  printStep(2, `Make a batch of ${requests.length} requests`);
  const secret = 'a secret only this demo knows';
  const created = await createBatch(api, {
    model: 'sandbox',
    inputs: requests,
    webhook_url: receiver.url(),
    webhook_secret: secret,
  });
  printDone(`${created.id}  ${created.status}; poll again in ${created.retry_after} s, or follow its stream`);

  const ended = await follow(api, created);

  printStep(4, 'Receive its webhook');
  const [webhook] = await receiver.waitFor('/');
  if (webhook === undefined) throw new Error('no webhook came');
  checkWebhook(webhook, secret, created.id);

  printStep(5, 'Read the results');
  const results = await pageResults(api, created.id);
  printResults(ended, results);
  checkTotals(
    ended,
    results,
    requests.map(({ custom_id }) => custom_id),
  );
}

let own: Server | null = null;
let receiver: WebhookReceiver | null = null;
try {
  const found = await findServer();
  own = found.own;
  receiver = await WebhookReceiver.start();
  await run(found.origin, receiver);
} catch (error) {
  printFailure(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await receiver?.stop();
  await own?.stop();
}
