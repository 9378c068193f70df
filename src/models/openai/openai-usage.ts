// Usage as OpenAI-compatible upstreams report it, brought to ours; estimated where they do not.
import { type ChatChoice, type Usage, usageFrom } from '../../contract/chat';
import type { ModelCall } from '../model';
import { estimatedUsage, estimateTextTokens } from '../token-estimate';

export interface OpenaiUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  prompt_tokens_details?: {
    cached_tokens?: number | null;
    audio_tokens?: number | null;
    image_tokens?: number | null;
  } | null;
  completion_tokens_details?: { reasoning_tokens?: number | null } | null;
}

/** The usage of an answer; without one reported, an estimate of what went out and came back. */
export function usageOf(
  reported: OpenaiUsage | null,
  call: ModelCall,
  choices: readonly ChatChoice[],
): Usage {
  if (reported !== null) return reportedUsage(reported);
  const said = choices.map(
    ({ message }) =>
      `${message.content ?? ''}${message.tool_calls ? JSON.stringify(message.tool_calls) : ''}`,
  );
  return estimatedUsage(
    call,
    said.reduce((sum, text) => sum + estimateTextTokens(text), 0),
  );
}

/**
 * Most upstreams count images as text; what they count apart is kept apart. Some (xAI, Google) leave the tokens of
 * reasoning out of the completion's, and count them in the total alone.
 */
export function reportedUsage(usage: OpenaiUsage): Usage {
  const prompt = count(usage.prompt_tokens);
  const said = count(usage.completion_tokens);
  const completion = Math.max(said, count(usage.total_tokens) - prompt);
  const cached = Math.min(prompt, count(usage.prompt_tokens_details?.cached_tokens));
  const audio = Math.min(prompt, count(usage.prompt_tokens_details?.audio_tokens));
  const image = Math.min(prompt - audio, count(usage.prompt_tokens_details?.image_tokens));
  const reasoning = Math.max(
    completion - said,
    Math.min(completion, count(usage.completion_tokens_details?.reasoning_tokens)),
  );
  return usageFrom({ prompt, completion, image, audio, cached, reasoning });
}

function count(value: number | null | undefined): number {
  return typeof value === 'number' && value > 0 ? Math.round(value) : 0;
}
