// Reads a batch's input file line by line and checks every line: what planning and a dry run have in common.
import type * as z from 'zod';
import { checkInlineParts } from '../completions/content-parts';
import { parseJson } from '../completions/parse-json';
import { checkChatRequest } from '../completions/prepare';
import { type BatchLine, batchLine, type InputError, type InputErrorCode } from '../contract/batches';
import type { ChatRequest } from '../contract/chat';
import { ApiError } from '../contract/errors';
import { BATCH_ITEMS_LIMIT, BATCH_LINE_LIMIT_BYTES } from '../contract/limits';
import { errorMessage, type Locale } from '../contract/messages/render';
import { invalidRequest } from '../contract/validation';
import type { CatalogueModel } from '../models/catalogue';
import { splitLines } from '../platform/json-lines';

/** Where a scan begins or stands: a byte of the file, its line (from 0), the items before it. */
export interface ScanPlace {
  byte: number;
  line: number;
  item: number;
}

export type ScannedLine =
  | { kind: 'input'; item: BatchLine; model: CatalogueModel; start: number; length: number; next: ScanPlace }
  | { kind: 'fault'; error: InputError; cause: ApiError }
  /** Many blank lines in a row. */
  | { kind: 'blank'; next: ScanPlace };

/** Blank lines cost little, but a file may have 200 million of them: whoever scans hears of so many in a row. */
const BLANK_LINES_TOLD = 10_000;

/**
 * Every line that is not blank, checked. Ends early, with an error, at one item too many.
 *
 * @param stream the file's bytes from `from.byte` on
 * @param seen the custom_ids before `from`; those that follow are added
 */
export async function* scanInput(
  stream: ReadableStream<Uint8Array>,
  from: ScanPlace,
  seen: Set<string>,
  locale: Locale,
): AsyncGenerator<ScannedLine, void> {
  let { byte, line, item } = from;
  const failed = (code: InputErrorCode, error: ApiError): ScannedLine => {
    const message = errorMessage(error, locale);
    return { kind: 'fault', error: { code, message, param: error.param, line }, cause: error };
  };
  let blank = 0;
  for await (const { bytes, length, tooLong } of splitLines(stream, BATCH_LINE_LIMIT_BYTES)) {
    const start = byte;
    byte += length;
    line += 1;
    if (tooLong) {
      yield failed('invalid_request', lineTooLong());
      continue;
    }
    if (isBlank(bytes)) {
      if (++blank % BLANK_LINES_TOLD === 0) yield { kind: 'blank', next: { byte, line, item } };
      continue;
    }
    blank = 0;
    if (item === BATCH_ITEMS_LIMIT) {
      yield failed(
        'too_many_tasks',
        new ApiError('invalid_request', { detail: ['too_many_inputs', BATCH_ITEMS_LIMIT] }),
      );
      return;
    }
    item += 1;
    const checked = await checkLine(bytes, seen);
    if (!checked.ok) yield failed(checked.code, checked.error);
    else yield { kind: 'input', ...checked.input, start, length, next: { byte, line, item } };
  }
}

/** What the schema of an input's request cannot say. @throws ApiError */
export async function checkInput(request: ChatRequest): Promise<CatalogueModel> {
  if (request.stream) throw new ApiError('invalid_request', { detail: ['stream_in_batch'], param: 'stream' });
  const model = await checkChatRequest(request);
  await checkInlineParts(request, model);
  return model;
}

/** An input that is too large to be held in memory beside others. */
export function lineTooLong(): ApiError {
  return new ApiError('invalid_request', { detail: ['input_too_large', BATCH_LINE_LIMIT_BYTES / 1024 ** 2] });
}

type CheckedLine =
  | { ok: true; input: { item: BatchLine; model: CatalogueModel } }
  | { ok: false; code: InputErrorCode; error: ApiError };

async function checkLine(bytes: Uint8Array, seen: Set<string>): Promise<CheckedLine> {
  let value: unknown;
  try {
    value = parseJson(bytes, 'line');
  } catch (error) {
    return { ok: false, code: 'invalid_json_line', error: asApiError(error) };
  }
  const line = batchLine.safeParse(value);
  if (!line.success) {
    const error = invalidRequest(line.error.issues, value);
    return { ok: false, code: codeOf(line.error.issues[0]), error };
  }
  const { custom_id: customId, body } = line.data;
  if (seen.has(customId)) {
    const error = new ApiError('invalid_request', {
      detail: ['custom_id_repeated', customId],
      param: 'custom_id',
    });
    return { ok: false, code: 'duplicate_custom_id', error };
  }
  seen.add(customId);
  try {
    return { ok: true, input: { item: line.data, model: await checkInput(body) } };
  } catch (error) {
    return { ok: false, code: 'invalid_request', error: asApiError(error).at('body') };
  }
}

/** What went wrong with a line is the line's; anything else is ours. */
function asApiError(error: unknown): ApiError {
  if (!(error instanceof ApiError)) throw error;
  return error;
}

function codeOf(issue: z.core.$ZodIssue | undefined): InputErrorCode {
  const [place] = issue?.path ?? [];
  // A line that is no object has no place.
  if (place === undefined) return issue?.code === 'invalid_type' ? 'invalid_json_line' : 'invalid_request';
  if (place === 'url') return 'invalid_url';
  return place === 'method' ? 'invalid_method' : 'invalid_request';
}

/** Nothing but white space of the JSON kind, perhaps after a byte order mark. */
export function isBlank(bytes: Uint8Array): boolean {
  const hasMark = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte);
  const text = hasMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
  return text.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
