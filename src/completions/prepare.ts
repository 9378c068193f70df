// What comes before any call to a model: the request is checked, its parts are read, its length is estimated.
import type { ChatRequest } from '../contract/chat';
import { ApiError, atParam } from '../contract/errors';
import { type CatalogueModel, findModel, missingKeyOf } from '../models/catalogue';
import type { ModelMessage } from '../models/model';
import { countUnreadParts, estimatePromptTokens, estimateUnreadPromptTokens } from '../models/token-estimate';
import { cutText } from '../platform/cut-text';
import { type PartReader, resolveMessages } from './content-parts';
import { checkSchema } from './json-schema';
import { checkToolProtocol } from './tool-protocol';

export interface PreparedRequest {
  model: CatalogueModel;
  messages: ModelMessage[];
  /** Tokens, by estimate. */
  promptTokens: number;
  /** Those that have to fit into a model's context: whether a PDF does, its provider knows. */
  knownTokens: number;
}

/**
 * What the schema of a request cannot say: its model exists, its tools and formats can be used.
 *
 * @throws ApiError `not_found` with `param: "model"`, `invalid_tool_call` or `invalid_request`
 */
export async function checkChatRequest(request: ChatRequest): Promise<CatalogueModel> {
  const model = findModel(request.model);
  if (model === null) throw unknownModel(request.model);
  if (request.tools?.length && !model.hasTools) {
    throw new ApiError('invalid_request', { detail: ['tools_unsupported', model.id], param: 'tools' });
  }
  await checkToolProtocol(request);
  if (request.response_format?.type === 'json_schema') {
    const { schema } = request.response_format.json_schema;
    await checkSchema(schema).catch(atParam('response_format.json_schema.schema'));
  }
  return model;
}

/** @throws ApiError `not_found` that says whether the model is unknown or lacks its provider's key */
export function unknownModel(id: string): ApiError {
  const secret = missingKeyOf(id);
  return new ApiError('not_found', {
    missing: 'model',
    param: 'model',
    detail: secret === null ? ['model_unknown', cutText(id, 256)] : ['model_key_missing', id, secret],
  });
}

/** Checks a request and brings its parts to bytes. @throws ApiError */
export async function prepare(request: ChatRequest, reader: PartReader): Promise<PreparedRequest> {
  const model = await checkChatRequest(request);
  const messages = await resolveMessages(request, model, reader);
  const { text, image, audio, guessed } =
    countUnreadParts(request) > 0
      ? estimatePromptTokens(request, messages)
      : estimateUnreadPromptTokens(request);
  const promptTokens = text + image + audio;
  const knownTokens = promptTokens - guessed;
  if (knownTokens > model.contextWindow) {
    throw new ApiError('context_length_exceeded', {
      detail: ['context_length', knownTokens, model.contextWindow],
      param: 'messages',
    });
  }
  return { model, messages, promptTokens, knownTokens };
}
