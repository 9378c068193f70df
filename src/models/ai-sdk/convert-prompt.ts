// Messages in OpenAI's words as the AI SDK's prompt: what every provider behind the SDK is asked with.
import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { ChatMessage } from '../../contract/chat';
import type { Encode } from '../../platform/late-base64';
import type { ModelMessage, ModelPart } from '../model';

type UserMessage = Extract<LanguageModelV4Message, { role: 'user' }>;
type AssistantMessage = Extract<LanguageModelV4Message, { role: 'assistant' }>;
type FilePart = Extract<UserMessage['content'][number], { type: 'file' }>;
/** What only messages of one role have; `ModelMessage` knows their content alone. */
type AssistantTurn = Pick<Extract<ChatMessage, { role: 'assistant' }>, 'refusal' | 'tool_calls'>;
type ToolTurn = Pick<Extract<ChatMessage, { role: 'tool' }>, 'tool_call_id'>;
type ToolResultValue = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>['value'];

/**
 * The whole conversation. System and developer messages come first wherever they stood: providers take them nowhere
 * else. Answers to the calls of one turn are one message, which Google asks for.
 */
export function convertPrompt(messages: readonly ModelMessage[], encode: Encode): LanguageModelV4Prompt {
  const system: LanguageModelV4Prompt = [];
  const turns: LanguageModelV4Prompt = [];
  const toolNames = new Map<string, string>();
  for (const message of messages) {
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push({ role: 'system', content: textOf(message.content) });
        break;
      case 'user':
        turns.push({ role: 'user', content: userContent(message.content, encode) });
        break;
      case 'assistant': {
        const turn = message as AssistantTurn;
        for (const call of turn.tool_calls ?? []) toolNames.set(call.id, call.function.name);
        turns.push({ role: 'assistant', content: assistantContent(message.content, turn) });
        break;
      }
      case 'tool': {
        const result = toolResult(message.content, message as ToolTurn, toolNames, encode);
        const last = turns.at(-1);
        if (last?.role === 'tool') last.content.push(result);
        else turns.push({ role: 'tool', content: [result] });
        break;
      }
    }
  }
  return [...system, ...turns];
}

function userContent(content: ModelMessage['content'], encode: Encode): UserMessage['content'] {
  const parts: readonly ModelPart[] = Array.isArray(content)
    ? content
    : [{ type: 'text', text: content ?? '' }];
  // Anthropic refuses empty texts.
  return parts
    .filter((part) => part.type !== 'text' || part.text !== '')
    .map((part) => (part.type === 'text' ? { type: 'text', text: part.text } : filePart(part, encode)));
}

/** The SDK takes the text for the bytes to be base64, and puts it as it is where base64 belongs. */
function filePart(part: Exclude<ModelPart, { type: 'text' }>, encode: Encode): FilePart {
  const { mediaType, bytes, filename } = part;
  return {
    type: 'file',
    mediaType,
    ...(filename !== null && { filename }),
    data: isTextDocument(part)
      ? { type: 'text', text: new TextDecoder().decode(bytes) }
      : { type: 'data', data: encode(bytes) },
  };
}

function assistantContent(
  content: ModelMessage['content'],
  { refusal, tool_calls: calls }: AssistantTurn,
): AssistantMessage['content'] {
  const text = textOf(content) || (refusal ?? '');
  return [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...(calls ?? []).map(({ id, function: called }) => ({
      type: 'tool-call' as const,
      toolCallId: id,
      toolName: called.name,
      input: argumentsObject(called.arguments),
    })),
  ];
}

/** Providers take objects alone. A call that is none is only ever here to be shown to the model as its own mistake. */
function argumentsObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  return { arguments: text };
}

function toolResult(
  content: ModelMessage['content'],
  { tool_call_id: id }: ToolTurn,
  toolNames: ReadonlyMap<string, string>,
  encode: Encode,
): LanguageModelV4ToolResultPart {
  const toolCallId = id ?? '';
  // The tool protocol's check has seen that the call is there.
  const toolName = toolNames.get(toolCallId) ?? toolCallId;
  return { type: 'tool-result', toolCallId, toolName, output: toolOutput(content, encode) };
}

/** One text, then the files: Google's older models take one text for a result. */
function toolOutput(content: ModelMessage['content'], encode: Encode): LanguageModelV4ToolResultOutput {
  const files: ToolResultValue = [];
  for (const part of Array.isArray(content) ? content : []) {
    if (part.type !== 'text' && !isTextDocument(part)) files.push(filePart(part, encode));
  }
  const text = textOf(content);
  if (files.length === 0) return { type: 'text', value: text };
  return { type: 'content', value: [{ type: 'text', text: text || 'The result is attached.' }, ...files] };
}

/** The text of a message, text documents included. */
function textOf(content: ModelMessage['content']): string {
  if (!Array.isArray(content)) return content ?? '';
  const texts = content.map((part) => {
    if (part.type === 'text') return part.text;
    return isTextDocument(part) ? new TextDecoder().decode(part.bytes) : '';
  });
  return texts.filter((text) => text !== '').join('\n');
}

function isTextDocument(part: ModelPart): boolean {
  return part.type === 'document' && part.mediaType.startsWith('text/');
}
