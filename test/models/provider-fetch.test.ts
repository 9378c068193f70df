import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectAnthropic } from '../../src/models/anthropic/anthropic-model';
import { connectGoogle } from '../../src/models/google/google-model';
import type { ChatModel } from '../../src/models/model';
import { connectOpenai } from '../../src/models/openai/openai-model';
import { ANSWER_LIMIT_BYTES } from '../../src/models/provider-fetch';
import { begun, call, failure, upstream } from './provider-wire';

const MIB = 1024 ** 2;

const MODELS: [name: string, model: ChatModel][] = [
  ['an OpenAI-compatible provider', connectOpenai(upstream('openai', 'gpt-5'))],
  ['Anthropic', connectAnthropic(upstream('anthropic', 'claude-sonnet-5'))],
  ['Google', connectGoogle(upstream('google', 'gemini-2.5-flash'))],
];

afterEach(() => {
  vi.restoreAllMocks();
});

/** White space, which JSON may begin with, piece by piece and without end. */
function endless(): { body: ReadableStream<Uint8Array>; sent: () => number } {
  const piece = new Uint8Array(MIB).fill(0x20);
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        sent += piece.byteLength;
        controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
  return { body, sent: () => sent };
}

describe.each(MODELS)('%s', (_name, model) => {
  const ask = () => call([{ role: 'user', content: 'Hi' }]);

  it.each([301, 302, 303, 307, 308])(
    'is not followed elsewhere by a %i: the key stays here',
    async (status) => {
      const fetched = vi
        .spyOn(globalThis, 'fetch')
        .mockImplementation(
          async () => new Response(null, { status, headers: { location: 'https://elsewhere.test/' } }),
        );
      expect((await failure(model.complete(ask()))).type).toBe('model_error');
      expect((await failure(begun(model.stream(ask(), { raw: false })))).type).toBe('model_error');
      expect(fetched).toHaveBeenCalledTimes(2);
      for (const [, init] of fetched.mock.calls) expect(init?.redirect).toBe('manual');
    },
  );

  it.each([200, 500])('that does not end its answer of %i is not listened to without end', async (status) => {
    const answer = endless();
    vi.spyOn(globalThis, 'fetch').mockImplementation(
      async () => new Response(answer.body, { status, headers: { 'content-type': 'application/json' } }),
    );
    expect((await failure(model.complete(ask()))).type).toBe('model_error');
    expect(answer.sent()).toBeLessThan(ANSWER_LIMIT_BYTES + 8 * MIB);
  });
});
