// Takes in a batch: checks every input, writes them to R2 as JSON Lines, and hands the batch to its Durable Object.
import { checkChatRequest } from '../completions/complete';
import {
  type BatchLine,
  type LinesBatch,
  linesBatch,
  type SharedModelBatch,
  sharedModelBatch,
  windowMilliseconds,
} from '../contract/batches';
import type { ChatRequest } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { newId, randomBase62 } from '../contract/ids';
import type { Locale } from '../contract/messages/render';
import { parseOrThrow } from '../contract/validation';
import { checkTarget } from '../platform/guarded-fetch';
import type { BatchDocument } from './batch-response';
import { type BatchSpec, batchPrefix, type RangeCut } from './batch-spec';
import { RangeCutter } from './range-cutter';

const DEFAULT_WINDOW = '24h';

/** Who makes a batch, and from where. */
export interface BatchMaker {
  accountId: string;
  keyId: string;
  origin: string;
  locale: Locale;
}

/**
 * Makes a batch from an inline body (form 1 or 2, already read as JSON).
 * @throws ApiError `invalid_request` or `invalid_tool_call` naming the input: nothing is stored then
 */
export async function createInlineBatch(env: Env, maker: BatchMaker, body: unknown): Promise<BatchDocument> {
  const options = parseForm(body);
  const lines = 'model' in options ? linesOfForm1(options) : options.inputs;
  await checkLines(
    lines,
    'model' in options ? (index) => `inputs[${index}]` : (index) => `inputs[${index}].body`,
  );
  checkWebhook(env, options.webhook_url);
  const { bytes, cuts } = encodeLines(lines);
  const spec = newSpec(maker, options, sharedModel(lines));
  // R2 first: a crash before the next line leaves an object that the cron removes.
  await env.BUCKET.put(spec.inputKey, bytes, { httpMetadata: { contentType: 'application/jsonl' } });
  const batch = await env.BATCHES.getByName(spec.id).create(spec, cuts);
  if (batch === null)
    throw new ApiError('internal_error', { cause: new Error(`batch id ${spec.id} is taken`) });
  return batch;
}

/** Form 2 has lines with a `url` or `body`; everything else is told what form 1 lacks. */
function parseForm(body: unknown): SharedModelBatch | LinesBatch {
  const inputs = typeof body === 'object' && body !== null ? Reflect.get(body, 'inputs') : undefined;
  const first: unknown = Array.isArray(inputs) ? inputs[0] : undefined;
  const isLines = typeof first === 'object' && first !== null && ('body' in first || 'url' in first);
  return isLines ? parseOrThrow(linesBatch, body) : parseOrThrow(sharedModelBatch, body);
}

function linesOfForm1({ model, inputs }: SharedModelBatch): BatchLine[] {
  return inputs.map(({ custom_id, ...request }, index) => ({
    custom_id: custom_id ?? String(index),
    method: 'POST',
    url: '/v1/chat/completions',
    body: { ...request, model: request.model ?? model } as ChatRequest,
  }));
}

/** What the schema cannot say: unique ids, and requests that could only fail. */
async function checkLines(lines: readonly BatchLine[], placeOf: (index: number) => string): Promise<void> {
  const seen = new Set<string>();
  for (const [index, { custom_id, body }] of lines.entries()) {
    if (seen.has(custom_id)) {
      throw new ApiError('invalid_request', {
        detail: ['custom_id_repeated', custom_id],
        param: `inputs[${index}].custom_id`,
      });
    }
    seen.add(custom_id);
    try {
      await checkChatRequest(body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const placed = error.at(placeOf(index));
      // An unknown model is 404 for a request of its own; inside a batch it is a fault of the input.
      throw error.type === 'not_found' ? placed.as('invalid_request') : placed;
    }
  }
}

function checkWebhook(env: Env, url: string | null | undefined): void {
  if (url === null || url === undefined) return;
  const target = checkTarget(url, { allowPrivate: env.ALLOW_PRIVATE_NETWORK === 'true' });
  if (!target.ok) {
    throw new ApiError('invalid_request', {
      detail: ['target_invalid', target.reason],
      param: 'webhook_url',
    });
  }
}

function encodeLines(lines: readonly BatchLine[]): { bytes: Uint8Array; cuts: RangeCut[] } {
  const encoder = new TextEncoder();
  const cutter = new RangeCutter();
  const cuts: (RangeCut | null)[] = [];
  const encoded = lines.map((line) => {
    const text = `${JSON.stringify(line)}\n`;
    const bytes = encoder.encode(text);
    cuts.push(cutter.add(line.custom_id, bytes.byteLength));
    return bytes;
  });
  cuts.push(cutter.flush());
  const bytes = new Uint8Array(encoded.reduce((size, line) => size + line.byteLength, 0));
  let offset = 0;
  for (const line of encoded) {
    bytes.set(line, offset);
    offset += line.byteLength;
  }
  return { bytes, cuts: cuts.filter((cut) => cut !== null) };
}

function sharedModel(lines: readonly BatchLine[]): string | null {
  const model = lines[0]?.body.model ?? null;
  return lines.every((line) => line.body.model === model) ? model : null;
}

function newSpec(maker: BatchMaker, options: SharedModelBatch | LinesBatch, model: string | null): BatchSpec {
  const id = newId('batch');
  const now = Date.now();
  const completionWindow = options.completion_window ?? DEFAULT_WINDOW;
  const { webhook_url: url, webhook_secret: secret } = options;
  return {
    id,
    ...maker,
    model,
    metadata: options.metadata ?? null,
    completionWindow,
    createdAt: now,
    expiresAt: now + (windowMilliseconds(completionWindow) ?? 0),
    inputKey: `${batchPrefix(maker.accountId, id)}input.jsonl`,
    webhook: url === null || url === undefined ? null : { url, secret: secret ?? null },
    streamToken: randomBase62(43),
  };
}
