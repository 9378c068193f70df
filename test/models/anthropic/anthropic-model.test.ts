import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tool } from '../../../src/contract/chat';
import { connectAnthropic } from '../../../src/models/anthropic/anthropic-model';
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

const claude = connectAnthropic(upstream('anthropic', 'claude-sonnet-4-5-20250929'));

const WEATHER: Tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    strict: true,
  },
};
const TIME: Tool = { type: 'function', function: { name: 'get_time' } };
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);
const PDF = new TextEncoder().encode('%PDF-1.7');

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an answer', () => {
  it('is asked for with the request as Anthropic words it, and comes back as ours', async () => {
    const warn = vi.spyOn(console, 'warn');
    const sent = provider(() => json(fixture('message.json')));
    const answer = await claude.complete(
      call(
        [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'Hi' },
          { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
        ],
        {
          temperature: 1.5,
          stop: 'END',
          max_tokens: 100,
          seed: 7,
          presence_penalty: 1,
          frequency_penalty: 1,
        },
      ),
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe('https://api.anthropic.com/v1/messages');
    expect(sent[0]?.headers.get('x-api-key')).toBe('secret-key-0123456789');
    expect(sent[0]?.headers.get('anthropic-version')).toBe('2023-06-01');
    expect(sent[0]?.body).toEqual({
      model: 'claude-sonnet-4-5-20250929',
      max_tokens: 100,
      temperature: 1,
      stop_sequences: ['END'],
      system: [
        { type: 'text', text: 'Be kind.' },
        { type: 'text', text: 'Be brief.' },
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
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
        prompt_tokens: 12,
        completion_tokens: 10,
        total_tokens: 22,
        prompt_tokens_details: { cached_tokens: 0, text_tokens: 12, image_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { text_tokens: 10, reasoning_tokens: 0 },
      },
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it('can come from another base URL, without a key', async () => {
    const sent = provider(() => json(fixture('message.json')));
    const place = {
      name: 'proxy',
      kind: 'anthropic',
      baseUrl: 'https://proxy.example/v1',
      keyName: null,
    } as const;
    const proxied = connectAnthropic(upstream('anthropic', 'claude-x', { provider: place, key: null }));
    await proxied.complete(call('Hi', { top_p: 0.5, max_completion_tokens: 9 }));
    expect(sent[0]?.url).toBe('https://proxy.example/v1/messages');
    expect(sent[0]?.headers.has('x-api-key')).toBe(false);
  });

  it('takes images, PDFs and text documents from their bytes', async () => {
    const sent = provider(() => json(fixture('message.json')));
    await claude.complete(
      call([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', mediaType: 'image/png', bytes: PNG, filename: null },
            { type: 'document', mediaType: 'application/pdf', bytes: PDF, filename: 'a.pdf' },
            {
              type: 'document',
              mediaType: 'text/csv',
              bytes: new TextEncoder().encode('a,b'),
              filename: 't.csv',
            },
          ],
        },
      ]),
    );
    expect(sent[0]?.body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw==' } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjc=' },
            title: 'a.pdf',
          },
          {
            type: 'document',
            source: { type: 'text', media_type: 'text/plain', data: 'a,b' },
            title: 't.csv',
          },
        ],
      },
    ]);
  });

  it('refuses sound, which Anthropic does not take, also in tool results', async () => {
    const sent = provider(() => json(fixture('message.json')));
    const sound = { type: 'audio', mediaType: 'audio/wav', bytes: PNG, filename: null } as const;
    const error = await failure(claude.complete(call([{ role: 'user', content: [sound] }])));
    expect(error).toMatchObject({ type: 'invalid_request', param: 'messages[0].content' });
    expect(sent).toEqual([]);
  });

  it('counts cache reads and writes into the prompt, and thoughts into the completion', async () => {
    provider(() => json(fixture('message-cached-thinking.json')));
    const { choices, usage } = await claude.complete(call('2+2?'));
    expect(choices[0]?.message.content).toBe('4');
    expect(usage).toEqual({
      prompt_tokens: 21 + 188 + 2048,
      completion_tokens: 393,
      total_tokens: 21 + 188 + 2048 + 393,
      prompt_tokens_details: { cached_tokens: 2048, text_tokens: 2257, image_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { text_tokens: 13, reasoning_tokens: 380 },
    });
  });

  it('is asked for n times at once, and its tokens are added up', async () => {
    const sent = provider(() => json(fixture('message.json')));
    const { choices, usage } = await claude.complete(call('Hi', { n: 3 }));
    expect(sent).toHaveLength(3);
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(usage).toMatchObject({ prompt_tokens: 36, completion_tokens: 30, total_tokens: 66 });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['pause_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['something_new', 'stop'],
  ])('that stopped for %s finishes with %s', async (stopReason, finishReason) => {
    provider(() => json({ ...JSON.parse(fixture('message.json')), stop_reason: stopReason }));
    const { choices } = await claude.complete(call('Hi'));
    expect(choices[0]?.finish_reason).toBe(finishReason);
  });

  it('that is a refusal says why', async () => {
    provider(() => json(fixture('message-refusal.json')));
    const { choices } = await claude.complete(call('Hack them'));
    expect(choices[0]).toEqual({
      index: 0,
      message: { role: 'assistant', content: null, refusal: "I can't help with breaking into systems." },
      finish_reason: 'content_filter',
    });
  });
});

describe('tools', () => {
  it('go out with their schemas, and calls come back with names and arguments', async () => {
    const sent = provider(() => json(fixture('message-tools.json')));
    const { choices } = await claude.complete(call('Weather and time?', { tools: [WEATHER, TIME] }));
    expect(sent[0]?.body.tools).toEqual([
      {
        name: 'get_weather',
        description: 'Weather of a city',
        input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
      { name: 'get_time', input_schema: { type: 'object', properties: {} } },
    ]);
    expect(sent[0]?.body.tool_choice).toBeUndefined();
    expect(choices[0]).toEqual({
      index: 0,
      message: {
        role: 'assistant',
        content: "I'll look both up.",
        refusal: null,
        tool_calls: [
          {
            id: 'toolu_01A09q90qw90lq917835lq9',
            type: 'function',
            function: {
              name: 'get_weather',
              arguments: '{"city":"서울","days":3,"note":"a \\"quoted\\" word"}',
            },
          },
          {
            id: 'toolu_01T1x1fJ34qAmk2tNTrN7Up6',
            type: 'function',
            function: { name: 'get_time', arguments: '{}' },
          },
        ],
      },
      finish_reason: 'tool_calls',
    });
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'get_time' } },
      { type: 'tool', name: 'get_time' },
    ],
  ] as const)('are chosen by %j', async (choice, asked) => {
    const sent = provider(() => json(fixture('message.json')));
    await claude.complete(call('Hi', { tools: [WEATHER, TIME], tool_choice: choice }));
    expect(sent[0]?.body.tool_choice).toEqual(asked);
    expect(sent[0]?.body.tools).toHaveLength(2);
  });

  it('are those alone that are allowed', async () => {
    const sent = provider(() => json(fixture('message.json')));
    await claude.complete(call('Hi', { tools: [WEATHER, TIME], tool_choice: allowing('get_time') }));
    expect(sent[0]?.body).toMatchObject({ tools: [{ name: 'get_time' }], tool_choice: { type: 'any' } });
  });

  it('can be held to one call at a time', async () => {
    const sent = provider(() => json(fixture('message.json')));
    await claude.complete(call('Hi', { tools: [TIME], parallel_tool_calls: false }));
    expect(sent[0]?.body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
  });

  it('are answered under the ids of their calls, in one turn', async () => {
    const sent = provider(() => json(fixture('message.json')));
    const messages: ModelMessage[] = [
      { role: 'user', content: 'Weather and time?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"서울"}' } },
          { id: 'call_2', type: 'function', function: { name: 'get_time', arguments: 'not JSON' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_2', content: '12:00' },
      {
        role: 'tool',
        tool_call_id: 'call_1',
        content: [{ type: 'image', mediaType: 'image/png', bytes: PNG, filename: null }],
      },
    ];
    await claude.complete(call(messages, { tools: [WEATHER, TIME] }));
    expect(sent[0]?.body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Weather and time?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: '서울' } },
          { type: 'tool_use', id: 'call_2', name: 'get_time', input: { arguments: 'not JSON' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_2', content: '12:00' },
          {
            type: 'tool_result',
            tool_use_id: 'call_1',
            content: [
              { type: 'text', text: 'The result is attached.' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw==' } },
            ],
          },
        ],
      },
    ]);
  });
});

describe('a response format', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, degrees: { type: 'number' } },
    required: ['city', 'degrees'],
    additionalProperties: false,
  };
  const format = { type: 'json_schema', json_schema: { name: 'weather', strict: true, schema } } as const;

  it('with a schema is held to by Anthropic itself', async () => {
    const sent = provider(() => json(fixture('message-json.json')));
    const { choices } = await claude.complete(call('Weather?', { response_format: format }));
    expect(sent[0]?.body.output_config).toEqual({ format: { type: 'json_schema', schema } });
    expect(choices[0]?.message.content).toBe('{"city":"Seoul","degrees":21}');
  });

  it('is a tool where Anthropic has none for the model, and its call is the answer', async () => {
    const answer = {
      ...JSON.parse(fixture('message-json.json')),
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'json', input: { city: 'Seoul', degrees: 21 } }],
      stop_reason: 'tool_use',
    };
    const sent = provider(() => json(answer));
    const older = connectAnthropic(upstream('anthropic', 'claude-opus-4-20250514'));
    const { choices } = await older.complete(call('Weather?', { response_format: format }));
    expect(sent[0]?.body.tool_choice).toEqual({ type: 'any', disable_parallel_tool_use: true });
    expect(choices[0]).toMatchObject({
      message: { content: '{"city":"Seoul","degrees":21}' },
      finish_reason: 'stop',
    });
    expect(choices[0]?.message.tool_calls).toBeUndefined();
  });

  it('without a schema is asked for in words', async () => {
    const sent = provider(() => json(fixture('message-json.json')));
    await claude.complete(call('Weather as JSON?', { response_format: { type: 'json_object' } }));
    expect(sent[0]?.body.system).toEqual([{ type: 'text', text: expect.stringContaining('JSON object') }]);
    expect(sent[0]?.body.output_config).toBeUndefined();
  });

  it('is left out where the catalogue says that the model has none', async () => {
    const sent = provider(() => json(fixture('message-json.json')));
    const plain = connectAnthropic(upstream('anthropic', 'claude-sonnet-4-5', { hasJsonSchema: false }));
    await plain.complete(call('Weather?', { response_format: format }));
    expect(sent[0]?.body).not.toHaveProperty('output_config');
    expect(sent[0]?.body).not.toHaveProperty('tools');
    expect(sent[0]?.body).not.toHaveProperty('system');
  });
});

describe('reasoning', () => {
  const thinkingOf = async (
    model: string,
    request: Parameters<typeof call>[1],
    messages = call('Hi').messages,
  ) => {
    const sent = provider(() => json(fixture('message.json')));
    await connectAnthropic(upstream('anthropic', model)).complete(call(messages, request));
    return sent[0]?.body;
  };

  it('is an effort where the model takes one', async () => {
    expect(await thinkingOf('claude-sonnet-4-6', { reasoning_effort: 'low', max_tokens: 500 })).toMatchObject(
      {
        max_tokens: 500,
        thinking: { type: 'adaptive' },
        output_config: { effort: 'low' },
      },
    );
  });

  it('is a budget within the token limit on older models', async () => {
    expect(
      await thinkingOf('claude-sonnet-4-5', { reasoning_effort: 'high', max_completion_tokens: 10_000 }),
    ).toMatchObject({ max_tokens: 10_000, thinking: { type: 'enabled', budget_tokens: 6000 } });
    expect(await thinkingOf('claude-sonnet-4-5', { reasoning_effort: 'high' })).toMatchObject({
      thinking: { type: 'enabled' },
    });
  });

  it('is left out where there is no room for it, for a forced call and after a tool result', async () => {
    const model = 'claude-sonnet-4-5';
    const effort = { reasoning_effort: 'high' };
    expect(await thinkingOf(model, { ...effort, max_tokens: 2000 })).not.toHaveProperty('thinking');
    const forced = await thinkingOf(model, { ...effort, tools: [TIME], tool_choice: 'required' });
    expect(forced).toMatchObject({ tool_choice: { type: 'any' } });
    expect(forced).not.toHaveProperty('thinking');
    const allowed = await thinkingOf(model, { ...effort, tools: [TIME], tool_choice: allowing('get_time') });
    expect(allowed).not.toHaveProperty('thinking');
    const answered: ModelMessage[] = [
      { role: 'user', content: 'Time?' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_time', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '12:00' },
    ];
    expect(await thinkingOf(model, { ...effort, tools: [TIME] }, answered)).not.toHaveProperty('thinking');
  });

  it('is left to Anthropic for a word that is no effort, and can be turned off', async () => {
    expect(await thinkingOf('claude-sonnet-4-6', { reasoning_effort: 'auto' })).not.toHaveProperty(
      'thinking',
    );
    expect(await thinkingOf('claude-sonnet-4-6', { reasoning_effort: 'none' })).toMatchObject({
      thinking: { type: 'disabled' },
    });
  });
});

describe('a stream', () => {
  it('has the text as it comes, then the end, then the usage', async () => {
    const sent = provider(() => sse(fixture('stream-text.txt')));
    const events = await collect(await claude.stream(call('Hi'), { raw: true }));
    expect(sent[0]?.body.stream).toBe(true);
    expect(outline(events)).toEqual([
      { role: 'assistant', content: 'Hello' },
      { content: '! 안녕' },
      { end: 'stop' },
      'usage',
    ]);
    expect(events.at(-1)).toEqual({
      type: 'usage',
      usage: {
        prompt_tokens: 135,
        completion_tokens: 15,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 100, text_tokens: 135, image_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { text_tokens: 15, reasoning_tokens: 0 },
      },
    });
  });

  it('begins with the first thought, and has tool calls piece by piece', async () => {
    provider(() => sse(fixture('stream-tools.txt')));
    const events = await collect(await claude.stream(call('Hi', { tools: [WEATHER, TIME] }), { raw: false }));
    expect(outline(events)).toEqual([
      { role: 'assistant', content: '' },
      'unseen',
      'unseen',
      { content: 'Okay.' },
      {
        tool_calls: [
          {
            index: 0,
            id: 'toolu_01T1x1fJ34qAmk2tNTrN7Up6',
            type: 'function',
            function: { name: 'get_weather', arguments: '' },
          },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ' "Seoul"}' } }] },
      {
        tool_calls: [
          { index: 1, id: 'toolu_02', type: 'function', function: { name: 'get_time', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      { end: 'tool_calls' },
      'usage',
    ]);
    expect(events.at(-1)).toMatchObject({
      usage: { completion_tokens: 89, completion_tokens_details: { text_tokens: 77, reasoning_tokens: 12 } },
    });
  });

  it('ends with the refusal that broke it off', async () => {
    provider(() => sse(fixture('stream-refusal.txt')));
    const events = await collect(await claude.stream(call('Hi'), { raw: false }));
    expect(outline(events)).toEqual([
      { role: 'assistant', content: 'Sure, ' },
      { refusal: 'The model refused to answer.' },
      { end: 'content_filter' },
      'usage',
    ]);
  });

  it('hands on the first token before the rest has come', async () => {
    const first = fixture('stream-text.txt').split('event: content_block_stop')[0] ?? '';
    const sent = provider((signal) => hanging(first, signal));
    const stream = await claude.stream(call('Hi'), { raw: false });
    const events = stream[Symbol.asyncIterator]();
    expect(outline([(await events.next()).value].flatMap((event) => event ?? []))).toEqual([
      { role: 'assistant', content: 'Hello' },
    ]);
    await events.return?.();
    expect(sent[0]?.signal?.aborted).toBe(true);
  });

  it('is refused for more than one choice', async () => {
    const sent = provider(() => sse(fixture('stream-text.txt')));
    expect(await failure(begun(claude.stream(call('Hi', { n: 2 }), { raw: false })))).toMatchObject({
      type: 'invalid_request',
      param: 'n',
    });
    expect(sent).toEqual([]);
  });

  it.each([
    ['stream-error.txt', 'model_overloaded', 'Overloaded'],
    ['stream-cut-off.txt', 'model_error', 'the answer was cut off'],
    ['stream-malformed.txt', 'model_error', 'the answer could not be read'],
  ])('that breaks after its first token (%s) fails with %s', async (name, type, message) => {
    provider(() =>
      sse(
        `${fixture(name)}`.replace(
          '"index":0,"content_block":{"type":"text","text":""}}',
          '"index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}',
        ),
      ),
    );
    const stream = await claude.stream(call('Hi'), { raw: false });
    const events = stream[Symbol.asyncIterator]();
    expect(outline([(await events.next()).value].flatMap((event) => event ?? []))).toEqual([
      { role: 'assistant', content: 'Hel' },
    ]);
    const rest = (async () => {
      while (!(await events.next()).done);
    })();
    expect(await failure(rest)).toMatchObject({ type, provider: { name: 'anthropic', message } });
  });

  it.each([
    ['stream-overloaded.txt', 'model_overloaded', 'Overloaded'],
    ['stream-error.txt', 'model_overloaded', 'Overloaded'],
  ])('that breaks before its first token (%s) is not begun', async (name, type, message) => {
    const text = fixture(name).replace(/event: content_block_delta\n.*\n\n/g, '');
    provider(() => sse(text));
    const error = await failure(begun(claude.stream(call('Hi'), { raw: false })));
    expect(error).toMatchObject({ type, retryable: true, provider: { status: 529, message } });
  });

  it('without anything in it is not begun', async () => {
    provider(() => sse(''));
    expect(await failure(begun(claude.stream(call('Hi'), { raw: false })))).toMatchObject({
      type: 'model_error',
    });
  });
});

describe('an error', () => {
  const words = (type: string, message: string) => ({
    type: 'error',
    error: { type, message },
    request_id: 'req_1',
  });

  it.each([
    [400, words('invalid_request_error', 'messages: roles must alternate'), 'invalid_request', false],
    [
      400,
      words('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
      'context_length_exceeded',
      false,
    ],
    [401, words('authentication_error', 'invalid x-api-key secret-key-0123456789'), 'model_error', false],
    [404, words('not_found_error', 'model: claude-x'), 'model_error', false],
    [413, words('request_too_large', 'Request exceeds the maximum size'), 'invalid_request', false],
    [
      429,
      words('rate_limit_error', 'This request would exceed your rate limit'),
      'rate_limit_exceeded',
      true,
    ],
    [500, words('api_error', 'Internal server error'), 'model_error', true],
    [529, words('overloaded_error', 'Overloaded'), 'model_overloaded', true],
    [502, '<html>Bad gateway</html>', 'model_error', true],
  ])('of status %i is one of ours', async (status, body, type, retryable) => {
    for (const ask of [
      () => claude.complete(call('Hi')),
      () => begun(claude.stream(call('Hi'), { raw: false })),
    ]) {
      provider(() => json(body, status, { 'retry-after': '7' }));
      const error = await failure(ask());
      expect(error).toMatchObject({
        type,
        retryable,
        retryAfterMs: 7000,
        provider: { name: 'anthropic', status },
      });
      expect(error.provider?.message).not.toContain('secret-key');
      expect(error.provider?.message).not.toBe('');
    }
  });

  it.each([
    ['{"id":"msg_01', 'cut off'],
    ['[]', 'another shape'],
  ])('is an answer that cannot be read: %s', async (body) => {
    provider(() => json(body));
    expect(await failure(claude.complete(call('Hi')))).toMatchObject({
      type: 'model_error',
      provider: { status: null, message: 'the answer could not be read' },
    });
  });

  it('is a connection that fails', async () => {
    provider(() =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('refused by secret-key') })),
    );
    const error = await failure(claude.complete(call('Hi')));
    expect(error).toMatchObject({ type: 'model_error', retryable: true });
    expect(error.provider?.message).toBe('the connection failed');
  });

  it('is not what an aborted call fails with: that is the reason given', async () => {
    const reason = new Error('the client left');
    for (const ask of [
      (signal: AbortSignal) => claude.complete(call('Hi', { n: 2 }, signal)),
      (signal: AbortSignal) => begun(claude.stream(call('Hi', {}, signal), { raw: false })),
    ]) {
      const controller = new AbortController();
      provider((signal) => hanging('', signal));
      const asked = ask(controller.signal);
      setTimeout(() => controller.abort(reason), 5);
      await expect(asked).rejects.toBe(reason);
    }
  });

  it('ends a stream in its midst with the reason of the abort', async () => {
    const reason = new Error('too late');
    const controller = new AbortController();
    const first = fixture('stream-text.txt').split('event: content_block_stop')[0] ?? '';
    provider((signal) => hanging(first, signal));
    const events = (await claude.stream(call('Hi', {}, controller.signal), { raw: false }))[
      Symbol.asyncIterator
    ]();
    await events.next();
    await events.next();
    controller.abort(reason);
    await expect(events.next()).rejects.toBe(reason);
  });
});
