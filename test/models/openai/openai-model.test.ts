import { afterEach, describe, expect, it, vi } from 'vitest';
import { errorBody } from '../../../src/contract/messages/render';
import { connectOpenai } from '../../../src/models/openai/openai-model';
import { OPENAI_ANSWER, VLLM_ANSWER } from './recorded';
import { callOf, EVENTS_TYPE, failureOf, JSON_TYPE, KEY, model, UPSTREAM, upstreamAnswers } from './upstream';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a call to an OpenAI-compatible upstream', () => {
  it('is one POST with the provider’s key', async () => {
    const fetched = upstreamAnswers(OPENAI_ANSWER, { headers: JSON_TYPE });
    const call = callOf({ temperature: 0 });
    await model.complete(call);
    expect(fetched).toHaveBeenCalledTimes(1);
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect(url).toBe('https://acme.test/v1/chat/completions');
    expect(init?.method).toBe('POST');
    expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${KEY}`);
    expect(JSON.parse(String(init?.body))).toEqual({
      model: 'acme-large',
      temperature: 0,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(init?.signal).toBe(call.signal);
  });

  it('has no authorization where no key is needed', async () => {
    const fetched = upstreamAnswers(OPENAI_ANSWER, { headers: JSON_TYPE });
    await connectOpenai({ ...UPSTREAM, key: null }).complete(callOf());
    expect(new Headers(fetched.mock.calls[0]?.[1]?.headers).has('authorization')).toBe(false);
  });

  it('gives the answer as it came, with its usage', async () => {
    upstreamAnswers(OPENAI_ANSWER, { headers: JSON_TYPE });
    expect(await model.complete(callOf())).toEqual({
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: '안녕하세요', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 19,
        completion_tokens: 10,
        total_tokens: 29,
        prompt_tokens_details: { cached_tokens: 4, text_tokens: 19, image_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { text_tokens: 8, reasoning_tokens: 2 },
      },
      systemFingerprint: 'fp_44added55e',
    });
  });

  it('takes empty calls, refusals and errors for none', async () => {
    upstreamAnswers(VLLM_ANSWER, { headers: JSON_TYPE });
    const { choices } = await model.complete(callOf());
    expect(choices[0]?.message).toEqual({
      role: 'assistant',
      reasoning_content: 'Hm.',
      content: 'Hello',
      refusal: null,
    });
  });

  it('fills in what an upstream leaves out', async () => {
    upstreamAnswers('{"choices":[{"index":0,"message":{"role":"assistant"}}]}', { headers: JSON_TYPE });
    const { choices, usage } = await model.complete(callOf());
    expect(choices).toEqual([
      { index: 0, message: { role: 'assistant', content: null, refusal: null }, finish_reason: 'stop' },
    ]);
    expect(usage.prompt_tokens).toBeGreaterThan(0);
  });
});

/** Bodies of errors as they were seen: what comes of each, whether it was asked for whole or as a stream. */
const ERRORS: [title: string, status: number, body: string, type: string, words: string, retry: boolean][] = [
  [
    'OpenAI: no such parameter',
    400,
    '{"error":{"message":"Unsupported value: \'temperature\' does not support 0.2","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}',
    'invalid_request',
    "Unsupported value: 'temperature' does not support 0.2",
    false,
  ],
  [
    'OpenAI: too long',
    400,
    '{"error":{"message":"This model\'s maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
    'context_length_exceeded',
    "This model's maximum context length is 128000 tokens.",
    false,
  ],
  [
    'Azure: filtered',
    400,
    '{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI\'s content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}',
    'content_policy_violation',
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    false,
  ],
  [
    'OpenAI: wrong key',
    401,
    `{"error":{"message":"Incorrect API key provided: ${KEY}.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
    'model_error',
    'Incorrect API key provided: [key].',
    false,
  ],
  [
    'xAI: wrong key',
    400,
    '{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***23."}',
    'model_error',
    'Incorrect API key provided: xa***23.',
    false,
  ],
  [
    'OpenRouter: no credits',
    402,
    '{"error":{"message":"Insufficient credits","code":402},"user_id":"user_1"}',
    'rate_limit_exceeded',
    'Insufficient credits',
    false,
  ],
  ['FastAPI: no such path', 404, '{"detail":"Not Found"}', 'model_error', 'Not Found', false],
  [
    'vLLM: not understood',
    400,
    '{"object":"error","message":"[] is too short","type":"BadRequestError","param":null,"code":400}',
    'invalid_request',
    '[] is too short',
    false,
  ],
  [
    'OpenAI: out of quota',
    429,
    '{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}',
    'rate_limit_exceeded',
    'You exceeded your current quota',
    false,
  ],
  [
    'Google: too many',
    429,
    '[{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED"}}]',
    'rate_limit_exceeded',
    'Resource has been exhausted',
    true,
  ],
  ['a bare 500', 500, '', 'model_error', 'no message', true],
  [
    'a proxy’s page',
    502,
    '<html><body><h1>502 Bad Gateway</h1></body></html>',
    'model_error',
    '<html><body><h1>502 Bad Gateway</h1></body></html>',
    true,
  ],
  ['overload', 503, '{"error":"overloaded"}', 'model_overloaded', 'overloaded', true],
  ['overload of Anthropic’s kind', 529, '{"message":"Overloaded"}', 'model_overloaded', 'Overloaded', true],
  ['a gateway’s timeout', 504, 'upstream request timeout', 'timeout', 'upstream request timeout', true],
];

/** Whole, and as far as the first event of a stream. */
const BOTH_WAYS = [
  () => model.complete(callOf()),
  () => model.stream(callOf(), { raw: true }).then((stream) => stream[Symbol.asyncIterator]().next()),
];

describe('an upstream’s error', () => {
  it.each(ERRORS)('%s (%d)', async (_, status, body, type, message, retryable) => {
    upstreamAnswers(body, { status, headers: JSON_TYPE });
    for (const ask of BOTH_WAYS) {
      const error = await failureOf(ask());
      expect(error).toMatchObject({ type, retryable, provider: { name: 'acme', status, message } });
    }
  });

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '7', 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('says when to come back as %j does', async (headers, retryAfterMs) => {
    upstreamAnswers('{"error":{"message":"slow down"}}', { status: 429, headers });
    expect(await failureOf(model.complete(callOf()))).toMatchObject({
      type: 'rate_limit_exceeded',
      retryAfterMs,
    });
  });

  it.each([
    ['{"error":{"message":"Provider returned error","code":429}}', 'rate_limit_exceeded', 429],
    [
      '{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}',
      'context_length_exceeded',
      400,
    ],
    ['{"error":{"message":"overloaded","type":"overloaded_error"}}', 'model_overloaded', 503],
    ['{"error":"out of order"}', 'model_error', null],
    ['{"choices":[]}', 'model_error', null],
    ['{"choices":[{"index":0}]}', 'model_error', null],
    ['{"error":null}', 'model_error', null],
    ['{"id":"x"}', 'model_error', null],
    ['["surprise"]', 'model_error', null],
    ['"surprise"', 'model_error', null],
    ['null', 'model_error', null],
    ['{"choices":[{"index":0,"mess', 'model_error', null],
    ['<html>welcome</html>', 'model_error', null],
    ['', 'model_error', null],
  ])('inside a 200: %s', async (body, type, status) => {
    upstreamAnswers(body, { headers: JSON_TYPE });
    for (const ask of BOTH_WAYS) {
      expect(await failureOf(ask())).toMatchObject({ type, provider: { name: 'acme', status } });
    }
  });

  it('of a connection that cannot be made is a model error', async () => {
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Network connection lost.'));
    expect(await failureOf(model.complete(callOf()))).toMatchObject({ type: 'model_error', retryable: true });
  });

  it('of a call that was given up is left as it is', async () => {
    const given = new Error('given up');
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(given);
    const call = { ...callOf(), signal: AbortSignal.abort(given) };
    await expect(model.complete(call)).rejects.toBe(given);
    await expect(model.stream(call, { raw: true })).rejects.toBe(given);
  });

  it.each([
    ['in its words', 401, JSON_TYPE, `{"error":{"message":"bad key ${KEY}, Bearer ${KEY}"}}`],
    ['in a page', 500, { 'content-type': 'text/html' }, `<pre>Authorization: Bearer ${KEY}</pre>`],
    ['inside a 200', 200, JSON_TYPE, `{"error":{"message":"no ${KEY}"}}`],
    ['amid a stream', 200, EVENTS_TYPE, `data: {"error":{"message":"no ${KEY}"}}\n\n`],
    ['as no JSON', 200, EVENTS_TYPE, `data: ${KEY}\n\n`],
  ])('never tells the key: %s', async (_, status, headers, body) => {
    upstreamAnswers(body, { status, headers });
    for (const ask of BOTH_WAYS) {
      const error = await failureOf(ask());
      expect(JSON.stringify(errorBody(error, 'en', 'req_1'))).not.toContain('secret');
      expect(error.message).not.toContain('secret');
    }
  });
});
