// A provider behind the AI SDK as one of our models. The SDK gives one answer a call: `n` of them are `n` calls.
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { addUsage, type ChatChoice, type Usage } from '../../contract/chat';
import { ApiError } from '../../contract/errors';
import { LateBase64 } from '../../platform/late-base64';
import type { ChatModel, ModelAnswer, ModelCall, ModelEvent } from '../model';
import { providerFetch } from '../provider-fetch';
import { convertAnswer } from './convert-answer';
import { convertStream } from './convert-stream';
import { convertUsage } from './convert-usage';
import { sdkError } from './sdk-error';
import type { SdkProvider } from './sdk-provider';

export function sdkModel(provider: SdkProvider): ChatModel {
  return {
    async complete(call: ModelCall): Promise<ModelAnswer> {
      // One that fails ends the others: their answers could not be given.
      const failed = new AbortController();
      const signal = AbortSignal.any([call.signal, failed.signal]);
      try {
        const times = Array.from({ length: call.request.n ?? 1 });
        const answers = await Promise.all(times.map(() => completeOne(provider, { ...call, signal })));
        return {
          choices: answers.map(({ choice }, index) => ({ ...choice, index })),
          usage: answers.map(({ usage }) => usage).reduce(addUsage),
        };
      } catch (error) {
        failed.abort();
        throw sdkError(provider.upstream, error, call.signal);
      }
    },

    async stream(call: ModelCall): Promise<AsyncIterable<ModelEvent>> {
      if ((call.request.n ?? 1) > 1) {
        throw new ApiError('invalid_request', {
          detail: ['stream_of_several', provider.upstream.id],
          param: 'n',
        });
      }
      return streamOne(provider, call);
    },
  };
}

async function completeOne(
  provider: SdkProvider,
  call: ModelCall,
): Promise<{ choice: ChatChoice; usage: Usage }> {
  const { model, options } = question(provider, call);
  const result = await model.doGenerate(options);
  const choice = convertAnswer(provider.upstream, result, provider.refusalOf);
  const said = `${choice.message.content ?? ''}${JSON.stringify(choice.message.tool_calls ?? '')}`;
  return { choice, usage: convertUsage(result.usage, provider.mediaOf(result.usage), call, said) };
}

async function* streamOne(provider: SdkProvider, call: ModelCall): AsyncGenerator<ModelEvent, void> {
  // Whoever ends the iteration early ends the provider's work.
  const left = new AbortController();
  const signal = AbortSignal.any([call.signal, left.signal]);
  try {
    const { model, options } = question(provider, { ...call, signal });
    const { stream } = await model.doStream(options);
    yield* convertStream(provider, call, stream);
  } catch (error) {
    throw sdkError(provider.upstream, error, call.signal);
  } finally {
    left.abort();
  }
}

/**
 * The model to be asked, and with what. The SDK is given stand-ins for the bytes of parts, which are replaced in the body of
 * whatever requests it makes of them: more than one, where an answer has to be continued.
 */
function question(
  provider: SdkProvider,
  call: ModelCall,
): { model: LanguageModelV4; options: LanguageModelV4CallOptions } {
  const late = new LateBase64();
  const options = provider.optionsOf(call, (bytes) => late.standIn(bytes));
  const model = provider.modelWith((input, init = {}) => {
    const { body } = init;
    return providerFetch(input, typeof body === 'string' ? { ...init, body: late.body(body) } : init);
  });
  return { model, options };
}
