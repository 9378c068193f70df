import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChunkChoice, Usage } from '../../../src/contract/chat';
import type { ModelEvent } from '../../../src/models/model';
import {
  AZURE_STREAM,
  GROQ_STREAM,
  OPENAI_STREAM,
  OPENROUTER_STREAM,
  REFUSAL_STREAM,
  TOOL_CALLS_STREAM,
  TWO_CHOICES_STREAM,
} from './recorded';
import {
  callOf,
  chunksIn,
  EVENTS_TYPE,
  eventsOf,
  failureOf,
  inPieces,
  JSON_TYPE,
  model,
  upstreamAnswers,
} from './upstream';

afterEach(() => {
  vi.restoreAllMocks();
});

async function streamOf(body: BodyInit, raw: boolean, signal?: AbortSignal) {
  upstreamAnswers(body, { headers: EVENTS_TYPE });
  return model.stream({ ...callOf(), ...(signal && { signal }) }, { raw });
}

interface Read {
  head: { id: string; createdSeconds: number } | null;
  choices: ChunkChoice[];
  usages: Usage[];
  /** What was forwarded in the upstream's own words, parsed. */
  raw: { model?: string; choices: ChunkChoice[] }[];
  chunks: number;
}

function summarize(events: readonly ModelEvent[]): Read {
  const read: Read = { head: null, choices: [], usages: [], raw: [], chunks: 0 };
  for (const event of events) {
    switch (event.type) {
      case 'head':
        // Before any raw event, and once.
        expect([read.head, read.raw]).toEqual([null, []]);
        read.head = { id: event.id, createdSeconds: event.createdSeconds };
        break;
      case 'raw': {
        const chunks = chunksIn(event.text) as Read['raw'];
        expect(event.chunks).toBe(chunks.length);
        expect(event.text).toMatch(/^data:.*\n\n$/s);
        read.raw.push(...chunks);
        read.choices.push(...chunks.flatMap(({ choices }) => choices));
        read.chunks += event.chunks;
        break;
      }
      case 'chunk':
        read.choices.push(...event.choices);
        read.chunks += 1;
        break;
      case 'usage':
        read.usages.push(event.usage);
    }
  }
  return read;
}

const readStream = async (body: BodyInit, raw: boolean) =>
  summarize(await eventsOf(await streamOf(body, raw)));

const contentOf = ({ choices }: Read, index = 0) =>
  choices
    .filter((choice) => choice.index === index)
    .map(({ delta }) => delta?.content ?? '')
    .join('');

/** Each recorded stream: its content, its head, its tokens. */
const STREAMS: [
  title: string,
  text: string,
  content: string,
  id: string,
  created: number,
  usage: [number, number] | null,
][] = [
  ['OpenAI', OPENAI_STREAM, '안녕하세요 😀', 'chatcmpl-Br1', 1741569952, [19, 5]],
  ['Groq', GROQ_STREAM, 'Hello', 'chatcmpl-2c9', 1741570000, [37, 3]],
  ['OpenRouter', OPENROUTER_STREAM, 'Good day', 'gen-1741570100-x', 1741570100, [11, 2]],
  ['Azure', AZURE_STREAM, 'Hi', 'chatcmpl-Az7', 1741570200, null],
  ['vLLM', TWO_CHOICES_STREAM, 'A', 'chatcmpl-v1', 1741570300, [9, 4]],
  ['OpenAI with tools', TOOL_CALLS_STREAM, '', 'chatcmpl-T1', 1741570400, [80, 31]],
  ['OpenAI refusing', REFUSAL_STREAM, '', 'chatcmpl-R1', 1741570500, null],
];

describe.each([true, false])('a stream with raw events: %s', (raw) => {
  it.each(STREAMS)('of %s is read whole', async (_, text, content, id, createdSeconds, usage) => {
    const read = await readStream(text, raw);
    expect(contentOf(read)).toBe(content);
    expect(read.head).toEqual({ id, createdSeconds });
    expect(read.usages.map((used) => [used.prompt_tokens, used.completion_tokens])).toEqual(
      usage === null ? [] : [usage],
    );
    expect(read.raw.every((chunk) => chunk.model === 'acme/large')).toBe(true);
    if (!raw) expect(read.raw).toEqual([]);
  });

  it.each(STREAMS)('of %s is the same in CRLF', async (_, text) => {
    expect(await readStream(text.replaceAll('\n', '\r\n'), raw)).toEqual(await readStream(text, raw));
  });

  it.each(STREAMS)('of %s is the same wherever its bytes are parted', async (_, text) => {
    const whole = await readStream(text, raw);
    const bytes = new TextEncoder().encode(text.replaceAll('\n', '\r\n'));
    const single = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
    // Read in other places, a chunk may come parsed where it came raw: what it says is the same.
    const said = ({ raw: _raw, ...rest }: Read) => rest;
    expect(said(await readStream(inPieces(single), raw))).toEqual(said(whole));
    for (let at = 1; at < bytes.length; at += 37) {
      const read = await readStream(inPieces([bytes.subarray(0, at), bytes.subarray(at)]), raw);
      expect(said(read)).toEqual(said(whole));
    }
  });

  it('keeps choices, log probabilities, refusals and tool calls apart as they came', async () => {
    const two = await readStream(TWO_CHOICES_STREAM, raw);
    expect([contentOf(two, 0), contentOf(two, 1)]).toEqual(['A', 'B']);
    expect(two.choices[1]?.logprobs).toEqual({
      content: [{ token: 'A', logprob: -0.5, bytes: [65], top_logprobs: [] }],
    });
    expect(two.choices.map((choice) => choice.finish_reason)).toEqual([null, null, null, 'length', 'stop']);

    const refused = await readStream(REFUSAL_STREAM, raw);
    expect(refused.choices.map(({ delta }) => delta.refusal ?? '').join('')).toBe("I'm sorry, no.");

    const called = await readStream(TOOL_CALLS_STREAM, raw);
    expect(called.choices.flatMap(({ delta }) => delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'call_a', type: 'function', function: { name: 'get_weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city": ' } },
      { index: 0, function: { arguments: '"서울"}' } },
      { index: 1, id: 'call_b', type: 'function', function: { name: 'get_time', arguments: '{}' } },
    ]);
  });

  it('ends with [DONE] though the connection stays open', async () => {
    const read = await readStream(inPieces([OPENAI_STREAM], { end: false }), raw);
    expect(contentOf(read)).toBe('안녕하세요 😀');
  });

  it('may end without a last line break', async () => {
    expect(contentOf(await readStream(GROQ_STREAM.trimEnd(), raw))).toBe('Hello');
  });

  it('may have its data in several lines, names and ids', async () => {
    const pretty = `id: 1\nevent: message\ndata: {"id":"x","model":"m",\ndata: "created":1,\ndata: "choices":[{"index":0,"delta":{"content":"one"},"finish_reason":null}]}\n\n`;
    const read = await readStream(`${pretty}${pretty}data: [DONE]\n\n`, raw);
    expect(contentOf(read)).toBe('oneone');
    expect(read.chunks).toBe(2);
  });

  it('takes an error of null for none', async () => {
    const text = GROQ_STREAM.replaceAll('"object":', '"error":null,"object":');
    expect(contentOf(await readStream(text, raw))).toBe('Hello');
  });

  it.each([
    [
      'of OpenAI',
      '{"error":{"message":"The server had an error","type":"server_error","code":null}}',
      'model_error',
    ],
    [
      'of OpenRouter',
      '{"id":"gen-1","error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}',
      'model_error',
    ],
    [
      'of a limit',
      '{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}',
      'rate_limit_exceeded',
    ],
    ['of overload', '{"error":{"message":"Overloaded","type":"overloaded_error"}}', 'model_overloaded'],
    [
      'of length',
      '{"error":{"message":"too long","code":"context_length_exceeded"}}',
      'context_length_exceeded',
    ],
    ['in a word', '{"error":"boom"}', 'model_error'],
  ])('fails with an error event %s, after what came before it', async (_, error, type) => {
    const before = OPENAI_STREAM.slice(0, OPENAI_STREAM.indexOf('data: {"id"', 10));
    for (const pieces of [[`${before}data: ${error}\n\n`], [before, `data: ${error}\n\n`]]) {
      const events: ModelEvent[] = [];
      const stream = await streamOf(inPieces(pieces, { end: false }), raw);
      const failure = await failureOf(
        (async () => {
          for await (const event of stream) events.push(event);
        })(),
      );
      expect(failure).toMatchObject({ type, provider: { name: 'acme' } });
      expect(failure.provider?.message).not.toBe('');
      expect(summarize(events).chunks).toBe(1);
    }
  });

  it.each([
    ['is cut off', GROQ_STREAM.replace('data: [DONE]\n\n', ''), 'the stream was cut off'],
    ['is cut off amid a chunk', GROQ_STREAM.slice(0, 300), 'a chunk is not JSON'],
    ['has no event', '', 'the stream was cut off'],
    ['is a page', '<html>hello</html>', 'the stream was cut off'],
    ['has no JSON', 'data: {"id": oops}\n\ndata: [DONE]\n\n', 'a chunk is not JSON'],
    ['has a number', 'data: 7\n\n', 'a chunk is not JSON'],
    ['has no end', `data: ${'x'.repeat(4 * 1024 ** 2 + 1)}`, 'an event without end'],
  ])('that %s is a model error', async (_, text, message) => {
    const stream = await streamOf(text, raw);
    expect(await failureOf(eventsOf(stream))).toMatchObject({
      type: 'model_error',
      retryable: true,
      provider: { name: 'acme', status: null, message },
    });
  });

  it.each([
    ['without its end', (chunk: string) => chunk.slice(0, -1)],
    ['that ends half-way', (chunk: string) => chunk.slice(0, chunk.indexOf(','))],
    ['that is a page', () => 'data: <html>hello</html>'],
  ])('with a chunk %s, amid others that come by themselves, is a model error', async (_, broken) => {
    const [first = '', second = '', third = ''] = OPENAI_STREAM.split('\n\n');
    const pieces = [first, second, broken(third), 'data: [DONE]'].map((event) => `${event}\n\n`);
    expect(await failureOf(eventsOf(await streamOf(inPieces(pieces), raw)))).toMatchObject({
      type: 'model_error',
      provider: { name: 'acme', status: null, message: 'a chunk is not JSON' },
    });
  });

  it('whose connection breaks is a model error', async () => {
    const [first = ''] = GROQ_STREAM.split('\n\n');
    const body = inPieces([`${first}\n\n`], { end: new TypeError('Network connection lost.') });
    const failure = await failureOf(eventsOf(await streamOf(body, raw)));
    expect(failure).toMatchObject({ type: 'model_error', retryable: true, provider: { name: 'acme' } });
  });

  it('that was given up fails with the reason', async () => {
    const given = new Error('given up');
    const stream = await streamOf(inPieces([], { end: given }), raw, AbortSignal.abort(given));
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe(given);
  });

  it('hands on each event while the upstream is still open, and cancelling it ends the upstream’s work', async () => {
    const cancelled = vi.fn();
    const [first = '', second = ''] = OPENAI_STREAM.split('\n\n');
    const body = inPieces([`${first}\n\n`, `${second}\n\n`], { end: false, onCancel: cancelled });
    const iterator = (await streamOf(body, raw))[Symbol.asyncIterator]();
    const events = [];
    for (let count = 0; count < 3; count++) events.push((await iterator.next()).value);
    expect(events.map((event) => event?.type)).toEqual(
      raw ? ['head', 'raw', 'raw'] : ['head', 'chunk', 'chunk'],
    );
    expect(cancelled).not.toHaveBeenCalled();
    await iterator.return?.();
    expect(cancelled).toHaveBeenCalledTimes(1);
  });

  it('that fails ends the upstream’s work', async () => {
    const cancelled = vi.fn();
    const stream = await streamOf(inPieces(['data: oops\n\n'], { end: false, onCancel: cancelled }), raw);
    await failureOf(eventsOf(stream));
    expect(cancelled).toHaveBeenCalledTimes(1);
  });
});

describe('a raw stream', () => {
  it('forwards what needs no reading byte for byte, but for the model', async () => {
    const chunk = (text: string) =>
      `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}],"x":{"deep":[1.0]}}\n\n`;
    const said = 'the "model":"m-1" said "usage":{ and "error" and [DONE]';
    const body = inPieces([chunk('a'), chunk(said) + chunk('b'), 'data: [DONE]\n\n']);
    const events = await eventsOf(await streamOf(body, true));
    const text = events.map((event) => (event.type === 'raw' ? event.text : '')).join('');
    expect(text).toBe(
      [chunk('a'), chunk(said), chunk('b')].join('').replaceAll('"model":"m-1"', '"model":"acme/large"'),
    );
  });

  it('forwards no comments and counts none', async () => {
    const read = await readStream(
      inPieces([OPENROUTER_STREAM.slice(0, 400), OPENROUTER_STREAM.slice(400)]),
      true,
    );
    // Two of the answer, and one that came with the usage.
    expect(read.chunks).toBe(3);
  });
});

it('a whole answer where a stream was asked for is an error', async () => {
  upstreamAnswers('{"error":{"message":"no streams","code":400}}', { headers: JSON_TYPE });
  expect(await failureOf(model.stream(callOf(), { raw: true }))).toMatchObject({ type: 'invalid_request' });
});
