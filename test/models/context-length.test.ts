import { describe, expect, it } from 'vitest';
import { contextLengthIn, isAboutContextLength } from '../../src/models/context-length';

/** As providers word it: who, in which words, with how many tokens (null: not said), into which window. */
const SENTENCES: [who: string, words: string, tokens: number | null, window: number][] = [
  [
    'OpenAI',
    "This model's maximum context length is 4097 tokens. However, your messages resulted in 7575 tokens. Please reduce the length of the messages.",
    7575,
    4097,
  ],
  [
    'OpenAI, of functions',
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 8545 tokens (8000 in the messages, 545 in the functions). Please reduce the length of the messages or functions.",
    8545,
    8192,
  ],
  [
    'OpenAI and vLLM, with the answer',
    "This model's maximum context length is 4097 tokens. However, you requested 4268 tokens (4012 in the messages, 256 in the completion). Please reduce the length of the messages or completion.",
    4268,
    4097,
  ],
  [
    'OpenAI, older',
    "This model's maximum context length is 8191 tokens, however you requested 10346 tokens (10346 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
    10346,
    8191,
  ],
  [
    'OpenAI, newer',
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 428548 tokens. Please reduce the length of the messages.',
    428548,
    272000,
  ],
  [
    'OpenRouter',
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 537812 tokens (537812 of text input). Please reduce the length of either one.",
    537812,
    131072,
  ],
  [
    'vLLM, where the answer does not fit',
    "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 65536 tokens and your request has 57879 input tokens (8192 > 65536 - 57879).",
    66071,
    65536,
  ],
  [
    'vLLM, newer',
    "You passed 5001 input tokens and requested 100 output tokens. However, the model's context length is only 4096 tokens, resulting in a maximum input length of 3996 tokens.",
    5101,
    4096,
  ],
  ['Anthropic', 'prompt is too long: 213462 tokens > 200000 maximum', 213462, 200000],
  [
    'Anthropic, with the answer',
    'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again',
    209573,
    200000,
  ],
  [
    'Google',
    'The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).',
    1196265,
    1048575,
  ],
  [
    'Google, without the count',
    'The input token count exceeds the maximum number of tokens allowed 1048576.',
    null,
    1048576,
  ],
  [
    'Mistral',
    'Prompt contains 300000 tokens and 0 draft tokens, too large for model with 131072 maximum context length',
    300000,
    131072,
  ],
  [
    'xAI',
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    537812,
    131072,
  ],
  [
    'Together',
    "The input (516368 tokens) is longer than the model's context length (262144 tokens).",
    516368,
    262144,
  ],
  [
    'TGI',
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`',
    9512,
    8193,
  ],
  [
    'SGLang',
    "Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a total of 140000 tokens: 139000 tokens from the input messages and 1000 tokens for the completion.",
    140000,
    131072,
  ],
  [
    'Workers AI',
    'The estimated number of input and maximum output tokens (155740) exceeded this model context window limit (128000)',
    155740,
    128000,
  ],
  [
    'llama.cpp',
    'request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it',
    5000,
    4096,
  ],
  ['Moonshot', 'Your request exceeded model token limit: 262144 (requested: 300000)', 300000, 262144],
  ['others', "Input length (265330) exceeds model's maximum context length (262144).", 265330, 262144],
  ['others', 'prompt token count of 145000 exceeds the limit of 128000 tokens', 145000, 128000],
  ['others', "This model's maximum context length is 8192 tokens", null, 8192],
];

describe('a prompt that is too long, in the words of', () => {
  it.each(SENTENCES)('%s: %s', (_, words, tokens, window) => {
    expect(isAboutContextLength(words)).toBe(true);
    expect(contextLengthIn(words)).toEqual({ tokens, window });
  });

  it.each([
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'context_length_exceeded Please reduce the length of the messages or completion.',
    'the request exceeds the available context size, try increasing it',
  ])('others, without numbers: %s', (words) => {
    expect(isAboutContextLength(words)).toBe(true);
    expect(contextLengthIn(words)).toBeNull();
  });
});

it.each([
  'max_tokens is too large: 200000. This model supports at most 16384 completion tokens, whereas you provided 200000.',
  'temperature: must be less than 1',
  'Rate limit reached for gpt-4o: Limit 30000, Requested 41000',
])('other limits are not taken for it: %s', (words) => {
  expect(isAboutContextLength(words)).toBe(false);
});
