import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ApiError, ERROR_TABLE, ERROR_TYPES, type ErrorType } from '../../src/contract/errors';
import { en } from '../../src/contract/messages/en';
import { enReasons } from '../../src/contract/messages/en-reasons';
import { ko } from '../../src/contract/messages/ko';
import { koReasons } from '../../src/contract/messages/ko-reasons';
import { errorBody, errorMessage, preferredLocale } from '../../src/contract/messages/render';
import { parseOrThrow } from '../../src/contract/validation';

/** What stored integrations match on. */
const FIXED: Partial<Record<ErrorType, [status: number, korean: string]>> = {
  invalid_request: [400, '요청 형식이 올바르지 않습니다'],
  authentication_error: [401, '인증에 실패했습니다'],
  permission_denied: [403, '이 리소스에 접근할 권한이 없습니다'],
  not_found: [404, '요청한 리소스를 찾을 수 없습니다'],
  content_policy_violation: [400, '콘텐츠 정책을 위반하는 요청입니다'],
  context_length_exceeded: [400, '모델의 컨텍스트 길이를 초과했습니다'],
  invalid_tool_call: [400, '도구 호출 형식이 올바르지 않습니다'],
  rate_limit_exceeded: [429, '요청 한도를 초과했습니다'],
  token_limit_exceeded: [429, '토큰 한도를 초과했습니다'],
  budget_exceeded: [429, '월간 예산을 초과했습니다'],
  model_error: [500, '모델 추론 중 오류가 발생했습니다'],
  model_overloaded: [503, '모델이 과부하 상태입니다'],
  timeout: [504, '추론 시간이 초과되었습니다'],
  file_too_large: [413, '파일 크기는 100MB를 초과할 수 없습니다'],
  unsupported_media_type: [415, '지원하지 않는 파일 형식입니다'],
};

const HANGUL = /[가-힣]/;

/** More than two words in a row that are neither quoted nor a value. */
const ENGLISH = /[A-Za-z]+(?: +[A-Za-z]+){2,}/;

/** A Korean text without what may be in any language: values, quoted words, URLs. */
function spokenPart(text: string): string {
  return text.replace(/<value \d>|"[^"]*"|https?:\S+/g, '');
}

/** Values that each language has its own words for, by the place they have in their sentence. */
const SPOKEN: Record<string, Record<number, unknown>> = {
  requests_used_up: { 1: 'account' },
  tokens_used_up: { 1: 'key' },
  tokens_too_many: { 1: 'account' },
  budget_spent: { 0: 'key' },
  budget_reserved: { 0: 'account' },
  json_malformed: { 0: 'body', 1: ['json_ends', 1, 2] },
  utf8_malformed: { 0: 'line' },
  json_too_deep: { 0: 'field' },
  tool_call_failed: { 0: [{ place: '/a', reason: ['must_be_type', ['string', 'null']] }] },
  output_invalid: { 0: [{ place: null, reason: ['answer_not_json'] }] },
  schema_invalid: { 0: [{ place: '/a', isName: true, reason: ['must_match', 'x'] }] },
  part_url_refused: { 0: ['url_credentials'] },
  multipart_malformed: { 0: ['name_missing'] },
  first_line_malformed: { 0: ['json_unexpected', '"x"', 1, 2] },
  target_invalid: { 0: ['address_not_public', '10.0.0.1'] },
  must_be_type: { 0: ['object', 'integer', 'null'] },
  wrong_type: { 0: ['object', 'null'], 1: 'array' },
  members_unknown: { 0: ['a', 'b'], 1: 2 },
  port_refused: { 1: ['443', '80'] },
  call_required: { 0: ['a', 'b'] },
};

type Sentence = (...values: unknown[]) => string;

/** What both languages make of a key, each with all its values. */
function saidOf(key: string, catalogues: readonly object[]): string[] {
  return catalogues.map((catalogue) => {
    const sentence: Sentence = Reflect.get(catalogue, key);
    const spoken = SPOKEN[key] ?? {};
    const values = Array.from({ length: sentence.length }, (_, index) => spoken[index] ?? `<value ${index}>`);
    const text = sentence(...values);
    expect(text).not.toMatch(/undefined|\[object/);
    for (const [index, value] of values.entries()) {
      if (spoken[index] === undefined) expect(text).toContain(value);
    }
    return text;
  });
}

describe('the error types', () => {
  it.each(Object.entries(FIXED))(
    '%s has its status and its Korean message, to the letter',
    (type, [status, korean]) => {
      expect(ERROR_TABLE[type as ErrorType].status).toBe(status);
      expect(errorMessage(new ApiError(type as ErrorType), 'ko')).toBe(korean);
    },
  );

  it('beyond these are the few the contract allows', () => {
    const others = ERROR_TYPES.filter((type) => !(type in FIXED)).map((type) => [
      type,
      ERROR_TABLE[type].status,
    ]);
    expect(Object.fromEntries(others)).toEqual({
      request_too_large: 413,
      method_not_allowed: 405,
      conflict: 409,
      internal_error: 500,
      batch_expired: null,
      batch_cancelled: null,
    });
  });

  it('are retryable where waiting can help', () => {
    expect(ERROR_TYPES.filter((type) => ERROR_TABLE[type].retryable)).toEqual([
      'rate_limit_exceeded',
      'token_limit_exceeded',
      'model_error',
      'model_overloaded',
      'timeout',
      'internal_error',
    ]);
  });
});

describe('English and Korean', () => {
  it.each(['base', 'missing', 'detail'] as const)('have the same %s messages', (group) => {
    expect(Object.keys(ko[group]).toSorted()).toEqual(Object.keys(en[group]).toSorted());
  });

  it.each(['base', 'missing'] as const)('say every %s message in their own language', (group) => {
    for (const text of Object.values(en[group])) expect(text).not.toMatch(HANGUL);
    for (const text of Object.values(ko[group])) expect(text).toMatch(HANGUL);
  });

  it.each(Object.keys(en.detail).filter((key) => key !== 'value_invalid'))(
    'both say "%s" in words of their own, with every value',
    (key) => {
      const [english, korean] = saidOf(key, [en.detail, ko.detail]);
      // Korean clients match on these, which say no more than the type.
      if (korean === '<value 0>') return;
      expect(english).not.toMatch(HANGUL);
      expect(korean).toMatch(HANGUL);
      expect(spokenPart(korean ?? '')).not.toMatch(ENGLISH);
    },
  );

  it('have the same reasons', () => {
    expect(Object.keys(koReasons).toSorted()).toEqual(Object.keys(enReasons).toSorted());
  });

  it.each(Object.keys(enReasons))('both say why: "%s"', (key) => {
    const [english, korean] = saidOf(key, [enReasons, koReasons]);
    expect(english).not.toMatch(HANGUL);
    expect(korean).toMatch(HANGUL);
    expect(spokenPart(korean ?? '')).not.toMatch(ENGLISH);
  });

  const SCHEMA = z.strictObject({
    limit: z.int().min(2).max(100).optional(),
    share: z.number().gt(0).lt(1).optional(),
    name: z.string().min(1).max(5).optional(),
    on: z.boolean().optional(),
    at: z.iso.datetime().optional(),
    order: z.enum(['asc', 'desc']).optional(),
    version: z.literal(1).optional(),
    ids: z.array(z.string()).min(1).max(2).optional(),
    pairs: z.record(z.string().max(2), z.string()).optional(),
    more: z.object({ must: z.string() }).optional(),
    either: z.union([z.string(), z.array(z.string())]).optional(),
    choice: z.union([z.enum(['a']), z.array(z.string())]).optional(),
    kind: z
      .discriminatedUnion('type', [z.object({ type: z.literal('a') }), z.object({ type: z.literal('b') })])
      .optional(),
    step: z.number().multipleOf(2).optional(),
    day: z.iso.date().optional(),
    code: z
      .string()
      .regex(/^a\/b$/)
      .optional(),
  });

  const MANY = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`k${index}`, 1]));

  it.each<[input: unknown, english: string, korean: string]>([
    [{ limit: 'x' }, 'limit: must be a number', 'limit: 숫자여야 합니다'],
    [
      { limit: {} },
      'limit: must be a number, not an object',
      'limit: 숫자여야 합니다 (받은 값의 형식: 객체)',
    ],
    [{ limit: 1.5 }, 'limit: must be an integer', 'limit: 정수여야 합니다'],
    [{ limit: 101 }, 'limit: must be at most 100', 'limit: 100 이하여야 합니다'],
    [{ limit: 1 }, 'limit: must be at least 2', 'limit: 2 이상이어야 합니다'],
    [{ share: 0 }, 'share: must be greater than 0', 'share: 0보다 커야 합니다'],
    [{ share: 1 }, 'share: must be less than 1', 'share: 1보다 작아야 합니다'],
    [{ share: Number.NaN }, 'share: must be a number', 'share: 숫자여야 합니다'],
    [{ step: 3 }, 'step: must be a multiple of 2', 'step: 2의 배수여야 합니다'],
    [{ name: '' }, 'name: must have at least 1 character', 'name: 1자 이상이어야 합니다'],
    [{ name: 'longer' }, 'name: must have at most 5 characters', 'name: 5자 이하여야 합니다'],
    [{ name: 5 }, 'name: must be a string, not a number', 'name: 문자열이어야 합니다 (받은 값의 형식: 숫자)'],
    [{ on: null }, 'on: must be a boolean, not null', 'on: 불리언이어야 합니다 (받은 값의 형식: null)'],
    [
      { at: 'now' },
      'at: must be a time, e.g. 2026-01-31T09:00:00Z',
      'at: 시각이어야 합니다. 예: 2026-01-31T09:00:00Z',
    ],
    [{ day: 'now' }, 'day: must be a day, e.g. 2026-01-31', 'day: 날짜여야 합니다. 예: 2026-01-31'],
    [{ code: '!' }, 'code: must match the pattern ^a/b$', 'code: 패턴 ^a/b$과(와) 일치해야 합니다'],
    [{ order: 'up' }, 'order: must be one of "asc", "desc"', 'order: 다음 중 하나여야 합니다: "asc", "desc"'],
    [{ version: 2 }, 'version: must be 1', 'version: 다음 값이어야 합니다: 1'],
    [{ ids: [] }, 'ids: must have at least 1 item', 'ids: 항목이 1개 이상이어야 합니다'],
    [{ ids: ['a', 'b', 'c'] }, 'ids: must have at most 2 items', 'ids: 항목이 2개 이하여야 합니다'],
    [{ ids: {} }, 'ids: must be an array, not an object', 'ids: 배열이어야 합니다 (받은 값의 형식: 객체)'],
    [
      { pairs: { abc: 'x' } },
      'the name of pairs.abc: must have at most 2 characters',
      'pairs.abc의 이름: 2자 이하여야 합니다',
    ],
    [
      { pairs: [] },
      'pairs: must be an object, not an array',
      'pairs: 객체여야 합니다 (받은 값의 형식: 배열)',
    ],
    [{ more: {} }, 'more.must: is missing', 'more.must: 값이 없습니다'],
    [
      { either: 1 },
      'either: must be a string or an array, not a number',
      'either: 문자열 또는 배열이어야 합니다 (받은 값의 형식: 숫자)',
    ],
    [
      { choice: 1 },
      'choice: has none of the forms it may have',
      'choice: 허용되는 형식 중 어느 것과도 맞지 않습니다',
    ],
    [{ kind: {} }, 'kind.type: is missing', 'kind.type: 값이 없습니다'],
    [
      { kind: { type: 'c' } },
      'kind.type: must be one of "a", "b"',
      'kind.type: 다음 중 하나여야 합니다: "a", "b"',
    ],
    [{ colour: 1 }, 'must not have "colour"', '알 수 없는 키: "colour"'],
    [
      MANY,
      'must not have "k0", "k1", "k2", "k3", "k4" and 2 more',
      '알 수 없는 키: "k0", "k1", "k2", "k3", "k4" 외 2개',
    ],
    [[], 'must be an object, not an array', '객체여야 합니다 (받은 값의 형식: 배열)'],
  ])('word a schema’s issue in their own way: %j', (input, english, korean) => {
    const error = refusalOf(SCHEMA, input);
    expect(errorMessage(error, 'en')).toBe(`The request is not valid: ${english}`);
    expect(errorMessage(error, 'ko')).toBe(`요청 형식이 올바르지 않습니다: ${korean}`);
  });
});

function refusalOf(schema: z.ZodType, input: unknown): ApiError {
  try {
    parseOrThrow(schema, input);
  } catch (error) {
    if (error instanceof ApiError) return error;
  }
  throw new Error('the input was accepted');
}

describe('a message', () => {
  it('is the base message made specific', () => {
    const error = new ApiError('invalid_request', { detail: ['json_too_deep', 'body', 128] });
    expect(errorMessage(error, 'en')).toBe(
      'The request is not valid: the body is nested deeper than 128 levels',
    );
    expect(errorMessage(error, 'ko')).toBe('요청 형식이 올바르지 않습니다: 본문의 중첩이 128단계를 넘습니다');
  });

  it('names what is missing instead of a resource', () => {
    expect(errorMessage(new ApiError('not_found', { missing: 'batch' }), 'ko')).toBe(
      '배치를 찾을 수 없습니다',
    );
    expect(errorMessage(new ApiError('not_found', { missing: 'file' }), 'en')).toBe('The file was not found');
  });

  it('names the type of a file that is not supported', () => {
    const detail = ['media_type_unsupported', 'image/bmp'] as const;
    expect(errorMessage(new ApiError('unsupported_media_type', { detail: [...detail] }), 'ko')).toBe(
      '지원하지 않는 파일 형식입니다: image/bmp',
    );
    expect(errorMessage(new ApiError('unsupported_media_type', { detail: [...detail] }), 'en')).toMatch(
      /^This file type is not supported: image\/bmp \(supported are image\/png, .*text\/csv\)$/,
    );
  });
});

describe('the error object', () => {
  it('holds what a client needs, and nothing of the cause', () => {
    const cause = new Error('secret');
    expect(errorBody(new ApiError('timeout', { code: 'batch_expired', cause }), 'en', 'req_1')).toEqual({
      type: 'timeout',
      code: 'batch_expired',
      message: 'The model took too long to answer',
      param: null,
      request_id: 'req_1',
    });
  });

  it('keeps the provider’s own words', () => {
    const provider = { name: 'openai', status: 503, message: 'Slow down' };
    expect(errorBody(new ApiError('model_overloaded', { provider }), 'ko')).toEqual({
      type: 'model_overloaded',
      code: 'model_overloaded',
      message: '모델이 과부하 상태입니다',
      param: null,
      provider,
    });
  });
});

describe('Accept-Language', () => {
  it.each<['en' | 'ko', string | undefined]>([
    ['en', undefined],
    ['en', ''],
    ['en', '*'],
    ['en', 'fr, de;q=0.9'],
    ['ko', 'ko'],
    ['ko', 'ko-KR'],
    ['ko', 'KO-kr'],
    ['ko', 'ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7'],
    ['en', 'en-US,en;q=0.9,ko;q=0.8'],
    ['ko', 'en;q=0.5, ko;q=0.9'],
    ['ko', 'en;q=0.5,ko'],
    ['ko', 'fr, ko;q=0.1'],
    ['ko', 'en;q=0, ko;q=0.001'],
    ['en', 'ko;q=0'],
    ['en', 'ko;q=0.0, en;q=0.1'],
    ['ko', 'ko ; Q=0.7 , en ; q=0.6'],
    ['en', 'ko;q=many, en;q=0.1'],
    ['en', 'kok, kor-x'],
    ['en', ',;,=;q=,'],
  ])('answers in %s to %j', (locale, header) => {
    expect(preferredLocale(header)).toBe(locale);
  });
});
