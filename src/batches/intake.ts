// Takes in a batch: checks what can be checked at once, puts inline inputs into R2, hands it to its Durable Object.
import type { IndexedFile } from '../accounts/file-index';
import { boundOf } from '../completions/estimate';
import {
  type BatchLine,
  type FileBatch,
  fileBatch,
  type LinesBatch,
  linesBatch,
  type OpenaiBatchCreate,
  type SharedModelBatch,
  sharedModelBatch,
  windowMilliseconds,
} from '../contract/batches';
import type { ChatRequest } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { newId, randomBase62 } from '../contract/ids';
import { BATCH_INPUT_LIMIT_BYTES, BATCH_LINE_LIMIT_BYTES } from '../contract/limits';
import type { Locale } from '../contract/messages/render';
import { nanoFromUsd } from '../contract/money';
import { parseOrThrow } from '../contract/validation';
import { findFile } from '../files/file-store';
import type { CatalogueModel } from '../models/catalogue';
import { concatBytes } from '../platform/bytes';
import { checkWebhookUrl } from '../webhooks/check-url';
import type { BatchSnapshot } from './batch-response';
import { type BatchSpec, inlineInputKey, type RangeCut } from './batch-spec';
import { checkInput, lineTooLong } from './input-scan';
import { RangeCutter } from './range-cutter';

const DEFAULT_WINDOW = '24h';

/** Who makes a batch, and from where. */
export interface BatchMaker {
  accountId: string;
  keyId: string;
  origin: string;
  locale: Locale;
  /** Whether the account or the key has a monthly budget. */
  hasBudget: boolean;
}

/** A native request for a batch, checked: its inputs, or the file that has them. */
export type BatchOrder =
  | { kind: 'inline'; options: SharedModelBatch | LinesBatch; inputs: CheckedInput[] }
  | { kind: 'file'; options: FileBatch; file: IndexedFile };

/** One inline input with the model it names. */
interface CheckedInput {
  line: BatchLine;
  model: CatalogueModel;
}

type BatchOptions = Pick<
  SharedModelBatch,
  'metadata' | 'completion_window' | 'webhook_url' | 'webhook_secret' | 'max_cost'
>;

/**
 * Reads a native request: form 1, 2 or 3, already parsed as JSON.
 *
 * @throws ApiError `invalid_request`, `invalid_tool_call` or `not_found` naming the place
 */
export async function readOrder(env: Env, accountId: string, body: unknown): Promise<BatchOrder> {
  if (typeof body === 'object' && body !== null && 'input_file_id' in body) {
    const options = parseOrThrow(fileBatch, body);
    checkWebhook(env, options);
    return { kind: 'file', options, file: await findInputFile(env, accountId, options.input_file_id) };
  }
  const options = parseForm(body);
  const isForm1 = 'model' in options;
  const lines = isForm1 ? linesOfForm1(options) : options.inputs;
  const inputs = await checkLines(lines, (index) => (isForm1 ? `inputs[${index}]` : `inputs[${index}].body`));
  checkWebhook(env, options);
  return { kind: 'inline', options, inputs };
}

/** Makes the batch that a checked order asks for. @param id chosen by the caller, for a batch that is made once */
export async function createBatch(
  env: Env,
  maker: BatchMaker,
  order: BatchOrder,
  id: string = newId('batch'),
): Promise<BatchSnapshot> {
  if (order.kind === 'file') return createFileBatch(env, maker, order.options, order.file, { id });
  const { options, inputs } = order;
  const inputKey = inlineInputKey(maker.accountId, id);
  const spec = newSpec(id, maker, options, { inputKey, inputFileId: null });
  const { bytes, cuts } = encodeLines(inputs, spec.hasBounds);
  // R2 first: a crash before the next line leaves an object that the cron removes.
  await env.BUCKET.put(inputKey, bytes, { httpMetadata: { contentType: 'application/jsonl' } });
  return openBatch(env, spec, { cuts, model: sharedModel(inputs.map(({ line }) => line.body.model)) });
}

/** Makes the batch that OpenAI's request asks for. @throws ApiError */
export async function createOpenaiBatch(
  env: Env,
  maker: BatchMaker,
  body: OpenaiBatchCreate,
  id: string = newId('batch'),
): Promise<BatchSnapshot> {
  checkWebhook(env, body);
  const file = await findInputFile(env, maker.accountId, body.input_file_id);
  const outputSeconds = body.output_expires_after?.seconds;
  return createFileBatch(env, maker, body, file, { id, outputSeconds });
}

/** Hands a batch to its Durable Object: from here on it lives by itself. */
export async function openBatch(
  env: Env,
  spec: BatchSpec,
  inputs: { cuts: RangeCut[]; model: string | null } | null,
): Promise<BatchSnapshot> {
  const batch = await env.BATCHES.getByName(spec.id).create(spec, inputs);
  if (batch === null) {
    throw new ApiError('internal_error', { cause: new Error(`batch id ${spec.id} is taken`) });
  }
  return batch;
}

/** The one model that all inputs name, or null. */
export function sharedModel(models: readonly string[]): string | null {
  const [first = null] = models;
  return models.every((model) => model === first) ? first : null;
}

async function createFileBatch(
  env: Env,
  maker: BatchMaker,
  options: BatchOptions,
  file: IndexedFile,
  { id, outputSeconds }: { id: string; outputSeconds?: number | undefined },
): Promise<BatchSnapshot> {
  const input = { inputKey: file.r2Key, inputFileId: file.id };
  const spec = newSpec(id, maker, options, input);
  const outputExpiresAfterMs = outputSeconds === undefined ? null : outputSeconds * 1000;
  return openBatch(env, { ...spec, outputExpiresAfterMs }, null);
}

async function findInputFile(env: Env, accountId: string, id: string): Promise<IndexedFile> {
  const file = await findFile(env, accountId, id, Date.now());
  const param = 'input_file_id';
  if (file === null) throw new ApiError('not_found', { missing: 'file', param });
  if (file.purpose !== 'batch') {
    throw new ApiError('invalid_request', { detail: ['file_not_for_batches', file.purpose], param });
  }
  if (file.size > BATCH_INPUT_LIMIT_BYTES) {
    const megabytes = BATCH_INPUT_LIMIT_BYTES / 1024 ** 2;
    throw new ApiError('invalid_request', { detail: ['input_file_too_large', megabytes], param });
  }
  return file;
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
async function checkLines(
  lines: readonly BatchLine[],
  placeOf: (index: number) => string,
): Promise<CheckedInput[]> {
  const seen = new Set<string>();
  const checked: CheckedInput[] = [];
  for (const [index, line] of lines.entries()) {
    if (seen.has(line.custom_id)) {
      throw new ApiError('invalid_request', {
        detail: ['custom_id_repeated', line.custom_id],
        param: `inputs[${index}].custom_id`,
      });
    }
    seen.add(line.custom_id);
    try {
      checked.push({ line, model: await checkInput(line.body) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const placed = error.at(placeOf(index));
      // An unknown model is 404 for a request of its own; inside a batch it is a fault of the input.
      throw error.type === 'not_found' ? placed.as('invalid_request') : placed;
    }
  }
  return checked;
}

function checkWebhook(env: Env, { webhook_url: url, webhook_secret: secret }: BatchOptions): void {
  if (url !== null && url !== undefined) checkWebhookUrl(env, url, 'webhook_url');
  // Whoever sends one waits for a webhook, and would never get it.
  else if (secret !== null && secret !== undefined) {
    throw new ApiError('invalid_request', { detail: ['webhook_secret_alone'], param: 'webhook_secret' });
  }
}

function encodeLines(
  inputs: readonly CheckedInput[],
  hasBounds: boolean,
): { bytes: Uint8Array; cuts: RangeCut[] } {
  const encoder = new TextEncoder();
  const cutter = new RangeCutter();
  const cuts: (RangeCut | null)[] = [];
  let start = 0;
  const encoded = inputs.map(({ line, model }, index) => {
    const bytes = encoder.encode(`${JSON.stringify(line)}\n`);
    const length = bytes.byteLength;
    if (length > BATCH_LINE_LIMIT_BYTES) throw lineTooLong().at(`inputs[${index}]`);
    const boundNano = hasBounds ? boundOf(line.body, model, 'batch') : 0;
    cuts.push(cutter.add({ customId: line.custom_id, start, length, boundNano }));
    start += length;
    return bytes;
  });
  cuts.push(cutter.flush());
  return { bytes: concatBytes(encoded), cuts: cuts.filter((cut) => cut !== null) };
}

function newSpec(
  id: string,
  maker: BatchMaker,
  options: BatchOptions,
  input: Pick<BatchSpec, 'inputKey' | 'inputFileId'>,
): BatchSpec {
  const now = Date.now();
  const completionWindow = options.completion_window ?? DEFAULT_WINDOW;
  const { webhook_url: url, webhook_secret: secret, max_cost: maxCost } = options;
  return {
    id,
    ...whoMakes(maker),
    ...input,
    metadata: options.metadata ?? null,
    completionWindow,
    createdAt: now,
    expiresAt: now + (windowMilliseconds(completionWindow) ?? 0),
    outputFileId: newId('file'),
    errorFileId: newId('file'),
    outputExpiresAfterMs: null,
    maxCostNano: maxCost === null || maxCost === undefined ? null : nanoFromUsd(maxCost),
    hasBounds: typeof maxCost === 'number' || maker.hasBudget,
    webhook: url === null || url === undefined ? null : { url, secret: secret ?? null },
    streamToken: randomBase62(43),
  };
}

/** What a batch keeps of its maker. */
export function whoMakes({ accountId, keyId, origin, locale }: BatchMaker) {
  return { accountId, keyId, origin, locale };
}
