// Keeps one request under an amount of money: its answer may be as long as what the prompt leaves can pay for.
import type { ChatRequest, Usage } from '../contract/chat';
import type { CatalogueModel } from '../models/catalogue';
import type { ModelMessage } from '../models/model';
import { estimatePromptTokens } from '../models/token-estimate';
import { ANSWER_BOUND_TOKENS, answerLimit } from './estimate';
import { costOf, type Discount } from './pricing';

/** The money does not reach for even one token of an answer. Nothing was asked of the model. */
export class CostLimitError extends Error {
  override readonly name = 'CostLimitError';
}

/**
 * The request as it may be sent while `used` tokens are paid for already.
 *
 * @param limitNano nano-dollars for all of it; null for no limit
 * @throws CostLimitError
 */
export function withinCost(
  request: ChatRequest,
  messages: readonly ModelMessage[],
  used: Usage,
  terms: { model: CatalogueModel; discount: Discount; limitNano: number | null },
): ChatRequest {
  const { model, discount, limitNano } = terms;
  if (limitNano === null || model.prices === null) return request;
  const { text, image, audio } = estimatePromptTokens(request, messages);
  const prompt = { ...used, prompt_tokens: used.prompt_tokens + text + image + audio };
  const spent = costOf(prompt, model.prices, discount);
  const perToken = model.prices.completion * (discount === 'batch' ? 0.5 : 1);
  if (spent === null || perToken === 0) return request;
  const affordable = Math.floor((limitNano - spent.prompt - spent.completion) / perToken / (request.n ?? 1));
  if (affordable < 1) throw new CostLimitError();
  if (affordable >= (answerLimit(request) ?? ANSWER_BOUND_TOKENS)) return request;
  const { max_tokens: _superseded, ...rest } = request;
  return { ...rest, max_completion_tokens: affordable };
}
