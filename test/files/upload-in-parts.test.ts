// Uploads in parts, against R2 and the account's object: in any order, at once, again, and cut off.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/contract/errors';
import { newId } from '../../src/contract/ids';
import type { UploadCreate } from '../../src/contract/uploads';
import { completeUpload } from '../../src/files/complete-upload';
import { findFile } from '../../src/files/file-store';
import { partKey } from '../../src/files/object-key';
import { addPart, cancelUpload, createUpload } from '../../src/files/upload-in-parts';
import { encodeHex } from '../../src/platform/hex';
import { SAMPLES } from './samples';
import { keysOf } from './stored-keys';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const HOUR_MS = 3_600_000;
const MIB = 1024 ** 2;

type Bytes = Uint8Array<ArrayBuffer>;

/** An account of its own, with what is done to its uploads at `NOW`, or later. */
async function newAccount(limits: { storage_bytes?: number } = {}) {
  const accountId = newId('acct');
  await env.ACCOUNTS.getByName(accountId).create({ id: accountId, name: 'test', limits, createdAt: NOW });
  const bytesOf = async (fileId: string | undefined) => {
    const file = await findFile(env, accountId, fileId ?? '', NOW);
    const object = file === null ? null : await env.BUCKET.get(file.r2Key);
    return object === null ? new Uint8Array() : object.bytes();
  };
  return {
    accountId,
    create: (bytes: number, values: Partial<UploadCreate> = {}) =>
      createUpload(
        env,
        accountId,
        { bytes, filename: 'a.txt', mime_type: 'text/plain', purpose: 'user_data', ...values },
        NOW,
      ),
    add: async (uploadId: string, content: Bytes | string, now = NOW) =>
      (await addPart(env, accountId, uploadId, form([['data', new File([content], 'blob')]]), now)).id,
    complete: (uploadId: string, partIds: string[], md5: string | null = null, now = NOW) =>
      completeUpload(env, accountId, uploadId, { part_ids: partIds, md5 }, now),
    cancel: (uploadId: string, now = NOW) => cancelUpload(env, accountId, uploadId, now),
    bytesOf,
    textOf: async (fileId: string | undefined) => new TextDecoder().decode(await bytesOf(fileId)),
    keys: () => keysOf(accountId),
  };
}

function form(fields: readonly (readonly [name: string, value: string | File])[]) {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  const { body, headers } = new Request('http://x/', { method: 'POST', body: data });
  return { body, contentType: headers.get('content-type'), contentLength: null };
}

async function failure(attempt: Promise<unknown>): Promise<Pick<ApiError, 'type' | 'detail' | 'param'>> {
  const error = await attempt.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  const { type, detail, param } = error;
  return { type, detail, param };
}

const encode = (content: string) => new TextEncoder().encode(content) as Bytes;

async function hash(algorithm: 'SHA-256' | 'MD5', bytes: Bytes): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest(algorithm, bytes)));
}

/** Text whose every stretch differs from the others. */
function text(size: number, seed = 0): Bytes {
  const bytes = new Uint8Array(size).fill(0x61);
  for (let at = 0; at < size; at += 1021) bytes[at] = 0x62 + ((at / 1021 + seed) % 20);
  return bytes;
}

function joined(...parts: Bytes[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

describe('an upload', () => {
  it('becomes a file of its parts in the order they are listed, however they came', async () => {
    const account = await newAccount();
    const pieces = [text(9 * MIB), text(100, 1), text(8 * MIB, 2), text(1, 3)];
    const whole = joined(...pieces);
    const upload = await account.create(whole.length, {
      filename: '../한글.txt',
      expires_after: { anchor: 'created_at', seconds: 7200 },
    });
    expect(upload).toMatchObject({ status: 'pending', expiresAt: NOW + HOUR_MS, file: null });
    const ids = (
      await Promise.all(
        pieces
          .map((piece, place) => ({ piece, place }))
          .toReversed()
          .map(async ({ piece, place }) => ({
            place,
            id: await account.add(upload.id, piece),
          })),
      )
    ).toSorted((a, b) => a.place - b.place);
    const partIds = ids.map(({ id }) => id);
    const { file, status } = await account.complete(upload.id, partIds, await hash('MD5', whole));
    expect(status).toBe('completed');
    expect(file).toMatchObject({
      filename: '한글.txt',
      size: whole.length,
      contentType: 'text/plain',
      purpose: 'user_data',
      createdAt: NOW,
      expiresAt: NOW + 7_200_000,
      sha256: await hash('SHA-256', whole),
    });
    expect(Buffer.compare(await account.bytesOf(file?.id), whole)).toBe(0);
    expect(await account.keys()).toEqual([file?.r2Key]);
  });

  it('need not use every part: one that was sent again is left out', async () => {
    const account = await newAccount();
    const { id } = await account.create(6);
    const [, second, first] = [
      await account.add(id, 'lost'),
      await account.add(id, 'two'),
      await account.add(id, 'one'),
    ];
    const { file } = await account.complete(id, [first, second]);
    expect(await account.textOf(file?.id)).toBe('onetwo');
    expect(await account.keys()).toHaveLength(1);
  });

  it('that is completed again is the same file, and no other', async () => {
    const account = await newAccount();
    const { id } = await account.create(6);
    const parts = [await account.add(id, 'one'), await account.add(id, 'two')];
    const first = await account.complete(id, parts);
    expect(await account.complete(id, parts, null, NOW + 2 * HOUR_MS)).toEqual(first);
    const other = await failure(account.complete(id, parts.toReversed()));
    expect(other).toEqual({ type: 'conflict', detail: ['upload_not_pending', 'completed'], param: null });
    expect(await failure(account.add(id, 'more'))).toMatchObject({ type: 'conflict' });
    expect(await failure(account.cancel(id))).toMatchObject({ type: 'conflict' });
    expect(await account.keys()).toEqual([first.file?.r2Key]);
  });

  it('that is completed several times at once makes one file', async () => {
    const account = await newAccount();
    const pieces = [text(3 * MIB), text(3 * MIB, 1)];
    const { id } = await account.create(6 * MIB);
    const parts = [await account.add(id, text(3 * MIB)), await account.add(id, text(3 * MIB, 1))];
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => account.complete(id, parts)));
    expect(new Set(outcomes.map(({ file }) => file?.id)).size).toBe(1);
    expect(await account.keys()).toEqual([outcomes[0]?.file?.r2Key]);
    const stored = await account.bytesOf(outcomes[0]?.file?.id);
    expect(Buffer.compare(stored, joined(...pieces))).toBe(0);
  });

  it('that is completed at once in two orders is a file in one of them', async () => {
    const account = await newAccount();
    const { id } = await account.create(6);
    const parts = [await account.add(id, 'one'), await account.add(id, 'two')];
    const outcomes = await Promise.allSettled([
      account.complete(id, parts),
      account.complete(id, parts.toReversed()),
    ]);
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(made).toHaveLength(1);
    const expected = made[0]?.partIds?.[0] === parts[0] ? 'onetwo' : 'twoone';
    expect(await account.textOf(made[0]?.file?.id)).toBe(expected);
    expect(made[0]?.file?.sha256).toBe(await hash('SHA-256', encode(expected)));
    expect(await account.keys()).toHaveLength(1);
  });

  it('that is cancelled takes its parts with it', async () => {
    const account = await newAccount();
    const { id } = await account.create(6);
    const parts = [await account.add(id, 'one')];
    expect(await account.cancel(id)).toMatchObject({ id, status: 'cancelled', file: null });
    expect(await account.cancel(id)).toMatchObject({ id, status: 'cancelled' });
    expect(await account.keys()).toEqual([]);
    expect(await failure(account.add(id, 'two'))).toMatchObject({
      detail: ['upload_not_pending', 'cancelled'],
    });
    expect(await failure(account.complete(id, parts))).toMatchObject({ type: 'conflict' });
  });

  it('that is cancelled while it is completed ends one way or the other, whole', async () => {
    const account = await newAccount();
    const { id } = await account.create(4 * MIB);
    const parts = [await account.add(id, text(4 * MIB))];
    const [made, cancelled] = await Promise.allSettled([account.complete(id, parts), account.cancel(id)]);
    expect([made, cancelled].filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await account.keys()).toHaveLength(made.status === 'fulfilled' ? 1 : 0);
  });

  it('expires after an hour, but for what has begun by then', async () => {
    const account = await newAccount();
    const { id } = await account.create(3);
    const parts = [await account.add(id, 'one', NOW + HOUR_MS - 1)];
    const later = NOW + HOUR_MS;
    const expired = { type: 'conflict', detail: ['upload_not_pending', 'expired'], param: null };
    expect(await failure(account.add(id, 'two', later))).toEqual(expired);
    expect(await failure(account.cancel(id, later))).toEqual(expired);
    expect(await failure(account.complete(id, parts, null, later))).toEqual(expired);
    // Begun in time, whatever the clock says when it is done.
    expect(await account.complete(id, parts, null, later - 1)).toMatchObject({ status: 'completed' });
  });

  it('is as it was after a completion that broke off', async () => {
    const account = await newAccount();
    const { id } = await account.create(10 * MIB);
    const [a, b] = [await account.add(id, text(9 * MIB)), await account.add(id, text(MIB, 1))];
    const key = partKey(account.accountId, { uploadId: id, id: b });
    const bytes = await (await env.BUCKET.get(key))?.bytes();
    await env.BUCKET.delete(key);
    expect(await failure(account.complete(id, [a, b]))).toMatchObject({ type: 'internal_error' });
    expect(await account.keys()).toEqual([partKey(account.accountId, { uploadId: id, id: a })]);
    await env.BUCKET.put(key, bytes ?? '');
    const { file } = await account.complete(id, [a, b]);
    expect(await account.bytesOf(file?.id)).toHaveLength(10 * MIB);
    expect(await account.keys()).toEqual([file?.r2Key]);
  });

  it('is another account’s no more than a file is', async () => {
    const [owner, stranger] = [await newAccount(), await newAccount()];
    const { id } = await owner.create(3);
    const part = await owner.add(id, 'one');
    const missing = { type: 'not_found', detail: null, param: null };
    expect(await failure(stranger.add(id, 'two'))).toEqual(missing);
    expect(await failure(stranger.complete(id, [part]))).toEqual(missing);
    expect(await failure(stranger.cancel(id))).toEqual(missing);
    expect(await stranger.keys()).toEqual([]);
  });
});

describe('a completion is refused, and can be done better,', () => {
  it.each<[string, (parts: string[]) => string[], string, string]>([
    [
      'with a part that is not there',
      ([a]) => [a ?? '', 'part_unknown'],
      'upload_part_unknown',
      'part_ids[1]',
    ],
    ['with a part twice', ([a, b]) => [a ?? '', b ?? '', a ?? ''], 'upload_part_repeated', 'part_ids[2]'],
    ['with a part too few', ([a]) => [a ?? ''], 'upload_bytes_differ', 'part_ids'],
  ])('%s', async (_what, choose, detail, param) => {
    const account = await newAccount();
    const { id } = await account.create(6);
    const parts = [await account.add(id, 'one'), await account.add(id, 'two')];
    const error = await failure(account.complete(id, choose(parts)));
    expect([error.type, error.detail?.[0], error.param]).toEqual(['invalid_request', detail, param]);
    expect((await account.complete(id, parts)).file?.size).toBe(6);
  });

  it('with another MD5', async () => {
    const account = await newAccount();
    const { id } = await account.create(3);
    const parts = [await account.add(id, 'one')];
    const md5 = await hash('MD5', encode('one'));
    expect(await failure(account.complete(id, parts, 'f'.repeat(32)))).toEqual({
      type: 'invalid_request',
      detail: ['upload_md5_differs', md5],
      param: 'md5',
    });
    expect(await account.keys()).toHaveLength(1);
    expect((await account.complete(id, parts, md5.toUpperCase())).status).toBe('completed');
  });
});

describe('the file is checked like any other:', () => {
  it('its type by its bytes', async () => {
    const account = await newAccount();
    const { id } = await account.create(SAMPLES.html.length, { mime_type: 'text/plain' });
    const parts = [await account.add(id, SAMPLES.html)];
    expect(await failure(account.complete(id, parts))).toMatchObject({
      type: 'unsupported_media_type',
      detail: ['media_type_mismatch', 'text/plain', 'text/html'],
      param: 'part_ids',
    });
    await account.cancel(id);
    expect(await account.keys()).toEqual([]);
  });

  it('a signature across parts', async () => {
    const account = await newAccount();
    const { id } = await account.create(SAMPLES.png.length, { mime_type: 'image/png', filename: 'a.png' });
    const parts = [
      await account.add(id, SAMPLES.png.slice(0, 3)),
      await account.add(id, SAMPLES.png.slice(3)),
    ];
    expect((await account.complete(id, parts)).file?.contentType).toBe('image/png');
  });

  it('a batch’s lines, across parts', async () => {
    const account = await newAccount();
    const options = { purpose: 'batch', mime_type: 'application/jsonl' } as const;
    // Cut in the middle of a character, and of the first line.
    const lines = encode('{"a":"한"}\n{"b":1}\n');
    const good = await account.create(lines.length, options);
    const pieces = [
      await account.add(good.id, lines.slice(0, 7)),
      await account.add(good.id, lines.slice(7)),
    ];
    expect((await account.complete(good.id, pieces)).file?.contentType).toBe('application/jsonl');

    const bad = await account.create(9, options);
    const halves = [await account.add(bad.id, '[{"a":'), await account.add(bad.id, '1}]')];
    expect(await failure(account.complete(bad.id, halves))).toMatchObject({
      type: 'invalid_request',
      detail: ['first_line_no_object', '"[{\\"a\\":"'],
    });
  });

  it('what could never become one is refused at once', async () => {
    const account = await newAccount();
    for (const [bytes, values, type, param] of [
      [513 * MIB, {}, 'file_too_large', 'bytes'],
      [201 * MIB, { purpose: 'batch', mime_type: 'application/jsonl' }, 'file_too_large', 'bytes'],
      [10, { mime_type: 'text/html' }, 'unsupported_media_type', 'mime_type'],
      [10, { purpose: 'batch', mime_type: 'application/pdf' }, 'unsupported_media_type', 'mime_type'],
    ] as const) {
      expect(await failure(account.create(bytes, values))).toMatchObject({ type, param });
    }
    expect(await account.create(512 * MIB)).toMatchObject({ status: 'pending' });
    expect(await account.create(200 * MIB, { purpose: 'batch', mime_type: '' })).toMatchObject({
      status: 'pending',
    });
  });
});

describe('a part', () => {
  it('can take 64 MiB and not a byte more', async () => {
    const account = await newAccount();
    const { id } = await account.create(128 * MIB);
    await account.add(id, new Uint8Array(64 * MIB));
    expect(await failure(account.add(id, new Uint8Array(64 * MIB + 1)))).toEqual({
      type: 'file_too_large',
      detail: ['upload_part_too_large', 64],
      param: 'data',
    });
    expect(await account.keys()).toHaveLength(1);
  });

  it.each<[string, (readonly [string, string | File])[], string, string]>([
    ['without data', [], 'field_missing', 'data'],
    ['with empty data', [['data', new File([], 'a')]], 'file_empty', 'data'],
    ['whose data is a text field', [['data', 'text']], 'file_expected', 'data'],
    [
      'with data twice',
      [
        ['data', new File(['a'], 'a')],
        ['data', new File(['b'], 'b')],
      ],
      'field_repeated',
      'data',
    ],
    ['under another name', [['file', new File(['a'], 'a')]], 'field_unknown', 'file'],
  ])('%s is refused', async (_what, fields, detail, param) => {
    const account = await newAccount();
    const { id } = await account.create(10);
    const error = await failure(addPart(env, account.accountId, id, form(fields), NOW));
    expect([error.type, error.detail?.[0], error.param]).toEqual(['invalid_request', detail, param]);
    expect(await account.keys()).toEqual([]);
  });
});

describe('the storage limit', () => {
  it('is named before, while and after bytes come, and nothing stays', async () => {
    const account = await newAccount({ storage_bytes: 10 });
    expect(await failure(account.create(11))).toEqual({
      type: 'file_too_large',
      detail: ['storage_full', 10, 0],
      param: 'bytes',
    });
    const { id } = await account.create(10);
    await account.add(id, 'x');
    expect(await failure(account.add(id, 'x'.repeat(10)))).toMatchObject({
      detail: ['storage_full', 10, 1],
      param: 'data',
    });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => account.add(id, 'xxx')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await account.keys()).toHaveLength(4);
    await account.cancel(id);
    expect((await account.create(10)).status).toBe('pending');
  });
});
