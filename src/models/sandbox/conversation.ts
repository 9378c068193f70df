// What a conversation asks of the sandbox model: the client's last user message and the tool results after it.
import type { ToolCall } from '../../contract/chat';
import { ApiError } from '../../contract/errors';
import type { ModelCall, ModelMessage, ModelPart } from '../model';
import { type Directives, readDirectives } from './directives';

export type Attachment = Exclude<ModelPart, { type: 'text' }>;

export interface ToolResult {
  callId: string;
  /** The function's name; null where the call is not in the conversation. */
  name: string | null;
  text: string;
}

export interface Turn {
  /** The last user message without its directives. */
  text: string;
  attachments: Attachment[];
  directives: Directives;
  /** The results the conversation ends with; empty where it does not end with tool messages. */
  toolResults: ToolResult[];
}

/**
 * Reads the client's own messages: what a caller appended after them (an answer sent back for repair) does not
 * count, so a directive holds for every attempt at the request.
 * @throws ApiError `invalid_request` for a bad directive, with the message as `param`.
 */
export function readTurn(call: ModelCall): Turn {
  const asked = call.request.messages;
  const userIndex = asked.findLastIndex((message) => message.role === 'user');
  const userCount = asked.reduce((count, message) => (message.role === 'user' ? count + 1 : count), 0);
  const message = nthUserMessage(call.messages, userCount);
  const { directives, text } = readDirectivesAt(
    message === null ? '' : textOf(message),
    `messages[${userIndex}]`,
  );
  return { text, attachments: attachmentsOf(message), directives, toolResults: toolResults(call) };
}

/** All text of a message, its parts' texts on lines of their own. */
function textOf(message: ModelMessage): string {
  if (typeof message.content === 'string') return message.content;
  const texts: string[] = [];
  for (const part of message.content ?? []) if (part.type === 'text') texts.push(part.text);
  return texts.join('\n');
}

/** The calls of an assistant's message. */
export function toolCallsOf(message: ModelMessage): readonly ToolCall[] {
  // The request was validated; `ModelMessage` no longer says which member a message is of.
  return Array.isArray(message.tool_calls) ? (message.tool_calls as ToolCall[]) : [];
}

function readDirectivesAt(text: string, place: string): ReturnType<typeof readDirectives> {
  try {
    return readDirectives(text);
  } catch (error) {
    throw error instanceof ApiError ? error.at(place) : error;
  }
}

function nthUserMessage(messages: readonly ModelMessage[], count: number): ModelMessage | null {
  let seen = 0;
  for (const message of messages) {
    if (message.role === 'user' && ++seen === count) return message;
  }
  return null;
}

function attachmentsOf(message: ModelMessage | null): Attachment[] {
  if (message === null || !Array.isArray(message.content)) return [];
  return message.content.filter((part) => part.type !== 'text');
}

function toolResults(call: ModelCall): ToolResult[] {
  const asked = call.request.messages;
  const callsAt = asked.findLastIndex((message) => message.role !== 'tool');
  const calls = callsAt < 0 ? undefined : asked[callsAt];
  const names = new Map<string, string>();
  if (calls?.role === 'assistant') {
    for (const { id, function: called } of calls.tool_calls ?? []) names.set(id, called.name);
  }
  return asked.slice(callsAt + 1).flatMap((message) => {
    if (message.role !== 'tool') return [];
    const callId = message.tool_call_id ?? '';
    const resolved = call.messages.findLast(
      (other) => other.role === 'tool' && other.tool_call_id === callId,
    );
    return [
      { callId, name: names.get(callId) ?? null, text: resolved === undefined ? '' : textOf(resolved) },
    ];
  });
}
