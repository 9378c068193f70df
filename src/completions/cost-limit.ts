// Keeps one request under an amount of money: its answer may be as long as what the prompt leaves can pay for.
import type { ChatRequest, Usage } from '../contract/chat';
import type { CatalogueModel } from '../models/catalogue';
import type { ModelMessage } from '../models/model';
import { estimatePromptTokens } from '../models/token-estimate';
import { ANSWER_BOUND_TOKENS, answerLimit } from './estimate';
import { costOf, type Discount, SHARES } from './pricing';

/** What one request may cost. */
export interface CostLimit {
  /** Nano-dollars, for every attempt together. */
  nano: number;
  /** Whether an answer may be cut short where the money does not reach for all that the request allows. */
  mayCut: boolean;
}

/** The money does not reach for the request. Nothing was asked of the model. */
export class CostLimitError extends Error {
  override readonly name = 'CostLimitError';
}

/**
 * The request as it may be sent while `used` tokens are paid for already. Under a limit every answer is bounded.
 *
 * @throws CostLimitError
 */
export function withinCost(
  request: ChatRequest,
  messages: readonly ModelMessage[],
  used: Usage,
  terms: { model: CatalogueModel; discount: Discount; limit: CostLimit | null },
): ChatRequest {
  const { model, discount, limit } = terms;
  if (limit === null || model.prices === null) return request;
  const { text, image, audio } = estimatePromptTokens(request, messages);
  const prompt = { ...used, prompt_tokens: used.prompt_tokens + text + image + audio };
  const spent = costOf(prompt, model.prices, discount);
  const perToken = model.prices.completion * SHARES[discount];
  if (spent === null || perToken === 0) return request;
  const affordable = Math.floor((limit.nano - spent.prompt - spent.completion) / perToken / (request.n ?? 1));
  const own = answerLimit(request);
  if (own !== null && affordable >= own) return request;
  const wanted = own ?? ANSWER_BOUND_TOKENS;
  if (affordable < 1 || (affordable < wanted && !limit.mayCut)) throw new CostLimitError();
  const { max_tokens: _superseded, ...rest } = request;
  return { ...rest, max_completion_tokens: Math.min(affordable, wanted) };
}
