// Examples of chat completions: real requests to the built-in model and its real answers.
import { type ChatChunk, type ChatCompletion, type ChunkChoice, usageFrom } from '../../../contract/chat';
import type { ModelResponse } from '../../../contract/models';
import type { Example } from '../operation';
import { FILE_ID } from './ids';

/** A PNG of one pixel. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const WEATHER_TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};

const PERSON_FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'person',
    strict: true,
    schema: {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
      required: ['name', 'age'],
      additionalProperties: false,
    },
  },
};

export const CHAT_REQUESTS: Record<string, Example> = {
  text: {
    summary: 'Text',
    value: {
      model: 'sandbox',
      messages: [
        { role: 'system', content: 'Answer in one sentence.' },
        { role: 'user', content: 'What is a batch?' },
      ],
    },
  },
  image: {
    summary: 'An inline image',
    value: {
      model: 'sandbox',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is in the picture?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          ],
        },
      ],
    },
  },
  file: {
    summary: 'An uploaded file',
    value: {
      model: 'sandbox',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Summarise the notes.' },
            { type: 'document', source: { type: 'file', file_id: FILE_ID } },
          ],
        },
      ],
    },
  },
  tools: {
    summary: 'A tool',
    value: {
      model: 'sandbox',
      messages: [{ role: 'user', content: 'What is the weather in Seoul?' }],
      tools: [WEATHER_TOOL],
    },
  },
  tool_result: {
    summary: "A tool's result",
    value: {
      model: 'sandbox',
      messages: [
        { role: 'user', content: 'What is the weather in Seoul?' },
        {
          role: 'assistant',
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city":"Seoul"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '{"celsius":21}' },
      ],
      tools: [WEATHER_TOOL],
    },
  },
  structured: {
    summary: 'An answer that fits a JSON Schema',
    value: {
      model: 'sandbox',
      messages: [{ role: 'user', content: 'Invent a person.' }],
      response_format: PERSON_FORMAT,
    },
  },
  stream: {
    summary: 'A stream with its usage',
    value: {
      model: 'sandbox',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    },
  },
};

/** 2026-11-25T01:09:23Z */
const CREATED_SECONDS = 1_795_568_963;

/** The members that all completions have alike. */
const COMMON = {
  id: 'chatcmpl-0aIgvkV13o3zElUb2hlDSQOZ',
  object: 'chat.completion',
  created: CREATED_SECONDS,
  model: 'sandbox',
} as const;

export const COMPLETION: ChatCompletion = {
  ...COMMON,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'You said: "What is a batch?"', refusal: null },
      finish_reason: 'stop',
    },
  ],
  usage: usageFrom({ prompt: 16, completion: 9 }),
  cost: { prompt_cost: 0.0000016, completion_cost: 0.0000036, total_cost: 0.0000052, currency: 'USD' },
};

export const TOOL_COMPLETION: ChatCompletion = {
  ...COMMON,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: 'call_712db2d33e33e3b3e9950000',
            type: 'function',
            function: { name: 'get_weather', arguments: '{"city":"Seoul"}' },
          },
        ],
      },
      finish_reason: 'tool_calls',
    },
  ],
  usage: usageFrom({ prompt: 58, completion: 8 }),
  cost: { prompt_cost: 0.0000058, completion_cost: 0.0000032, total_cost: 0.000009, currency: 'USD' },
};

export const STRUCTURED_COMPLETION: ChatCompletion = {
  ...COMMON,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: '{"name":"sandbox","age":0}', refusal: null },
      finish_reason: 'stop',
    },
  ],
  usage: usageFrom({ prompt: 53, completion: 9 }),
  cost: { prompt_cost: 0.0000053, completion_cost: 0.0000036, total_cost: 0.0000089, currency: 'USD' },
  structured_output: { method: 'native', attempts: 1 },
};

const CHUNKS: ChatChunk[] = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'You' }),
  chunk({ content: ' said:' }),
  chunk({ content: ' "Hi"' }),
  chunk({}, 'stop'),
  {
    ...chunk({}),
    choices: [],
    usage: usageFrom({ prompt: 4, completion: 6 }),
    cost: { prompt_cost: 4e-7, completion_cost: 0.0000024, total_cost: 0.0000028, currency: 'USD' },
  },
];

export const STREAM = [...CHUNKS.map((chunk) => JSON.stringify(chunk)), '[DONE]']
  .map((data) => `data: ${data}\n\n`)
  .join('');

export const MODEL: ModelResponse = {
  id: 'sandbox',
  object: 'model',
  created: 1_790_000_000,
  owned_by: 'quire',
  context_window: 128_000,
  modalities: ['text', 'image', 'document', 'audio'],
  pricing: { currency: 'USD', unit: '1M tokens', prompt: 0.1, cached_prompt: 0.05, completion: 0.4 },
  provider: 'quire',
};

function chunk(delta: ChunkChoice['delta'], reason: ChunkChoice['finish_reason'] = null): ChatChunk {
  const choices = [{ index: 0, delta, finish_reason: reason }];
  return { ...COMMON, object: 'chat.completion.chunk', choices, usage: null };
}
