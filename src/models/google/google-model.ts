// Google's Gemini API through the AI SDK. Not there: `n` in streams, `parallel_tool_calls: false`, logprobs.
// The SDK's `internal` entry is the adapter without images, video and speech: 20 KiB less, and no environment variables.
import { GoogleLanguageModel } from '@ai-sdk/google/internal';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { ApiError } from '../../contract/errors';
import { randomBase62 } from '../../contract/ids';
import type { Encode } from '../../platform/late-base64';
import { convertCall, withJsonInstruction, withResponseFormat } from '../ai-sdk/convert-call';
import { sdkModel } from '../ai-sdk/sdk-model';
import type { Ending } from '../ai-sdk/sdk-provider';
import type { ChatModel, ModelCall } from '../model';
import type { Upstream } from '../provider';
import { googleMedia } from './google-usage';

const BASE_URL = 'https://generativelanguage.googleapis.com/v1beta';

export function connectGoogle(upstream: Upstream): ChatModel {
  const { provider, key, model } = upstream;
  return sdkModel({
    upstream,
    modelWith: (fetch) =>
      new GoogleLanguageModel(model, {
        provider: 'google.generative-ai',
        baseURL: provider.baseUrl ?? BASE_URL,
        fetch,
        headers: key === null ? {} : { 'x-goog-api-key': key },
        // For tool calls, which most Gemini models give no id.
        generateId: () => `call_${randomBase62(24)}`,
      }),
    optionsOf: (call, encode) => optionsOf(upstream, call, encode),
    mediaOf: ({ raw }) => googleMedia(raw),
    refusalOf: (ending) => refusalOf(upstream, ending),
  });
}

function optionsOf({ hasJsonSchema }: Upstream, call: ModelCall, encode: Encode): LanguageModelV4CallOptions {
  const options = convertCall(call, encode);
  const format = call.request.response_format;
  if (!hasJsonSchema || !format) return options;
  // Gemini takes a format together with tools only where the SDK can make a tool of it, for which it needs a schema.
  if (format.type === 'json_object' && options.tools) return withJsonInstruction(options);
  return withResponseFormat(options, format);
}

/** Gemini's refusals are answers like any other. A prompt that its filters stop has no answer at all. */
function refusalOf({ provider }: Upstream, { finishReason, providerMetadata }: Ending): null {
  const feedback = providerMetadata?.google?.promptFeedback as { blockReason?: unknown } | null | undefined;
  const reason = feedback?.blockReason;
  if (finishReason.unified !== 'content-filter' || reason !== finishReason.raw) return null;
  const message = `the prompt was blocked: ${finishReason.raw}`;
  throw new ApiError('content_policy_violation', {
    provider: { name: provider.name, status: null, message },
  });
}
