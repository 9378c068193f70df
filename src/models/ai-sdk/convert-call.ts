// A call as the AI SDK's options: everything that is the same for each provider behind it.
import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ToolChoice,
} from '@ai-sdk/provider';
import type { ChatRequest, Tool } from '../../contract/chat';
import type { Encode } from '../../platform/late-base64';
import type { ModelCall } from '../model';
import { type OfferedTools, offeredTools } from '../tool-choice';
import { convertPrompt } from './convert-prompt';

export type ReasoningLevel = Exclude<
  NonNullable<LanguageModelV4CallOptions['reasoning']>,
  'provider-default'
>;

const REASONING_LEVELS: Record<ReasoningLevel, true> = {
  none: true,
  minimal: true,
  low: true,
  medium: true,
  high: true,
  xhigh: true,
  max: true,
};

/** For an answer in JSON that the provider cannot be held to. */
const JSON_INSTRUCTION =
  'Answer with one JSON object and nothing else: no text around it and no Markdown fences.';

/** Parameters that a provider does not know are left out by the SDK itself. */
export function convertCall(
  { request, messages, signal }: ModelCall,
  encode: Encode,
): LanguageModelV4CallOptions {
  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens;
  const stopSequences = stopSequencesOf(request.stop);
  const offered = offeredTools(request);
  const tools = offered.tools.map(convertTool);
  const toolChoice = convertToolChoice(offered.choice);
  const reasoning = reasoningLevel(request.reasoning_effort);
  return {
    prompt: convertPrompt(messages, encode),
    abortSignal: signal,
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(isNumber(request.temperature) && { temperature: request.temperature }),
    ...(isNumber(request.top_p) && { topP: request.top_p }),
    ...(isNumber(request.presence_penalty) && { presencePenalty: request.presence_penalty }),
    ...(isNumber(request.frequency_penalty) && { frequencyPenalty: request.frequency_penalty }),
    ...(isNumber(request.seed) && { seed: request.seed }),
    ...(stopSequences.length > 0 && { stopSequences }),
    ...(tools.length > 0 && { tools, ...(toolChoice && { toolChoice }) }),
    ...(reasoning && { reasoning }),
  };
}

/** The options with the response format left to the provider. */
export function withResponseFormat(
  options: LanguageModelV4CallOptions,
  format: ChatRequest['response_format'],
): LanguageModelV4CallOptions {
  if (format?.type === 'json_object') return { ...options, responseFormat: { type: 'json' } };
  if (format?.type !== 'json_schema') return options;
  const { name, description, schema } = format.json_schema;
  return {
    ...options,
    responseFormat: {
      type: 'json',
      name,
      ...(description && { description }),
      schema: schema as JSONSchema7,
    },
  };
}

/** The options with JSON asked for in words. */
export function withJsonInstruction(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  return { ...options, prompt: [{ role: 'system', content: JSON_INSTRUCTION }, ...options.prompt] };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function stopSequencesOf(stop: ChatRequest['stop']): string[] {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? []);
  return sequences.filter((sequence) => sequence !== '');
}

function convertTool({ function: declared }: Tool): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name: declared.name,
    ...(declared.description && { description: declared.description }),
    // Both providers want the type said.
    inputSchema: { type: 'object', properties: {}, ...declared.parameters } as JSONSchema7,
  };
}

function convertToolChoice(choice: OfferedTools['choice']): LanguageModelV4ToolChoice | null {
  if (!choice) return null;
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.function.name };
}

/** null for a word that is no level, which leaves the effort to the provider. */
function reasoningLevel(effort: ChatRequest['reasoning_effort']): ReasoningLevel | null {
  return effort && Object.hasOwn(REASONING_LEVELS, effort) ? (effort as ReasoningLevel) : null;
}
