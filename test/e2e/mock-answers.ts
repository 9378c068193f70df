// What three kinds of provider send, in the bytes they send it: one short answer, whole and as a stream.

/** What is answered, in no provider's words. */
export interface Said {
  text: string;
  call: { name: string; arguments: string } | null;
}

/** Tokens of every answer: prompt, of which cached, and completion. */
export const TOKENS = { prompt: 20, cached: 8, completion: 6 };

export interface Format {
  whole(said: Said): string;
  events(said: Said): string[];
  /** How many of its events bring the first token, and no more than a few others. */
  opening: number;
  /** An error amid a stream. */
  errorEvent: string;
  error(status: number, message: string): string;
}

const event = (data: object | string) =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const namedEvent = (data: { type: string }) => `event: ${data.type}\n${event(data)}`;

/** Words with the space before them. */
const pieces = (text: string) => text.match(/\s*\S+/g) ?? [];

const OPENAI_USAGE = {
  prompt_tokens: TOKENS.prompt,
  completion_tokens: TOKENS.completion,
  total_tokens: TOKENS.prompt + TOKENS.completion,
  prompt_tokens_details: { cached_tokens: TOKENS.cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};

const openai: Format = {
  whole: ({ text, call }) =>
    JSON.stringify({
      id: 'chatcmpl-mock',
      object: 'chat.completion',
      created: 1741569952,
      model: 'mock-2025-01-01',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: call === null ? text : null,
            refusal: null,
            annotations: [],
            ...(call && { tool_calls: [{ id: 'call_mock', type: 'function', function: call }] }),
          },
          logprobs: null,
          finish_reason: call === null ? 'stop' : 'tool_calls',
        },
      ],
      usage: OPENAI_USAGE,
      system_fingerprint: 'fp_mock',
    }),
  events: ({ text, call }) => [
    openaiChunk([{ role: 'assistant', content: call === null ? '' : null, refusal: null }]),
    ...(call === null
      ? pieces(text).map((content) => openaiChunk([{ content }]))
      : [
          openaiChunk([
            {
              tool_calls: [
                {
                  index: 0,
                  id: 'call_mock',
                  type: 'function',
                  function: { name: call.name, arguments: '' },
                },
              ],
            },
          ]),
          ...[call.arguments.slice(0, 5), call.arguments.slice(5)].map((part) =>
            openaiChunk([{ tool_calls: [{ index: 0, function: { arguments: part } }] }]),
          ),
        ]),
    openaiChunk([{}], { finish_reason: call === null ? 'stop' : 'tool_calls' }),
    openaiChunk([], {}, OPENAI_USAGE),
    event('[DONE]'),
  ],
  opening: 3,
  errorEvent: event({
    error: {
      message: 'The server had an error while processing your request',
      type: 'server_error',
      code: null,
    },
  }),
  error: (status, message) =>
    JSON.stringify({ error: { message, type: 'mock_error', param: null, code: `mock_${status}` } }),
};

function openaiChunk(deltas: object[], more: object = {}, usage: object | null = null): string {
  const choices = deltas.map((delta) => ({
    index: 0,
    delta,
    logprobs: null,
    finish_reason: null,
    ...more,
  }));
  return event({
    id: 'chatcmpl-mock',
    object: 'chat.completion.chunk',
    created: 1741569952,
    model: 'mock-2025-01-01',
    system_fingerprint: 'fp_mock',
    choices,
    usage,
  });
}

const anthropicUsage = (outputTokens: number) => ({
  input_tokens: TOKENS.prompt - TOKENS.cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: TOKENS.cached,
  output_tokens: outputTokens,
});

const anthropicMessage = {
  id: 'msg_mock',
  type: 'message',
  role: 'assistant',
  model: 'mock-2025-01-01',
  stop_sequence: null,
};

const anthropic: Format = {
  whole: ({ text, call }) =>
    JSON.stringify({
      ...anthropicMessage,
      content: [
        call === null
          ? { type: 'text', text }
          : { type: 'tool_use', id: 'toolu_mock', name: call.name, input: JSON.parse(call.arguments) },
      ],
      stop_reason: call === null ? 'end_turn' : 'tool_use',
      usage: anthropicUsage(TOKENS.completion),
    }),
  events: ({ text, call }) => {
    const block =
      call === null
        ? { type: 'text', text: '' }
        : { type: 'tool_use', id: 'toolu_mock', name: call.name, input: {} };
    const deltas =
      call === null
        ? pieces(text).map((piece) => ({ type: 'text_delta', text: piece }))
        : [{ type: 'input_json_delta', partial_json: call.arguments }];
    return [
      { type: 'message_start', message: { ...anthropicMessage, content: [], usage: anthropicUsage(1) } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'ping' },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: call === null ? 'end_turn' : 'tool_use', stop_sequence: null },
        usage: { output_tokens: TOKENS.completion },
      },
      { type: 'message_stop' },
    ].map(namedEvent);
  },
  opening: 5,
  errorEvent: `event: error\n${event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}`,
  error: (status, message) =>
    JSON.stringify({ type: 'error', error: { type: `mock_${status}`, message }, request_id: 'req_mock' }),
};

function googleAnswer(parts: object[], finishReason: string | null): object {
  return {
    candidates: [
      { content: { role: 'model', parts }, index: 0, ...(finishReason !== null && { finishReason }) },
    ],
    usageMetadata: {
      promptTokenCount: TOKENS.prompt,
      cachedContentTokenCount: TOKENS.cached,
      candidatesTokenCount: TOKENS.completion,
      totalTokenCount: TOKENS.prompt + TOKENS.completion,
    },
    modelVersion: 'mock-2025-01-01',
    responseId: 'mock',
  };
}

const googleCall = (call: NonNullable<Said['call']>) => ({
  functionCall: { name: call.name, args: JSON.parse(call.arguments) },
});

const google: Format = {
  whole: ({ text, call }) =>
    JSON.stringify(googleAnswer([call === null ? { text } : googleCall(call)], 'STOP')),
  events: ({ text, call }) => {
    const parts = call === null ? pieces(text).map((piece) => ({ text: piece })) : [googleCall(call)];
    return parts.map((part, at) =>
      event(googleAnswer([part], at === parts.length - 1 ? 'STOP' : null)).replaceAll('\n', '\r\n'),
    );
  },
  opening: 2,
  errorEvent: event({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }),
  error: (status, message) => JSON.stringify({ error: { code: status, message, status: 'MOCK' } }),
};

/** The format that a path belongs to. */
export function formatOf(path: string): Format {
  if (path.endsWith('/messages')) return anthropic;
  return path.includes('enerateContent') ? google : openai;
}
