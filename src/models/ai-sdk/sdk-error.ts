// What the AI SDK throws, as one of our errors.
import { AISDKError, APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import { ApiError } from '../../contract/errors';
import { retryAfterIn } from '../../platform/retry-after';
import type { Upstream } from '../provider';
import { providerError } from '../provider-error';

/** What providers put into a stream in place of more of it, with the status that the SDK finds for its type. */
interface StreamError {
  message: string;
  type?: unknown;
  statusCode?: number | undefined;
  data?: unknown;
}

/**
 * The error for whatever a call or a stream failed with. An aborted call fails with the reason it was aborted for: the
 * SDK may show that as an unreadable answer of status 200.
 */
export function sdkError({ provider, key, id }: Upstream, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  if (APICallError.isInstance(error)) return callError({ provider, key }, error);
  if (UnsupportedFunctionalityError.isInstance(error)) {
    const provided = { name: provider.name, status: null, message: `${id}: ${error.message}` };
    return new ApiError('invalid_request', { param: 'messages', provider: provided, cause: error });
  }
  if (isStreamError(error)) {
    return providerError({
      provider,
      status: error.statusCode ?? null,
      message: error.message,
      code: typeof error.type === 'string' ? error.type : null,
      retryAfterMs: retryInfoMs(error.data),
      key,
      cause: error,
    });
  }
  const message = AISDKError.isInstance(error) ? 'the answer could not be read' : 'the connection failed';
  return providerError({ provider, status: null, message, key, cause: error });
}

function callError({ provider, key }: Pick<Upstream, 'provider' | 'key'>, error: APICallError): ApiError {
  const { statusCode, responseHeaders = {}, responseBody } = error;
  if (statusCode === undefined || statusCode < 400) {
    const message = statusCode === undefined ? 'the connection failed' : 'the answer could not be read';
    return providerError({ provider, status: null, message, key, cause: error });
  }
  return providerError({
    provider,
    status: statusCode,
    ...errorWords(error),
    retryAfterMs: retryAfterIn(new Headers(responseHeaders), Date.now()) ?? retryInfoMs(responseBody),
    key,
    cause: error,
  });
}

/** Anthropic's `{error: {type, message}}`, Google's `{error: {status, message}}`, or whatever text it is. */
function errorWords({ responseBody = '', message }: APICallError): { message: string; code: string | null } {
  try {
    const body = JSON.parse(responseBody);
    const said = body?.error ?? body;
    if (typeof said?.message === 'string')
      return { message: said.message, code: said.type ?? said.status ?? null };
  } catch {
    // Not JSON: a proxy's page, say.
  }
  return { message: responseBody.trim() || message || 'no message', code: null };
}

/** Google's RetryInfo, which stands in the body of an error: `"retryDelay": "27s"`. */
function retryInfoMs(body: unknown): number | null {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
  const delay = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(text)?.[1];
  return delay === undefined ? null : Math.ceil(Number(delay) * 1000);
}

function isStreamError(error: unknown): error is StreamError {
  if (typeof error !== 'object' || error === null || error instanceof Error) return false;
  return 'message' in error && typeof error.message === 'string';
}
