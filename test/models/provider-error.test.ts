import { describe, expect, it } from 'vitest';
import { errorMessage } from '../../src/contract/messages/render';
import { type ProviderFailure, providerError } from '../../src/models/provider-error';

const failure = (status: number | null, message: string, more: Partial<ProviderFailure> = {}) =>
  providerError({
    provider: { name: 'acme', kind: 'openai', baseUrl: null, keyName: 'ACME_KEY' },
    status,
    message,
    key: 'K-123',
    ...more,
  });

/** A status and words as providers send them, and what becomes of them. */
const TABLE: [status: number | null, words: string, type: string, retryable: boolean][] = [
  [400, 'temperature: Input should be less than 1', 'invalid_request', false],
  [400, "This model's maximum context length is 8192 tokens", 'context_length_exceeded', false],
  [400, 'prompt is too long: 210000 tokens > 200000 maximum', 'context_length_exceeded', false],
  [400, 'The input token count (1200000) exceeds the maximum', 'context_length_exceeded', false],
  [413, 'too many tokens', 'context_length_exceeded', false],
  [400, 'Your request was rejected by our safety system', 'content_policy_violation', false],
  [400, 'The response was filtered: content_filter', 'content_policy_violation', false],
  [403, 'Your input was flagged by moderation', 'content_policy_violation', false],
  [400, 'API key not valid. Please pass a valid API key.', 'model_error', false],
  [401, 'invalid x-api-key', 'model_error', false],
  [402, 'Insufficient credits', 'rate_limit_exceeded', false],
  [403, 'Country not supported', 'model_error', false],
  [404, 'The model `x` does not exist', 'model_error', false],
  [408, 'Request timed out', 'timeout', true],
  [413, 'request too large', 'invalid_request', false],
  [422, 'messages: field required', 'invalid_request', false],
  [429, 'Rate limit reached', 'rate_limit_exceeded', true],
  // Words about length or policy are not believed where the status says something else.
  [429, 'tokens per minute: exceeds the limit of 30000 tokens', 'rate_limit_exceeded', true],
  // Google's ordinary limit per minute.
  [429, 'You exceeded your current quota, check your plan and billing details', 'rate_limit_exceeded', true],
  [429, 'Your credit balance is too low', 'rate_limit_exceeded', false],
  [500, 'Internal error', 'model_error', true],
  [502, 'Bad gateway', 'model_error', true],
  [503, 'Service unavailable', 'model_overloaded', true],
  [504, 'Gateway timeout', 'timeout', true],
  [529, 'Overloaded', 'model_overloaded', true],
  [null, 'the connection failed', 'model_error', true],
];

describe('a provider’s failure', () => {
  it.each(TABLE)('%s "%s" is %s', (status, words, type, retryable) => {
    expect(failure(status, words)).toMatchObject({
      type,
      retryable,
      provider: { name: 'acme', status, message: words },
    });
  });

  it('is also told by its code', () => {
    expect(failure(400, 'no', { code: 'context_length_exceeded' }).type).toBe('context_length_exceeded');
    expect(failure(429, 'no', { code: 'insufficient_quota' }).retryable).toBe(false);
  });

  it('about a prompt that is too long says what the request has and what the model takes', () => {
    const words = 'prompt is too long: 213462 tokens > 200000 maximum';
    const error = failure(400, words);
    expect(error).toMatchObject({ param: 'messages', provider: { message: words } });
    expect(errorMessage(error, 'en')).toContain('the request has 213462 tokens and the model takes 200000');
    expect(errorMessage(error, 'ko')).toContain('요청은 213462 토큰이고 모델의 한도는 200000 토큰입니다');
    const half = failure(400, 'maximum context length is 8192 tokens');
    expect(errorMessage(half, 'en')).toContain('the model takes 8192 tokens');
    expect(failure(400, 'the context window is full').detail).toBeNull();
  });

  it('keeps how long to wait, where the provider says so', () => {
    expect(failure(429, 'slow down', { retryAfterMs: 1500 }).retryAfterMs).toBe(1500);
    expect(failure(429, 'slow down', { retryAfterMs: null }).retryAfterMs).toBeNull();
  });

  it.each([
    ['the key K-123 is wrong', 'the key [key] is wrong'],
    ['K-123K-123', '[key][key]'],
    ['Incorrect API key: sk-proj-abcdefgh12345678', 'Incorrect API key: [key]'],
    ['gsk_abcdefgh12345678 and AIzaSyA1234567890abcdef', '[key] and [key]'],
    ['header Authorization: Bearer anything.at-all', 'header Authorization: [key]'],
    ['task-list of risk-free things', 'task-list of risk-free things'],
  ])('tells no secret: %s', (words, told) => {
    expect(failure(500, words).provider?.message).toBe(told);
  });

  it('is cut to a readable length', () => {
    expect(failure(500, 'x'.repeat(5_000)).provider?.message).toHaveLength(1_000);
    expect(failure(500, `${'x'.repeat(999)}😀`).provider?.message).toBe('x'.repeat(999));
  });
});
