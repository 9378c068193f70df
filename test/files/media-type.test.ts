// What is taken for what, by stated type, name and bytes.
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/contract/errors';
import type { Detail } from '../../src/contract/messages/en';
import { checkMediaType, HEAD_BYTES } from '../../src/files/media-type';
import { SAMPLES } from './samples';

type Sample = keyof typeof SAMPLES;

const check = (head: Uint8Array, declared: string | null, filename: string | null = null) =>
  checkMediaType({ declared, filename, head });

async function refusal(promise: Promise<string>): Promise<Detail | null> {
  const error = await promise.then(
    (type) => `accepted as ${type}`,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  if (!(error instanceof ApiError)) return null;
  expect(error.type).toBe('unsupported_media_type');
  return error.detail;
}

const LISTED: [Sample, string, string[]][] = [
  ['png', 'image/png', ['image/png', 'IMAGE/PNG']],
  ['jpeg', 'image/jpeg', ['image/jpeg', 'image/jpg']],
  ['gif', 'image/gif', ['image/gif']],
  ['webp', 'image/webp', ['image/webp']],
  ['pdf', 'application/pdf', ['application/pdf']],
  ['mp3', 'audio/mpeg', ['audio/mpeg', 'audio/mp3']],
  ['wav', 'audio/wav', ['audio/wav', 'audio/x-wav', 'audio/wave']],
  ['ogg', 'audio/ogg', ['audio/ogg', 'audio/ogg; codecs=vorbis']],
  ['text', 'text/plain', ['text/plain', 'text/plain; charset=UTF-8']],
  ['csv', 'text/csv', ['text/csv']],
];

describe.each(LISTED)('%s', (sample, type, names) => {
  it('is accepted under each of its names, and stored under one', async () => {
    for (const name of names) expect(await check(SAMPLES[sample], name)).toBe(type);
  });

  it('is recognised where no type is stated', async () => {
    for (const declared of [null, '', 'application/octet-stream']) {
      expect(await check(SAMPLES[sample], declared, sample === 'csv' ? 'data.CSV' : 'data')).toBe(type);
    }
  });

  it('is refused under another type', async () => {
    const other = type === 'image/png' ? 'image/jpeg' : 'image/png';
    const seen = type === 'text/csv' ? 'text/plain' : type;
    expect(await refusal(check(SAMPLES[sample], other))).toEqual(['media_type_mismatch', other, seen]);
  });
});

it.each([
  ['image/png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]],
  ['audio/mpeg', [0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3]],
  ['audio/ogg', [0x4f, 0x67, 0x67, 0x53, 0]],
])('takes a bare signature of %s for what it is', async (type, head) => {
  expect(await check(new Uint8Array(head), type)).toBe(type);
  expect(await check(new Uint8Array(head), null)).toBe(type);
});

it('refuses types that are not on the list, by the name the client gave', async () => {
  for (const type of [
    'image/svg+xml',
    'text/html',
    'application/zip',
    'text/markdown',
    'video/mp4',
    'constructor',
  ]) {
    expect(await refusal(check(SAMPLES.text, type))).toEqual(['media_type_unsupported', type]);
  }
});

it('refuses unlisted bytes whatever they are called', async () => {
  expect(await refusal(check(SAMPLES.zip, null, 'a.txt'))).toEqual([
    'media_type_unsupported',
    'application/zip',
  ]);
  expect(await refusal(check(SAMPLES.zip, 'text/plain'))).toMatchObject([
    'media_type_mismatch',
    'text/plain',
    'application/zip',
  ]);
  expect(await refusal(check(new Uint8Array([0, 1, 2]), null))).toEqual([
    'media_type_unsupported',
    'application/octet-stream',
  ]);
});

describe('text', () => {
  it.each<[Sample, string]>([
    ['svg', 'image/svg+xml'],
    ['html', 'text/html'],
    ['script', 'text/x-shellscript'],
    ['pdf', 'application/pdf'],
    ['png', 'image/png'],
  ])('is not what %s is', async (sample, seen) => {
    for (const declared of ['text/plain', 'text/csv']) {
      expect(await refusal(check(SAMPLES[sample], declared))).toEqual([
        'media_type_mismatch',
        declared,
        seen,
      ]);
    }
    if (seen !== 'application/pdf' && seen !== 'image/png') {
      expect(await refusal(check(SAMPLES[sample], null, 'a.txt'))).toEqual(['media_type_unsupported', seen]);
    }
  });

  it('may open with the letters of a binary signature', async () => {
    for (const opening of [
      'BMW is a car',
      'MZ, initials',
      'ID3 tags',
      'GIFs move',
      'BZh',
      'a < b',
      '<p>hi',
    ]) {
      expect(await check(new TextEncoder().encode(opening), 'text/plain'), opening).toBe('text/plain');
    }
  });

  it('has no NUL and is UTF-8', async () => {
    const latin1 = new Uint8Array([0x63, 0x61, 0x66, 0xe9, 0x20, 0x6f, 0x6b]);
    for (const head of [new Uint8Array([0x61, 0, 0x62]), latin1]) {
      for (const [declared, name] of [
        ['text/plain', null],
        ['text/csv', 'a'],
        [null, 'a.txt'],
        ['application/octet-stream', 'a.csv'],
      ] as const) {
        expect(await refusal(check(head, declared, name))).toEqual(['text_not_utf8']);
      }
      expect(await refusal(check(head, 'image/png'))).toEqual([
        'media_type_mismatch',
        'image/png',
        'application/octet-stream',
      ]);
    }
  });

  it('may be cut in the middle of a character by the end of the head, but not end there', async () => {
    const long = new TextEncoder().encode(`x${'가'.repeat(HEAD_BYTES)}`);
    expect(await check(long.subarray(0, HEAD_BYTES), 'text/plain')).toBe('text/plain');
    expect(await check(long, 'text/plain')).toBe('text/plain');
    expect((await refusal(check(long.subarray(0, 6), 'text/plain')))?.[0]).toBe('text_not_utf8');
  });

  it('may begin with a byte order mark', async () => {
    expect(await check(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), 'text/plain')).toBe('text/plain');
  });

  it('without a stated type goes by the ending of its name', async () => {
    expect(await check(SAMPLES.text, null, 'a.b.txt')).toBe('text/plain');
    expect(await check(SAMPLES.text, null, null)).toBe('text/plain');
    expect(await refusal(check(SAMPLES.text, null, 'page.html'))).toEqual([
      'media_type_unsupported',
      '.html',
    ]);
    expect(await refusal(check(SAMPLES.text, null, 'a.constructor'))).toEqual([
      'media_type_unsupported',
      '.constructor',
    ]);
  });
});

describe('a batch file', () => {
  const batch = (head: Uint8Array, declared: string | null, filename: string | null = null) =>
    checkMediaType({ declared, filename, head, purpose: 'batch' });

  it('is JSON Lines under every name it goes by', async () => {
    const names = [
      'application/jsonl',
      'application/x-ndjson',
      'application/json',
      'application/octet-stream',
      'text/plain',
    ];
    for (const declared of [...names, null]) {
      expect(await batch(SAMPLES.jsonl, declared, 'a.jsonl')).toBe('application/jsonl');
    }
  });

  it('is nothing else', async () => {
    expect(await refusal(batch(SAMPLES.png, 'image/png'))).toEqual(['media_type_no_lines', 'image/png']);
    expect(await refusal(batch(new Uint8Array([0x7b, 0xe9, 0x7d]), null))).toEqual(['text_not_utf8']);
    expect(await refusal(batch(SAMPLES.png, null))).toEqual([
      'media_type_mismatch',
      'application/jsonl',
      'image/png',
    ]);
    expect(await refusal(batch(SAMPLES.html, 'text/plain'))).toEqual([
      'media_type_mismatch',
      'text/plain',
      'text/html',
    ]);
  });

  it('is refused for any other purpose', async () => {
    expect(await refusal(check(SAMPLES.jsonl, 'application/jsonl'))).toEqual([
      'media_type_unsupported',
      'application/jsonl',
    ]);
    expect(await refusal(check(SAMPLES.jsonl, null, 'a.jsonl'))).toEqual([
      'media_type_unsupported',
      '.jsonl',
    ]);
  });
});
