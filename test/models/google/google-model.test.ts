import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tool } from '../../../src/contract/chat';
import { connectGoogle } from '../../../src/models/google/google-model';
import type { ModelMessage } from '../../../src/models/model';
import {
  allowing,
  begun,
  call,
  collect,
  failure,
  fixtures,
  hanging,
  json,
  outline,
  provider,
  sse,
  upstream,
} from '../provider-wire';

const fixture = fixtures(import.meta.glob('./fixtures/*', { eager: true, query: '?raw', import: 'default' }));

const gemini = connectGoogle(upstream('google', 'gemini-2.5-flash'));

const WEATHER: Tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
const TIME: Tool = { type: 'function', function: { name: 'get_time' } };
const BYTES = new Uint8Array([1, 2, 3]);
const ID = /^call_[0-9A-Za-z]{24}$/;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an answer', () => {
  it('is asked for with the request as Google words it, and comes back as ours', async () => {
    const warn = vi.spyOn(console, 'warn');
    const sent = provider(() => json(fixture('answer.json')));
    const answer = await gemini.complete(
      call(
        [
          { role: 'user', content: 'Hi' },
          { role: 'system', content: 'Be kind.' },
        ],
        { temperature: 0, top_p: 0.9, stop: ['END', ''], max_completion_tokens: 100, seed: 7 },
      ),
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe(
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
    );
    expect(sent[0]?.headers.get('x-goog-api-key')).toBe('secret-key-0123456789');
    expect(sent[0]?.body).toEqual({
      generationConfig: { maxOutputTokens: 100, temperature: 0, topP: 0.9, stopSequences: ['END'], seed: 7 },
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
    });
    expect(answer).toEqual({
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello! How can I help you today?', refusal: null },
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 4,
        completion_tokens: 10,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens: 0, text_tokens: 4, image_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { text_tokens: 10, reasoning_tokens: 0 },
      },
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes images, PDFs, text documents and sound from their bytes', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    const file = { bytes: BYTES, filename: null };
    await gemini.complete(
      call([
        {
          role: 'user',
          content: [
            { type: 'image', mediaType: 'image/webp', ...file },
            { type: 'document', mediaType: 'application/pdf', ...file },
            { type: 'document', mediaType: 'text/csv', ...file, bytes: new TextEncoder().encode('a,b') },
            { type: 'audio', mediaType: 'audio/mpeg', ...file },
          ],
        },
      ]),
    );
    expect(sent[0]?.body.contents).toEqual([
      {
        role: 'user',
        parts: [
          { inlineData: { mimeType: 'image/webp', data: 'AQID' } },
          { inlineData: { mimeType: 'application/pdf', data: 'AQID' } },
          { inlineData: { mimeType: 'text/csv', data: 'YSxi' } },
          { inlineData: { mimeType: 'audio/mpeg', data: 'AQID' } },
        ],
      },
    ]);
  });

  it('counts the kinds of tokens apart, and thoughts into the completion', async () => {
    provider(() => json(fixture('answer-media-thinking.json')));
    const { choices, usage } = await gemini.complete(call('What is this?'));
    expect(choices[0]?.message.content).toBe('A cat that purrs.');
    expect(usage).toEqual({
      prompt_tokens: 600,
      completion_tokens: 125,
      total_tokens: 725,
      prompt_tokens_details: { cached_tokens: 200, text_tokens: 10, image_tokens: 258, audio_tokens: 332 },
      completion_tokens_details: { text_tokens: 5, reasoning_tokens: 120 },
    });
  });

  it('without usage has an estimate', async () => {
    const { usageMetadata: _, ...answer } = JSON.parse(fixture('answer.json'));
    provider(() => json(answer));
    const { usage } = await gemini.complete(call('Hi there'));
    expect(usage.prompt_tokens).toBeGreaterThan(0);
    expect(usage.completion_tokens).toBeGreaterThan(0);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  it('is asked for n times at once', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    const { choices, usage } = await gemini.complete(call('Hi', { n: 2 }));
    expect(sent).toHaveLength(2);
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(usage.total_tokens).toBe(28);
  });

  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['OTHER', 'stop'],
    ['LANGUAGE', 'stop'],
  ])('that stopped for %s finishes with %s', async (reason, finishReason) => {
    const answer = JSON.parse(fixture('answer.json'));
    answer.candidates[0].finishReason = reason;
    provider(() => json(answer));
    const { choices } = await gemini.complete(call('Hi'));
    expect(choices[0]?.finish_reason).toBe(finishReason);
  });

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'OTHER'])(
    'that stopped for %s with nothing said is an error',
    async (reason) => {
      provider(() => json({ candidates: [{ content: {}, finishReason: reason, index: 0 }] }));
      expect(await failure(gemini.complete(call('Hi')))).toMatchObject({
        type: 'model_error',
        retryable: true,
        provider: { message: `the answer ended with ${reason}` },
      });
    },
  );

  it('that was filtered whole has no content', async () => {
    provider(() => json({ candidates: [{ finishReason: 'SAFETY', index: 0 }] }));
    const { choices } = await gemini.complete(call('Hi'));
    expect(choices[0]).toMatchObject({ message: { content: null }, finish_reason: 'content_filter' });
  });

  it('to a prompt that the filters stop is an error', async () => {
    provider(() => json(fixture('answer-blocked.json')));
    expect(await failure(gemini.complete(call('Hi')))).toMatchObject({
      type: 'content_policy_violation',
      provider: { message: 'the prompt was blocked: PROHIBITED_CONTENT' },
    });
  });
});

describe('tools', () => {
  it('go out with their schemas, and calls come back with names, arguments and ids', async () => {
    const sent = provider(() => json(fixture('answer-tools.json')));
    const { choices } = await gemini.complete(call('Weather and time?', { tools: [WEATHER, TIME] }));
    expect(sent[0]?.body.tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'get_weather',
            description: 'Weather of a city',
            parametersJsonSchema: {
              type: 'object',
              properties: { city: { type: 'string' } },
              required: ['city'],
            },
          },
          { name: 'get_time', description: '', parametersJsonSchema: { type: 'object', properties: {} } },
        ],
      },
    ]);
    expect(choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: expect.stringMatching(ID),
            type: 'function',
            function: { name: 'get_weather', arguments: '{"city":"서울","days":3}' },
          },
          { id: 'fc_2', type: 'function', function: { name: 'get_time', arguments: '{}' } },
        ],
      },
      finish_reason: 'tool_calls',
    });
  });

  it.each([
    ['auto', { mode: 'AUTO' }],
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'get_time' } },
      { mode: 'ANY', allowedFunctionNames: ['get_time'] },
    ],
  ] as const)('are chosen by %j', async (choice, asked) => {
    const sent = provider(() => json(fixture('answer.json')));
    await gemini.complete(call('Hi', { tools: [WEATHER, TIME], tool_choice: choice }));
    expect(sent[0]?.body.toolConfig).toEqual({ functionCallingConfig: asked });
  });

  it('are those alone that are allowed', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    await gemini.complete(call('Hi', { tools: [WEATHER, TIME], tool_choice: allowing('get_time') }));
    expect(sent[0]?.body).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'get_time' }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
    });
  });

  it('are answered by name and id, all in one turn', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    const messages: ModelMessage[] = [
      { role: 'user', content: 'Weather and time?' },
      {
        role: 'assistant',
        content: 'Wait.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"서울"}' } },
          { id: 'call_2', type: 'function', function: { name: 'get_time', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_2', content: '12:00' },
      {
        role: 'tool',
        tool_call_id: 'call_1',
        content: [
          { type: 'text', text: '21' },
          { type: 'text', text: 'degrees' },
        ],
      },
    ];
    await gemini.complete(call(messages, { tools: [WEATHER, TIME] }));
    expect(sent[0]?.body.contents).toEqual([
      { role: 'user', parts: [{ text: 'Weather and time?' }] },
      {
        role: 'model',
        parts: [
          { text: 'Wait.' },
          { functionCall: { id: 'call_1', name: 'get_weather', args: { city: '서울' } } },
          { functionCall: { id: 'call_2', name: 'get_time', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              id: 'call_2',
              name: 'get_time',
              response: { name: 'get_time', content: '12:00' },
            },
          },
          {
            functionResponse: {
              id: 'call_1',
              name: 'get_weather',
              response: { name: 'get_weather', content: '21\ndegrees' },
            },
          },
        ],
      },
    ]);
  });

  it('can answer with a picture, beside the text that every answer has', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    const messages: ModelMessage[] = [
      { role: 'user', content: 'Draw' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_time', arguments: '{}' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'call_1',
        content: [{ type: 'image', mediaType: 'image/png', bytes: BYTES, filename: null }],
      },
    ];
    await gemini.complete(call(messages, { tools: [TIME] }));
    expect(sent[0]?.body.contents).toMatchObject([
      {},
      {},
      {
        parts: [
          { functionResponse: { id: 'call_1', response: { content: 'The result is attached.' } } },
          { inlineData: { mimeType: 'image/png', data: 'AQID' } },
          {},
        ],
      },
    ]);
  });
});

describe('a response format', () => {
  const schema = { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] };
  const format = { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema } } as const;

  it('with a schema is held to by Google itself', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    await gemini.complete(call('Hi', { response_format: format }));
    expect(sent[0]?.body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object', properties: { kind: { enum: ['a'] } }, required: ['kind'] },
    });
  });

  it('beside tools is a tool on older models, and its call is the answer', async () => {
    const answer = JSON.parse(fixture('answer.json'));
    answer.candidates[0].content.parts = [{ functionCall: { name: 'json', args: { kind: 'a' } } }];
    const sent = provider(() => json(answer));
    const { choices } = await gemini.complete(call('Hi', { response_format: format, tools: [TIME] }));
    expect(sent[0]?.body.generationConfig).toEqual({});
    expect(sent[0]?.body.toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY' } });
    expect(choices[0]).toMatchObject({ message: { content: '{"kind":"a"}' }, finish_reason: 'stop' });
  });

  it('without a schema is JSON, asked for in words where there are tools', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    const request = { response_format: { type: 'json_object' } } as const;
    await gemini.complete(call('Hi', request));
    await gemini.complete(call('Hi', { ...request, tools: [TIME] }));
    expect(sent[0]?.body.generationConfig).toEqual({ responseMimeType: 'application/json' });
    expect(sent[1]?.body.generationConfig).toEqual({});
    expect(sent[1]?.body.systemInstruction).toMatchObject({
      parts: [{ text: expect.stringContaining('JSON object') }],
    });
  });

  it('is left out where the catalogue says that the model has none', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    const plain = connectGoogle(upstream('google', 'gemma-3-27b-it', { hasJsonSchema: false }));
    await plain.complete(call('Hi', { response_format: format }));
    expect(sent[0]?.body.generationConfig).toEqual({});
  });
});

describe('reasoning', () => {
  it.each([
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-3.1-pro-preview', 'low', { thinkingLevel: 'low' }],
    ['gemini-2.5-flash', 'auto', undefined],
  ])('of %s with effort %s', async (model, effort, thinkingConfig) => {
    const sent = provider(() => json(fixture('answer.json')));
    await connectGoogle(upstream('google', model)).complete(call('Hi', { reasoning_effort: effort }));
    expect(sent[0]?.body.generationConfig).toEqual(thinkingConfig ? { thinkingConfig } : {});
  });

  it('has a budget on older models', async () => {
    const sent = provider(() => json(fixture('answer.json')));
    await gemini.complete(call('Hi', { reasoning_effort: 'medium' }));
    expect(sent[0]?.body.generationConfig).toMatchObject({
      thinkingConfig: { thinkingBudget: expect.any(Number) },
    });
  });
});

describe('a stream', () => {
  it('has the text as it comes, then the end, then the usage', async () => {
    const sent = provider(() => sse(fixture('stream-text.txt')));
    const events = await collect(await gemini.stream(call('Hi'), { raw: true }));
    expect(sent[0]?.url).toMatch(/gemini-2.5-flash:streamGenerateContent\?alt=sse$/);
    expect(outline(events)).toEqual([
      { role: 'assistant', content: 'Hello' },
      { content: '! 안녕' },
      { content: '.' },
      { end: 'stop' },
      'usage',
    ]);
    expect(events.at(-1)).toEqual({
      type: 'usage',
      usage: {
        prompt_tokens: 4,
        completion_tokens: 13,
        total_tokens: 17,
        prompt_tokens_details: { cached_tokens: 2, text_tokens: 4, image_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { text_tokens: 6, reasoning_tokens: 7 },
      },
    });
  });

  it('begins with the first thought, and has tool calls with their arguments', async () => {
    provider(() => sse(fixture('stream-tools.txt')));
    const events = await collect(await gemini.stream(call('Hi', { tools: [WEATHER, TIME] }), { raw: false }));
    const opened = (index: number, name: string) => ({
      tool_calls: [
        { index, id: expect.stringMatching(ID), type: 'function', function: { name, arguments: '' } },
      ],
    });
    const argued = (index: number, text: string) => ({
      tool_calls: [{ index, function: { arguments: text } }],
    });
    expect(outline(events)).toEqual([
      { role: 'assistant', content: '' },
      'unseen',
      opened(0, 'get_weather'),
      argued(0, '{"city":"Seoul"}'),
      opened(1, 'get_time'),
      argued(1, '{}'),
      { end: 'tool_calls' },
      'usage',
    ]);
  });

  it('hands on the first token before the rest has come, and ends the request when it is left', async () => {
    const sent = provider((signal) => hanging(fixture('stream-cut-off.txt'), signal));
    const events = (await gemini.stream(call('Hi'), { raw: false }))[Symbol.asyncIterator]();
    expect(outline([(await events.next()).value].flatMap((event) => event ?? []))).toEqual([
      { role: 'assistant', content: 'Hello' },
    ]);
    await events.return?.();
    expect(sent[0]?.signal?.aborted).toBe(true);
  });

  it('is refused for more than one choice', async () => {
    provider(() => sse(fixture('stream-text.txt')));
    expect(await failure(begun(gemini.stream(call('Hi', { n: 2 }), { raw: false })))).toMatchObject({
      param: 'n',
    });
  });

  it.each([
    ['stream-error.txt', 'model_overloaded', 'The model is overloaded. Please try again later.'],
    ['stream-cut-off.txt', 'model_error', 'the answer was cut off'],
    ['stream-malformed.txt', 'model_error', 'the answer could not be read'],
  ])('that breaks after its first token (%s) fails with %s', async (name, type, message) => {
    provider(() => sse(fixture(name)));
    const events = (await gemini.stream(call('Hi'), { raw: false }))[Symbol.asyncIterator]();
    expect(outline([(await events.next()).value].flatMap((event) => event ?? []))).toEqual([
      { role: 'assistant', content: 'Hello' },
    ]);
    const rest = (async () => {
      while (!(await events.next()).done);
    })();
    expect(await failure(rest)).toMatchObject({ type, provider: { message } });
  });

  it('that is an error or nothing from the start is not begun', async () => {
    const [, error = ''] = fixture('stream-error.txt').split('\n\n');
    provider(() => sse(`${error}\n\n`));
    expect(await failure(begun(gemini.stream(call('Hi'), { raw: false })))).toMatchObject({
      type: 'model_overloaded',
      provider: { status: 503 },
    });
    provider(() => sse(''));
    expect(await failure(begun(gemini.stream(call('Hi'), { raw: false })))).toMatchObject({
      type: 'model_error',
    });
    provider(() => sse(fixture('stream-blocked.txt')));
    expect(await failure(begun(gemini.stream(call('Hi'), { raw: false })))).toMatchObject({
      type: 'content_policy_violation',
    });
  });
});

describe('an error', () => {
  const words = (code: number, status: string, message: string) => ({ error: { code, message, status } });

  it.each([
    [400, words(400, 'INVALID_ARGUMENT', 'Please use a valid role'), 'invalid_request', false],
    [
      400,
      words(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      ),
      'context_length_exceeded',
      false,
    ],
    [403, words(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked.'), 'model_error', false],
    [404, words(404, 'NOT_FOUND', 'models/gemini-x is not found'), 'model_error', false],
    [500, words(500, 'INTERNAL', 'An internal error has occurred.'), 'model_error', true],
    [503, words(503, 'UNAVAILABLE', 'The model is overloaded.'), 'model_overloaded', true],
    [504, words(504, 'DEADLINE_EXCEEDED', 'Deadline expired'), 'timeout', true],
  ])('of status %i is one of ours', async (status, body, type, retryable) => {
    for (const ask of [
      () => gemini.complete(call('Hi')),
      () => begun(gemini.stream(call('Hi'), { raw: false })),
    ]) {
      provider(() => json(body, status));
      expect(await failure(ask())).toMatchObject({
        type,
        retryable,
        provider: { name: 'google', status, message: body.error.message },
      });
    }
  });

  it('of too many requests says when to come again', async () => {
    provider(() => json(fixture('error-quota.json'), 429));
    expect(await failure(gemini.complete(call('Hi')))).toMatchObject({
      type: 'rate_limit_exceeded',
      retryable: true,
      retryAfterMs: 27_500,
    });
  });

  it('is an answer that cannot be read', async () => {
    provider(() => json('{"candidates": [{"con'));
    expect(await failure(gemini.complete(call('Hi')))).toMatchObject({
      type: 'model_error',
      provider: { status: null, message: 'the answer could not be read' },
    });
  });

  it('is not what an aborted call fails with: that is the reason given', async () => {
    const reason = new Error('the client left');
    for (const ask of [
      (signal: AbortSignal) => gemini.complete(call('Hi', {}, signal)),
      (signal: AbortSignal) => begun(gemini.stream(call('Hi', {}, signal), { raw: false })),
    ]) {
      const controller = new AbortController();
      provider((signal) => hanging('', signal));
      const asked = ask(controller.signal);
      setTimeout(() => controller.abort(reason), 5);
      await expect(asked).rejects.toBe(reason);
    }
  });
});
