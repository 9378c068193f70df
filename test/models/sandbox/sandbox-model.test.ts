import { describe, expect, it } from 'vitest';
import type { ChatMessage, ChatRequest, Tool } from '../../../src/contract/chat';
import { ERROR_TABLE, ERROR_TYPES } from '../../../src/contract/errors';
import type { ModelCall, ModelMessage } from '../../../src/models/model';
import { sandbox } from '../../../src/models/sandbox/sandbox-model';
import { estimateTextTokens } from '../../../src/models/token-estimate';
import { allowing } from '../provider-wire';

type Options = Partial<ChatRequest>;

function callOf(messages: ChatMessage[], options: Options = {}): ModelCall {
  return {
    request: { model: 'sandbox', messages, ...options },
    messages: messages as ModelMessage[],
    attempt: 1,
    signal: new AbortController().signal,
  };
}

function ask(text: string, options: Options = {}) {
  return sandbox.complete(callOf([{ role: 'user', content: text }], options));
}

async function answerTo(text: string, options: Options = {}) {
  const { choices, usage } = await ask(text, options);
  const [choice] = choices;
  if (choice === undefined) throw new Error('no choice');
  return { ...choice, content: choice.message.content ?? '', calls: choice.message.tool_calls ?? [], usage };
}

function tool(name: string, parameters?: Record<string, unknown>, description?: string): Tool {
  return { type: 'function', function: { name, parameters, description } };
}

const WEATHER = tool('get_weather', {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
  required: ['city'],
});
const TIME = tool('get_time', { type: 'object', properties: { city: { type: 'string' } } });

describe('plain text', () => {
  it('quotes the last user message in its language', async () => {
    expect((await answerTo('Good morning')).content).toBe('You said: "Good morning"');
    expect((await answerTo('안녕하세요')).content).toBe('보내신 메시지: "안녕하세요"');
  });

  it('gives the same answer to the same request', async () => {
    expect(await ask('weather and time', { tools: [WEATHER, TIME] })).toEqual(
      await ask('weather and time', { tools: [WEATHER, TIME] }),
    );
  });

  it('answers a conversation without a user message', async () => {
    const { choices } = await sandbox.complete(callOf([{ role: 'system', content: 'Be brief.' }]));
    expect(choices[0]?.message.content).toBe('There was no text to quote.');
  });

  it('gives n choices and counts them all', async () => {
    const one = await ask('Hello');
    const three = await ask('Hello', { n: 3 });
    expect(three.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(three.usage.completion_tokens).toBe(3 * one.usage.completion_tokens);
    expect(three.usage.prompt_tokens).toBe(one.usage.prompt_tokens);
  });

  it('cuts at max_tokens, the newer name first', async () => {
    const cut = await answerTo('one two three four five', { max_completion_tokens: 4, max_tokens: 9 });
    expect(cut).toMatchObject({ finish_reason: 'length', usage: { completion_tokens: 4 } });
    expect('You said: "one two three four five"').toContain(cut.content);
    expect((await answerTo('one two', { max_tokens: 100 })).finish_reason).toBe('stop');
  });

  it('cuts before the first stop sequence', async () => {
    const cut = await answerTo('one two three', { stop: ['three', ' two', ''] });
    expect(cut).toMatchObject({ content: 'You said: "one', finish_reason: 'stop' });
    expect(cut.usage.completion_tokens).toBe(estimateTextTokens(cut.content));
  });
});

describe('attachments', () => {
  it('reports type, bytes and size of each, and counts tokens by kind', async () => {
    const png = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAIAAAAD'), (character) =>
      character.charCodeAt(0),
    );
    const asked: ChatMessage[] = [{ role: 'user', content: 'unresolved' }];
    const { choices, usage } = await sandbox.complete({
      ...callOf(asked),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', mediaType: 'image/png', bytes: png, filename: 'a.png' },
            { type: 'image', mediaType: 'image/webp', bytes: new Uint8Array(3), filename: null },
            { type: 'audio', mediaType: 'audio/wav', bytes: new Uint8Array(9600), filename: null },
          ],
        },
      ],
    });
    expect(choices[0]?.message.content).toBe(
      [
        'You said: "Look"',
        'Attached: a.png (image/png, 24 bytes, 2 × 3 pixels)',
        'Attached: image/webp, 3 bytes, size in pixels unknown',
        'Attached: audio/wav, 9600 bytes',
      ].join('\n'),
    );
    const details = usage.prompt_tokens_details;
    expect(details.audio_tokens).toBe(2);
    expect(details.image_tokens).toBeGreaterThan(0);
    expect(details.text_tokens + details.image_tokens + details.audio_tokens).toBe(usage.prompt_tokens);
    expect(usage.completion_tokens_details.text_tokens).toBe(usage.completion_tokens);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });
});

describe('tools', () => {
  it('calls every tool the message asks for, with valid arguments taken from it where it can', async () => {
    const answer = await answerTo('Weather in Paris in fahrenheit, and the time?', {
      tools: [WEATHER, TIME],
    });
    expect(answer).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(answer.calls.map((call) => call.function.name)).toEqual(['get_weather', 'get_time']);
    expect(JSON.parse(answer.calls[0]?.function.arguments ?? '')).toEqual({
      city: 'Paris',
      unit: 'fahrenheit',
    });
    expect(new Set(answer.calls.map((call) => call.id)).size).toBe(2);
    expect(answer.calls[0]?.id).toMatch(/^call_[0-9a-f]{24}$/);
  });

  it('understands Korean', async () => {
    const answer = await answerTo('서울의 현재 날씨를 알려주세요', { tools: [TIME, WEATHER] });
    expect(answer.calls.map((call) => call.function.name)).toEqual(['get_weather']);
    expect(JSON.parse(answer.calls[0]?.function.arguments ?? '')).toMatchObject({ city: '서울' });
  });

  it('calls one tool where parallel calls are off', async () => {
    const options = { tools: [WEATHER, TIME], parallel_tool_calls: false };
    expect((await answerTo('weather and time', options)).calls).toHaveLength(1);
  });

  it('answers in text where no tool is asked for, or none may be called', async () => {
    expect((await answerTo('Hello', { tools: [WEATHER] })).finish_reason).toBe('stop');
    expect((await answerTo('weather', { tools: [WEATHER], tool_choice: 'none' })).calls).toEqual([]);
  });

  it('calls the first tool where one is required, the named one where it is forced', async () => {
    const required = await answerTo('Hello', { tools: [TIME, WEATHER], tool_choice: 'required' });
    expect(required.calls.map((call) => call.function.name)).toEqual(['get_time']);
    const tool_choice = { type: 'function' as const, function: { name: 'get_weather' } };
    const forced = await answerTo('time', { tools: [TIME, WEATHER], tool_choice });
    expect(forced.calls.map((call) => call.function.name)).toEqual(['get_weather']);
  });

  it('calls of the allowed tools alone', async () => {
    const options = { tools: [TIME, WEATHER], tool_choice: allowing('get_weather') };
    for (const text of ['time', 'weather and time', 'Hello']) {
      const { calls } = await answerTo(text, options);
      expect(calls.map((call) => call.function.name)).toEqual(['get_weather']);
    }
  });

  it('gives a tool without parameters an empty object', async () => {
    expect((await answerTo('ping', { tools: [tool('ping')] })).calls[0]?.function.arguments).toBe('{}');
  });

  it('makes no call that does not fit max_tokens', async () => {
    const answer = await answerTo('weather', { tools: [WEATHER], max_tokens: 2 });
    expect(answer).toMatchObject({ finish_reason: 'length', calls: [], usage: { completion_tokens: 2 } });
  });

  it('quotes the results by their calls and does not call again', async () => {
    const messages: ChatMessage[] = [{ role: 'user', content: 'weather and time' }];
    const options = { tools: [WEATHER, TIME], tool_choice: 'required' as const };
    const first = await sandbox.complete(callOf(messages, options));
    const calls = first.choices[0]?.message.tool_calls ?? [];
    const [weather, time] = calls.map((call) => call.id);
    if (weather === undefined || time === undefined) throw new Error('two calls were expected');
    messages.push(
      { role: 'assistant', content: null, tool_calls: calls },
      { role: 'tool', tool_call_id: time, content: '12:00' },
      { role: 'tool', tool_call_id: weather, content: '{"sky":"clear"}' },
    );
    const second = await sandbox.complete(callOf(messages, options));
    expect(second.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: {
        content: `Result of get_time (${time}): 12:00\nResult of get_weather (${weather}): {"sky":"clear"}`,
      },
    });

    messages.push({ role: 'user', content: 'weather and time' });
    const third = await sandbox.complete(callOf(messages, options));
    const later = third.choices[0]?.message.tool_calls?.map((call) => call.id) ?? [];
    expect(new Set([weather, time, ...later]).size).toBe(4);
  });
});

describe('response formats', () => {
  it('gives an instance of the schema', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'person', strict: true, schema },
    };
    expect(JSON.parse((await answerTo('Who?', { response_format })).content)).toEqual({ name: 'sandbox' });
  });

  it('gives a JSON object that quotes the message', async () => {
    const { content } = await answerTo('Say "hi"', { response_format: { type: 'json_object' } });
    expect(JSON.parse(content)).toEqual({ answer: 'You said: "Say "hi""' });
  });
});

describe('directives', () => {
  it.each(ERROR_TYPES.filter((type) => ERROR_TABLE[type].status !== null))('fails with %s', async (type) => {
    await expect(ask(`Hi\n@sandbox error=${type}`)).rejects.toMatchObject({
      type,
      detail: null,
      param: null,
      cause: { message: `asked for by @sandbox error=${type}` },
    });
  });

  it('fails the first attempts and then answers', async () => {
    const call = callOf([{ role: 'user', content: 'Hi\n@sandbox fail=2' }]);
    await expect(sandbox.complete({ ...call, attempt: 1 })).rejects.toMatchObject({
      type: 'model_overloaded',
    });
    await expect(sandbox.complete({ ...call, attempt: 2 })).rejects.toMatchObject({
      type: 'model_overloaded',
    });
    const { choices } = await sandbox.complete({ ...call, attempt: 3 });
    expect(choices[0]?.message.content).toBe('You said: "Hi"');
  });

  it.each(['Hi', '안녕하세요, 서울의 날씨는 어떤가요?'])(
    'answers "%s" in exactly so many tokens',
    async (text) => {
      for (const tokens of [1, 5, 500]) {
        const answer = await answerTo(`${text}\n@sandbox tokens=${tokens}`);
        expect(answer).toMatchObject({ finish_reason: 'stop', usage: { completion_tokens: tokens } });
        expect(Math.abs(estimateTextTokens(answer.content) - tokens)).toBeLessThanOrEqual(1);
      }
    },
  );

  it('says exactly the text it is told, whatever tools and schema want, on every attempt at a repair', async () => {
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'a', strict: true, schema: { type: 'object' } },
    };
    const asked: ChatMessage[] = [{ role: 'user', content: 'weather?\n@sandbox text=not JSON \\n at all' }];
    const call = callOf(asked, { response_format, tools: [WEATHER] });
    const appended: ModelMessage[] = [
      { role: 'assistant', content: 'not JSON' },
      { role: 'user', content: 'The answer does not match the schema.' },
    ];
    for (const messages of [call.messages, [...call.messages, ...appended]]) {
      const { choices } = await sandbox.complete({ ...call, messages });
      expect(choices[0]).toMatchObject({
        finish_reason: 'stop',
        message: { content: 'not JSON \\n at all' },
      });
    }
  });

  it('waits until it is aborted', async () => {
    const controller = new AbortController();
    const call = callOf([{ role: 'user', content: '@sandbox latency=60s' }]);
    const answer = sandbox.complete({ ...call, signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toThrow();
  });

  it('names the message with the bad directive', async () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '@sandbox speed=1' },
    ];
    await expect(sandbox.complete(callOf(messages))).rejects.toMatchObject({
      type: 'invalid_request',
      param: 'messages[1]',
      detail: ['directive_unknown', 'speed'],
    });
  });

  it('obeys only the last user message', async () => {
    const { choices } = await sandbox.complete(
      callOf([
        { role: 'user', content: '@sandbox error=timeout' },
        { role: 'user', content: 'Hi' },
      ]),
    );
    expect(choices[0]?.message.content).toBe('You said: "Hi"');
  });
});
