// Usage as the AI SDK reports it, brought to ours; estimated where the provider says nothing.
import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import { type Usage, usageFrom } from '../../contract/chat';
import type { ModelCall } from '../model';
import { estimatedUsage, estimateTextTokens } from '../token-estimate';

/** Tokens of a prompt that are not text, where a provider counts them apart. */
export interface PromptMedia {
  image: number;
  audio: number;
}

export const NO_MEDIA: PromptMedia = { image: 0, audio: 0 };

/** Total and cached include what was written to and read from a cache. `said` is the answer, for the estimate. */
export function convertUsage(
  { inputTokens, outputTokens }: LanguageModelV4Usage,
  media: PromptMedia,
  call: ModelCall,
  said: string,
): Usage {
  if (inputTokens.total === undefined || outputTokens.total === undefined) {
    return estimatedUsage(call, estimateTextTokens(said));
  }
  const prompt = count(inputTokens.total);
  const completion = count(outputTokens.total);
  const image = Math.min(prompt, media.image);
  const audio = Math.min(prompt - image, media.audio);
  return usageFrom({
    prompt,
    completion,
    image,
    audio,
    cached: Math.min(prompt, count(inputTokens.cacheRead)),
    reasoning: Math.min(completion, count(outputTokens.reasoning)),
  });
}

function count(value: number | undefined): number {
  return value !== undefined && value > 0 ? Math.round(value) : 0;
}
