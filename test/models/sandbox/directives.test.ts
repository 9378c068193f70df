import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/contract/errors';
import { readDirectives } from '../../../src/models/sandbox/directives';

function detailOf(text: string) {
  try {
    readDirectives(text);
  } catch (error) {
    return error instanceof ApiError ? [error.type, ...(error.detail ?? [])] : error;
  }
  return null;
}

describe('readDirectives', () => {
  it('takes the directive lines out of the text', () => {
    const { directives, text } = readDirectives(
      'Hello\n@sandbox latency=250ms tokens=500\nthere\n  @sandbox fail=2\r\n',
    );
    expect(text).toBe('Hello\nthere');
    expect(directives).toMatchObject({ latencyMs: 250, tokens: 500, failures: 2, error: null, text: null });
  });

  it('reads seconds as well as milliseconds', () => {
    expect(readDirectives('@sandbox latency=1.5s chunk_delay=20ms').directives).toMatchObject({
      latencyMs: 1500,
      chunkDelayMs: 20,
    });
  });

  it('takes text to the end of the line, spaces, equals signs and backslashes included', () => {
    const { directives } = readDirectives('@sandbox latency=1ms text={"a": "b=c\\n"} error=timeout ');
    expect(directives.text).toBe('{"a": "b=c\\n"} error=timeout ');
    expect(directives).toMatchObject({ latencyMs: 1, error: null });
    expect(readDirectives('@sandbox text=').directives.text).toBe('');
  });

  it('leaves a mention within a line alone', () => {
    const text = 'what does @sandbox error=timeout do?\n@sandboxes are fun';
    expect(readDirectives(text)).toMatchObject({ text, directives: { error: null } });
  });

  it.each([
    ['@sandbox colour=red', 'directive_unknown', 'colour'],
    ['@sandbox please', 'directive_unknown', 'please'],
    ['@sandbox toString=1', 'directive_unknown', 'toString'],
    ['@sandbox latency=250', 'directive_invalid', 'latency=250'],
    ['@sandbox latency=999s', 'directive_invalid', 'latency=999s'],
    ['@sandbox tokens=0', 'directive_invalid', 'tokens=0'],
    ['@sandbox tokens=1e3', 'directive_invalid', 'tokens=1e3'],
    ['@sandbox error=nonsense', 'directive_invalid', 'error=nonsense'],
    ['@sandbox error=batch_expired', 'directive_invalid', 'error=batch_expired'],
    ['@sandbox fail', 'directive_invalid', 'fail'],
  ])('refuses %s by name', (line, key, value) => {
    expect(detailOf(line)).toEqual(['invalid_request', key, value]);
  });
});
