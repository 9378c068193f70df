// A new batch of what failed or was never done in an ended one, on the same terms.

import { boundOf } from '../completions/estimate';
import { parseJson } from '../completions/parse-json';
import type { BatchLine } from '../contract/batches';
import { ApiError } from '../contract/errors';
import { newId, randomBase62 } from '../contract/ids';
import { BATCH_LINE_LIMIT_BYTES } from '../contract/limits';
import { ObjectWriter } from '../files/object-writer';
import { findModel } from '../models/catalogue';
import { concatBytes } from '../platform/bytes';
import { splitLines } from '../platform/json-lines';
import type { RetrySource } from './batch-object';
import type { BatchSnapshot } from './batch-response';
import { type BatchSpec, inlineInputKey, type RangeCut } from './batch-spec';
import { isBlank } from './input-scan';
import { type BatchMaker, openBatch, sharedModel, whoMakes } from './intake';
import { RangeCutter } from './range-cutter';

/** A call of an object has 32 MiB for its arguments, and a character of these may take two bytes. */
const CUSTOM_IDS_LIMIT_CHARACTERS = 4 * 1024 ** 2;

const LINE_BREAK = new Uint8Array([0x0a]);

/**
 * Makes the batch from the first one's inputs, which are kept as long as it is.
 *
 * @throws ApiError `invalid_request` where every item was completed
 */
export async function retryBatch(
  env: Env,
  maker: BatchMaker,
  source: RetrySource,
  id: string = newId('batch'),
): Promise<BatchSnapshot> {
  const { items } = source;
  if (items?.length === 0) throw new ApiError('invalid_request', { detail: ['nothing_to_retry'] });
  const spec: BatchSpec = {
    ...source.spec,
    ...whoMakes(maker),
    hasBounds: source.spec.maxCostNano !== null || maker.hasBudget,
    id,
    createdAt: Date.now(),
    expiresAt: Date.now() + (source.spec.expiresAt - source.spec.createdAt),
    outputFileId: newId('file'),
    errorFileId: newId('file'),
    streamToken: randomBase62(43),
  };
  if (items === null) return openBatch(env, spec, null);
  const inline = { ...spec, inputKey: inlineInputKey(maker.accountId, id), inputFileId: null };
  return openBatch(env, inline, await copyLines(env.BUCKET, source.spec.inputKey, new Set(items), inline));
}

/**
 * One pass over the first batch's inputs; the lines that are taken become the new batch's. Null where their custom_ids are too
 * many and too long for one call: such a batch is planned as one of a file.
 */
async function copyLines(
  bucket: R2Bucket,
  sourceKey: string,
  wanted: ReadonlySet<number>,
  spec: BatchSpec,
): Promise<{ cuts: RangeCut[]; model: string | null } | null> {
  const object = await bucket.get(sourceKey);
  if (object === null) throw new ApiError('internal_error', { cause: new Error('the input is gone') });
  const writer = new ObjectWriter(bucket, spec.inputKey);
  const cutter = new RangeCutter();
  const cuts: (RangeCut | null)[] = [];
  const models = new Set<string>();
  let index = -1;
  let characters = 0;
  try {
    for await (const { bytes } of splitLines(object.body, BATCH_LINE_LIMIT_BYTES)) {
      if (isBlank(bytes) || !wanted.has(++index)) continue;
      const start = writer.size;
      const { custom_id: customId, body } = parseJson(bytes) as BatchLine;
      await writer.write(concatBytes([bytes, LINE_BREAK]));
      const model = findModel(body.model);
      const boundNano = !spec.hasBounds || model === null ? 0 : boundOf(body, model, 'batch');
      cuts.push(cutter.add({ customId, start, length: writer.size - start, boundNano }));
      models.add(body.model);
      characters += customId.length;
    }
    cuts.push(cutter.flush());
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  if (characters > CUSTOM_IDS_LIMIT_CHARACTERS) return null;
  return { cuts: cuts.filter((cut) => cut !== null), model: sharedModel([...models]) };
}
