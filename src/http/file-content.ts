// A file's content as HTTP serves it: validators, one range, and headers that keep it from acting as a page.
import type { IndexedFile } from '../accounts/file-index';
import { ApiError } from '../contract/errors';
import { openContent } from '../files/file-store';
import { type ByteRange, parseByteRange } from '../platform/byte-range';
import { matchesAnyTag, matchesAnyTagStrongly } from '../platform/entity-tag';
import type { AppContext } from './context';
import { errorWithStatus } from './error-with-status';
import { rangeUnsatisfiable } from './range-unsatisfiable';
import { tracked } from './request-log';

/**
 * Answers GET and HEAD for a file's content: 200, 206, 304, 412 or 416, with the preconditions in the order of RFC 9110,
 * section 13.2.2. Those on dates are ignored, as it demands of content without `Last-Modified`.
 *
 * @throws ApiError `not_found` where the bytes are gone
 */
export async function fileContent(c: AppContext, file: IndexedFile): Promise<Response> {
  const request = c.req.raw;
  const etag = `"${file.sha256}"`;
  const headers = new Headers({
    ETag: etag,
    // no-transform: compressed on its way it would lose its length, and the entity tag would name other bytes.
    'Cache-Control': 'private, no-cache, no-transform',
    'Accept-Ranges': 'bytes',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'Content-Disposition': attachment(file.filename),
  });
  const mustMatch = request.headers.get('if-match');
  if (mustMatch !== null && !matchesAnyTagStrongly(mustMatch, etag)) {
    const error = new ApiError('invalid_request', {
      detail: ['etag_other'],
      param: 'If-Match',
      headers: { ETag: etag },
    });
    return errorWithStatus(c, error, 412);
  }
  if (matchesAnyTag(request.headers.get('if-none-match'), etag))
    return new Response(null, { status: 304, headers });

  const range = rangeOf(request, file.size, etag);
  if (range === 'unsatisfiable') return rangeUnsatisfiable(c, file.size);
  // Text was checked to be UTF-8; without the word for it some clients take it for Latin-1.
  const isText = file.contentType.startsWith('text/');
  headers.set('Content-Type', isText ? `${file.contentType}; charset=utf-8` : file.contentType);
  const length = range?.length ?? file.size;
  headers.set('Content-Length', String(length));
  if (range !== null) {
    headers.set('Content-Range', `bytes ${range.offset}-${range.offset + range.length - 1}/${file.size}`);
  }
  const status = range === null ? 200 : 206;
  if (request.method === 'HEAD') return new Response(null, { status, headers });
  const body = await openContent(c.env, file, range);
  if (body === null) throw new ApiError('not_found', { missing: 'file' });
  return new Response(tracked(c, body, length), { status, headers });
}

/** RFC 9110: `Range` is for GET alone, and `If-Range` drops it where the file is another. */
function rangeOf(request: Request, size: number, etag: string): ByteRange | 'unsatisfiable' | null {
  const condition = request.headers.get('if-range');
  if (request.method !== 'GET' || (condition !== null && condition !== etag)) return null;
  return parseByteRange(request.headers.get('range'), size);
}

/** RFC 6266: an ASCII name for old clients, and the real one as RFC 8187 encodes it. */
function attachment(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
