// Why a model stopped, in OpenAI's words.
import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { FinishReason } from '../../contract/chat';

/** null where the answer did not come to an end: an error, however much of it was there. */
const FINISH_REASONS: Record<LanguageModelV4FinishReason['unified'], FinishReason | null> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  other: 'stop',
  error: null,
  interrupted: null,
};

export function mapFinishReason(
  { unified }: LanguageModelV4FinishReason,
  hasToolCalls: boolean,
): FinishReason | null {
  const reason = FINISH_REASONS[unified];
  // Calls that are all there are to be run, whatever the provider calls its end.
  return reason === 'stop' && hasToolCalls ? 'tool_calls' : reason;
}
