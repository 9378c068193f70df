// Which tools the sandbox model calls for a message, and with what.
import type { ChatRequest, Tool, ToolCall } from '../../contract/chat';
import { sha256Hex } from '../../platform/sha256';
import type { ModelMessage } from '../model';
import { callableTools, mustCall } from '../tool-choice';
import { toolCallsOf } from './conversation';
import { schemaInstance } from './schema-instance';
import { isAskedFor, wordsOfMessage } from './tool-matching';

const CALL_ID_CHARACTERS = 24;
/** A longer message is no likely argument. */
const SUGGESTION_MAXIMUM_CHARACTERS = 1_000;

/** A call before it has an id: each choice gives it its own. */
export interface PlannedToolCall {
  name: string;
  /** JSON text. */
  arguments: string;
}

/** The calls this request's `tool_choice` and `parallel_tool_calls` allow for the last user message. */
export function planToolCalls(request: ChatRequest, text: string): PlannedToolCall[] {
  return chooseTools(request, text).map((tool) => ({
    name: tool.function.name,
    arguments: JSON.stringify(argumentsFor(tool, text)),
  }));
}

function chooseTools(request: ChatRequest, text: string): readonly Tool[] {
  const tools = callableTools(request);
  const words = wordsOfMessage(text);
  const asked = tools.filter((tool) => isAskedFor(tool, words));
  if (asked.length === 0) return mustCall(request) ? tools.slice(0, 1) : [];
  return request.parallel_tool_calls === false ? asked.slice(0, 1) : asked;
}

/** An object valid against the tool's parameters. */
function argumentsFor(tool: Tool, text: string): unknown {
  const schema = { type: 'object', ...tool.function.parameters };
  return schemaInstance(schema, (property, options) => suggestion(property, options, text));
}

/** What the message itself offers for an argument of this name, or null. */
function suggestion(property: string, options: readonly unknown[] | null, text: string): string | null {
  if (options !== null) {
    const lower = text.toLowerCase();
    const isNamed = (option: unknown) => typeof option === 'string' && lower.includes(option.toLowerCase());
    return (options.find(isNamed) as string | undefined) ?? null;
  }
  if (/^(city|location|place|town|destination)$/i.test(property)) return placeIn(text);
  return /^(query|question|text|message|prompt|input|q)$/i.test(property) &&
    text.length <= SUGGESTION_MAXIMUM_CHARACTERS
    ? text
    : null;
}

/** A place named as "in Paris" or "서울의". */
function placeIn(text: string): string | null {
  const english = /\b(?:in|for|at|to|of)\s+(\p{Lu}[\p{L}'-]*(?:\s\p{Lu}[\p{L}'-]*)*)/u.exec(text);
  const korean = /([\uac00-\ud7a3]{2,10}?)(?:의|에서|에)(?=\s)/.exec(text);
  return english?.[1] ?? korean?.[1] ?? null;
}

/**
 * Ids for calls, the same for the same conversation and other ones after every further turn: they are a digest of
 * how far the conversation has come, the ids in it included.
 * @returns the id of the call at a place, counted over all choices.
 */
export async function callIdMaker(
  messages: readonly ModelMessage[],
  text: string,
): Promise<(place: number) => string> {
  const earlier = messages.flatMap((message) => toolCallsOf(message).map((call) => call.id));
  const digest = await sha256Hex(JSON.stringify([messages.length, text, earlier]));
  return (place) => {
    const suffix = place.toString(16).padStart(4, '0');
    return `call_${digest.slice(0, CALL_ID_CHARACTERS - suffix.length)}${suffix}`;
  };
}

/** The planned calls as one choice's `tool_calls`. */
export function toolCallsOfChoice(
  planned: readonly PlannedToolCall[],
  choiceIndex: number,
  idOf: (place: number) => string,
): ToolCall[] {
  return planned.map((call, index) => ({
    id: idOf(choiceIndex * planned.length + index),
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
}
