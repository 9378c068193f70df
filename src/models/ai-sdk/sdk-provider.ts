// What an adapter on the AI SDK adds to what all of them share.
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { Encode } from '../../platform/late-base64';
import type { ModelCall } from '../model';
import type { Upstream } from '../provider';
import { providerError } from '../provider-error';
import type { providerFetch } from '../provider-fetch';
import type { PromptMedia } from './convert-usage';

/** How an answer ended: the same of a finished one and of a stream's last part. */
export type Ending = Pick<LanguageModelV4GenerateResult, 'finishReason' | 'providerMetadata'>;

export interface SdkProvider {
  upstream: Upstream;
  /** The SDK's model, made for each call: it costs nothing until it is asked. */
  modelWith(fetch: typeof providerFetch): LanguageModelV4;
  /** @throws ApiError for what the provider cannot be asked */
  optionsOf(call: ModelCall, encode: Encode): LanguageModelV4CallOptions;
  /** The prompt's tokens by kind, from the usage as the provider put it. */
  mediaOf(usage: LanguageModelV4Usage): PromptMedia;
  /**
   * The model's own refusal; null where there is none.
   *
   * @throws ApiError where there is no answer because the request was refused
   */
  refusalOf(ending: Ending): string | null;
}

/** The error for an answer that did not come to its end. */
export function unfinished({ provider, key }: Upstream, reason: string | undefined): Error {
  const message = reason === undefined ? 'the answer was cut off' : `the answer ended with ${reason}`;
  return providerError({ provider, status: null, message, key });
}
