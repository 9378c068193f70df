// A request that carries a form, as `files/` reads it.
import type { FormRequest } from '../files/form-request';
import type { AppContext } from './context';
import { requireUncoded } from './uncoded-body';

/** @throws ApiError `invalid_request` for one under a `Content-Encoding` */
export function formRequest(c: AppContext): FormRequest {
  requireUncoded(c.req.raw.headers);
  const length = c.req.header('content-length');
  return {
    body: c.req.raw.body,
    contentType: c.req.header('content-type') ?? null,
    contentLength: length === undefined ? null : Number(length),
  };
}
