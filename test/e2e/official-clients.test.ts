// Official clients as their users write them: nothing but base URL and key says that it is this server they speak with.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, isStepCount, Output, streamObject, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TOKENS } from './mock-answers.ts';
import { mockArguments } from './mock-catalogue.ts';
import { MockUpstream } from './mock-upstream.ts';
import { Server } from './server.ts';

const QUESTION = 'What is the weather in Seoul?';
const GREETING = 'Good morning';

const Weather = z.object({ city: z.string(), celsius: z.int() });
const Place = z.object({ city: z.string() });
const REPORT = 'sunny, 21 degrees';

let upstream: MockUpstream;
let server: Server;

beforeAll(async () => {
  upstream = await MockUpstream.start();
  server = await Server.start(mockArguments(upstream));
});

afterAll(async () => {
  await server?.stop();
  await upstream?.stop();
});

/** The built-in model, one behind an OpenAI-compatible provider, and one that is told of schemas in words. */
const MODELS = [
  ['sandbox', `You said: "${GREETING}"`, REPORT],
  ['mock/assistant', 'Hello from far away', 'far away'],
  ['mock/instructed', 'Hello from far away', 'far away'],
] as const;

describe.each(MODELS)('on %s', (model, greeting, afterTool) => {
  describe('the openai SDK', () => {
    const client = () => new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: server.key });
    const messages = [{ role: 'user' as const, content: GREETING }];

    it('creates', async () => {
      const completion = await client().chat.completions.create({ model, messages });
      expect(completion).toMatchObject({ object: 'chat.completion', model });
      expect(completion.choices[0]?.message.content).toBe(greeting);
      const { usage } = completion;
      expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
      if (model !== 'sandbox') expect(usage?.prompt_tokens).toBe(TOKENS.prompt);
    });

    it('streams', async () => {
      const stream = await client().chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(greeting);
      expect(new Set(chunks.map((chunk) => `${chunk.id} ${chunk.model} ${chunk.object}`)).size).toBe(1);
      expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
      expect(chunks.at(-1)).toMatchObject({
        model,
        choices: [],
        usage: { prompt_tokens: expect.any(Number) },
      });
    });

    it('streams with its helper, and stops where it is told to', async () => {
      const events: string[] = [];
      const stream = client()
        .chat.completions.stream({ model, messages })
        .on('content', (delta) => events.push(delta));
      expect(await stream.finalContent()).toBe(greeting);
      expect(events.join('')).toBe(greeting);

      const long = await client().chat.completions.create({
        model: model === 'sandbox' ? model : 'mock/held-open-long',
        messages: [{ role: 'user', content: `Stop ${model}\n@sandbox tokens=5000 chunk_delay=20ms` }],
        stream: true,
      });
      let seen = 0;
      for await (const chunk of long) {
        seen += chunk.choices.length;
        if (seen === 3) long.controller.abort();
      }
      expect(seen).toBeLessThan(10);
    });

    it('parses structured output', async () => {
      const completion = await client().chat.completions.parse({
        model,
        messages,
        response_format: zodResponseFormat(Weather, 'weather'),
      });
      expect(Weather.safeParse(completion.choices[0]?.message.parsed).error).toBeUndefined();
      const streamed = client().chat.completions.stream({
        model,
        messages,
        response_format: zodResponseFormat(Weather, 'weather'),
      });
      const final = await streamed.finalChatCompletion();
      expect(Weather.safeParse(final.choices[0]?.message.parsed).error).toBeUndefined();
      const method = model === 'mock/instructed' ? 'instructed' : 'native';
      expect(final).toMatchObject({ structured_output: { method, attempts: 1 } });
    });

    it.each([false, true])('runs tools, streaming: %s', async (stream) => {
      const asked: unknown[] = [];
      const runner = client().chat.completions.runTools({
        model,
        stream,
        messages: [{ role: 'user', content: QUESTION }],
        tools: [
          zodFunction({
            name: 'get_weather',
            description: 'The weather of a city',
            parameters: Place,
            function: (place: z.infer<typeof Place>) => {
              asked.push(place);
              return REPORT;
            },
          }),
        ],
      } as Parameters<OpenAI['chat']['completions']['runTools']>[0]);
      expect(await runner.finalContent()).toContain(afterTool);
      expect(asked).toEqual([{ city: expect.any(String) }]);
    });
  });

  describe('the AI SDK', () => {
    const provider = () =>
      createOpenAICompatible({
        name: 'quire',
        baseURL: `${server.origin}/v1`,
        apiKey: server.key,
        includeUsage: true,
        supportsStructuredOutputs: true,
      });
    const tools = () => ({
      get_weather: tool({
        description: 'The weather of a city',
        inputSchema: Place,
        execute: async () => REPORT,
      }),
    });

    it('generates text with tools', async () => {
      const { text, steps, usage } = await generateText({
        model: provider()(model),
        prompt: QUESTION,
        tools: tools(),
        stopWhen: isStepCount(3),
      });
      expect(text).toContain(afterTool);
      expect(steps[0]?.toolResults.map(({ output }) => output)).toEqual([REPORT]);
      expect(usage.totalTokens).toBeGreaterThan(0);
    });

    it('streams text, with tools and without', async () => {
      const plain = streamText({ model: provider()(model), prompt: GREETING });
      expect(await plain.text).toBe(greeting);
      expect((await plain.usage).inputTokens).toBeGreaterThan(0);
      expect(await plain.finishReason).toBe('stop');

      const called = streamText({
        model: provider()(model),
        prompt: QUESTION,
        tools: tools(),
        stopWhen: isStepCount(3),
      });
      expect(await called.text).toContain(afterTool);
      expect((await called.steps)[0]?.toolCalls.map(({ toolName }) => toolName)).toEqual(['get_weather']);
    });

    it('generates objects', async () => {
      const { object } = await generateObject({
        model: provider()(model),
        prompt: GREETING,
        schema: Weather,
      });
      expect(Weather.safeParse(object).error).toBeUndefined();
      const streamed = streamObject({ model: provider()(model), prompt: GREETING, schema: Weather });
      for await (const _ of streamed.partialObjectStream);
      expect(Weather.safeParse(await streamed.object).error).toBeUndefined();
      const { output } = await generateText({
        model: provider()(model),
        prompt: GREETING,
        output: Output.object({ schema: Weather }),
      });
      expect(Weather.safeParse(output).error).toBeUndefined();
    });
  });

  describe('LangChain', () => {
    const chat = () =>
      new ChatOpenAI({
        model,
        apiKey: server.key,
        configuration: { baseURL: `${server.origin}/v1` },
        maxRetries: 0,
      });

    it('invokes and streams', async () => {
      const message = await chat().invoke(GREETING);
      expect(message.text).toBe(greeting);
      const used = { usage_metadata: expect.objectContaining({ total_tokens: expect.any(Number) }) };
      expect(message).toMatchObject(used);
      const chunks = [];
      for await (const chunk of await chat().stream(GREETING)) chunks.push(chunk);
      expect(chunks.map(({ text }) => text).join('')).toBe(greeting);
      expect(chunks).toContainEqual(expect.objectContaining(used));
    });

    it('binds tools', async () => {
      const weather = langchainTool(async () => REPORT, {
        name: 'get_weather',
        description: 'The weather of a city',
        schema: Place,
      });
      const bound = chat().bindTools([weather]);
      const asked = await bound.invoke(QUESTION);
      const [call] = asked.tool_calls ?? [];
      expect(call).toMatchObject({ name: 'get_weather', args: { city: expect.any(String) } });
      const result = new ToolMessage({ content: REPORT, tool_call_id: call?.id ?? '' });
      const answered = await bound.invoke([new HumanMessage(QUESTION), asked, result]);
      expect(answered.text).toContain(afterTool);
    });

    it.each(['jsonSchema', 'functionCalling'] as const)('gives structured output by %s', async (method) => {
      const structured = chat().withStructuredOutput(Weather, { name: 'weather', method });
      expect(Weather.safeParse(await structured.invoke(QUESTION)).error).toBeUndefined();
    });
  });
});

describe('errors as the SDKs know them', () => {
  it('of the openai SDK', async () => {
    const client = new OpenAI({
      baseURL: `${server.origin}/v1`,
      apiKey: server.key,
      maxRetries: 0,
    });
    const ask = (model: string) =>
      client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] });
    await expect(ask('mock/limited')).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(ask('mock/refusing')).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(ask('mock/overloaded')).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(ask('mock/nothing')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    // An error amid a stream is thrown to whoever reads it.
    const stream = await client.chat.completions.create({
      model: 'mock/error-event',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    });
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  it('of the openai SDK, which tries again by itself', async () => {
    const client = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: server.key });
    const messages = [{ role: 'user' as const, content: 'once more' }];
    const completion = await client.chat.completions.create({ model: 'mock/limited-once', messages });
    expect(completion.choices[0]?.message.content).toBe('Hello from far away');
    expect(upstream.about('once more')).toHaveLength(2);
  });
});
