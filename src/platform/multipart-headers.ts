// The textual side of multipart/form-data (RFC 7578): the boundary of a content type, and a part's header block.

/** Everything that can be wrong with a multipart body. */
export type MultipartProblem =
  | 'not_multipart'
  | 'boundary_missing'
  | 'boundary_invalid'
  | 'no_parts_found'
  | 'boundary_line_malformed'
  | 'header_malformed'
  | 'headers_too_large'
  | 'disposition_missing'
  | 'name_missing'
  | 'encoding_unsupported'
  | 'too_many_parts'
  | 'epilogue_too_large'
  | 'cut_off';

/** A multipart body that cannot be read on. */
export class MultipartError extends Error {
  override readonly name = 'MultipartError';
  readonly reason: MultipartProblem;

  constructor(reason: MultipartProblem, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

export interface PartHeaders {
  /** The form field's name. */
  name: string;
  /** As the client sent it: may hold path separators and control characters. */
  filename: string | null;
  /** The part's `Content-Type`, parameters included. */
  contentType: string | null;
}

/** RFC 2046, section 5.1.1. */
const BOUNDARY_LIMIT_CHARACTERS = 70;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters a header value must not hold
const FORBIDDEN_IN_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * The boundary a request's content type names.
 *
 * @throws MultipartError `not_multipart`, `boundary_missing` or `boundary_invalid`
 */
export function boundaryOf(contentType: string | null): string {
  const { value, parameters } = parseHeaderValue(contentType ?? '', 'boundary_invalid');
  if (value !== 'multipart/form-data') throw new MultipartError('not_multipart');
  const boundary = parameters.get('boundary');
  if (boundary === undefined) throw new MultipartError('boundary_missing');
  // More than RFC 2046 allows: real clients use "*" and the like. What matters is that no CR or LF is in it.
  if (!/^[\x20-\x7e]*[\x21-\x7e]$/.test(boundary) || boundary.length > BOUNDARY_LIMIT_CHARACTERS) {
    throw new MultipartError('boundary_invalid');
  }
  return boundary;
}

/**
 * What a part's header block says. `block` is the lines between the boundary line and the empty line.
 *
 * @throws MultipartError
 */
export function parsePartHeaders(block: Uint8Array): PartHeaders {
  const headers = headerLines(block);
  const disposition = headers.get('content-disposition');
  if (disposition === undefined) throw new MultipartError('disposition_missing');
  const { value, parameters } = parseHeaderValue(disposition, 'header_malformed');
  if (value !== 'form-data') throw new MultipartError('disposition_missing');
  const name = parameters.get('name');
  if (name === undefined) throw new MultipartError('name_missing');
  // RFC 7578, section 4.7, deprecates transfer encodings; what would have to be decoded is refused, not stored as is.
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (!['binary', '7bit', '8bit'].includes(encoding)) throw new MultipartError('encoding_unsupported');

  const extended = parameters.get('filename*');
  const plain = parameters.get('filename');
  return {
    name: unescapeFormText(name),
    filename:
      extended !== undefined ? extendedValue(extended) : plain === undefined ? null : unescapeFormText(plain),
    contentType: headers.get('content-type') || null,
  };
}

/** Header names (lower case) and values of a block. Repeats, folded lines and bare line feeds are refused. */
function headerLines(block: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>();
  const text = decodeUtf8(block);
  for (const line of text === '' ? [] : text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    if (!HEADER_NAME.test(name) || FORBIDDEN_IN_VALUE.test(value))
      throw new MultipartError('header_malformed');
    if (headers.has(name.toLowerCase())) throw new MultipartError('header_malformed');
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

/** `value; name=token; name="quoted"`: the value in lower case, the parameters by their lower-case name. */
function parseHeaderValue(
  text: string,
  problem: MultipartProblem,
): { value: string; parameters: Map<string, string> } {
  const semicolon = text.indexOf(';');
  const value = (semicolon === -1 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  const parameters = new Map<string, string>();
  // Sticky, so that each match starts where the last one ended: nothing between them goes unread.
  // A backslash before the quote that must be the last one is its name's: browsers and Node escape no backslash.
  const parameter = /[ \t]*;[ \t]*(?:([^\s;="]+)=(?:"((?:[^"\\]|\\.)*\\?)"|([^;"\s]*))[ \t]*)?/y;
  let at = semicolon === -1 ? text.length : semicolon;
  while (at < text.length) {
    parameter.lastIndex = at;
    const match = parameter.exec(text);
    if (match === null) throw new MultipartError(problem);
    at = parameter.lastIndex;
    const name = match[1]?.toLowerCase();
    if (name === undefined) continue;
    if (parameters.has(name)) throw new MultipartError(problem);
    // Only \" and \\ are escapes: some clients send Windows paths with bare backslashes.
    parameters.set(name, match[2]?.replace(/\\(["\\])/g, '$1') ?? match[3] ?? '');
  }
  return { value, parameters };
}

/** Browsers escape just these three in names and filenames (WHATWG HTML, "multipart/form-data encoding"). */
function unescapeFormText(text: string): string {
  return text.replace(/%22/g, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n');
}

/** RFC 8187: `UTF-8'language'percent-encoded`. */
function extendedValue(text: string): string {
  const match = /^utf-8'[^']*'((?:[^%\s"']|%[0-9a-f]{2})*)$/i.exec(text);
  if (match === null) throw new MultipartError('header_malformed');
  try {
    return decodeURIComponent(match[1] ?? '');
  } catch (cause) {
    throw new MultipartError('header_malformed', cause);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new MultipartError('header_malformed', cause);
  }
}
