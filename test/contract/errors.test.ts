import { expect, it } from 'vitest';
import { ApiError } from '../../src/contract/errors';

const FULL = new ApiError('model_overloaded', {
  code: 'slow_down',
  detail: ['model_unknown', 'x'],
  param: 'messages[0]',
  provider: { name: 'openai', status: 503, message: 'Slow down' },
  retryAfterMs: 1500,
  retryable: false,
  headers: { Allow: 'GET' },
  cause: new Error('inner'),
});

it('an error found inside a larger input keeps everything but its place', () => {
  const placed = FULL.at('inputs[3].body');
  expect(placed.param).toBe('inputs[3].body.messages[0]');
  for (const member of [
    'type',
    'code',
    'detail',
    'provider',
    'retryAfterMs',
    'retryable',
    'headers',
    'cause',
  ] as const) {
    expect(placed[member], member).toEqual(FULL[member]);
  }
  expect(new ApiError('not_found', { missing: 'file' }).at('file')).toMatchObject({
    missing: 'file',
    param: 'file',
  });
});

it('an error under another type is judged by that type', () => {
  const other = new ApiError('not_found', {
    missing: 'model',
    detail: ['model_unknown', 'x'],
    param: 'model',
  });
  expect(other.as('invalid_request')).toMatchObject({
    type: 'invalid_request',
    code: 'invalid_request',
    missing: null,
    detail: ['model_unknown', 'x'],
    param: 'model',
  });
  expect(FULL.as('timeout')).toMatchObject({ code: 'timeout', retryable: true });
});
