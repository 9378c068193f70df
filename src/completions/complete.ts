// One chat completion from a checked request to the answer a client gets: the same for a request and a batch item.
import { type CostNano, costResponse } from '../accounts/ledger';
import type { ChatCompletion, ChatRequest } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { randomBase62 } from '../contract/ids';
import { MODEL_TIMEOUT_MS } from '../contract/limits';
import { type CatalogueModel, findModel } from '../models/catalogue';
import { estimatePromptTokens } from '../models/token-estimate';
import { type PartReader, resolveMessages } from './content-parts';
import { type CostLimit, withinCost } from './cost-limit';
import { completeEnforced } from './enforce';
import { checkSchema } from './json-schema';
import { costOf, type Discount } from './pricing';
import { checkToolProtocol } from './tool-protocol';

export interface CompletionContext extends PartReader {
  /** 1 for the first try of this request, counted by whoever retries. */
  attempt: number;
  /** Aborts the model's work. */
  signal: AbortSignal;
  discount: Discount;
  /** The most it may cost; null for no limit of its own. */
  limit: CostLimit | null;
}

export interface Completed {
  completion: ChatCompletion;
  /** What the ledger books: the same amount as `completion.cost`. */
  costNano: CostNano | null;
}

/**
 * What the schema of a request cannot say: its model exists, its tools and formats can be used.
 *
 * @throws ApiError `not_found` with `param: "model"`, `invalid_tool_call` or `invalid_request`
 */
export async function checkChatRequest(request: ChatRequest): Promise<CatalogueModel> {
  const model = findModel(request.model);
  if (model === null) {
    throw new ApiError('not_found', {
      missing: 'model',
      param: 'model',
      detail: ['model_unknown', request.model],
    });
  }
  if (request.stream)
    throw new ApiError('invalid_request', { detail: ['stream_unsupported'], param: 'stream' });
  await checkToolProtocol(request);
  if (request.response_format?.type === 'json_schema') {
    await checkSchema(request.response_format.json_schema.schema).catch((error: unknown) => {
      throw error instanceof ApiError ? error.at('response_format.json_schema.schema') : error;
    });
  }
  return model;
}

/**
 * Checks, resolves, asks, enforces and prices.
 *
 * @throws ApiError of any type of the taxonomy; CostLimitError where `limit` is too little
 */
export async function completeChat(request: ChatRequest, context: CompletionContext): Promise<Completed> {
  const model = await checkChatRequest(request);
  const messages = await resolveMessages(request, model, context);
  checkContextLength(request, model, messages);
  const timeout = AbortSignal.timeout(MODEL_TIMEOUT_MS);
  const signal = AbortSignal.any([context.signal, timeout]);
  const terms = { model, discount: context.discount, limit: context.limit };
  const answer = await completeEnforced(
    model.model,
    { request, messages, attempt: context.attempt, signal },
    (sent, used) => withinCost(request, sent, used, terms),
  ).catch((error: unknown) => {
    throw timeout.aborted && !(error instanceof ApiError) ? new ApiError('timeout', { cause: error }) : error;
  });
  const costNano = costOf(answer.usage, model.prices, context.discount);
  return {
    completion: {
      id: `chatcmpl-${randomBase62(24)}`,
      object: 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: model.id,
      choices: answer.choices,
      usage: answer.usage,
      cost: costNano && costResponse(costNano),
      ...(answer.structuredOutput && { structured_output: answer.structuredOutput }),
    },
    costNano,
  };
}

function checkContextLength(
  request: ChatRequest,
  model: CatalogueModel,
  messages: Awaited<ReturnType<typeof resolveMessages>>,
): void {
  const prompt = estimatePromptTokens(request, messages);
  const tokens = prompt.text + prompt.image + prompt.audio;
  if (tokens <= model.contextWindow) return;
  throw new ApiError('context_length_exceeded', {
    detail: ['context_length', tokens, model.contextWindow],
    param: 'messages',
  });
}
