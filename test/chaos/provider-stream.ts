// The chaos provider's answer in pieces, as OpenAI streams them, and the ways in which such a stream fails on its way.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExpectedAnswer } from './expected-answers.ts';

const PIECE_CHARACTERS = 4;
/** Slow enough for kills to meet an answer half-way. */
const PIECE_INTERVAL_MS = 100;

/** What is said of an answer that is streamed. */
export interface StreamedAnswer {
  model: string;
  expected: ExpectedAnswer;
  /** How many tokens it has at its end, with the limit of the request. */
  completionTokens: number;
  includesUsage: boolean;
}

/**
 * Sends it, or a part of it.
 *
 * @param fault how it ends half-way, by the provider's names; null for an answer that comes to its end
 */
export async function sendStream(
  response: ServerResponse,
  answer: StreamedAnswer,
  fault: string | null,
): Promise<void> {
  const events = eventsOf(answer);
  // Anywhere, also before the first event: by its tokens, which are as good as drawn.
  const failsAt = fault === null ? events.length : answer.expected.completionTokens % events.length;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const event of events.slice(0, failsAt)) {
    response.write(event);
    await sleep(PIECE_INTERVAL_MS);
  }
  switch (fault) {
    case null:
      return void response.end('data: [DONE]\n\n');
    case 'broken JSON':
      return void response.end('data: {"id": oops\n\n');
    case 'no answer':
      return;
    default:
      return void response.destroy();
  }
}

function eventsOf({ model, expected, completionTokens, includesUsage }: StreamedAnswer): string[] {
  const { text, promptTokens } = expected;
  const event = (members: object) =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-chaos',
      object: 'chat.completion.chunk',
      created: 1741569952,
      model,
      ...members,
    })}\n\n`;
  const piece = (delta: object, reason: string | null) =>
    event({
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(includesUsage && { usage: null }),
    });
  const pieces = text.match(new RegExp(`.{1,${PIECE_CHARACTERS}}`, 'g')) ?? [];
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  return [
    piece({ role: 'assistant', content: '' }, null),
    ...pieces.map((content) => piece({ content }, null)),
    piece({}, completionTokens < expected.completionTokens ? 'length' : 'stop'),
    ...(includesUsage ? [event({ choices: [], usage })] : []),
  ];
}
