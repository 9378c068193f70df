// What goes wrong at a provider, as one of our errors: its status and words decide, and its words are kept.
import { ApiError, type ErrorType } from '../contract/errors';
import type { Detail } from '../contract/messages/en';
import { cutText } from '../platform/cut-text';
import { contextLengthIn, isAboutContextLength } from './context-length';
import type { Provider } from './provider';

export interface ProviderFailure {
  provider: Provider;
  /** HTTP status; null where no answer came, or the error came inside an answer without one. */
  status: number | null;
  /** The provider's own words. */
  message: string;
  /** Its own code or type, where it has one. */
  code?: string | null | undefined;
  retryAfterMs?: number | null | undefined;
  /** The key that was sent, never to be seen in a message. */
  key: string | null;
  cause?: unknown;
}

const MESSAGE_LIMIT_CHARACTERS = 1_000;
/** What is searched for the reason: it stands at the beginning, and a page of HTML has no end. */
const SEARCHED_CHARACTERS = 4_000;

const CONTENT_POLICY =
  /content[ _-]?(policy|filter|management)|safety (system|settings)|responsible ai|moderation/i;
/** xAI and Google refuse a key with a 400. */
const KEY_REFUSED = /\bapi[ _-]?key\b/i;
// Not "billing" alone: Google's ordinary limit per minute speaks of "plan and billing details".
const QUOTA = /insufficient_quota|billing_|credit balance/i;

/** Keys as providers write them, and whatever stands behind "Bearer". */
const SECRETS = /\b(sk|pk|rk|gsk|xai|AIza)[-_A-Za-z0-9]{12,}|Bearer\s+\S+/g;

/** The error a client gets for a provider's failure. */
export function providerError(failure: ProviderFailure): ApiError {
  const { provider, status, code, retryAfterMs, cause } = failure;
  const words = `${code ?? ''} ${failure.message}`.slice(0, SEARCHED_CHARACTERS);
  const { type, retryable, detail, param } = classify(status, words);
  return new ApiError(type, {
    ...(detail && { detail }),
    ...(param && { param }),
    ...(retryable !== undefined && { retryable }),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    provider: { name: provider.name, status, message: withoutSecrets(failure.message, failure.key) },
    cause,
  });
}

interface Classified {
  type: ErrorType;
  /** Where the type alone does not say it. */
  retryable?: boolean;
  detail?: Detail;
  param?: string;
}

/** The deployment's key, not the client's. */
const KEY_ERROR: Classified = { type: 'model_error', retryable: false, detail: ['provider_key_refused'] };
const QUOTA_ERROR: Classified = { type: 'rate_limit_exceeded', retryable: false, detail: ['provider_quota'] };

function classify(status: number | null, words: string): Classified {
  if (status !== null && status < 500 && status !== 429) {
    if (isAboutContextLength(words)) return contextLengthError(words);
    if (CONTENT_POLICY.test(words)) return { type: 'content_policy_violation' };
  }
  // Anthropic says so with a 400.
  if (status === 402 || ((status === 400 || status === 429) && QUOTA.test(words))) return QUOTA_ERROR;
  switch (status) {
    case 400:
    case 413:
    case 422:
      return KEY_REFUSED.test(words) ? KEY_ERROR : { type: 'invalid_request', detail: ['provider_refused'] };
    case 401:
    case 403:
      return KEY_ERROR;
    case 404:
      return { type: 'model_error', retryable: false, detail: ['provider_model_unknown'] };
    case 408:
    case 504:
      return { type: 'timeout' };
    case 429:
      return { type: 'rate_limit_exceeded', detail: ['provider_busy'] };
    case 503:
    case 529:
      return { type: 'model_overloaded' };
    default:
      return { type: 'model_error' };
  }
}

function contextLengthError(words: string): Classified {
  const length = contextLengthIn(words);
  const error: Classified = { type: 'context_length_exceeded', param: 'messages' };
  if (length === null) return error;
  const { tokens, window } = length;
  const detail: Detail =
    tokens === null ? ['context_window', window] : ['context_length_exact', tokens, window];
  return { ...error, detail };
}

function withoutSecrets(message: string, key: string | null): string {
  const plain = key === null || key === '' ? message : message.replaceAll(key, '[key]');
  return cutText(plain.replace(SECRETS, '[key]'), MESSAGE_LIMIT_CHARACTERS);
}
