// The answer to a `Range` of which the content has no byte.
import { ApiError } from '../contract/errors';
import type { AppContext } from './context';
import { errorWithStatus } from './error-with-status';

/** Download managers know this status, and no other. */
export function rangeUnsatisfiable(c: AppContext, size: number): Response {
  const error = new ApiError('invalid_request', {
    detail: ['range_unsatisfiable', size],
    param: 'Range',
    headers: { 'Content-Range': `bytes */${size}` },
  });
  return errorWithStatus(c, error, 416);
}
