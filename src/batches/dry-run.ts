// What a batch would use and cost: its inputs are checked as for the real one, and nothing is made.
import { addCost, type CostNano, costResponse } from '../accounts/ledger';
import { estimateRequest } from '../completions/estimate';
import type { DryRun } from '../contract/batches';
import { addUsage, type ChatRequest, NO_USAGE } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { type Locale, specificMessage } from '../contract/messages/render';
import type { CatalogueModel } from '../models/catalogue';
import { scanInput } from './input-scan';
import type { BatchOrder } from './intake';

/** @throws ApiError `invalid_request` for the first bad line of an input file, or a file without lines */
export async function dryRun(env: Env, locale: Locale, order: BatchOrder): Promise<DryRun> {
  const sum = new EstimateSum();
  if (order.kind === 'inline') {
    for (const { line, model } of order.inputs) sum.add(line.body, model);
    return sum.result();
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
  return sum.result();
}

class EstimateSum {
  #total = 0;
  #usage = NO_USAGE;
  #costNano: CostNano | null = null;

  add(request: ChatRequest, model: CatalogueModel): void {
    const { usage, costNano } = estimateRequest(request, model, 'batch');
    this.#total += 1;
    this.#usage = addUsage(this.#usage, usage);
    this.#costNano = addCost(this.#costNano, costNano);
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
