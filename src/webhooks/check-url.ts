// Refuses a webhook's URL that could never be called, when it is named.
import { ApiError } from '../contract/errors';
import { checkTarget } from '../platform/guarded-fetch';
import { targetPolicy } from '../platform/target-policy';

/** @throws ApiError `invalid_request` with this `param`. Every attempt checks again. */
export function checkWebhookUrl(env: Env, url: string, param: string): void {
  const target = checkTarget(url, targetPolicy(env));
  if (!target.ok) throw new ApiError('invalid_request', { detail: ['target_invalid', target.reason], param });
}
