// Workers AI through a binding of our own making, with answers as its models give them.
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../src/contract/chat';
import { ApiError } from '../../../src/contract/errors';
import type { ModelCall, ModelEvent, ModelMessage } from '../../../src/models/model';
import type { Upstream } from '../../../src/models/provider';
import { workersAiModel } from '../../../src/models/workers-ai/workers-ai-model';
import { SAMPLES } from '../../files/samples';
import { allowing } from '../provider-wire';

const UPSTREAM: Upstream = {
  provider: { name: 'workers-ai', kind: 'workers-ai', baseUrl: null, keyName: null },
  key: null,
  model: '@cf/meta/some-model',
  id: 'some-model',
  hasJsonSchema: false,
};

const QUESTION: ModelMessage[] = [{ role: 'user', content: '안녕하세요' }];

const WEATHER = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const TIME = { type: 'function' as const, function: { name: 'time' } };

interface Asked {
  model: string;
  inputs: Record<string, unknown>;
  signal: AbortSignal;
}

function binding(output: unknown) {
  const asked: Asked[] = [];
  const ai = {
    async run(
      model: string,
      inputs: Record<string, unknown>,
      { signal }: { signal: AbortSignal },
    ): Promise<unknown> {
      asked.push({ model, inputs, signal });
      if (output instanceof Error) throw output;
      return output;
    },
  };
  return { ai, asked };
}

function callOf(request: Partial<ChatRequest> = {}, messages = QUESTION): ModelCall {
  const full = { model: 'some-model', messages: [], ...request } as ChatRequest;
  return { request: full, messages, attempt: 1, signal: new AbortController().signal };
}

function complete(output: unknown, request: Partial<ChatRequest> = {}) {
  return workersAiModel(UPSTREAM, binding(output).ai).complete(callOf(request));
}

async function inputsOf(
  request: Partial<ChatRequest>,
  messages: ModelMessage[] = QUESTION,
  upstream: Partial<Upstream> = {},
): Promise<Record<string, unknown>> {
  const { ai, asked } = binding({ response: '' });
  await workersAiModel({ ...UPSTREAM, ...upstream }, ai).complete(callOf(request, messages));
  return asked[0]?.inputs ?? {};
}

/** Server-sent events cut into chunks of so many bytes. */
function sse(events: readonly unknown[], chunkBytes = 7): ReadableStream<Uint8Array> {
  const text = events
    .map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    .join('');
  const bytes = new TextEncoder().encode(text);
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(offset, offset + chunkBytes));
      offset += chunkBytes;
    },
  });
}

async function streamed(output: unknown, request: Partial<ChatRequest> = {}): Promise<ModelEvent[]> {
  const stream = await workersAiModel(UPSTREAM, binding(output).ai).stream(callOf(request), { raw: true });
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** What a client puts together from the chunks of the first choice. */
function gathered(events: readonly ModelEvent[]) {
  const choices = events.flatMap((event) => (event.type === 'chunk' ? event.choices : []));
  const deltas = choices.map(({ delta }) => delta);
  const calls: { id?: string; name?: string; arguments: string }[] = [];
  for (const { index, id, function: called } of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
    calls[index] ??= { arguments: '' };
    const known = calls[index];
    if (id !== undefined) known.id = id;
    if (called.name !== undefined) known.name = called.name;
    known.arguments += called.arguments ?? '';
  }
  return {
    roles: deltas.flatMap(({ role }) => role ?? []),
    text: deltas.map(({ content }) => content ?? '').join(''),
    calls,
    reasons: choices.flatMap(({ finish_reason }) => finish_reason ?? []),
    usages: events.flatMap((event) => (event.type === 'usage' ? [event.usage] : [])),
    lastType: events.at(-1)?.type,
  };
}

const USAGE = { prompt_tokens: 11, completion_tokens: 4, total_tokens: 15 };

describe('what a model is asked', () => {
  it('goes to the upstream’s name for it, with the signal that ends it', async () => {
    const { ai, asked } = binding({ response: 'hi' });
    const call = callOf();
    await workersAiModel(UPSTREAM, ai).complete(call);
    expect(asked).toEqual([
      { model: '@cf/meta/some-model', inputs: expect.any(Object), signal: call.signal },
    ]);
  });

  it('holds the parameters that were given and no others', async () => {
    expect(
      await inputsOf({
        temperature: 0,
        top_p: null,
        seed: 7,
        stop: ['x'],
        user: 'kim',
        metadata: { a: 'b' },
      }),
    ).toEqual({
      messages: [{ role: 'user', content: '안녕하세요' }],
      temperature: 0,
      seed: 7,
      stop: ['x'],
      max_tokens: 4096,
    });
  });

  it.each<[Partial<ChatRequest>, number]>([
    [{ max_tokens: 10 }, 10],
    [{ max_completion_tokens: 20 }, 20],
    [{ max_tokens: 10, max_completion_tokens: 20 }, 20],
    [{}, 4096],
  ])('limits the answer whatever the limit is called: %j', async (request, max_tokens) => {
    expect(await inputsOf(request)).toMatchObject({ max_tokens });
  });

  it('has no nulls in its messages, no role but the four, and text as a string', async () => {
    const toolCalls = [
      { id: 'a', type: 'function' as const, function: { name: 'weather', arguments: '{}' } },
    ];
    const messages: ModelMessage[] = [
      { role: 'developer', content: 'Be brief.', name: null },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: null, refusal: null, tool_calls: toolCalls },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
    ];
    expect((await inputsOf({}, messages)).messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'a\nb' },
      { role: 'assistant', content: '', tool_calls: toolCalls },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
    ]);
  });

  it('shows pictures as data: URLs and text documents as text', async () => {
    const picture = { type: 'image' as const, mediaType: 'image/png', bytes: SAMPLES.png, filename: null };
    const table = { type: 'document' as const, mediaType: 'text/csv', bytes: SAMPLES.csv, filename: 'a.csv' };
    const withPicture = await inputsOf({}, [
      { role: 'user', content: [{ type: 'text', text: 'a' }, picture] },
    ]);
    expect(withPicture.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png;base64,/) } },
        ],
      },
    ]);
    const withTable = await inputsOf({}, [{ role: 'user', content: [table] }]);
    expect(withTable.messages).toEqual([{ role: 'user', content: 'name,age\nkim,3\n' }]);
  });

  it.each<[ChatRequest['tool_choice'], object]>([
    [undefined, { tools: [WEATHER, TIME] }],
    ['auto', { tools: [WEATHER, TIME], tool_choice: 'auto' }],
    ['required', { tools: [WEATHER, TIME], tool_choice: 'required' }],
    [
      { type: 'function', function: { name: 'time' } },
      { tools: [TIME], tool_choice: 'required' },
    ],
    [allowing('time'), { tools: [TIME], tool_choice: 'required' }],
  ])('offers tools by choice %j', async (tool_choice, expected) => {
    expect(await inputsOf({ tools: [WEATHER, TIME], tool_choice })).toMatchObject(expected);
  });

  it('has a refusal as the text that it is', async () => {
    const { messages } = await inputsOf({}, [{ role: 'assistant', content: null, refusal: 'No.' }]);
    expect(messages).toEqual([{ role: 'assistant', content: 'No.' }]);
  });

  it('offers no tools where none may be called', async () => {
    const inputs = await inputsOf({ tools: [WEATHER], tool_choice: 'none' });
    expect(inputs).not.toHaveProperty('tools');
    expect(inputs).not.toHaveProperty('tool_choice');
  });

  it('holds the bare schema of a format, where the model knows formats', async () => {
    const schema = { type: 'object' };
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'x', schema } };
    expect(await inputsOf({ response_format }, QUESTION, { hasJsonSchema: true })).toMatchObject({
      response_format: { type: 'json_schema', json_schema: schema },
    });
    expect(
      await inputsOf({ response_format: { type: 'json_object' } }, QUESTION, { hasJsonSchema: true }),
    ).toMatchObject({
      response_format: { type: 'json_object' },
    });
    expect(await inputsOf({ response_format })).not.toHaveProperty('response_format');
  });
});

describe('an answer of an older model', () => {
  it('is text with its usage', async () => {
    expect(await complete({ response: 'hello', usage: USAGE })).toEqual({
      choices: [
        { index: 0, message: { role: 'assistant', content: 'hello', refusal: null }, finish_reason: 'stop' },
      ],
      usage: {
        ...USAGE,
        prompt_tokens_details: { cached_tokens: 0, text_tokens: 11, image_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { text_tokens: 4, reasoning_tokens: 0 },
      },
    });
  });

  it.each([{ a: [1, '가'] }, [1], 42, true])(
    'that is already parsed is its JSON text again: %j',
    async (response) => {
      const { choices } = await complete({ response });
      expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual(response);
    },
  );

  it('as long as it may be was cut off', async () => {
    const { choices } = await complete({ response: 'a b c d', usage: USAGE }, { max_tokens: 4 });
    expect(choices[0]?.finish_reason).toBe('length');
  });

  it('may call tools, with parsed arguments and without ids', async () => {
    const { choices } = await complete({
      response: '',
      tool_calls: [
        { name: 'weather', arguments: { city: '서울' } },
        { name: 'time', arguments: null },
        { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Busan"}' } },
      ],
    });
    const { message, finish_reason } = choices[0] ?? {};
    expect(finish_reason).toBe('tool_calls');
    expect(message?.content).toBeNull();
    expect(message?.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_\w{24}$/),
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"서울"}' },
      },
      {
        id: expect.stringMatching(/^call_\w{24}$/),
        type: 'function',
        function: { name: 'time', arguments: '{}' },
      },
      { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Busan"}' } },
    ]);
  });

  it.each([undefined, null, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }])(
    'without a usage has an estimated one: %j',
    async (usage) => {
      const answer = await complete({ response: 'one two three', usage });
      expect(answer.usage.prompt_tokens).toBeGreaterThan(0);
      expect(answer.usage.completion_tokens).toBeGreaterThan(0);
      expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + answer.usage.completion_tokens);
    },
  );

  it('may be nothing but text', async () => {
    expect((await complete('hello')).choices[0]?.message.content).toBe('hello');
  });
});

describe('an answer of a newer model', () => {
  it('is OpenAI’s', async () => {
    const usage = {
      ...USAGE,
      prompt_tokens_details: { cached_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    const message = { role: 'assistant', content: 'hello', reasoning_content: 'hm', tool_calls: [] };
    const answer = await complete({
      id: 'x',
      choices: [{ index: 0, message, finish_reason: 'length' }],
      usage,
    });
    expect(answer.choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'hello', refusal: null }, finish_reason: 'length' },
    ]);
    expect(answer.usage).toMatchObject({
      prompt_tokens_details: { cached_tokens: 5 },
      completion_tokens_details: { text_tokens: 1, reasoning_tokens: 3 },
    });
  });

  it('may have several choices, tool calls and refusals', async () => {
    const tool_calls = [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } }];
    const { choices } = await complete({
      choices: [
        { message: { content: null, tool_calls }, finish_reason: null },
        { message: { content: null, refusal: 'no' }, finish_reason: 'stop' },
      ],
    });
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, tool_calls },
        finish_reason: 'tool_calls',
      },
      { index: 1, message: { role: 'assistant', content: null, refusal: 'no' }, finish_reason: 'stop' },
    ]);
  });
});

describe('no answer', () => {
  it.each<[string, object]>([
    [
      '5007: No such model @cf/meta/none or task',
      { type: 'model_error', retryable: false, detail: ['provider_model_unknown'] },
    ],
    ['3042: The model name is invalid', { type: 'model_error', detail: ['provider_model_unknown'] }],
    ['3040: Capacity temporarily exceeded, please try again.', { type: 'model_overloaded', retryable: true }],
    ['AiError: 3040: No more data centers to forward the request to', { type: 'model_overloaded' }],
    [
      '3036: You have used up your daily free allocation of 10,000 neurons.',
      { type: 'rate_limit_exceeded', retryable: false, detail: ['provider_quota'] },
    ],
    ['3007: Request timeout', { type: 'timeout', retryable: true }],
    [
      '5021: The estimated number of input and maximum output tokens (28537) exceeded this model context window limit (24000).',
      { type: 'context_length_exceeded' },
    ],
    [
      '3010: AiError: The estimated number of input and maximum output tokens (9) exceeded this model context window limit (8).',
      { type: 'context_length_exceeded' },
    ],
    ["5006: Error: oneOf at '/' not met", { type: 'invalid_request', detail: ['provider_refused'] }],
    [
      '5016: User has not agreed to Llama3.2 model terms',
      { type: 'model_error', detail: ['provider_key_refused'] },
    ],
    ['8001: Internal', { type: 'model_error', retryable: true }],
    ['Network connection lost.', { type: 'model_error', retryable: true }],
  ])('because %s', async (message, expected) => {
    const error = new Error(message);
    await expect(complete(error)).rejects.toMatchObject({
      ...expected,
      provider: { name: 'workers-ai', message: expect.not.stringMatching(/^\d{4}:/) },
      cause: error,
    });
    await expect(streamed(error)).rejects.toMatchObject(expected);
  });

  it.each([
    [{ error: { message: 'Slow down', code: 429 } }, { type: 'rate_limit_exceeded' }],
    [{ errors: [{ code: 3040, message: 'Capacity' }] }, { type: 'model_overloaded' }],
    [{ error: 'broken' }, { type: 'model_error', provider: { message: 'broken' } }],
    [{}, { type: 'model_error' }],
    [null, { type: 'model_error' }],
    [{ choices: [] }, { type: 'model_error' }],
  ])('but something else: %j', async (output, expected) => {
    await expect(complete(output)).rejects.toMatchObject(expected);
    await expect(complete(output)).rejects.toBeInstanceOf(ApiError);
  });

  it('where the caller gave up is the caller’s own affair', async () => {
    const abort = new AbortController();
    abort.abort();
    const error = new Error('3008: Request was aborted');
    const call = { ...callOf(), signal: abort.signal };
    await expect(workersAiModel(UPSTREAM, binding(error).ai).complete(call)).rejects.toBe(error);
  });
});

describe('a stream of an older model', () => {
  const EVENTS = [
    { response: '안녕', p: 'abc' },
    { response: '하세요' },
    { response: '' },
    { response: '', usage: USAGE },
    '[DONE]',
  ];

  it.each([1, 7, 64, 4096])('is put together however its bytes fall: %i at a time', async (chunkBytes) => {
    const events = await streamed(sse(EVENTS, chunkBytes));
    expect(gathered(events)).toMatchObject({
      roles: ['assistant'],
      text: '안녕하세요',
      reasons: ['stop'],
      usages: [{ prompt_tokens: 11, completion_tokens: 4 }],
      lastType: 'usage',
    });
    expect(events).toHaveLength(4);
  });

  it('is asked for as a stream', async () => {
    const { ai, asked } = binding(sse(EVENTS));
    await workersAiModel(UPSTREAM, ai).stream(callOf(), { raw: false });
    expect(asked[0]?.inputs).toMatchObject({ stream: true });
  });

  it('that never told its usage has an estimated one', async () => {
    const { usages } = gathered(await streamed(sse([{ response: 'one two three' }, '[DONE]'])));
    expect(usages).toHaveLength(1);
    expect(usages[0]?.completion_tokens).toBeGreaterThan(0);
  });

  it('as long as it may be was cut off', async () => {
    const events = await streamed(sse([{ response: 'a' }, { response: '', usage: USAGE }, '[DONE]']), {
      max_tokens: 4,
    });
    expect(gathered(events).reasons).toEqual(['length']);
  });

  it('may call tools, each whole in an event', async () => {
    const events = await streamed(
      sse([
        { response: '', tool_calls: [{ name: 'weather', arguments: { city: '서울' } }] },
        { response: '', tool_calls: [{ name: 'time', arguments: {} }] },
        '[DONE]',
      ]),
    );
    expect(gathered(events)).toMatchObject({
      calls: [
        { id: expect.stringMatching(/^call_/), name: 'weather', arguments: '{"city":"서울"}' },
        { id: expect.stringMatching(/^call_/), name: 'time', arguments: '{}' },
      ],
      reasons: ['tool_calls'],
    });
  });

  it('that says nothing at all ends well', async () => {
    expect(gathered(await streamed(sse(['[DONE]'])))).toMatchObject({
      text: '',
      usages: [expect.any(Object)],
    });
  });
});

describe('a stream of a newer model', () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: 'x',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  });

  it('is OpenAI’s chunks, with the role once and the usage last', async () => {
    const events = await streamed(
      sse([
        chunk({ role: 'assistant', content: '' }),
        chunk({ role: 'assistant', reasoning_content: 'hm' }),
        chunk({ content: 'Hel' }),
        chunk({ content: 'lo' }),
        chunk({}, 'stop'),
        { choices: [], usage: USAGE },
        '[DONE]',
      ]),
    );
    expect(gathered(events)).toMatchObject({
      roles: ['assistant'],
      text: 'Hello',
      reasons: ['stop'],
      usages: [{ prompt_tokens: 11 }],
      lastType: 'usage',
    });
  });

  it('may call tools in pieces, closed by an empty one', async () => {
    const piece = (index: number, called: object, id?: string | null) =>
      chunk({ tool_calls: [{ index, ...(id !== undefined && { id }), type: 'function', function: called }] });
    const events = await streamed(
      sse([
        piece(0, { name: 'weather' }, 'call_a'),
        piece(0, { arguments: '{"city":' }),
        piece(0, { arguments: '"서울"}' }),
        piece(0, { name: null, arguments: '' }, null),
        piece(1, { name: 'time', arguments: '{}' }, 'call_b'),
        chunk({}, 'tool_calls'),
      ]),
    );
    expect(gathered(events)).toMatchObject({
      calls: [
        { id: 'call_a', name: 'weather', arguments: '{"city":"서울"}' },
        { id: 'call_b', name: 'time', arguments: '{}' },
      ],
      reasons: ['tool_calls'],
    });
  });

  it('keeps its choices apart', async () => {
    const two = [0, 1].map((index) => ({ index, delta: { content: `${index}` }, finish_reason: 'stop' }));
    const events = await streamed(sse([{ choices: two }, '[DONE]']));
    expect(events[0]).toEqual({
      type: 'chunk',
      choices: two.map(({ index, delta, finish_reason }) => ({
        index,
        delta: { role: 'assistant', ...delta },
        finish_reason,
      })),
    });
  });
});

describe('a stream', () => {
  it('of a model that does not stream is its answer in one piece', async () => {
    const events = await streamed({
      response: '',
      tool_calls: [{ id: 'a', name: 'weather', arguments: {} }],
      usage: USAGE,
    });
    expect(events).toEqual([
      {
        type: 'chunk',
        choices: [
          {
            index: 0,
            delta: {
              role: 'assistant',
              content: null,
              tool_calls: [
                { index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '{}' } },
              ],
            },
            finish_reason: 'tool_calls',
          },
        ],
      },
      { type: 'usage', usage: expect.objectContaining({ prompt_tokens: 11 }) },
    ]);
  });

  it('of a model that does not stream may be a refusal', async () => {
    const message = { role: 'assistant', content: null, refusal: 'No.' };
    const [event] = await streamed({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE });
    expect(event).toMatchObject({ choices: [{ delta: { refusal: 'No.' } }] });
  });

  it.each([
    [[{ response: 'a' }], /cut off/],
    [[], /cut off/],
    [[{ response: 'a' }, '{"response"'], /not JSON/],
    [[{ response: 'a' }, 'null'], /not JSON/],
  ])('that breaks off is an error: %j', async (events, message) => {
    await expect(streamed(sse(events))).rejects.toMatchObject({
      type: 'model_error',
      provider: { message: expect.stringMatching(message) },
    });
  });

  it.each([0, 1])('whose connection breaks is a failure of the provider, after %i events', async (sent) => {
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === 0) return controller.error(new Error('Network connection lost.'));
        controller.enqueue(new TextEncoder().encode('data: {"response":"a"}\n\n'));
        controller.error(new Error('Network connection lost.'));
      },
    });
    await expect(streamed(source)).rejects.toMatchObject({
      type: 'model_error',
      retryable: true,
      provider: { name: 'workers-ai', message: expect.stringMatching(/connection/) },
    });
  });

  it('may end in an error of the provider’s', async () => {
    const events = [{ response: 'a' }, { errors: [{ code: 3040, message: 'Capacity' }] }];
    await expect(streamed(sse(events))).rejects.toMatchObject({ type: 'model_overloaded' });
  });

  it('that is cancelled ends the provider’s work', async () => {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('data: {"response":"a"}\n\n'));
      },
      cancel() {
        cancelled = true;
      },
    });
    const stream = await workersAiModel(UPSTREAM, binding(source).ai).stream(callOf(), { raw: false });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await events.return?.();
    expect(cancelled).toBe(true);
  });
});
