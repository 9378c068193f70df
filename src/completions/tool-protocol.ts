// The tool protocol of a request: its tools, its tool choice, and that every call in its messages is answered once.
import type { ChatMessage, ChatRequest, NamedToolChoice, ToolCall } from '../contract/chat';
import { ApiError, atParam } from '../contract/errors';
import type { Detail } from '../contract/messages/en';
import { cutText } from '../platform/cut-text';
import { checkSchema } from './json-schema';

const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Checks a request's tools and tool messages.
 *
 * @throws ApiError `invalid_tool_call` whose `param` is the offending place, e.g. `messages[2].tool_call_id`;
 *   `invalid_request` for parameters that are no JSON Schema
 */
export async function checkToolProtocol(request: ChatRequest): Promise<void> {
  await checkTools(request);
  checkToolChoice(request);
  checkToolMessages(request.messages);
}

async function checkTools({ tools }: ChatRequest): Promise<void> {
  const names = new Set<string>();
  for (const [index, { function: declared }] of (tools ?? []).entries()) {
    const place = `tools[${index}].function`;
    if (!TOOL_NAME.test(declared.name)) {
      throw invalid(['tool_name_invalid', cutText(declared.name, 100)], `${place}.name`);
    }
    if (names.has(declared.name)) throw invalid(['tool_name_repeated', declared.name], `${place}.name`);
    names.add(declared.name);
    if (declared.parameters) {
      await checkSchema(declared.parameters).catch(atParam(`${place}.parameters`));
    }
  }
}

function checkToolChoice({ tools, tool_choice: choice }: ChatRequest): void {
  if (choice === 'required' && !tools?.length) throw invalid(['tool_choice_without_tools'], 'tool_choice');
  for (const [{ function: named }, place] of namedIn(choice)) {
    if (tools?.some((tool) => tool.function.name === named.name)) continue;
    throw invalid(['tool_choice_unknown', named.name], `${place}.function.name`);
  }
}

/** The tools that a choice names, each with its place. */
function namedIn(choice: ChatRequest['tool_choice']): [NamedToolChoice, place: string][] {
  if (typeof choice !== 'object' || choice === null) return [];
  if (choice.type === 'function') return [[choice, 'tool_choice']];
  return choice.allowed_tools.tools.map((named, at) => [named, `tool_choice.allowed_tools.tools[${at}]`]);
}

function checkToolMessages(messages: readonly ChatMessage[]): void {
  const used = new Set<string>();
  /** Calls that wait for their answer: id → place. */
  let open = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      answer(message.tool_call_id ?? '', open, used, `messages[${index}].tool_call_id`);
      continue;
    }
    refuseUnanswered(open);
    open = message.role === 'assistant' ? openCalls(message.tool_calls ?? [], index, used) : new Map();
  }
  refuseUnanswered(open);
}

/** Takes one call's answer off the open ones. */
function answer(id: string, open: Map<string, string>, used: ReadonlySet<string>, place: string): void {
  if (open.delete(id)) return;
  if (id === '') throw invalid(['tool_call_id_missing'], place);
  throw invalid([used.has(id) ? 'tool_call_id_repeated' : 'tool_call_id_unknown', id], place);
}

function openCalls(calls: readonly ToolCall[], messageIndex: number, used: Set<string>): Map<string, string> {
  const open = new Map<string, string>();
  for (const [index, { id, function: called }] of calls.entries()) {
    const place = `messages[${messageIndex}].tool_calls[${index}]`;
    if (open.has(id)) throw invalid(['tool_call_id_repeated', id], `${place}.id`);
    if (!TOOL_NAME.test(called.name)) {
      throw invalid(['tool_name_invalid', cutText(called.name, 100)], `${place}.function.name`);
    }
    if (parseArguments(called.arguments) === null) {
      throw invalid(['tool_arguments_not_json'], `${place}.function.arguments`);
    }
    open.set(id, `${place}.id`);
    used.add(id);
  }
  return open;
}

/** A call's arguments as an object, or null where their text is not the JSON of one. */
export function parseArguments(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function refuseUnanswered(open: ReadonlyMap<string, string>): void {
  for (const [id, place] of open) throw invalid(['tool_call_unanswered', id], place);
}

function invalid(detail: Detail, param: string): ApiError {
  return new ApiError('invalid_tool_call', { detail, param });
}
