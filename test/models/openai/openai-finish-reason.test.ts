import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  callOf,
  chunksIn,
  EVENTS_TYPE,
  eventsOf,
  failureOf,
  JSON_TYPE,
  model,
  upstreamAnswers,
} from './upstream';

afterEach(() => {
  vi.restoreAllMocks();
});

const CALLS = [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }];

function wholeAnswer(finish_reason: string | null, more: object = {}, message: object = {}) {
  const choice = {
    index: 0,
    message: { role: 'assistant', content: 'Hi', ...message },
    finish_reason,
    ...more,
  };
  upstreamAnswers(JSON.stringify({ id: 'a', choices: [choice], usage: { prompt_tokens: 1 } }), {
    headers: JSON_TYPE,
  });
  return model.complete(callOf());
}

const chunkText = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ id: 'a', created: 1, model: 'acme-1', choices: [{ index: 0, delta, finish_reason }], x: { native_finish_reason: 'odd' } })}\n\n`;

async function streamed(texts: string[], raw: boolean) {
  upstreamAnswers(`${texts.join('')}data: [DONE]\n\n`, { headers: EVENTS_TYPE });
  return eventsOf(await model.stream(callOf(), { raw }));
}

/** The last reason of a stream's events, and whether they are in the upstream's own words. */
async function lastReason(texts: string[], raw: boolean) {
  const events = await streamed(texts, raw);
  const last = events.at(-1);
  if (last?.type === 'raw') {
    const [chunk] = chunksIn(last.text).slice(-1) as {
      model: string;
      choices: { finish_reason: string }[];
    }[];
    expect(chunk).toMatchObject({ model: 'acme/large', x: { native_finish_reason: 'odd' } });
    return chunk?.choices[0]?.finish_reason;
  }
  return last?.type === 'chunk' ? last.choices[0]?.finish_reason : null;
}

const REASONS: [upstream: string, ours: string][] = [
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['content_filter', 'content_filter'],
  ['function_call', 'tool_calls'],
  ['eos', 'stop'],
  ['end_turn', 'stop'],
  ['COMPLETE', 'stop'],
  ['something new', 'stop'],
  ['max_tokens', 'length'],
  ['MAX_TOKENS', 'length'],
  ['model_length', 'length'],
  ['tool_use', 'tool_calls'],
  ['SAFETY', 'content_filter'],
  ['content_filter: RECITATION', 'content_filter'],
];

describe.each(REASONS)('an answer that ended with "%s"', (upstream, ours) => {
  it(`is ${ours} as a whole`, async () => {
    const { choices } = await wholeAnswer(upstream);
    expect(choices[0]?.finish_reason).toBe(ours);
  });

  it.each([true, false])(`is ${ours} in a stream, raw: %s`, async (raw) => {
    expect(await lastReason([chunkText({ content: 'Hi' }, null), chunkText({}, upstream)], raw)).toBe(ours);
  });
});

it('an unknown reason after tool calls is theirs', async () => {
  const { choices } = await wholeAnswer('eos', {}, { content: null, tool_calls: CALLS });
  expect(choices[0]?.finish_reason).toBe('tool_calls');
  const calls = chunkText({ tool_calls: [{ index: 0, ...CALLS[0] }] }, null);
  expect(await lastReason([calls, chunkText({}, 'eos')], false)).toBe('tool_calls');
});

describe.each(['error', 'insufficient_system_resource', 'abort'])(
  'an answer that broke off with "%s"',
  (reason) => {
    it('is a model error as a whole', async () => {
      const error = await failureOf(wholeAnswer(reason));
      expect(error).toMatchObject({
        type: 'model_error',
        retryable: true,
        provider: { message: `the answer ended with "${reason}"` },
      });
    });

    it.each([true, false])('is a model error in a stream, raw: %s', async (raw) => {
      const texts = [chunkText({ content: 'Hi' }, null), chunkText({}, reason)];
      expect(await failureOf(streamed(texts, raw))).toMatchObject({ type: 'model_error' });
    });
  },
);

it('an error beside the choice that it ended says what it was', async () => {
  const error = await failureOf(wholeAnswer('error', { error: { code: 429, message: 'Slow down' } }));
  expect(error).toMatchObject({
    type: 'rate_limit_exceeded',
    provider: { status: 429, message: 'Slow down' },
  });
});

it('a chunk with a known reason, or the name of one in its text, is forwarded byte for byte', async () => {
  // Re-serialised, it would be 1.
  const odd = (content: string, reason: string) =>
    `data: {"id":"a","created":1,"model":"acme-1","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":${reason}}],"x":1.0}\n\n`;
  const events = await streamed(
    [chunkText({ role: 'assistant' }, null), odd('"finish_reason":"eos"', 'null'), odd('!', '"stop"')],
    true,
  );
  const text = events.map((event) => (event.type === 'raw' ? event.text : '')).join('');
  expect(text.match(/"x":1\.0/g)).toHaveLength(2);
});
