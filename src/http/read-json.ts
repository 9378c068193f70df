// Reads a JSON body strictly: its headers, its size, its bytes, then UTF-8, depth and syntax.
import type { Context } from 'hono';
import { parseJson } from '../completions/parse-json';
import { ApiError } from '../contract/errors';
import { sha256Hex } from '../platform/sha256';
import { readBytes } from '../platform/strict-json';
import { requireUncoded } from './uncoded-body';

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/i;

/** UTF-8, by its usual names, and ASCII, which is part of it. */
const UTF8_CHARSET = /^(utf-?8|us-ascii)$/i;

/** A JSON body, or an `ApiError` for each way it can be wrong. */
export async function readJson(c: Context, limitBytes: number, tooLarge: () => ApiError): Promise<unknown> {
  const request: Request = c.req.raw;
  requireJsonType(request.headers.get('content-type') ?? '');
  requireUncoded(request.headers);
  const length = request.headers.get('content-length');
  if (Number(length) > limitBytes) throw tooLarge();
  const bytes = await bodyBytes(request, length !== null, limitBytes);
  if (bytes === null || bytes.byteLength > limitBytes) throw tooLarge();
  if (request.headers.has('idempotency-key')) c.set('bodyDigest', await sha256Hex(bytes));
  return parseJson(bytes);
}

function requireJsonType(contentType: string): void {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (!JSON_TYPE.test(type)) {
    throw new ApiError('invalid_request', { detail: ['json_expected', type], param: 'Content-Type' });
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1];
  if (charset !== undefined && !UTF8_CHARSET.test(charset)) {
    throw new ApiError('invalid_request', {
      detail: ['charset_unsupported', charset],
      param: 'Content-Type',
    });
  }
}

/** The bytes of a body; of one whose length is not known null where they are too many. */
async function bodyBytes(
  request: Request,
  isLengthKnown: boolean,
  limitBytes: number,
): Promise<Uint8Array | null> {
  try {
    // A body whose length is known is read at once: chunk by chunk costs four times as much.
    return isLengthKnown
      ? new Uint8Array(await request.arrayBuffer())
      : await readBytes(request.body, limitBytes);
  } catch (cause) {
    // A body that was read before is a bug of ours, and a TypeError. All else is the connection, which the client ended.
    if (cause instanceof TypeError) throw cause;
    throw new ApiError('invalid_request', { detail: ['body_cut_off'], cause });
  }
}
