// A streamed chat as its client has it in the end: how it ended, what was said by then, and what is wrong with its shape.
import type { ChatChunk, Cost, Usage } from '../../src/contract/chat.ts';
import type { ErrorBody } from '../../src/contract/errors.ts';
import { eventData } from '../e2e/event-data.ts';

export interface StreamedChat {
  /** To its `[DONE]`, to an error in it, or neither: the connection was over before. */
  end: 'whole' | 'error' | 'cut';
  text: string;
  /** Pieces of the answer: about as many tokens. */
  pieces: number;
  finishReason: string | null;
  usage: Usage | null;
  cost: Cost | null;
  error: ErrorBody | null;
  /** Null for nothing. */
  fault: string | null;
}

/**
 * Reads all that came of a stream with `include_usage`.
 *
 * @param model the model that was asked for, which every chunk has to name
 */
export function readStreamedChat(received: string, model: string): StreamedChat {
  const data = eventData(received);
  const end = data.at(-1) === '[DONE]' ? 'whole' : data.at(-1)?.startsWith('{"error":') ? 'error' : 'cut';
  const parsed = (end === 'cut' ? data : data.slice(0, -1)).map(parse);
  const chunks = parsed.filter((chunk) => chunk !== null);
  const said = chunks.filter(({ choices }) => choices?.length === 1);
  const reasons = said.map(({ choices }) => choices[0]?.finish_reason ?? null).filter((one) => one !== null);
  const last = chunks.at(-1);
  return {
    end,
    text: said.map(({ choices }) => choices[0]?.delta?.content ?? '').join(''),
    pieces: said.length,
    finishReason: reasons[0] ?? null,
    usage: last?.usage ?? null,
    cost: last?.cost ?? null,
    error: end === 'error' ? (JSON.parse(data.at(-1) ?? '').error as ErrorBody) : null,
    fault: parsed.includes(null) ? 'a chunk that is no JSON' : faultOf(chunks, reasons.length, end, model),
  };
}

function parse(data: string): ChatChunk | null {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function faultOf(
  chunks: readonly ChatChunk[],
  reasons: number,
  end: StreamedChat['end'],
  model: string,
): string | null {
  const last = chunks.length - 1;
  for (const [index, { id, model: named, choices, usage, cost }] of chunks.entries()) {
    if (choices === undefined) return `no chunk: ${JSON.stringify(chunks[index])}`;
    if (named !== model) return `a chunk of ${named}`;
    if (id !== chunks[0]?.id) return `a chunk with the id ${id} after ${chunks[0]?.id}`;
    const isUsage = choices.length === 0;
    if (isUsage && (index < last || end === 'error')) return 'usage before the last chunk';
    if (isUsage ? !usage || !cost : usage !== null) return `usage ${usage}, cost ${cost}`;
  }
  if (end !== 'whole') return null;
  if (chunks[last]?.choices.length !== 0) return 'no usage at its end';
  return reasons === 1 ? null : `${reasons} reasons for its end`;
}
