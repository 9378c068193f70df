// What a batch is made from: a dropped file or a pasted text, read as far as the browser has to.
import type { BatchLine } from '../../contract/batches';
import { BATCH_LINE_LIMIT_BYTES, INLINE_BATCH_LIMIT_BYTES } from '../../contract/limits';
import { parseCsv, type Table } from './csv';

/** A batch's request with what of it may be left out: the model and the id are filled in. */
export type LooseRequest = Record<string, unknown>;

export type BatchSource =
  /** Rows to be put into a prompt template. */
  | { kind: 'table'; name: string; table: Table }
  /** Chat requests, some without a model or an id. */
  | { kind: 'requests'; name: string; requests: { customId: string | null; body: LooseRequest }[] }
  /** A file in the API's own form, too large to be taken apart here: it is uploaded as it is. */
  | { kind: 'file'; name: string; file: File; firstLine: BatchLine };

/** Why a text cannot be used; `line` counts from 1. */
export type SourceProblem =
  | { code: 'empty' }
  /** A folder that was dropped, or a file that changed since. */
  | { code: 'unreadable' }
  /** Not UTF-8, or no text at all. */
  | { code: 'not_text' }
  | { code: 'not_json'; line: number; reason: string }
  | { code: 'not_a_request'; line: number };

export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly problem: SourceProblem;

  constructor(problem: SourceProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** Below the API's own limit: the lines travel in an array, with options around it. */
export const INLINE_LIMIT_BYTES = INLINE_BATCH_LIMIT_BYTES * 0.8;

/** @throws SourceError */
export async function readSource(file: File): Promise<BatchSource> {
  if (/\.(csv|tsv)$/i.test(file.name) || file.type === 'text/csv') {
    return tableSource(file.name, parseCsv(await textOf(file)));
  }
  if (file.size > INLINE_LIMIT_BYTES) {
    const peek = new TextDecoder().decode(await bytesOf(file.slice(0, BATCH_LINE_LIMIT_BYTES)));
    const line = peek.split('\n', 1)[0] ?? '';
    const first = line.startsWith('{') ? parseLine(line, 1) : {};
    if (isBatchLine(first)) return { kind: 'file', name: file.name, file, firstLine: first };
  }
  return readText(file.name, await textOf(file));
}

function bytesOf(blob: Blob): Promise<ArrayBuffer> {
  return blob.arrayBuffer().catch(() => {
    throw new SourceError({ code: 'unreadable' });
  });
}

async function textOf(file: File): Promise<string> {
  const bytes = await bytesOf(file);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below.
  }
  throw new SourceError({ code: 'not_text' });
}

/** JSON Lines, a JSON array of requests, CSV, or one prompt a line. @throws SourceError */
export function readText(name: string, text: string): BatchSource {
  const unmarked = text.replace(/^\uFEFF/, '');
  const trimmed = unmarked.trimStart();
  // Untrimmed, so that lines are counted as the text has them.
  if (trimmed.startsWith('{')) return requestsSource(name, unmarked);
  const list = parseList(trimmed);
  if (list !== null) return requestsSource(name, list.map((entry) => JSON.stringify(entry)).join('\n'));
  const table = parseCsv(text);
  // A text whose every line is one field has no columns: its first line is a prompt, too.
  if (table.columns.length > 1) return tableSource(name, table);
  const rows = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return tableSource(name, { columns: ['prompt'], rows: rows.map((line) => [line]) });
}

function tableSource(name: string, table: Table): BatchSource {
  if (table.rows.length === 0) throw new SourceError({ code: 'empty' });
  return { kind: 'table', name, table };
}

function requestsSource(name: string, text: string): BatchSource {
  const requests = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parseLine(line, index + 1);
    const customId = typeof value.custom_id === 'string' ? value.custom_id : null;
    if (isBatchLine(value)) return [{ customId, body: value.body as LooseRequest }];
    if (!Array.isArray(value.messages)) throw new SourceError({ code: 'not_a_request', line: index + 1 });
    const { custom_id: _, ...body } = value;
    return [{ customId, body }];
  });
  return { kind: 'requests', name, requests };
}

/** The objects of a JSON array, or null where the text is none: prompts may begin with a bracket, too. */
function parseList(text: string): object[] | null {
  if (!text.startsWith('[')) return null;
  try {
    const list: unknown = JSON.parse(text);
    const isList = Array.isArray(list) && list.every((entry) => typeof entry === 'object' && entry !== null);
    return isList && list.length > 0 ? list : null;
  } catch {
    return null;
  }
}

function parseLine(line: string, number: number): LooseRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new SourceError({
      code: 'not_json',
      line: number,
      reason: String(error).replace(/^SyntaxError: /, ''),
    });
  }
  if (typeof value !== 'object' || value === null)
    throw new SourceError({ code: 'not_a_request', line: number });
  return value as LooseRequest;
}

/** Whether it says that it is one; what is in its body is the API's to check. */
function isBatchLine(value: LooseRequest): value is LooseRequest & BatchLine {
  return typeof value.body === 'object' && value.body !== null && !Array.isArray(value.body);
}
