// What a route asked for and did not get, as the error its client reads.
import { ApiError } from '../contract/errors';
import type { MissingKind } from '../contract/messages/en';

/** The value, or a thrown 404 that names what is missing. */
export function found<T>(value: T | null, missing: MissingKind): T {
  if (value === null) throw new ApiError('not_found', { missing });
  return value;
}

/** The page of a list, or a thrown 400: its `after` names no entry. */
export function knownPage<T>(page: T | null, after: string | undefined): T {
  if (page !== null) return page;
  throw new ApiError('invalid_request', { detail: ['after_unknown', after ?? ''], param: 'after' });
}
