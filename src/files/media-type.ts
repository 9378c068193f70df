// Decides a file's media type from what was stated, its name and its leading bytes; what is not on the allow-list is refused.
import { fileTypeFromBuffer } from 'file-type';
import { ApiError } from '../contract/errors';
import { type FilePurpose, JSON_LINES_TYPE, MEDIA_TYPES, type MediaType } from '../contract/files';

/** How many leading bytes the decision takes: what `file-type` recommends, which holds every signature it knows. */
export const HEAD_BYTES = 4100;

/** Other names clients have for the same types. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/mp3', 'audio/mpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/wave', 'audio/wav'],
  ['audio/vnd.wave', 'audio/wav'],
]);

/** What `file-type` tells apart and the list does not: an animated PNG, and Ogg whose codec it does not know. */
const SIGNATURE_ALIASES: ReadonlyMap<string, string> = new Map([
  ['image/apng', 'image/png'],
  ['application/ogg', 'audio/ogg'],
]);

/** `file-type` looks further than these and is silent where what follows is cut short or odd. That is not ours to judge. */
const BARE_SIGNATURES: readonly (readonly [string, MediaType])[] = [
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['ID3', 'audio/mpeg'],
  ['OggS', 'audio/ogg'],
];

const UNKNOWN = 'application/octet-stream';

/** What clients call JSON Lines; some send no better than the type of any bytes. */
const JSON_LINES_NAMES: readonly string[] = [
  JSON_LINES_TYPE,
  'application/x-ndjson',
  'application/json',
  'text/plain',
];

/** The text type that text without a stated one is taken for, by the ending of its name. */
const TEXT_ENDINGS: ReadonlyMap<string, MediaType> = new Map<string, MediaType>([
  ['', 'text/plain'],
  ['txt', 'text/plain'],
  ['csv', 'text/csv'],
]);

/**
 * Formats made of plain text, by how they begin after white space and comments. They are told apart from text because
 * what opens them runs, draws or prints them.
 */
const TEXTUAL_FORMATS: readonly (readonly [RegExp, string])[] = [
  [/^%PDF-/, 'application/pdf'],
  [/^%!PS/, 'application/postscript'],
  [/^\{\\rtf/, 'application/rtf'],
  [/^GIF8[79]a/, 'image/gif'],
  [/^#!/, 'text/x-shellscript'],
  [/^<\?php/i, 'application/x-php'],
  [/^<svg[\s>]|^<!doctype svg|^<\?xml[\s\S]*<svg[\s>]/i, 'image/svg+xml'],
  [/^<(!doctype html|html|head|body|script|iframe)[\s>/]|^<!--/i, 'text/html'],
  [/^<\?xml|^<!doctype/i, 'application/xml'],
];

// What the WHATWG MIME sniffing standard calls binary data bytes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the point
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;

/**
 * The canonical media type of some content.
 *
 * @param content.declared what the sender calls it, parameters and all; null or `application/octet-stream` to infer it
 * @param content.filename its name, whose ending tells one text type from another
 * @param content.head its first `HEAD_BYTES` bytes, or all of it where it is shorter; more does no harm
 * @param content.purpose `batch` takes JSON Lines and nothing else
 * @throws ApiError `unsupported_media_type`
 */
export async function checkMediaType(content: {
  declared: string | null;
  filename: string | null;
  head: Uint8Array;
  purpose?: FilePurpose;
}): Promise<string> {
  const head = content.head.subarray(0, HEAD_BYTES);
  const declared = canonical(content.declared ?? '') || UNKNOWN;
  const text = textOf(head);
  const textual = text === null ? null : textualFormat(text);

  if (content.purpose === 'batch') {
    if (declared !== UNKNOWN && !JSON_LINES_NAMES.includes(declared)) throw unsupported(declared);
    if (text !== null && textual === null) return JSON_LINES_TYPE;
    const seen = textual ?? (await signature(head)) ?? UNKNOWN;
    throw mismatch(declared === UNKNOWN ? JSON_LINES_TYPE : declared, seen);
  }

  if (declared !== UNKNOWN && !isListed(declared)) throw unsupported(declared);
  if (text !== null && textual === null) {
    // A signature made of letters does not make a text anything else: "BM" opens a bitmap, and a review of a car.
    const type = declared === UNKNOWN ? textTypeOf(content.filename) : declared;
    if (!type.startsWith('text/') && (await signature(head)) !== type) throw mismatch(type, 'text/plain');
    return type;
  }
  const seen = textual ?? (await signature(head)) ?? UNKNOWN;
  if (declared !== UNKNOWN && declared !== seen) throw mismatch(declared, seen);
  if (!isListed(seen)) throw unsupported(seen);
  return seen;
}

function isListed(type: string): boolean {
  return (MEDIA_TYPES as readonly string[]).includes(type);
}

/** A media type in lower case, without parameters, by its usual name. */
function canonical(type: string): string {
  const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
  return ALIASES.get(essence) ?? essence;
}

/** The bytes as UTF-8 text, or null where they are none. */
function textOf(head: Uint8Array): string | null {
  try {
    // `stream`: a character cut in half by the end of the head is no error.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
    const text = decoder.decode(head, { stream: head.length === HEAD_BYTES });
    return BINARY.test(text) ? null : text;
  } catch {
    return null;
  }
}

function textualFormat(text: string): string | null {
  const opening = text.replace(/^(?:\s|<!--[\s\S]*?-->)+/, '');
  return TEXTUAL_FORMATS.find(([pattern]) => pattern.test(opening))?.[1] ?? null;
}

/** The type whose signature the bytes carry, or null. */
async function signature(head: Uint8Array): Promise<string | null> {
  // Bytes that only begin like a format can make its reader throw: then they are not that format.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found !== undefined) {
    const type = canonical(found.mime);
    return SIGNATURE_ALIASES.get(type) ?? type;
  }
  const opening = String.fromCharCode(...head.subarray(0, 8));
  return BARE_SIGNATURES.find(([start]) => opening.startsWith(start))?.[1] ?? null;
}

function textTypeOf(filename: string | null): MediaType {
  const ending = /\.([^.]*)$/.exec(filename ?? '')?.[1]?.toLowerCase() ?? '';
  const type = TEXT_ENDINGS.get(ending);
  if (type === undefined) throw unsupported(`.${ending}`);
  return type;
}

function unsupported(type: string): ApiError {
  return new ApiError('unsupported_media_type', { detail: ['media_type_unsupported', type.slice(0, 100)] });
}

function mismatch(stated: string, seen: string): ApiError {
  return new ApiError('unsupported_media_type', { detail: ['media_type_mismatch', stated, seen] });
}
