// Anthropic's Messages API through the AI SDK. Not there: `n` in streams, penalties, seed, logprobs, sound.
// The SDK's `internal` entry is the adapter without batches, files and skills: 15 KiB less, and no environment variables.
import { AnthropicLanguageModel } from '@ai-sdk/anthropic/internal';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { ApiError } from '../../contract/errors';
import type { Encode } from '../../platform/late-base64';
import { convertCall, withJsonInstruction, withResponseFormat } from '../ai-sdk/convert-call';
import { NO_MEDIA } from '../ai-sdk/convert-usage';
import { sdkModel } from '../ai-sdk/sdk-model';
import type { Ending } from '../ai-sdk/sdk-provider';
import type { ChatModel, ModelCall } from '../model';
import type { Upstream } from '../provider';
import { withThinking } from './anthropic-thinking';

const BASE_URL = 'https://api.anthropic.com/v1';
const API_VERSION = '2023-06-01';

/** For a refusal that Anthropic does not explain. */
const REFUSAL = 'The model refused to answer.';

export function connectAnthropic(upstream: Upstream): ChatModel {
  const { provider, key, model } = upstream;
  return sdkModel({
    upstream,
    modelWith: (fetch) =>
      new AnthropicLanguageModel(model, {
        provider: 'anthropic.messages',
        baseURL: provider.baseUrl ?? BASE_URL,
        fetch,
        headers: { 'anthropic-version': API_VERSION, ...(key !== null && { 'x-api-key': key }) },
      }),
    optionsOf: (call, encode) => optionsOf(upstream, call, encode),
    // Images and documents are counted as text.
    mediaOf: () => NO_MEDIA,
    refusalOf,
  });
}

function optionsOf(upstream: Upstream, call: ModelCall, encode: Encode): LanguageModelV4CallOptions {
  checkModalities(upstream, call);
  const options = withFormat(upstream, call, withThinking(upstream.model, convertCall(call, encode), call));
  if (call.request.parallel_tool_calls !== false) return options;
  return {
    ...options,
    providerOptions: { anthropic: { ...options.providerOptions?.anthropic, disableParallelToolUse: true } },
  };
}

/** Anthropic holds answers to a schema. JSON without one is asked for in words. */
function withFormat(
  { hasJsonSchema }: Upstream,
  { request }: ModelCall,
  options: LanguageModelV4CallOptions,
): LanguageModelV4CallOptions {
  const format = request.response_format;
  if (!hasJsonSchema || !format) return options;
  return format.type === 'json_object' ? withJsonInstruction(options) : withResponseFormat(options, format);
}

/** The SDK drops sound from tool results without a word. */
function checkModalities({ id }: Upstream, { messages }: ModelCall): void {
  for (const [index, { content }] of messages.entries()) {
    if (!Array.isArray(content) || content.every(({ type }) => type !== 'audio')) continue;
    throw new ApiError('invalid_request', {
      detail: ['modality_unsupported', 'audio', id],
      param: `messages[${index}].content`,
    });
  }
}

function refusalOf({ finishReason, providerMetadata }: Ending): string | null {
  if (finishReason.raw !== 'refusal') return null;
  const details = providerMetadata?.anthropic?.stopDetails;
  const explanation = (details as { explanation?: unknown } | undefined)?.explanation;
  return typeof explanation === 'string' && explanation !== '' ? explanation : REFUSAL;
}
