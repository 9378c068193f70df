// Calls a model as the catalogue says: so long at the most, so often again, and then the models that stand in for it.
import type { ChatRequest } from '../contract/chat';
import { ApiError, type ErrorType } from '../contract/errors';
import { type CatalogueModel, findModel } from '../models/catalogue';
import { CostLimitError } from './cost-limit';
import type { PreparedRequest } from './prepare';

const BACKOFF_BASE_MS = 250;
/** The longest wait between two tries of one request. */
const RETRY_AFTER_MAXIMUM_MS = 5_000;

/** How a stand-in says that it does not take the request, be it `n` in a stream or a type of image. */
const REFUSALS: ReadonlySet<ErrorType> = new Set([
  'invalid_request',
  'unsupported_media_type',
  'context_length_exceeded',
]);

/** The model that was asked for and those that may stand in: they are there, and take what the request holds. */
export function candidates(request: ChatRequest, prepared: PreparedRequest): CatalogueModel[] {
  const { model } = prepared;
  const others = model.fallbacks.map((id) => findModel(id)).filter((other) => other !== null);
  return [model, ...others.filter((other) => other.id !== model.id && canTake(other, request, prepared))];
}

function canTake(
  { hasTools, contextWindow, modalities }: CatalogueModel,
  { tools }: ChatRequest,
  { messages, knownTokens }: PreparedRequest,
): boolean {
  if ((tools?.length && !hasTools) || knownTokens > contextWindow) return false;
  return messages.every(
    ({ content }) => !Array.isArray(content) || content.every(({ type }) => modalities.includes(type)),
  );
}

/**
 * Asks one model after the other until one answers. Only overload, timeouts and failures of the provider are worth another
 * try: what is wrong with the request is the client's to hear. A stand-in that refuses a request is passed over, since it
 * was made for another model.
 *
 * @throws ApiError of the last model that did not so refuse
 */
export async function askInTurn<T>(
  models: readonly CatalogueModel[],
  signal: AbortSignal,
  ask: (model: CatalogueModel) => Promise<T>,
): Promise<{ answer: T; model: CatalogueModel }> {
  let failure: unknown;
  for (const model of models) {
    try {
      return { answer: await ask(model), model };
    } catch (error) {
      if (signal.aborted) throw error;
      if (model !== models[0] && isRefusal(error)) continue;
      if (!isWorthAnotherTry(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** One call to a model, each try of it under the model's time limit, tried as often as its entry says. `signal` ends it. */
export async function callModel<T>(
  model: CatalogueModel,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await withTimeout(model, signal, call);
    } catch (error) {
      if (signal.aborted || retry === model.retries || !isWorthAnotherTry(error)) throw error;
      const waitMs = backoffMs(error, retry);
      // A longer wait is the client's, who is told of it; a stand-in need not wait.
      if (waitMs > RETRY_AFTER_MAXIMUM_MS) throw error;
      await scheduler.wait(waitMs, { signal });
    }
  }
}

async function withTimeout<T>(
  model: CatalogueModel,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Not AbortSignal.timeout: its timer cannot be cleared.
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), model.timeoutMs);
  try {
    return await call(AbortSignal.any([signal, timeout.signal]));
  } catch (error) {
    // The signal before the error: an abort surfaces as errors of several kinds.
    throw timeout.signal.aborted ? new ApiError('timeout', { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}

function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof ApiError) || !error.retryable) return false;
  return error.type === 'model_overloaded' || error.type === 'timeout' || error.type === 'model_error';
}

/** Its price may be one that the request has no money for, too. */
function isRefusal(error: unknown): boolean {
  return error instanceof CostLimitError || (error instanceof ApiError && REFUSALS.has(error.type));
}

function backoffMs(error: unknown, retry: number): number {
  const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(BACKOFF_BASE_MS * 2 ** retry, asked);
}
