// A whole answer of the sandbox model, cut into the pieces it is streamed in.
import type { ChatChoice, ChunkChoice } from '../../contract/chat';

/** About a token: a word with the white space before it, or a few characters of a script without any. */
const TEXT_PIECE = /\s*[^\s]{1,12}|\s+$/gu;

/** Arguments come in a few pieces, so that clients have to put them together. */
const ARGUMENTS_PIECE_CHARACTERS = 16;

/** The chunks of all choices, one choice after the other. */
export function* answerChunks(choices: readonly ChatChoice[]): Generator<ChunkChoice> {
  for (const choice of choices) {
    const { index } = choice;
    yield chunk(index, { role: 'assistant', content: choice.message.tool_calls ? null : '' });
    for (const [content] of (choice.message.content ?? '').matchAll(TEXT_PIECE))
      yield chunk(index, { content });
    for (const [place, { id, function: called }] of (choice.message.tool_calls ?? []).entries()) {
      yield chunk(index, {
        tool_calls: [{ index: place, id, type: 'function', function: { name: called.name, arguments: '' } }],
      });
      for (const piece of pieces(called.arguments)) {
        yield chunk(index, { tool_calls: [{ index: place, function: { arguments: piece } }] });
      }
    }
    yield { index, delta: {}, finish_reason: choice.finish_reason };
  }
}

function chunk(index: number, delta: ChunkChoice['delta']): ChunkChoice {
  return { index, delta, finish_reason: null };
}

function pieces(text: string): string[] {
  const characters = Array.from(text);
  const cut: string[] = [];
  for (let from = 0; from < characters.length; from += ARGUMENTS_PIECE_CHARACTERS) {
    cut.push(characters.slice(from, from + ARGUMENTS_PIECE_CHARACTERS).join(''));
  }
  return cut;
}
