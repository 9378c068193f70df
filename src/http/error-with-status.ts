// An error under another status than its type's: where HTTP has one for the case that its clients know, and no other.
import type { ApiError } from '../contract/errors';
import type { AppContext } from './context';
import { errorResponse } from './error-response';

export function errorWithStatus(c: AppContext, error: ApiError, status: 412 | 416 | 422): Response {
  const { body, headers } = errorResponse(c, error);
  return new Response(body, { status, headers });
}
