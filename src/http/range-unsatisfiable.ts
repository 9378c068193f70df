// The answer to a `Range` of which the content has no byte.
import { ApiError } from '../contract/errors';
import type { AppContext } from './context';
import { errorResponse } from './error-response';

/** The one `invalid_request` that is not a 400: download managers know this status, and no other. */
export function rangeUnsatisfiable(c: AppContext, size: number): Response {
  const error = new ApiError('invalid_request', {
    detail: ['range_unsatisfiable', size],
    headers: { 'Content-Range': `bytes */${size}` },
  });
  const { body, headers } = errorResponse(c, error);
  return new Response(body, { status: 416, headers });
}
