// Refuses bodies under a `Content-Encoding`: no body is unpacked here, so that its limits are those of what is sent.
import { ApiError } from '../contract/errors';

/** @throws ApiError `invalid_request` for every coding but `identity` */
export function requireUncoded(headers: Headers): void {
  const coding = (headers.get('content-encoding') ?? '').trim();
  if (coding === '' || coding.toLowerCase() === 'identity') return;
  throw new ApiError('invalid_request', { detail: ['body_coded', coding], param: 'Content-Encoding' });
}
