// A chat completion as clients send and receive it, on both surfaces: OpenAI's shape, both dialects of content parts.
// What clients receive is in lazy schemas: only the OpenAPI document reads them as values.
import * as z from 'zod';
import type { OwnIssue } from './validation';

/** Where an image's, document's or recording's bytes come from. */
export const partSource = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('base64'),
    media_type: z.string().min(1).describe('e.g. `image/png`; the leading bytes must agree'),
    data: z.string().min(1),
  }),
  z.object({
    type: z.literal('url'),
    url: z
      .string()
      .min(1)
      .max(8192)
      .describe("An `https:` URL, a `data:` URL in base64 or this server's own `/files/{id}/content`"),
  }),
  z.object({ type: z.literal('file'), file_id: z.string().min(1).describe('An uploaded file') }),
]);
export type PartSource = z.infer<typeof partSource>;

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });

export const contentPart = z.discriminatedUnion('type', [
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
export const toolCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string().describe('A JSON object as text') }),
});
export type ToolCall = z.infer<typeof toolCall>;

export const message = z.discriminatedUnion('role', [
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
    tool_call_id: z.string().nullish().describe('Which call it answers'),
  }),
]);
export type ChatMessage = z.infer<typeof message>;

export const tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    // The characters are the tool protocol's to check: a bad name is `invalid_tool_call`.
    name: z.string().describe('1 to 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`'),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish().describe('A JSON Schema of the arguments'),
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

export const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
      description: z.string().nullish(),
      // `true` and `false` are JSON Schemas too, but no provider takes them here.
      schema: z.record(z.string(), z.unknown()).describe('JSON Schema 2020-12, at most 64 KB'),
      strict: z.boolean().nullish().describe('The answer is held to the schema'),
    }),
  }),
]);
export type ResponseFormat = z.infer<typeof responseFormat>;

/** At most 16 pairs, as on batches and on OpenAI's API. */
export const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, {
    error: 'metadata_too_many' satisfies OwnIssue,
  })
  .meta({ description: 'At most 16 pairs of your own, kept and shown', maxProperties: 16 });

/** Parameters not listed pass through to OpenAI-compatible providers untouched. */
export const chatRequest = z.looseObject({
  model: z.string().min(1).max(256).describe('An id of `GET /models`'),
  messages: z.array(message).min(1),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish().describe('How many answers'),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  user: z.string().nullish(),
  metadata: metadata.nullish(),
  stream: z.boolean().nullish().describe('Answers with server-sent events as the answer grows'),
  stream_options: z
    .looseObject({
      include_usage: z.boolean().nullish().describe('The last chunk carries `usage` and `cost`'),
    })
    .nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.string().nullish().describe('e.g. `low`, `medium`, `high`, as the model knows it'),
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
    cached_tokens: tokenCount.describe('Those of the prompt that the provider had cached'),
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
  total_cost: z.number().describe('The sum of the two, exact to the nano-dollar'),
  currency: z.literal('USD'),
});
export type Cost = z.infer<typeof cost>;

const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

/** An OpenAI-compatible provider's own members come through here, though none of our code reads them. */
const OPEN = { additionalProperties: true };

/** One answer. */
export const choice = z.lazy(() =>
  z
    .object({
      index: z.int(),
      message: z
        .object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.string().nullable().describe('Why the model would not answer, in its words'),
          tool_calls: z.array(toolCall).optional(),
        })
        .meta(OPEN),
      finish_reason: z.enum(FINISH_REASONS),
      logprobs: z.unknown().optional(),
    })
    .meta(OPEN),
);
export type ChatChoice = z.infer<typeof choice>;

/** A piece of a tool call: the first has id, type and name, the others more of the arguments. */
const chunkToolCall = z
  .object({
    index: z.int(),
    id: z.string().exactOptional(),
    type: z.literal('function').exactOptional(),
    function: z
      .object({ name: z.string().exactOptional(), arguments: z.string().exactOptional() })
      .meta(OPEN),
  })
  .meta(OPEN);
export type ChunkToolCall = z.infer<typeof chunkToolCall>;

/** One choice of a streamed chunk: what is added to it. */
export const chunkChoice = z.lazy(() =>
  z
    .object({
      index: z.int(),
      delta: z
        .object({
          role: z.literal('assistant').exactOptional(),
          content: z.string().nullable().exactOptional(),
          refusal: z.string().nullable().exactOptional(),
          tool_calls: z.array(chunkToolCall).exactOptional(),
        })
        .meta(OPEN),
      finish_reason: z.enum(FINISH_REASONS).nullable(),
      logprobs: z.unknown().exactOptional(),
    })
    .meta(OPEN),
);
export type ChunkChoice = z.infer<typeof chunkChoice>;

/** How the format of an answer was enforced. `attempts` counts the calls to the model, the first included. */
export const structuredOutput = z.object({
  method: z.enum(['native', 'instructed', 'repaired']),
  attempts: z.int().min(1).describe('Calls to the model, the first included'),
});
export type StructuredOutput = z.infer<typeof structuredOutput>;

export const chatCompletion = z.lazy(() =>
  z.object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int().describe('Unix seconds'),
    model: z.string(),
    choices: z.array(choice),
    usage,
    cost: cost.nullable().describe('null for a model with no known price'),
    structured_output: structuredOutput.optional().describe('Only where a format was asked for'),
    system_fingerprint: z.string().optional(),
  }),
);
export type ChatCompletion = z.infer<typeof chatCompletion>;

/** One event of a stream. */
export const chatChunk = z.lazy(() =>
  z
    .object({
      id: z.string().describe('The same in every chunk'),
      object: z.literal('chat.completion.chunk'),
      created: z.int().describe('Unix seconds'),
      model: z.string(),
      choices: z.array(chunkChoice).describe('Empty in the chunk that has the usage'),
      usage: usage.nullish().describe('With `include_usage`: null in every chunk but the last'),
      cost: cost.nullish().describe('In the last chunk, beside the usage'),
      structured_output: structuredOutput
        .optional()
        .describe('In the last chunk, where a format was asked for'),
    })
    .meta(OPEN),
);
export type ChatChunk = z.infer<typeof chatChunk>;

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
