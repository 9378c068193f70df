// A conversation of the playground and the request it makes. No I/O: what the page shows and sends is decided here.
import type { ChatMessage, Cost, ToolCall, Usage } from '../../contract/chat';

/** A file that is uploaded and named by its id, so that requests stay small. */
export interface Attachment {
  fileId: string;
  name: string;
  mediaType: string;
}

export type Turn =
  | { role: 'user'; text: string; attachments: Attachment[] }
  | { role: 'assistant'; answer: Answer }
  | { role: 'tool'; callId: string; text: string };

/** An answer as far as it has come. */
export interface Answer {
  text: string;
  refusal: string;
  toolCalls: ToolCall[];
  finishReason: string | null;
  /** Whoever asked stopped it. */
  stopped: boolean;
  usage: Usage | null;
  cost: Cost | null;
}

/** What is chosen beside the conversation, as it was typed. */
export interface Settings {
  model: string;
  system: string;
  temperature: string;
  maxTokens: string;
  /** JSON: an array of tools. */
  tools: string;
  /** JSON: a JSON Schema. */
  schema: string;
}

export const NO_ANSWER: Answer = {
  text: '',
  refusal: '',
  toolCalls: [],
  finishReason: null,
  stopped: false,
  usage: null,
  cost: null,
};

/** The request for the next answer. Settings left empty are left out. */
export function chatRequestOf(settings: Settings, turns: readonly Turn[]): Record<string, unknown> {
  const filled = (text: string) => text.trim() !== '';
  return {
    model: settings.model,
    messages: [
      ...(filled(settings.system) ? [{ role: 'system', content: settings.system }] : []),
      ...turns.flatMap(messagesOf),
    ],
    ...(filled(settings.temperature) && { temperature: Number(settings.temperature) }),
    ...(filled(settings.maxTokens) && { max_tokens: Number(settings.maxTokens) }),
    ...(filled(settings.tools) && { tools: JSON.parse(settings.tools) }),
    ...(filled(settings.schema) && {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: JSON.parse(settings.schema) },
      },
    }),
  };
}

/** A turn as messages: none for an answer of which nothing can be sent. */
function messagesOf(turn: Turn): ChatMessage[] {
  switch (turn.role) {
    case 'user':
      return [{ role: 'user', content: contentOf(turn.text, turn.attachments) }];
    case 'tool':
      return [{ role: 'tool', tool_call_id: turn.callId, content: turn.text }];
    case 'assistant': {
      const { text, refusal } = turn.answer;
      const toolCalls = wholeCalls(turn.answer);
      if (text === '' && refusal === '' && toolCalls.length === 0) return [];
      return [
        {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(refusal !== '' && { refusal }),
          ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
        },
      ];
    }
  }
}

/**
 * The calls that the model meant to their end: none of an answer that was stopped or broke off, and of one that ended at
 * its token limit those before the limit. The API takes no call whose arguments are half a JSON text.
 */
export function wholeCalls({ finishReason, toolCalls }: Answer): ToolCall[] {
  return finishReason === null ? [] : toolCalls.filter((call) => isObjectText(call.function.arguments));
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** OpenAI's `file` part takes every type by its id, images as well. */
function contentOf(text: string, attachments: readonly Attachment[]) {
  if (attachments.length === 0) return text;
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...attachments.map(({ fileId }) => ({ type: 'file' as const, file: { file_id: fileId } })),
  ];
}

/** The calls of the last answer that have no result yet: without them the API takes nothing else. */
export function openCalls(turns: readonly Turn[]): ToolCall[] {
  const answered = new Set(turns.flatMap((turn) => (turn.role === 'tool' ? [turn.callId] : [])));
  const last = turns.findLast((turn) => turn.role === 'assistant');
  return last === undefined ? [] : wholeCalls(last.answer).filter(({ id }) => !answered.has(id));
}
