// Decides a file's media type from what was stated, its name and its leading bytes; what is not on the allow-list is refused.
import { ApiError } from '../contract/errors';
import { type FilePurpose, JSON_LINES_TYPE, MEDIA_TYPES, type MediaType } from '../contract/files';
import { cutText } from '../platform/cut-text';

/** How many leading bytes the decision takes: what `file-type` recommends, which holds every signature it knows. */
export const HEAD_BYTES = 4100;

/** How many of the last bytes show an archive: its closing record and the longest comment that can follow it. */
export const TAIL_BYTES = 22 + 65_535;

/** How far into a file the readers of other formats look for their own: browsers and PDF viewers alike. */
const POLYGLOT_BYTES = 1024;

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
  [/^<(!doctype html|html|head|body|script|iframe|style|title|meta|link|base)[\s>/]|^<!--/i, 'text/html'],
  [/^<\?xml|^<!doctype/i, 'application/xml'],
];

/** What makes a file one of another format, too, wherever it stands in the first bytes of a binary one. */
const EMBEDDED_FORMATS: readonly (readonly [RegExp, string])[] = [
  [/%PDF-\d/, 'application/pdf'],
  [/<\?php/i, 'application/x-php'],
  [/<svg[\s>]/i, 'image/svg+xml'],
  [/<(!doctype html|html|script|iframe)[\s>/]/i, 'text/html'],
];

/** The end of a ZIP archive's directory: readers look for it from the file's end. */
const ZIP_END = [0x50, 0x4b, 0x05, 0x06];
const ZIP_END_BYTES = 22;

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

  checkStatedType(declared, content.purpose);
  if (content.purpose === 'batch') {
    if (text !== null && textual === null) return JSON_LINES_TYPE;
    const seen = textual ?? (await signature(head)) ?? wideText(head);
    throw seen === null ? notUtf8() : mismatch(declared === UNKNOWN ? JSON_LINES_TYPE : declared, seen);
  }

  if (text !== null && textual === null) {
    // A signature made of letters does not make a text anything else: "BM" opens a bitmap, and a review of a car.
    const type = declared === UNKNOWN ? textTypeOf(content.filename) : declared;
    if (!type.startsWith('text/') && (await signature(head)) !== type) throw mismatch(type, 'text/plain');
    return type;
  }
  const found = textual ?? (await signature(head)) ?? wideText(head);
  // Bytes of no format we know that are to be text: most are text in another encoding.
  if (found === null && isTextual(declared, content.filename)) throw notUtf8();
  const seen = found ?? UNKNOWN;
  if (declared !== UNKNOWN && declared !== seen) throw mismatch(declared, seen);
  if (!isListed(seen)) throw unsupported(seen);
  const embedded = embeddedFormat(head, seen);
  if (embedded !== null) throw mismatch(seen, embedded);
  return seen;
}

/**
 * Refuses a type that no content could make acceptable.
 *
 * @param stated parameters and all; empty or `application/octet-stream` where it is to be inferred
 * @throws ApiError `unsupported_media_type`
 */
export function checkStatedType(stated: string, purpose: FilePurpose | undefined): void {
  const type = canonical(stated) || UNKNOWN;
  const isAllowed = purpose === 'batch' ? JSON_LINES_NAMES.includes(type) : isListed(type);
  if (type !== UNKNOWN && !isAllowed) throw unsupported(type, purpose);
}

/**
 * Refuses a file that is an archive, too: what was put behind an image or a text for a reader that starts at the end.
 *
 * @param tail the last `TAIL_BYTES`, or all bytes where they are fewer
 * @throws ApiError `unsupported_media_type`
 */
export function refuseArchive(type: string, tail: Uint8Array): void {
  for (let at = tail.indexOf(ZIP_END[0] ?? 0); at !== -1; at = tail.indexOf(ZIP_END[0] ?? 0, at + 1)) {
    if (!ZIP_END.every((byte, i) => tail[at + i] === byte)) continue;
    // Two bytes, the lower first, say how long the comment is that ends the file.
    const comment = (tail[at + 20] ?? 0) + (tail[at + 21] ?? 0) * 256;
    if (at + ZIP_END_BYTES + comment === tail.length) throw mismatch(type, 'application/zip');
  }
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

/** Text in another encoding, by its byte order mark. */
function wideText([first, second]: Uint8Array): string | null {
  const mark = (first ?? 0) * 256 + (second ?? 0);
  return mark === 0xfffe || mark === 0xfeff ? 'text/plain; charset=utf-16' : null;
}

/** What else the first bytes of a binary file would pass for. */
function embeddedFormat(head: Uint8Array, type: string): string | null {
  const opening = new TextDecoder('latin1').decode(head.subarray(0, POLYGLOT_BYTES));
  return EMBEDDED_FORMATS.find(([pattern, other]) => other !== type && pattern.test(opening))?.[1] ?? null;
}

/** The type whose signature the bytes carry, or null. */
async function signature(head: Uint8Array): Promise<string | null> {
  // Loaded with the first bytes that are no text: it brings a good part of Node's modules.
  const { fileTypeFromBuffer } = await import('file-type');
  // Bytes that only begin like a format can make its reader throw: then they are not that format.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found !== undefined) {
    const type = canonical(found.mime);
    return SIGNATURE_ALIASES.get(type) ?? type;
  }
  const opening = String.fromCharCode(...head.subarray(0, 8));
  return BARE_SIGNATURES.find(([start]) => opening.startsWith(start))?.[1] ?? null;
}

/** Whether content is said to be text, by its type or else the ending of its name. */
function isTextual(declared: string, filename: string | null): boolean {
  if (declared !== UNKNOWN) return declared.startsWith('text/');
  const ending = endingOf(filename);
  return ending !== '' && TEXT_ENDINGS.has(ending);
}

function endingOf(filename: string | null): string {
  return /\.([^.]*)$/.exec(filename ?? '')?.[1]?.toLowerCase() ?? '';
}

function textTypeOf(filename: string | null): MediaType {
  const ending = endingOf(filename);
  const type = TEXT_ENDINGS.get(ending);
  if (type === undefined) throw unsupported(`.${ending}`);
  return type;
}

function unsupported(type: string, purpose?: FilePurpose): ApiError {
  const key = purpose === 'batch' ? 'media_type_no_lines' : 'media_type_unsupported';
  return new ApiError('unsupported_media_type', { detail: [key, cutText(type, 100)] });
}

/** What is told of bytes that are to be text, and are none. */
export function notUtf8(): ApiError {
  return new ApiError('unsupported_media_type', { detail: ['text_not_utf8'] });
}

function mismatch(stated: string, seen: string): ApiError {
  return new ApiError('unsupported_media_type', { detail: ['media_type_mismatch', stated, seen] });
}
