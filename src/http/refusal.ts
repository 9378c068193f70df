// Why an account does not let a request in, as the error its client reads.
import type { AdmissionAnswer, KeyRefusal, Refusal } from '../accounts/admission';
import type { Grant } from '../accounts/budget';
import { ApiError } from '../contract/errors';
import type { Detail } from '../contract/messages/en';
import { rateHeaders } from './rate-headers';

/** Requests in flight are over in seconds, and most leave something of their reservation. */
const RESERVED_WAIT_MS = 1_500;

const KEY_REFUSALS: Record<KeyRefusal, Detail> = {
  unknown: ['key_unknown'],
  revoked: ['key_revoked'],
  expired: ['key_expired'],
  suspended: ['account_suspended'],
};

export function refusalError(answer: Extract<AdmissionAnswer, { ok: false }>): ApiError {
  if ('reason' in answer) {
    const type = answer.reason === 'suspended' ? 'permission_denied' : 'authentication_error';
    return new ApiError(type, { detail: KEY_REFUSALS[answer.reason] });
  }
  return limitError(answer.refusal, rateHeaders(answer.rates));
}

/** @param headers the limits' */
export function budgetError(
  { short, holder }: Pick<Grant, 'short' | 'holder'>,
  headers: Record<string, string> = {},
): ApiError {
  return short === 'spent'
    ? new ApiError('budget_exceeded', { detail: ['budget_spent', holder], headers })
    : new ApiError('budget_exceeded', {
        detail: ['budget_reserved', holder],
        retryable: true,
        retryAfterMs: RESERVED_WAIT_MS,
        headers,
      });
}

function limitError(refusal: Refusal, headers: Record<string, string>): ApiError {
  switch (refusal.reason) {
    case 'scope':
      return new ApiError('permission_denied', { detail: ['scope_missing', refusal.scope], headers });
    case 'budget':
      return budgetError(refusal, headers);
    case 'rate': {
      const { rate, holder, limit, waitMs } = refusal;
      const wait = waitMs === null ? { retryable: false } : { retryAfterMs: waitMs };
      if (rate === 'requests') {
        const detail: Detail = ['requests_used_up', limit, holder];
        return new ApiError('rate_limit_exceeded', { detail, headers, ...wait });
      }
      const detail: Detail = [waitMs === null ? 'tokens_too_many' : 'tokens_used_up', limit, holder];
      return new ApiError('token_limit_exceeded', { detail, headers, ...wait });
    }
  }
}
