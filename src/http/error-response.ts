// The one place where an error becomes an HTTP answer.
import { HTTPException } from 'hono/http-exception';
import { nextMonthAt } from '../accounts/budget';
import { ApiError, ERROR_TABLE } from '../contract/errors';
import { errorBody } from '../contract/messages/render';
import type { AppContext } from './context';

/** How long a client waits before it repeats a retryable request that names no time of its own. */
const RETRY_DEFAULT_MS = 1000;

const HOUR_MS = 3_600_000;

/** Any thrown value as `{error}` with the headers the official SDKs read for their retries. */
export function errorResponse(c: AppContext, thrown: unknown): Response {
  const error = toApiError(thrown);
  const { requestId, locale } = c.var;
  c.set('errorType', error.type);
  if (error.type === 'internal_error') {
    console.error(
      JSON.stringify({ event: 'request.failed', request_id: requestId, cause: causeText(error.cause) }),
    );
  }
  return Response.json(
    { error: errorBody(error, locale, requestId) },
    { status: ERROR_TABLE[error.type].status ?? 500, headers: { ...retryHeaders(error), ...error.headers } },
  );
}

function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof HTTPException && thrown.status < 500)
    return new ApiError('invalid_request', { cause: thrown });
  return new ApiError('internal_error', { cause: thrown });
}

function retryHeaders(error: ApiError): Record<string, string> {
  const headers: Record<string, string> = { 'x-should-retry': String(error.retryable) };
  if (error.type === 'authentication_error') headers['WWW-Authenticate'] = 'Bearer';
  const waitMs = error.retryAfterMs ?? defaultWaitMs(error, Date.now());
  if (waitMs !== null) {
    headers['Retry-After'] = String(Math.ceil(waitMs / 1000));
    headers['retry-after-ms'] = String(Math.ceil(waitMs));
  }
  return headers;
}

/** null where waiting cannot help. A budget is full again on the first of next month (UTC). */
function defaultWaitMs(error: ApiError, now: number): number | null {
  if (error.type === 'budget_exceeded') return nextMonthAt(now) - now;
  if (error.retryable) return RETRY_DEFAULT_MS;
  // Every 429 and 503 says when, also where only the deployment's owner can help, as with a provider's quota.
  const { status } = ERROR_TABLE[error.type];
  return status === 429 || status === 503 ? HOUR_MS : null;
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
