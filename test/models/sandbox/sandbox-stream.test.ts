import { describe, expect, it } from 'vitest';
import { StreamCollector } from '../../../src/completions/stream-collector';
import type { ChatRequest, ChunkChoice, Tool, Usage } from '../../../src/contract/chat';
import type { ModelCall } from '../../../src/models/model';
import { sandbox } from '../../../src/models/sandbox/sandbox-model';
import { failureOf } from '../openai/upstream';

function callOf(text: string, options: Partial<ChatRequest> = {}, signal?: AbortSignal): ModelCall {
  const messages = [{ role: 'user' as const, content: text }];
  return {
    request: { model: 'sandbox', messages, ...options },
    messages,
    attempt: 1,
    signal: signal ?? new AbortController().signal,
  };
}

async function streamed(call: ModelCall) {
  const chunks: ChunkChoice[] = [];
  const usages: Usage[] = [];
  for await (const event of await sandbox.stream(call, { raw: true })) {
    if (event.type === 'chunk') chunks.push(...event.choices);
    else if (event.type === 'usage') usages.push(event.usage);
    else throw new Error(`unexpected: ${event.type}`);
    if (event.type === 'chunk') expect(usages).toEqual([]);
  }
  const collector = new StreamCollector();
  collector.add(chunks);
  return { chunks, choices: collector.choices, usages };
}

const WEATHER: Tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, note: { type: 'string', minLength: 40 } },
      required: ['city', 'note'],
    },
  },
};
const TIME: Tool = { type: 'function', function: { name: 'get_time' } };

describe('a streamed answer of the sandbox', () => {
  it.each<[title: string, text: string, options: Partial<ChatRequest>]>([
    ['text', 'Good morning to you', {}],
    ['Korean', '안녕하세요, 반갑습니다. 오늘은 어떤가요?', {}],
    ['a script without spaces', '今日はとても良い天気ですね、散歩に行きましょう', {}],
    ['emoji and line breaks', '👩‍👩‍👧‍👦 one\n\n  two\tthree ', {}],
    ['nothing but white space', '@sandbox text=   ', {}],
    ['three choices', 'Hello', { n: 3 }],
    ['tool calls', 'weather and time', { tools: [WEATHER, TIME] }],
    ['tool calls of two choices', 'weather', { tools: [WEATHER], n: 2 }],
    ['JSON', 'Hello', { response_format: { type: 'json_object' } }],
    ['one cut off', 'one two three four five', { max_tokens: 3 }],
    ['one of a given length', 'Hello\n@sandbox tokens=200', {}],
  ])('says the same as one that is not: %s', async (_, text, options) => {
    const whole = await sandbox.complete(callOf(text, options));
    const { choices, usages, chunks } = await streamed(callOf(text, options));
    const emptyAsNull = ({ message, ...choice }: (typeof choices)[number]) => ({
      ...choice,
      message: { ...message, content: message.content || null },
    });
    expect(choices.map(emptyAsNull)).toEqual(whole.choices.map(emptyAsNull));
    expect(usages).toEqual([whole.usage]);
    for (const { index } of choices) {
      const own = chunks.filter((chunk) => chunk.index === index);
      expect(own[0]?.delta.role).toBe('assistant');
      expect(own.map((chunk) => chunk.finish_reason).filter(Boolean)).toHaveLength(1);
      expect(own.at(-1)?.finish_reason).not.toBeNull();
    }
  });

  it('comes in many pieces, arguments too', async () => {
    expect((await streamed(callOf('one two three four five six'))).chunks.length).toBeGreaterThan(6);
    const { chunks } = await streamed(callOf('weather', { tools: [WEATHER] }));
    const pieces = chunks.flatMap(({ delta }) => delta.tool_calls ?? []);
    expect(pieces.filter(({ id }) => id !== undefined)).toHaveLength(1);
    expect(pieces.length).toBeGreaterThan(2);
  });

  it('waits between its chunks as it is told', async () => {
    const started = Date.now();
    const { chunks } = await streamed(callOf('Hi\n@sandbox chunk_delay=20ms text=a b c'));
    // Timers may be a millisecond early.
    expect(Date.now() - started).toBeGreaterThanOrEqual(chunks.length * 19);
  });

  it.each(['error=model_overloaded', 'fail=1'])('fails before its first chunk: %s', async (directive) => {
    const failure = await failureOf(sandbox.stream(callOf(`Hi\n@sandbox ${directive}`), { raw: true }));
    expect(failure.type).toBe('model_overloaded');
  });

  it('stops when it is given up, at its start and between its chunks', async () => {
    const leaving = new AbortController();
    const slow = sandbox.stream(callOf('@sandbox latency=60s', {}, leaving.signal), { raw: true });
    setTimeout(() => leaving.abort(), 10);
    await expect(slow).rejects.toThrow();

    const between = new AbortController();
    const stream = await sandbox.stream(callOf('@sandbox chunk_delay=60s text=a b', {}, between.signal), {
      raw: true,
    });
    setTimeout(() => between.abort(), 10);
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow();
  });
});
