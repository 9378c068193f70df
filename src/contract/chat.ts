// A chat completion as clients send and receive it, on both surfaces: OpenAI's shape, both dialects of content parts.
import * as z from 'zod';
import type { OwnIssue } from './messages/en';

/** Where an image's, document's or recording's bytes come from. */
const partSource = z.discriminatedUnion('type', [
  z.object({ type: z.literal('base64'), media_type: z.string().min(1), data: z.string().min(1) }),
  z.object({ type: z.literal('url'), url: z.string().min(1).max(8192) }),
  z.object({ type: z.literal('file'), file_id: z.string().min(1) }),
]);
export type PartSource = z.infer<typeof partSource>;

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });

const contentPart = z.discriminatedUnion('type', [
  textPart,
  z.looseObject({ type: z.literal('image'), source: partSource }),
  z.looseObject({ type: z.literal('document'), source: partSource }),
  z.looseObject({ type: z.literal('audio'), source: partSource }),
  z.looseObject({
    type: z.literal('image_url'),
    image_url: z.looseObject({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high']).nullish() }),
  }),
  z.looseObject({
    type: z.literal('input_audio'),
    input_audio: z.looseObject({ data: z.string().min(1), format: z.enum(['wav', 'mp3', 'ogg']) }),
  }),
  z.looseObject({
    type: z.literal('file'),
    file: z.looseObject({
      file_id: z.string().min(1).nullish(),
      file_data: z.string().min(1).nullish(),
      filename: z.string().nullish(),
    }),
  }),
]);
export type ContentPart = z.infer<typeof contentPart>;

/** What the model refused with, sent back to it. */
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
export type RefusalPart = z.infer<typeof refusalPart>;

const textContent = z.union([z.string(), z.array(textPart).min(1)]);

/** A call the model made. `arguments` is JSON text; the tool protocol check parses it. */
const toolCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});
export type ToolCall = z.infer<typeof toolCall>;

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content: textContent, name: z.string().nullish() }),
  z.looseObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(contentPart).min(1)]),
    name: z.string().nullish(),
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z
      .union([z.string(), z.array(z.discriminatedUnion('type', [textPart, refusalPart])).min(1)])
      .nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).min(1).nullish(),
    name: z.string().nullish(),
  }),
  z.looseObject({
    role: z.literal('tool'),
    content: z.union([z.string(), z.array(contentPart).min(1)]),
    // The tool protocol's to check: a missing one is `invalid_tool_call`.
    tool_call_id: z.string().nullish(),
  }),
]);
export type ChatMessage = z.infer<typeof message>;

const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    // The characters are the tool protocol's to check: a bad name is `invalid_tool_call`.
    name: z.string(),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});
export type Tool = z.infer<typeof tool>;

const namedToolChoice = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string() }),
});
export type NamedToolChoice = z.infer<typeof namedToolChoice>;

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    namedToolChoice,
    z.looseObject({
      type: z.literal('allowed_tools'),
      allowed_tools: z.looseObject({
        mode: z.enum(['auto', 'required']),
        tools: z.array(namedToolChoice).min(1),
      }),
    }),
  ]),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
      description: z.string().nullish(),
      // `true` and `false` are JSON Schemas too, but no provider takes them here.
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().nullish(),
    }),
  }),
]);
export type ResponseFormat = z.infer<typeof responseFormat>;

/** At most 16 pairs, as on batches and on OpenAI's API. */
export const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, {
    error: 'metadata_too_many' satisfies OwnIssue,
  });

/** Parameters not listed pass through to OpenAI-compatible providers untouched. */
export const chatRequest = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z.array(message).min(1),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  user: z.string().nullish(),
  metadata: metadata.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.string().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
});
export type ChatRequest = z.infer<typeof chatRequest>;

const tokenCount = z.int().min(0);

/** Tokens of a request, every attempt of the enforcement included. `total = prompt + completion`. */
export const usage = z.object({
  prompt_tokens: tokenCount,
  completion_tokens: tokenCount,
  total_tokens: tokenCount,
  prompt_tokens_details: z.object({
    cached_tokens: tokenCount,
    text_tokens: tokenCount,
    image_tokens: tokenCount,
    audio_tokens: tokenCount,
  }),
  completion_tokens_details: z.object({ text_tokens: tokenCount, reasoning_tokens: tokenCount }),
});
export type Usage = z.infer<typeof usage>;

/** USD, each a whole number of nano-dollars. */
export const cost = z.object({
  prompt_cost: z.number(),
  completion_cost: z.number(),
  total_cost: z.number(),
  currency: z.literal('USD'),
});
export type Cost = z.infer<typeof cost>;

const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

const choice = z.object({
  index: z.int(),
  message: z.object({
    role: z.literal('assistant'),
    content: z.string().nullable(),
    refusal: z.string().nullable(),
    tool_calls: z.array(toolCall).optional(),
  }),
  finish_reason: z.enum(FINISH_REASONS),
  logprobs: z.unknown().optional(),
});
export type ChatChoice = z.infer<typeof choice>;

/** One choice of a streamed chunk: what is added to it. */
export interface ChunkChoice {
  index: number;
  delta: {
    role?: 'assistant';
    content?: string | null;
    refusal?: string | null;
    tool_calls?: ChunkToolCall[];
  };
  finish_reason: FinishReason | null;
  logprobs?: unknown;
}

/** A piece of a tool call: the first has id, type and name, the others more of the arguments. */
export interface ChunkToolCall {
  index: number;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments?: string };
}

/** How the format of an answer was enforced. `attempts` counts the calls to the model, the first included. */
const structuredOutput = z.object({
  method: z.enum(['native', 'instructed', 'repaired']),
  attempts: z.int().min(1),
});
export type StructuredOutput = z.infer<typeof structuredOutput>;

const chatCompletion = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int().describe('Unix seconds'),
  model: z.string(),
  choices: z.array(choice),
  usage,
  cost: cost.nullable().describe('null for a model with no known price'),
  structured_output: structuredOutput.optional(),
  system_fingerprint: z.string().optional(),
});
export type ChatCompletion = z.infer<typeof chatCompletion>;

export const NO_USAGE: Usage = {
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_tokens_details: { cached_tokens: 0, text_tokens: 0, image_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { text_tokens: 0, reasoning_tokens: 0 },
};

/** Tokens as they are counted or estimated: of each side the whole, and what of it is not plain text. */
interface TokenCounts {
  prompt: number;
  completion: number;
  image?: number;
  audio?: number;
  cached?: number;
  reasoning?: number;
}

/** A usage whose details add up: what is not counted apart is text. */
export function usageFrom(counts: TokenCounts): Usage {
  const { prompt, completion, image = 0, audio = 0, cached = 0, reasoning = 0 } = counts;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: cached,
      text_tokens: prompt - image - audio,
      image_tokens: image,
      audio_tokens: audio,
    },
    completion_tokens_details: { text_tokens: completion - reasoning, reasoning_tokens: reasoning },
  };
}

/** The sum of two usages, member by member. */
export function addUsage(a: Usage, b: Usage): Usage {
  const prompt = a.prompt_tokens_details;
  const completion = a.completion_tokens_details;
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
    prompt_tokens_details: {
      cached_tokens: prompt.cached_tokens + b.prompt_tokens_details.cached_tokens,
      text_tokens: prompt.text_tokens + b.prompt_tokens_details.text_tokens,
      image_tokens: prompt.image_tokens + b.prompt_tokens_details.image_tokens,
      audio_tokens: prompt.audio_tokens + b.prompt_tokens_details.audio_tokens,
    },
    completion_tokens_details: {
      text_tokens: completion.text_tokens + b.completion_tokens_details.text_tokens,
      reasoning_tokens: completion.reasoning_tokens + b.completion_tokens_details.reasoning_tokens,
    },
  };
}
