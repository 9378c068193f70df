// The job the product is made for, from end to end: upload, batch, live progress, webhook, results with their cost.
import { createHmac } from 'node:crypto';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResponse } from '../../src/contract/batches.ts';
import type { ChatCompletion, Cost } from '../../src/contract/chat.ts';
import { ApiClient } from './api-client.ts';
import {
  type BatchEvent,
  getBatch,
  type Poll,
  pageResults,
  pollUntilEnded,
  watchBatch,
} from './batch-client.ts';
import { nanoDollars } from './money.ts';
import { pngImage } from './sample-files.ts';
import { Server } from './server.ts';
import { type ReceivedWebhook, WebhookReceiver } from './webhook-receiver.ts';

const NOTES = 'The meeting moved to Thursday.\n회의는 목요일로 옮겨졌습니다.\n';

const RESPONSE_FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'summary',
    strict: true,
    schema: {
      type: 'object',
      properties: {
        title: { type: 'string', minLength: 1 },
        tags: { type: 'array', items: { type: 'string' }, minItems: 2 },
        score: { type: 'integer', minimum: 0, maximum: 10 },
      },
      required: ['title', 'tags', 'score'],
      additionalProperties: false,
    },
  },
};

const SUMMARY = { title: expect.any(String), tags: expect.any(Array), score: expect.any(Number) };

let server: Server;
let receiver: WebhookReceiver;
let api: ApiClient;
let client: OpenAI;

beforeAll(async () => {
  server = await Server.start();
  receiver = await WebhookReceiver.start();
  api = new ApiClient(server.origin, server.key);
  client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: server.key });
});

afterAll(async () => {
  await receiver?.stop();
  await server?.stop();
});

interface UploadedFiles {
  imageId: string;
  imageUrl: string;
  notesId: string;
  notesUrl: string;
}

/** Slow enough that the batch is seen at work. */
const QUESTION = 'Summarise what is attached.\n@sandbox latency=400ms';

function request(part: object) {
  return {
    model: 'sandbox',
    messages: [{ role: 'user', content: [{ type: 'text', text: QUESTION }, part] }],
    response_format: RESPONSE_FORMAT,
  };
}

/** Both forms of the same job, each in one dialect of content parts; the secrets differ in kind, too. */
const FORMS = [
  {
    name: 'form 1, native parts',
    path: '/form-1',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    verifier: (secret: string) => new Webhook(secret),
    requests: ({ imageId, imageUrl, notesId, notesUrl }: UploadedFiles) => ({
      'image-by-id': request({ type: 'image', source: { type: 'file', file_id: imageId } }),
      'image-by-url': request({ type: 'image', source: { type: 'url', url: imageUrl } }),
      'notes-by-id': request({ type: 'document', source: { type: 'file', file_id: notesId } }),
      'notes-by-url': request({ type: 'document', source: { type: 'url', url: notesUrl } }),
    }),
    body: (requests: Record<string, object>) => ({
      model: 'sandbox',
      inputs: Object.entries(requests).map(([custom_id, body]) => ({ custom_id, ...body })),
    }),
  },
  {
    name: "form 2, OpenAI's parts",
    path: '/form-2',
    secret: '아주 비밀스러운 문자열',
    verifier: (secret: string) => new Webhook(Buffer.from(secret), { format: 'raw' }),
    requests: ({ imageId, imageUrl, notesId }: UploadedFiles) => ({
      'notes-by-id': request({ type: 'file', file: { file_id: notesId } }),
      'image-by-url': request({ type: 'image_url', image_url: { url: imageUrl } }),
      'image-by-id': request({ type: 'file', file: { file_id: imageId } }),
    }),
    body: (requests: Record<string, object>) => ({
      inputs: Object.entries(requests).map(([custom_id, body]) => ({
        custom_id,
        method: 'POST',
        url: '/v1/chat/completions',
        body,
      })),
    }),
  },
];

describe.each(FORMS.map((form) => [form.name, form] as const))('the main job in %s', (_, form) => {
  const { path, secret, verifier, requests: requestsOf, body } = form;
  let requests: Record<string, ReturnType<typeof request>>;
  let created: { status: number; headers: Headers; batch: BatchResponse };
  let events: BatchEvent[];
  let polls: [...Poll[], Poll];
  let webhooks: ReceivedWebhook[];
  let ended: BatchResponse;

  beforeAll(async () => {
    requests = requestsOf(await upload());
    const response = await api.send('POST', '/api/v1/batches', {
      ...body(requests),
      metadata: { job: path },
      webhook_url: receiver.url(path),
      webhook_secret: secret,
    });
    created = {
      status: response.status,
      headers: response.headers,
      batch: (await response.json()) as BatchResponse,
    };
    const watch = watchBatch(created.batch.stream_url);
    polls = await pollUntilEnded(api, created.batch.id);
    await watch.done;
    events = watch.events;
    webhooks = await receiver.waitFor(path);
    ended = await getBatch(api, created.batch.id);
  });

  it('is accepted at once, and says where and when to look', () => {
    expect(created.status).toBe(202);
    expect(created.batch).toMatchObject({
      id: expect.stringMatching(/^batch_[0-9a-f]{12}$/),
      object: 'batch',
      status: expect.stringMatching(/^(pending|running)$/),
      total: Object.keys(requests).length,
      results: null,
      metadata: { job: path },
      retry_after: 5,
    });
    const location = new URL(created.headers.get('location') ?? '', server.origin);
    expect(location.href).toBe(`${server.origin}/api/v1/batches/${created.batch.id}`);
    expect(created.headers.get('retry-after')).toBe('5');
  });

  it('pushes its progress and its end over SSE', () => {
    expect(events.at(0)?.event).toBe('status');
    expect(events.filter(({ event }) => event === 'done')).toEqual([events.at(-1)]);
    const counts = events.map(({ data }) => data as BatchResponse);
    for (const [index, { completed, failed, total }] of counts.entries()) {
      const before = counts[index - 1];
      expect(completed).toBeGreaterThanOrEqual(before?.completed ?? 0);
      expect(failed).toBeGreaterThanOrEqual(before?.failed ?? 0);
      expect(total).toBe(Object.keys(requests).length);
    }
    for (const [index, { id }] of events.entries()) {
      expect(id).toBeGreaterThan(events[index - 1]?.id ?? -1);
    }
  });

  it('says to poll again after 5 seconds until it has ended', () => {
    const last = polls.at(-1);
    for (const { batch, retryAfter } of polls.slice(0, -1)) {
      expect(batch).toMatchObject({
        status: expect.stringMatching(/^(pending|running)$/),
        retry_after: 5,
        results: null,
      });
      expect(retryAfter).toBe('5');
    }
    expect(last).toMatchObject({ batch: { status: 'completed', retry_after: null }, retryAfter: null });
  });

  it('ends the same way wherever one looks: polled, streamed, sent', () => {
    expect(events.at(-1)?.data).toEqual(ended);
    expect(polls.at(-1)?.batch).toEqual(ended);
    expect(JSON.parse(webhooks[0]?.body.toString('utf8') ?? '')).toEqual(ended);
  });

  it('sends one webhook, signed over its exact bytes in both ways', async () => {
    const [webhook] = webhooks;
    if (webhook === undefined) throw new Error('no webhook');
    expect(webhook.method).toBe('POST');
    expect(webhook.headers['content-type']).toBe('application/json');
    const hex = createHmac('sha256', secret).update(webhook.body).digest('hex');
    expect(webhook.headers['x-webhook-signature']).toBe(`sha256=${hex}`);
    expect(verifier(secret).verify(webhook.body, webhook.headers)).toEqual(ended);
    // A verifier that takes anything proves nothing.
    const altered = Buffer.concat([webhook.body, Buffer.from(' ')]);
    expect(() => verifier(secret).verify(altered, webhook.headers)).toThrow();

    const deliveries = await api.get<{ data: object[] }>(`/api/v1/batches/${ended.id}/deliveries`);
    expect(deliveries.data).toEqual([
      expect.objectContaining({
        webhook_id: webhook.headers['webhook-id'],
        attempt: 1,
        status: 200,
        error: null,
      }),
    ]);
    expect(receiver.at(path)).toHaveLength(1);
  });

  it('returns the results in input order, inline and in pages', async () => {
    expect(ended.results?.map(({ custom_id }) => custom_id)).toEqual(Object.keys(requests));
    expect(await pageResults(api, ended.id)).toEqual(ended.results);
  });

  it('answers every item in the shape of its schema', () => {
    for (const result of ended.results ?? []) {
      expect(result).toMatchObject({ status_code: 200, error: null });
      expect(JSON.parse(contentOf(result.body))).toEqual(SUMMARY);
      expect(result.body?.structured_output).toEqual({ method: 'native', attempts: 1 });
    }
    expect(ended.results).toHaveLength(ended.total);
  });

  it('let the model see each image', () => {
    for (const result of ended.results ?? []) {
      const images = result.body?.usage.prompt_tokens_details.image_tokens ?? 0;
      if (result.custom_id.startsWith('image')) expect(images, result.custom_id).toBeGreaterThan(0);
      else expect(images, result.custom_id).toBe(0);
    }
  });

  it('costs half of the same requests made alone, and the sum of its items', async () => {
    let sum = 0;
    for (const { custom_id, body: item } of ended.results ?? []) {
      const alone = await api.post<ChatCompletion>('/api/v1/chat/completions', requests[custom_id]);
      expect(item?.usage).toEqual(alone.usage);
      expect(contentOf(item)).toBe(contentOf(alone));
      expect(2 * totalNano(item?.cost)).toBe(totalNano(alone.cost));
      expect(totalNano(item?.cost)).toBeGreaterThan(0);
      sum += totalNano(item?.cost);
    }
    expect(totalNano(ended.cost)).toBe(sum);
  });
});

describe('files in a batch without a response format', () => {
  it('reach the model whole', async () => {
    const { imageId, imageUrl, notesId } = await upload();
    const bytes = pngImage(40, 30).length;
    const ask = (part: object) => ({ messages: [{ role: 'user', content: [part] }] });
    const created = await api.post<BatchResponse>('/api/v1/batches', {
      model: 'sandbox',
      inputs: [
        ask({ type: 'image', source: { type: 'file', file_id: imageId } }),
        ask({ type: 'image', source: { type: 'url', url: imageUrl } }),
        ask({ type: 'document', source: { type: 'file', file_id: notesId } }),
      ],
    });
    await pollUntilEnded(api, created.id);
    const results = await pageResults(api, created.id);
    expect(results.map(({ custom_id }) => custom_id)).toEqual(['0', '1', '2']);
    const [byId = '', byUrl = '', notes = ''] = results.map(({ body }) => contentOf(body));
    for (const content of [byId, byUrl]) {
      expect(content).toContain('image/png');
      expect(content).toContain(`${bytes} bytes`);
      expect(content).toContain('40 × 30 pixels');
    }
    expect(notes).toContain('text/plain');
    expect(notes).toContain(`${Buffer.byteLength(NOTES)} bytes`);
  });
});

/** Uploads through the SDK, and reads the bytes back by the URL that inputs may name. */
async function upload(): Promise<UploadedFiles> {
  const image = await client.files.create({
    file: new File([pngImage(40, 30)], 'gradient.png', { type: 'image/png' }),
    purpose: 'vision',
  });
  const notes = await client.files.create({
    file: new File([NOTES], '회의록.txt', { type: 'text/plain' }),
    purpose: 'user_data',
  });
  expect(image).toMatchObject({
    bytes: pngImage(40, 30).length,
    filename: 'gradient.png',
    purpose: 'vision',
  });
  expect(notes).toMatchObject({
    bytes: Buffer.byteLength(NOTES),
    filename: '회의록.txt',
    purpose: 'user_data',
  });
  return {
    imageId: image.id,
    imageUrl: `${server.origin}/api/v1/files/${image.id}/content`,
    notesId: notes.id,
    notesUrl: `${server.origin}/api/v1/files/${notes.id}/content`,
  };
}

function contentOf(completion: ChatCompletion | null | undefined): string {
  return completion?.choices[0]?.message.content ?? '';
}

function totalNano(cost: Cost | null | undefined): number {
  return nanoDollars(cost?.total_cost ?? Number.NaN);
}
