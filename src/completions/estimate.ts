// What a request will use and cost, before it is run.
import type { Price } from '../accounts/budget';
import type { CostNano } from '../accounts/ledger';
import { type ChatRequest, NO_USAGE, type Usage, usageFrom } from '../contract/chat';
import { type CatalogueModel, findModel } from '../models/catalogue';
import { countUnreadParts, estimateUnreadPromptTokens } from '../models/token-estimate';
import { ATTEMPTS_LIMIT } from './enforce';
import { costOf, type Discount } from './pricing';
import { mustBeChecked } from './violations';

/** The length of an answer that no `max_tokens` bounds: a likely one, and one that models hardly ever pass. */
const ANSWER_LIKELY_TOKENS = 256;
export const ANSWER_BOUND_TOKENS = 16_384;

/** What a repair adds to the prompt beside the answer: what is wrong with it. */
const REPAIR_TOKENS = 1_000;

/** What an account is asked for before a request runs by itself. */
export interface RequestSize {
  /** Prompt and a likely answer. */
  tokens: number;
  /** With whichever of the models that may stand in, and all repairs. */
  price: Price;
}

export function sizeOf(request: ChatRequest, model: CatalogueModel): RequestSize {
  const { text, image, audio } = estimateUnreadPromptTokens(request);
  const prompt = text + image + audio;
  const answers = request.n ?? 1;
  const limit = answerLimit(request);
  const likely = Math.min(limit ?? ANSWER_LIKELY_TOKENS, ANSWER_LIKELY_TOKENS) * answers;
  const attempts = mustBeChecked(request) ? ATTEMPTS_LIMIT : 1;
  const longest = (limit ?? ANSWER_BOUND_TOKENS) * answers;
  const repaired = ((attempts * (attempts - 1)) / 2) * (longest + REPAIR_TOKENS);
  const standIns = model.fallbacks.map((id) => findModel(id)).filter((other) => other !== null);
  const boundFor = (candidate: CatalogueModel) => {
    // What is not read yet can fill all that the model takes.
    const longestPrompt = countUnreadParts(request) > 0 ? Math.max(prompt, candidate.contextWindow) : prompt;
    return nanoFor(candidate, attempts * longestPrompt + repaired, attempts * longest);
  };
  return {
    tokens: prompt + (limit ?? ANSWER_LIKELY_TOKENS) * answers,
    price: {
      boundNano: Math.max(...[model, ...standIns].map(boundFor)),
      leastNano: nanoFor(model, prompt, likely),
    },
  };
}

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

function nanoFor(model: CatalogueModel, promptTokens: number, answerTokens: number): number {
  const usage = { ...NO_USAGE, prompt_tokens: promptTokens, completion_tokens: answerTokens };
  const cost = costOf(usage, model.prices, 'none');
  return cost === null ? 0 : cost.prompt + cost.completion;
}
