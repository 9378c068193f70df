// How much a Claude model thinks. Newer ones take an effort; older ones a budget of tokens, which the SDK adds to the
// limit of the answer. Ours is a limit of both, as OpenAI's is, and what a client pays follows from it.
import { getModelCapabilities } from '@ai-sdk/anthropic/internal';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { ReasoningLevel } from '../ai-sdk/convert-call';
import type { ModelCall } from '../model';
import { mustCall } from '../tool-choice';

/** The smallest budget that Anthropic takes. */
const BUDGET_MIN_TOKENS = 1024;

/** The share of the token limit that is for thinking. */
const BUDGET_SHARES: Record<Exclude<ReasoningLevel, 'none'>, number> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.4,
  high: 0.6,
  xhigh: 0.75,
  max: 0.8,
};

/** The options with the thinking that this model can do within the request's limits. */
export function withThinking(
  model: string,
  options: LanguageModelV4CallOptions,
  { request, messages }: ModelCall,
): LanguageModelV4CallOptions {
  const { reasoning, ...unthinking } = options;
  if (reasoning === undefined || reasoning === 'provider-default' || reasoning === 'none') return options;
  if (getModelCapabilities(model).supportsAdaptiveThinking) return options;
  // With a budget, a forced choice of tools is refused, and a tool's answer without the thoughts that led to it.
  if (mustCall(request) || messages.at(-1)?.role === 'tool') return unthinking;
  const limit = options.maxOutputTokens;
  if (limit === undefined) return options;
  const budgetTokens = Math.max(BUDGET_MIN_TOKENS, Math.floor(limit * BUDGET_SHARES[reasoning]));
  if (limit < 2 * BUDGET_MIN_TOKENS) return unthinking;
  return {
    ...unthinking,
    maxOutputTokens: limit - budgetTokens,
    providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens } } },
  };
}
