// Puts a streamed answer together, chunk by chunk.
import type { ChunkToolCall, ToolCall } from '../../contract/chat';
import type { ChatChunk } from '../api/stream-chat';
import type { Answer } from './conversation';

/** The answer with one more chunk in it. */
export function withChunk(answer: Answer, chunk: ChatChunk): Answer {
  const choice = chunk.choices.find(({ index }) => index === 0);
  return {
    text: answer.text + (choice?.delta.content ?? ''),
    refusal: answer.refusal + (choice?.delta.refusal ?? ''),
    toolCalls: (choice?.delta.tool_calls ?? []).reduce(withCallPiece, answer.toolCalls),
    finishReason: choice?.finish_reason ?? answer.finishReason,
    stopped: answer.stopped,
    usage: chunk.usage ?? answer.usage,
    cost: chunk.cost ?? answer.cost,
  };
}

function withCallPiece(calls: ToolCall[], piece: ChunkToolCall): ToolCall[] {
  const next = [...calls];
  const call = next[piece.index] ?? {
    id: '',
    type: 'function' as const,
    function: { name: '', arguments: '' },
  };
  next[piece.index] = {
    ...call,
    id: piece.id ?? call.id,
    function: {
      name: call.function.name + (piece.function.name ?? ''),
      arguments: call.function.arguments + (piece.function.arguments ?? ''),
    },
  };
  return next;
}
