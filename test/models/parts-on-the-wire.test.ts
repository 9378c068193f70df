// Content parts on their way to each kind of provider over HTTP: encoded as they are sent, and to the byte what they are.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectAnthropic } from '../../src/models/anthropic/anthropic-model';
import { connectGoogle } from '../../src/models/google/google-model';
import type { ChatModel, ModelMessage, ModelPart } from '../../src/models/model';
import { connectOpenai } from '../../src/models/openai/openai-model';
import { begun, call, failure, json, provider, upstream } from './provider-wire';

/** Several pieces, and a remainder that needs padding. */
const LARGE_BYTES = 1_000_000;

type BinaryPart = Exclude<ModelPart, { type: 'text' }>;

/** How a provider words what is asked here. */
interface Wire {
  model: ChatModel;
  answer: object;
  /** The kinds of parts that it takes. */
  kinds: (readonly [type: BinaryPart['type'], mediaType: string])[];
  part(part: BinaryPart, base64: string): object;
  text(text: string): object;
  /** The body whose one message is these parts. */
  body(parts: object[]): object;
  /** The body whose third message is a tool's answer with this picture. */
  toolBody(base64: string): object;
}

const IMAGE = ['image', 'image/png'] as const;
const PDF = ['document', 'application/pdf'] as const;
const AUDIO = ['audio', 'audio/mpeg'] as const;

const TOOL_ID = 'call_1';

const WIRES: Record<string, Wire> = {
  'an OpenAI-compatible provider': {
    model: connectOpenai(upstream('openai', 'gpt-5')),
    answer: { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] },
    kinds: [IMAGE, PDF, AUDIO],
    part({ type, mediaType, filename }, data) {
      const url = `data:${mediaType};base64,${data}`;
      if (type === 'image') return { type: 'image_url', image_url: { url } };
      if (type === 'audio') return { type: 'input_audio', input_audio: { data, format: 'mp3' } };
      return { type: 'file', file: { filename, file_data: url } };
    },
    text: (text) => ({ type: 'text', text }),
    body: (content) => ({ messages: [{ role: 'user', content }] }),
    toolBody: (data) => ({
      messages: [
        {},
        {},
        {
          role: 'tool',
          content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }],
        },
      ],
    }),
  },
  Anthropic: {
    model: connectAnthropic(upstream('anthropic', 'claude-sonnet-4-5')),
    answer: {
      type: 'message',
      id: 'msg_1',
      model: 'claude-sonnet-4-5',
      content: [{ type: 'text', text: 'Hi' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
    kinds: [IMAGE, PDF],
    part({ type, mediaType, filename }, data) {
      const source = { type: 'base64', media_type: mediaType, data };
      return type === 'image' ? { type, source } : { type, source, title: filename };
    },
    text: (text) => ({ type: 'text', text }),
    body: (content) => ({ messages: [{ role: 'user', content }] }),
    toolBody: (data) => ({
      messages: [
        {},
        {},
        {
          content: [
            {
              type: 'tool_result',
              content: [
                { type: 'text' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
              ],
            },
          ],
        },
      ],
    }),
  },
  Google: {
    model: connectGoogle(upstream('google', 'gemini-2.5-flash')),
    answer: { candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP', index: 0 }] },
    kinds: [IMAGE, PDF, AUDIO],
    part: ({ mediaType }, data) => ({ inlineData: { mimeType: mediaType, data } }),
    text: (text) => ({ text }),
    body: (parts) => ({ contents: [{ role: 'user', parts }] }),
    toolBody: (data) => ({
      contents: [{}, {}, { parts: [{}, { inlineData: { mimeType: 'image/png', data } }, {}] }],
    }),
  },
};

function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7919) % 256);
}

function somePart([type, mediaType]: Wire['kinds'][number], length: number): BinaryPart {
  return { type, mediaType, bytes: someBytes(length), filename: type === 'document' ? 'a.pdf' : null };
}

const asked = (...content: ModelPart[]): ModelMessage[] => [{ role: 'user', content }];

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(Object.entries(WIRES))('%s', (_name, { model, answer, kinds, part, text, body, toolBody }) => {
  it('gets the base64 of all parts, each in its place, and texts as they are', async () => {
    const sent = provider(() => json(answer));
    const parts = kinds.map((kind, index) => somePart(kind, LARGE_BYTES + index));
    // As long as a stand-in, and of its letters.
    const like = `${crypto.randomUUID()}-0. ä€😀 "\\\n`;
    const said = { type: 'text', text: like } as const;
    await model.complete(call(asked(...parts, said)));
    const words = parts.map((given) => part(given, given.bytes.toBase64()));
    expect(sent[0]?.body).toMatchObject(body([...words, text(like)]));
  });

  it('gets them encoded piece by piece: what is not sent yet is not made yet', async () => {
    const picture = somePart(IMAGE, LARGE_BYTES);
    let received = '';
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (_input, init = {}) => {
      const body = (init.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream());
      for await (const piece of body) {
        if (received === '') picture.bytes.fill(0, LARGE_BYTES / 2);
        received += piece;
      }
      return json(answer);
    });
    await model.complete(call(asked(picture)));
    expect(received).toContain(picture.bytes.toBase64());
  });

  it('gets one in a tool’s answer', async () => {
    const sent = provider(() => json(answer));
    const picture = somePart(IMAGE, 1_001);
    const calls = [{ id: TOOL_ID, type: 'function' as const, function: { name: 'draw', arguments: '{}' } }];
    await model.complete(
      call([
        { role: 'user', content: 'Draw' },
        { role: 'assistant', content: null, tool_calls: calls },
        { role: 'tool', tool_call_id: TOOL_ID, content: [picture] },
      ]),
    );
    expect(sent[0]?.body).toMatchObject(toolBody(picture.bytes.toBase64()));
  });

  it('gets the whole again with each request of a call, and with each call', async () => {
    const sent = provider(() => json({ error: { message: 'overloaded', code: 503 } }, 503));
    const question = call(asked(somePart(IMAGE, LARGE_BYTES)));
    await failure(model.complete(question));
    await failure(begun(model.stream(question, { raw: false })));
    await failure(model.complete({ ...question, attempt: 2, request: { ...question.request, n: 2 } }));
    expect(sent.length).toBeGreaterThan(2);
    const base64 = someBytes(LARGE_BYTES).toBase64();
    for (const request of sent) expect(request.text).toContain(`${base64}"`);
  });

  it('gets text documents and other texts without more ado', async () => {
    const sent = provider(() => json(answer));
    const csv = new TextEncoder().encode('a,b');
    await model.complete(
      call(asked({ type: 'document', mediaType: 'text/csv', bytes: csv, filename: 't.csv' })),
    );
    expect(sent[0]?.isStreamed).toBe(false);
  });
});

describe('Google', () => {
  it('gets the parts again where it asks for an answer to be continued', async () => {
    const [first, last] = ['CONTINUATION', 'STOP'].map((finishReason) => ({
      candidates: [
        {
          content: { parts: [{ text: finishReason }] },
          finishReason,
          index: 0,
          ...(finishReason === 'CONTINUATION' && { continuationToken: 'go on' }),
        },
      ],
    }));
    const answers = [first, last];
    const sent = provider(() => json(answers.shift()));
    const { model } = WIRES.Google as Wire;
    const { choices } = await model.complete(call(asked(somePart(IMAGE, LARGE_BYTES))));
    expect(choices[0]?.message.content).toContain('STOP');
    const inlineData = { mimeType: 'image/png', data: someBytes(LARGE_BYTES).toBase64() };
    expect(sent.map(({ body }) => body)).toMatchObject([
      { contents: [{ parts: [{ inlineData }] }] },
      { contents: [{ parts: [{ inlineData }] }], continuationToken: 'go on' },
    ]);
  });
});
