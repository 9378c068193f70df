// A request that carries a form, as `files/` reads it.
import type { FormRequest } from '../files/form-request';
import type { AppContext } from './context';

export function formRequest(c: AppContext): FormRequest {
  const length = c.req.header('content-length');
  return {
    body: c.req.raw.body,
    contentType: c.req.header('content-type') ?? null,
    contentLength: length === undefined ? null : Number(length),
  };
}
