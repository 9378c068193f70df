import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { costOf } from '../../src/completions/pricing';
import { type StreamContext, type StreamedChat, streamChat } from '../../src/completions/stream';
import type { ChatRequest, ResponseFormat } from '../../src/contract/chat';
import { ApiError } from '../../src/contract/errors';
import { errorBody } from '../../src/contract/messages/render';
import * as catalogue from '../../src/models/catalogue';
import { eventually } from '../eventually';
import { chunksIn } from '../models/openai/upstream';
import {
  chatRequest,
  chunk,
  completionContext,
  type Script,
  type ScriptedModel,
  type Step,
  said,
  scriptedModel,
  USAGE,
  usageEvent,
} from './scripted-model';

let known: ScriptedModel[];

beforeEach(() => {
  known = [];
  vi.spyOn(catalogue, 'findModel').mockImplementation((id) => known.find((model) => model.id === id) ?? null);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function contextOf(more: Partial<StreamContext> = {}): StreamContext {
  return {
    ...completionContext(),
    describe: (error) => errorBody(error, 'en', 'req_1'),
    ...more,
  };
}

/** Opens a stream of one model that follows one script. */
async function open(script: Script, request: Partial<ChatRequest> = {}, more: Partial<ScriptedModel> = {}) {
  const model = scriptedModel([script], more);
  known.push(model);
  return { model, ...(await streamChat(chatRequest({ stream: true, ...request }), contextOf())) };
}

/** Reads to the end: its chunks, and its text. */
async function read({ body }: Pick<StreamedChat, 'body'>) {
  const text = await new Response(body).text();
  return { text, chunks: chunksIn(text) as Chunk[] };
}

type Chunk =
  | '[DONE]'
  | { choices?: { delta: { content?: string } }[]; error?: object; usage?: object | null };

const contentOf = (chunks: readonly Chunk[]) =>
  chunks.map((part) => (part === '[DONE]' ? '' : (part.choices?.[0]?.delta.content ?? ''))).join('');

const ANSWER: Step[] = [said('Hello'), said(' you', 'stop'), usageEvent];

describe('a streamed answer', () => {
  it('is OpenAI’s chunks in order, then [DONE], and what it used', async () => {
    const { body, spent, model } = await open(ANSWER);
    const { chunks } = await read({ body });
    const head = {
      id: expect.stringMatching(/^chatcmpl-\w{24}$/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'scripted',
    };
    expect(chunks).toEqual([
      { ...head, choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }] },
      { ...head, choices: [{ index: 0, delta: { content: ' you' }, finish_reason: 'stop' }] },
      '[DONE]',
    ]);
    expect(new Set(chunks.map((part) => (part === '[DONE]' ? null : Reflect.get(part, 'id')))).size).toBe(2);
    expect(await spent).toEqual({
      model: 'scripted',
      usage: USAGE,
      costNano: costOf(USAGE, model.prices, 'none'),
    });
  });

  it('tells usage and cost last where they are asked for, and null before', async () => {
    const { chunks } = await read(await open(ANSWER, { stream_options: { include_usage: true } }));
    expect(chunks.slice(0, 2)).toEqual([
      expect.objectContaining({ usage: null }),
      expect.objectContaining({ usage: null }),
    ]);
    expect(chunks[2]).toMatchObject({
      choices: [],
      usage: USAGE,
      cost: { prompt_cost: 5.5e-6, completion_cost: 4.4e-6, total_cost: 9.9e-6, currency: 'USD' },
    });
    expect(chunks[3]).toBe('[DONE]');
  });

  it('has no cost where the model has no known price', async () => {
    const options = { stream_options: { include_usage: true } };
    const { body, spent } = await open(ANSWER, options, { prices: null });
    expect((await read({ body })).chunks[2]).toMatchObject({ usage: USAGE, cost: null });
    expect((await spent).costNano).toBeNull();
  });

  it('is under the provider’s own id where it has one', async () => {
    const script: Step[] = [{ type: 'head', id: 'gen-7', createdSeconds: 1_741_000_000 }, ...ANSWER];
    const { chunks } = await read(await open(script, { stream_options: { include_usage: true } }));
    for (const part of chunks.slice(0, -1)) {
      expect(part).toMatchObject({ id: 'gen-7', created: 1_741_000_000 });
    }
  });

  it('may be in the provider’s own words', async () => {
    const words = (content: string, more = '') =>
      `data: {"id":"gen-7","model":"scripted","choices":[{"index":0,"delta":{"content":"${content}"}}]${more}}\n\n`;
    const script: Step[] = [
      { type: 'head', id: 'gen-7', createdSeconds: 5 },
      { type: 'raw', text: words('Hello') + words(' you'), chunks: 2 },
      usageEvent,
    ];
    const plain = await open(script);
    expect(plain.model.raw).toEqual([true]);
    expect((await read(plain)).text).toBe(`${words('Hello')}${words(' you')}data: [DONE]\n\n`);

    known = [];
    const { text } = await read(await open(script, { stream_options: { include_usage: true } }));
    expect(text).toContain(words('Hello', ',"usage":null') + words(' you', ',"usage":null'));
    expect(text).toContain('"id":"gen-7","object":"chat.completion.chunk","created":5');
  });

  it('reaches the client while the model is still at work', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { body } = await open([said('Hello'), promise, ...ANSWER]);
    const reader = body.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('Hello');
    resolve();
    const rest = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) rest.push(part.value);
    expect(rest).toHaveLength(3);
  });

  it('is estimated where the model tells no usage', async () => {
    const { body, spent } = await open([said('a'), said('b'), said('c', 'stop')]);
    await read({ body });
    const { usage } = await spent;
    expect(usage.completion_tokens).toBe(3);
    expect(usage.prompt_tokens).toBeGreaterThan(0);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + 3);
  });
});

describe('a silent model', () => {
  it('is covered by comments, as often as the silence needs', async () => {
    vi.useFakeTimers();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { body } = await open([said('Hello'), promise, ...ANSWER]);
    const reader = body.getReader();
    await reader.read();
    for (let count = 0; count < 3; count++) {
      const next = reader.read();
      await vi.advanceTimersByTimeAsync(400);
      expect(new TextDecoder().decode((await next).value)).toBe(': keep-alive\n\n');
    }
    resolve();
    expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^data: /);
    await reader.cancel();
  });

  it('has until its time limit', async () => {
    vi.useFakeTimers();
    const { body, spent, model } = await open([said('Hello'), 'silence'], {}, { timeoutMs: 1_000 });
    const reading = read({ body });
    await vi.advanceTimersByTimeAsync(1_000);
    const { text, chunks } = await reading;
    expect(text.match(/: keep-alive/g)).toHaveLength(2);
    expect(chunks).toHaveLength(2);
    expect(chunks[1]).toMatchObject({ error: { type: 'timeout', request_id: 'req_1' } });
    expect(model.calls[0]?.signal.aborted).toBe(true);
    expect((await spent).usage.completion_tokens).toBe(1);
  });

  it('that thinks is at work: comments come, no timeout does, and what it thought is charged', async () => {
    vi.useFakeTimers();
    const script: Step[] = [chunk({ content: '' })];
    for (let tokens = 0; tokens < 10; tokens++) {
      script.push(new Promise((resolve) => setTimeout(resolve, 300 * (tokens + 1))), { type: 'unseen' });
    }
    const { body, spent } = await open([...script, said('Hi', 'stop')], {}, { timeoutMs: 1_000 });
    const reading = read({ body });
    await vi.advanceTimersByTimeAsync(4_000);
    const { text, chunks } = await reading;
    expect([contentOf(chunks), chunks.at(-1)]).toEqual(['Hi', '[DONE]']);
    expect(text.match(/: keep-alive/g)?.length).toBeGreaterThan(4);
    expect((await spent).usage.completion_tokens).toBe(12);
  });

  it('before its first event is a timeout that is thrown', async () => {
    await expect(open(['silence'], {}, { timeoutMs: 30 })).rejects.toMatchObject({ type: 'timeout' });
  });
});

describe('an error', () => {
  it.each<[when: string, script: Script]>([
    ['instead of a stream', new ApiError('model_overloaded')],
    ['instead of the first event', [new ApiError('model_overloaded')]],
  ])('%s is thrown', async (_, script) => {
    await expect(open(script)).rejects.toMatchObject({ type: 'model_overloaded' });
  });

  it('after the first event is an event, and no [DONE] follows; what was generated is settled', async () => {
    const { body, spent, model } = await open([
      said('Hello'),
      said(' you'),
      new ApiError('rate_limit_exceeded'),
    ]);
    const { chunks } = await read({ body });
    expect(contentOf(chunks)).toBe('Hello you');
    expect(chunks.at(-1)).toEqual({
      error: {
        type: 'rate_limit_exceeded',
        code: 'rate_limit_exceeded',
        message: expect.any(String),
        param: null,
        request_id: 'req_1',
      },
    });
    expect(model.calls[0]?.signal.aborted).toBe(true);
    expect((await spent).usage.completion_tokens).toBe(2);
  });

  it('that is no ApiError tells the client nothing of itself', async () => {
    const { text, chunks } = await read(await open([said('Hello'), new TypeError('secret internals')]));
    expect(chunks.at(-1)).toMatchObject({ error: { type: 'model_error' } });
    expect(text).not.toContain('secret');
  });
});

describe('a client that goes away', () => {
  it('ends the model’s work at once and is charged for what was generated', async () => {
    const { body, spent, model } = await open([said('Hello'), said(' you'), 'silence']);
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    expect(model.calls[0]?.signal.aborted).toBe(true);
    const { usage, costNano } = await spent;
    expect(usage.completion_tokens).toBe(2);
    expect(costNano).toEqual({ prompt: usage.prompt_tokens * 100, completion: 800 });
  });

  it('also while the model is silent', async () => {
    const { body, spent, model } = await open([said('Hello'), 'silence']);
    const reader = body.getReader();
    await reader.read();
    const waiting = reader.read();
    await reader.cancel();
    expect((await waiting).done).toBe(true);
    expect(model.calls[0]?.signal.aborted).toBe(true);
    expect((await spent).usage.completion_tokens).toBe(1);
  });

  it('before it has read anything', async () => {
    const { body, spent, model } = await open(ANSWER);
    await body.cancel();
    expect(model.cancels).toBe(1);
    expect((await spent).usage.completion_tokens).toBe(0);
  });

  it('by the request’s own signal, before the first event', async () => {
    known.push(scriptedModel([['silence']], { retries: 3 }));
    const leaving = new AbortController();
    const opened = streamChat(chatRequest({ stream: true }), contextOf({ signal: leaving.signal }));
    await eventually(() => expect(known[0]?.calls).toHaveLength(1));
    leaving.abort(new Error('left'));
    await expect(opened).rejects.toThrow('left');
    expect(known[0]?.calls).toHaveLength(1);
  });
});

describe('before the first event', () => {
  it('a failing model is asked again, and then others in its place; the answer is under the one that gave it', async () => {
    const overloaded = new ApiError('model_overloaded');
    known.push(
      scriptedModel([overloaded, [overloaded]], { retries: 1, fallbacks: ['second', 'third'] }),
      scriptedModel([new ApiError('model_error')], { id: 'second' }),
      scriptedModel([ANSWER], { id: 'third', prices: { prompt: 1, cachedPrompt: 1, completion: 1 } }),
    );
    const { body, spent } = await streamChat(chatRequest({ stream: true }), contextOf());
    const { chunks } = await read({ body });
    expect(known.map(({ calls }) => calls.length)).toEqual([2, 1, 1]);
    expect(chunks[0]).toMatchObject({ model: 'third' });
    expect(await spent).toMatchObject({ model: 'third', costNano: { prompt: 60, completion: 11 } });
  });

  it('only: later it is too late', async () => {
    known.push(
      scriptedModel([[said('Hello'), new ApiError('model_overloaded')]], {
        retries: 3,
        fallbacks: ['second'],
      }),
      scriptedModel([ANSWER], { id: 'second' }),
    );
    const { chunks } = await read(await streamChat(chatRequest({ stream: true }), contextOf()));
    expect(known.map(({ calls }) => calls.length)).toEqual([1, 0]);
    expect(chunks.at(-1)).toMatchObject({ error: { type: 'model_overloaded' } });
  });
});

describe('an answer that has to be checked', () => {
  const format: ResponseFormat = {
    type: 'json_schema',
    json_schema: {
      name: 'x',
      strict: true,
      schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    },
  };
  const tools = [
    {
      type: 'function' as const,
      function: {
        name: 'f',
        parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      },
    },
  ];
  const call = (id: string, name: string, args: string) =>
    chunk({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: args } }] });

  it('is read chunk by chunk, and ends as others do where it fits', async () => {
    const { model, body } = await open([said('{"n"'), said(': 1}', 'stop'), usageEvent], {
      response_format: format,
    });
    const { chunks } = await read({ body });
    expect(model.raw).toEqual([false]);
    expect([contentOf(chunks), chunks.at(-1)]).toEqual(['{"n": 1}', '[DONE]']);
  });

  it.each<[title: string, request: Partial<ChatRequest>, script: Step[], words: RegExp]>([
    ['other than its schema', { response_format: format }, [said('{"n":"1"}', 'stop')], /\/n/],
    ['no JSON', { response_format: { type: 'json_object' } }, [said('Hi', 'stop')], /not JSON/],
    ['cut off', { response_format: format }, [said('{"n":', 'length')], /cut off/],
    ['a call of no tool', { tools }, [call('a', 'g', '{}'), chunk({}, 'tool_calls')], /no tool "g"/],
    ['a call that does not fit', { tools }, [call('a', 'f', '{}'), chunk({}, 'tool_calls')], /"n"/],
  ])('and is %s ends with an error and no [DONE]', async (_, request, script, words) => {
    const { body, spent } = await open([...script, usageEvent], request);
    const { chunks } = await read({ body });
    expect(chunks).not.toContain('[DONE]');
    expect(chunks.at(-1)).toMatchObject({
      error: { type: 'model_error', message: expect.stringMatching(words) },
    });
    // The tokens were used.
    expect((await spent).usage).toEqual(USAGE);
  });

  it('tells how its format was held to in its last chunk, which has the end of a choice or the usage', async () => {
    const script: Step[] = [said('{"n":'), said('1}', 'stop'), usageEvent];
    const found = { structured_output: { method: 'native', attempts: 1 } };
    const { chunks } = await read(await open(script, { response_format: format }));
    expect(chunks.slice(0, -2).some((part) => Object.hasOwn(Object(part), 'structured_output'))).toBe(false);
    expect(chunks.at(-2)).toMatchObject({
      choices: [{ delta: { content: '1}' }, finish_reason: 'stop' }],
      ...found,
    });

    const stream_options = { include_usage: true };
    const withUsage = await read(await open(script, { response_format: format, stream_options }));
    expect(withUsage.chunks.at(-2)).toMatchObject({ choices: [], usage: USAGE, ...found });
    expect(withUsage.chunks.at(-3)).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: null });
    expect(withUsage.chunks.at(-3)).not.toHaveProperty('structured_output');
  });

  it('says so of an instructed model, and nothing where there is no format or only a call', async () => {
    const foundIn = async (script: Step[], request: Partial<ChatRequest>, hasJsonSchema = true) => {
      known = [];
      const { text } = await read(await open(script, request, { hasJsonSchema }));
      return /"structured_output":\{"method":"(\w+)"/.exec(text)?.[1] ?? null;
    };
    const answer = [said('{"n":1}', 'stop')];
    const called = [call('a', 'f', '{"n":1}'), chunk({}, 'tool_calls')];
    expect(await foundIn(answer, { response_format: format }, false)).toBe('instructed');
    expect(await foundIn(called, { response_format: format, tools })).toBeNull();
    expect(await foundIn(answer, { tools })).toBeNull();
    expect(await foundIn(answer, {})).toBeNull();
  });

  it('keeps the end of a choice back until it was found right, and no more', async () => {
    const pause = Promise.withResolvers<void>();
    const script = [said('{"n":'), said('1}', 'stop'), chunk({ content: '{"n":' }, null, 1), pause.promise];
    const { body } = await open([...script, chunk({ content: '"2"}' }, 'stop', 1), usageEvent], {
      response_format: format,
    });
    const reader = body.getReader();
    let text = '';
    while (!text.includes('"index":1')) text += new TextDecoder().decode((await reader.read()).value);
    expect(text).toContain('"finish_reason":"stop"');
    pause.resolve();
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      rest += new TextDecoder().decode(part.value);
    }
    expect(rest).toContain('model_error');
    expect(rest).not.toContain('"finish_reason":"stop"');
  });

  it('may be a call in pieces, a refusal, or text where tools are', async () => {
    const pieces = [
      call('a', 'f', '{"n"'),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      chunk({}, 'tool_calls'),
    ];
    for (const [script, request] of [
      [pieces, { tools }],
      [[chunk({ refusal: 'No.' }, 'stop')], { response_format: format }],
      [[said('No tool for that.', 'stop')], { tools }],
    ] as [Step[], Partial<ChatRequest>][]) {
      known = [];
      expect((await read(await open(script, request))).chunks.at(-1)).toBe('[DONE]');
    }
  });

  it('is asked for in words of a model without formats', async () => {
    const script: Step[] = [said('{"n": 1}', 'stop')];
    const { model } = await open(script, { response_format: format }, { hasJsonSchema: false });
    expect(model.calls[0]?.messages[0]).toMatchObject({ role: 'system' });
    expect(JSON.stringify(model.calls[0]?.messages)).toContain('JSON Schema');
  });
});
