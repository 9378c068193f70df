// A finished answer of the AI SDK as a choice in OpenAI's words.
import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ChatChoice, ToolCall } from '../../contract/chat';
import type { Upstream } from '../provider';
import { mapFinishReason } from './map-finish-reason';
import { type Ending, unfinished } from './sdk-provider';

/**
 * The first and only choice. What the model thought, and what it cites, stays with the provider.
 *
 * @throws ApiError `model_error` where the answer did not come to an end or says nothing for no reason given
 */
export function convertAnswer(
  upstream: Upstream,
  result: LanguageModelV4GenerateResult,
  refusalOf: (ending: Ending) => string | null,
): ChatChoice {
  let text = '';
  const toolCalls: ToolCall[] = [];
  for (const part of result.content) {
    if (part.type === 'text') text += part.text;
    if (part.type !== 'tool-call' || part.providerExecuted) continue;
    toolCalls.push({
      id: part.toolCallId,
      type: 'function',
      function: { name: part.toolName, arguments: part.input },
    });
  }
  const isSilent = text === '' && toolCalls.length === 0;
  const finishReason = mapFinishReason(result.finishReason, toolCalls.length > 0);
  if (finishReason === null || (isSilent && result.finishReason.unified === 'other')) {
    throw unfinished(upstream, result.finishReason.raw);
  }
  const refusal = refusalOf(result);
  const hasContent = text !== '' || (toolCalls.length === 0 && finishReason !== 'content_filter');
  return {
    index: 0,
    message: {
      role: 'assistant',
      content: hasContent ? text : null,
      refusal,
      ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
    },
    finish_reason: finishReason,
  };
}
