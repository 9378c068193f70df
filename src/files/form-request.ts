// The form an upload arrives in, read once from its first byte to its last: limits, short fields, and what is wrong with it.
import { ApiError } from '../contract/errors';
import type { Detail } from '../contract/messages/en';
import { type MultipartPart, parseMultipart } from '../platform/multipart';
import { MultipartError } from '../platform/multipart-headers';
import { cleanFilename } from './filename';
import type { Allowance } from './storage-allowance';

/** What the boundaries, headers and fields around a file can add to a request's length. */
const FRAMING_LIMIT_BYTES = 64 * 1024;

/** Of a field beside the file: the longest value that makes sense is `created_at`. */
const FIELD_LIMIT_BYTES = 1024;

/** The request an upload arrives in. */
export interface FormRequest {
  body: ReadableStream<Uint8Array> | null;
  contentType: string | null;
  /** Bytes of the whole body, or null where the client did not say. */
  contentLength: number | null;
}

/** The part that is the file. */
interface FilePart {
  /** The media type it states, parameters included. */
  declared: string | null;
  /** Made safe. */
  filename: string;
  /** No more of it than is allowed: beyond that, reading on fails. */
  content: AsyncIterable<Uint8Array>;
}

/** What a reader does with the parts of a form. What it throws ends the reading. */
export interface FormReader {
  /** The name of the part that is the file. */
  fileField: string;
  allowance: Allowance;
  file(part: FilePart): Promise<void>;
  /** Whether a field may come now, before its value is read. @throws ApiError */
  expectField(name: string): void;
  field(name: string, text: string): void;
}

/**
 * Reads a form to its end, its parts in the order they come. There is exactly one file.
 *
 * @throws ApiError `invalid_request` or `file_too_large`, and what the reader throws
 */
export async function readForm(request: FormRequest, reader: FormReader): Promise<void> {
  const { fileField, allowance } = reader;
  if (request.contentLength !== null && request.contentLength > allowance.bytes + FRAMING_LIMIT_BYTES) {
    throw allowance.exceeded();
  }
  if (request.body === null) throw new ApiError('invalid_request', { detail: ['body_missing'] });
  let hasFile = false;
  try {
    for await (const part of parseMultipart(request.body, request.contentType)) {
      if (part.name !== fileField) {
        reader.expectField(part.name);
        reader.field(part.name, await readText(part));
        continue;
      }
      if (hasFile) throw repeatedField(fileField);
      hasFile = true;
      // Without a file name it is a text field, say of a client that forgot the "@" in `curl -F file=@name`.
      if (part.filename === null) throw invalidField(fileField, ['file_expected', fileField]);
      await reader.file({
        declared: part.contentType,
        filename: cleanFilename(part.filename),
        content: fileContent(part, allowance),
      });
    }
  } catch (error) {
    throw error instanceof MultipartError ? formError(error) : error;
  }
  if (!hasFile) throw missingField(fileField);
}

export function missingField(name: string): ApiError {
  return invalidField(name, ['field_missing', name]);
}

export function repeatedField(name: string): ApiError {
  return invalidField(name, ['field_repeated', name]);
}

export function unknownField(name: string): ApiError {
  return invalidField(name, ['field_unknown', name]);
}

async function* fileContent(part: MultipartPart, allowance: Allowance): AsyncGenerator<Uint8Array, void> {
  let size = 0;
  for await (const chunk of part.body) {
    size += chunk.length;
    if (size > allowance.bytes) throw allowance.exceeded();
    yield chunk;
  }
  if (size === 0) throw invalidField(part.name, ['file_empty']);
}

/** A field's value. */
async function readText(part: MultipartPart): Promise<string> {
  let size = 0;
  let text = '';
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    for await (const chunk of part.body) {
      size += chunk.length;
      if (size > FIELD_LIMIT_BYTES) {
        throw invalidField(part.name, ['field_too_large', part.name, FIELD_LIMIT_BYTES / 1024]);
      }
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalidField(part.name, ['utf8_malformed', 'field']);
  }
}

function invalidField(name: string, detail: Detail): ApiError {
  return new ApiError('invalid_request', { detail, param: name });
}

function formError(error: MultipartError): ApiError {
  switch (error.reason) {
    case 'not_multipart':
      return new ApiError('invalid_request', {
        detail: ['multipart_expected'],
        param: 'Content-Type',
        cause: error,
      });
    case 'cut_off':
      return new ApiError('invalid_request', { detail: ['upload_cut_off'], cause: error });
    default:
      return new ApiError('invalid_request', {
        detail: ['multipart_malformed', [error.reason]],
        cause: error,
      });
  }
}
