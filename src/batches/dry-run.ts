// What a batch would use and cost: its inputs are checked as for the real one, and nothing is made.
import { addCost, type CostNano, costResponse } from '../accounts/ledger';
import { storedParts } from '../completions/content-parts';
import { estimateRequest } from '../completions/estimate';
import { costOf } from '../completions/pricing';
import type { DryRun } from '../contract/batches';
import { addUsage, type ChatRequest, type ContentPart, NO_USAGE, usageFrom } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { isFileId } from '../contract/ids';
import { specificMessage } from '../contract/messages/render';
import { sizesOfFiles } from '../files/file-store';
import type { CatalogueModel } from '../models/catalogue';
import { estimateSizedPart, estimateUnreadPart, type PromptTokens } from '../models/token-estimate';
import { scanInput } from './input-scan';
import type { BatchMaker, BatchOrder } from './intake';

/** Different files whose sizes are looked up, all in one call: more are as if their sizes were not known. */
const SIZED_FILES_LIMIT = 1_000;

/** @throws ApiError `invalid_request` for the first bad line of an input file, or a file without lines */
export async function dryRun(env: Env, maker: BatchMaker, order: BatchOrder): Promise<DryRun> {
  const sum = new EstimateSum(maker.origin);
  await addInputs(env, maker, order, sum);
  const files = await sizesOfFiles(env, maker.accountId, sum.fileIds, Date.now());
  for (const { id, size, contentType } of files.values()) {
    sum.correct(id, estimateSizedPart({ bytes: size, mediaType: contentType }));
  }
  return sum.result();
}

async function addInputs(
  env: Env,
  { locale }: BatchMaker,
  order: BatchOrder,
  sum: EstimateSum,
): Promise<void> {
  if (order.kind === 'inline') {
    for (const { line, model } of order.inputs) sum.add(line.body, model);
    return;
  }
  const object = await env.BUCKET.get(order.file.r2Key);
  if (object === null) throw new ApiError('not_found', { missing: 'file', param: 'input_file_id' });
  const start = { byte: 0, line: 0, item: 0 };
  for await (const line of scanInput(object.body, start, new Set(), locale)) {
    if (line.kind === 'blank') continue;
    if (line.kind === 'fault') {
      const { line: number, param } = line.error;
      throw new ApiError('invalid_request', {
        code: line.error.code,
        detail: ['input_line_invalid', number ?? 0, specificMessage(line.cause, locale)],
        param: param === null ? 'input_file_id' : `input_file_id[${(number ?? 1) - 1}].${param}`,
      });
    }
    sum.add(line.item.body, line.model);
  }
  if (sum.total === 0) {
    throw new ApiError('invalid_request', {
      code: 'empty_file',
      detail: ['file_empty'],
      param: 'input_file_id',
    });
  }
}

/** How often a file is named for a model, and what was counted for that by flat rules. */
interface FileUse {
  times: number;
  counted: PromptTokens;
}

class EstimateSum {
  readonly #origin: string;
  /** By file and model, so that the inputs need not be held until the sizes of files are known. */
  readonly #uses = new Map<string, Map<CatalogueModel, FileUse>>();
  #total = 0;
  #usage = NO_USAGE;
  #costNano: CostNano | null = null;

  /** @param origin on which URLs name stored files */
  constructor(origin: string) {
    this.#origin = origin;
  }

  add(request: ChatRequest, model: CatalogueModel): void {
    const { usage, costNano } = estimateRequest(request, model, 'batch');
    this.#total += 1;
    this.#usage = addUsage(this.#usage, usage);
    this.#costNano = addCost(this.#costNano, costNano);
    for (const { part, fileId } of storedParts(request, this.#origin)) this.#note(fileId, model, part);
  }

  /** The first files that the inputs name. */
  get fileIds(): string[] {
    return [...this.#uses.keys()];
  }

  /** Counts a file as what it is, in place of what was counted by flat rules. */
  correct(fileId: string, each: PromptTokens): void {
    for (const [model, { times, counted }] of this.#uses.get(fileId) ?? []) {
      const text = each.text * times - counted.text;
      const image = each.image * times - counted.image;
      const audio = each.audio * times - counted.audio;
      const more = usageFrom({ prompt: text + image + audio, completion: 0, image, audio });
      this.#usage = addUsage(this.#usage, more);
      this.#costNano = addCost(this.#costNano, costOf(more, model.prices, 'batch'));
    }
  }

  #note(fileId: string, model: CatalogueModel, part: ContentPart): void {
    let uses = this.#uses.get(fileId);
    if (uses === undefined) {
      if (this.#uses.size === SIZED_FILES_LIMIT || !isFileId(fileId)) return;
      uses = new Map();
      this.#uses.set(fileId, uses);
    }
    const { times, counted } = uses.get(model) ?? { times: 0, counted: NO_TOKENS };
    uses.set(model, { times: times + 1, counted: addTokens(counted, estimateUnreadPart(part)) });
  }

  get total(): number {
    return this.#total;
  }

  result(): DryRun {
    return {
      total: this.#total,
      estimated_usage: this.#usage,
      estimated_cost: this.#costNano && costResponse(this.#costNano),
    };
  }
}

const NO_TOKENS: PromptTokens = { text: 0, image: 0, audio: 0, guessed: 0 };

function addTokens(a: PromptTokens, b: PromptTokens): PromptTokens {
  return {
    text: a.text + b.text,
    image: a.image + b.image,
    audio: a.audio + b.audio,
    guessed: a.guessed + b.guessed,
  };
}
