// What a request will use and cost, before it is run.
import type { CostNano } from '../accounts/ledger';
import { type ChatRequest, type Usage, usageFrom } from '../contract/chat';
import type { CatalogueModel } from '../models/catalogue';
import { estimateUnreadPromptTokens } from '../models/token-estimate';
import { costOf, type Discount } from './pricing';

/** The length of an answer that no `max_tokens` bounds: a likely one, and one that models hardly ever pass. */
const ANSWER_LIKELY_TOKENS = 256;
export const ANSWER_BOUND_TOKENS = 16_384;

/** A likely usage and its cost; null where the model has no known price. An answer counts its whole `max_tokens`. */
export function estimateRequest(
  request: ChatRequest,
  model: CatalogueModel,
  discount: Discount,
): { usage: Usage; costNano: CostNano | null } {
  const usage = usageWith(request, ANSWER_LIKELY_TOKENS);
  return { usage, costNano: costOf(usage, model.prices, discount) };
}

/** The most a request can cost, in nano-dollars, as far as its prompt can be told unread; 0 without a known price. */
export function boundOf(request: ChatRequest, model: CatalogueModel, discount: Discount): number {
  const cost = costOf(usageWith(request, ANSWER_BOUND_TOKENS), model.prices, discount);
  return cost === null ? 0 : cost.prompt + cost.completion;
}

/** The tokens one answer may have as the client bounds it, or null. */
export function answerLimit(request: ChatRequest): number | null {
  return request.max_completion_tokens ?? request.max_tokens ?? null;
}

function usageWith(request: ChatRequest, answerTokens: number): Usage {
  const { text, image, audio } = estimateUnreadPromptTokens(request);
  const completion = (answerLimit(request) ?? answerTokens) * (request.n ?? 1);
  return usageFrom({ prompt: text + image + audio, completion, image, audio });
}
