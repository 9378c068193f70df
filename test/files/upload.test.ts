// Uploads from a request's body to R2 and the index: what is stored, and that nothing is after any failure.
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { AccountObject } from '../../src/accounts/account-object';
import { ApiError } from '../../src/contract/errors';
import { newId } from '../../src/contract/ids';
import { FILE_LIMIT_BYTES } from '../../src/contract/limits';
import { storeUpload } from '../../src/files/upload';
import { SAMPLES } from './samples';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const PART = 5 * 1024 ** 2;

type Field = [name: string, value: string | File];

function upload(accountId: string, fields: Field[], id?: string) {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  const request = new Request('http://x/', { method: 'POST', body: form });
  return storeUpload(
    env,
    accountId,
    { body: request.body, contentType: request.headers.get('content-type'), contentLength: null },
    NOW,
    id,
  );
}

const text = (
  content: string | Uint8Array<ArrayBuffer> = SAMPLES.text,
  name = 'a.txt',
  type = 'text/plain',
) => new File([content], name, { type });

/** The error of an upload, after checking that it stored nothing. */
async function failure(send: (accountId: string) => Promise<unknown>): Promise<ApiError> {
  const accountId = newId('acct');
  const error = await send(accountId).then(
    () => 'stored',
    (thrown: unknown) => thrown,
  );
  expect((await env.BUCKET.list({ prefix: `files/${accountId}` })).objects).toEqual([]);
  expect(
    (await env.ACCOUNTS.getByName(accountId).listFiles({ limit: 10, order: 'desc' }, NOW))?.data,
  ).toEqual([]);
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
}

describe('an upload', () => {
  it('is stored with its name, type, size, purpose and hash', async () => {
    const accountId = newId('acct');
    const file = await upload(accountId, [
      ['purpose', 'vision'],
      ['file', text(SAMPLES.png, '../그림.png', 'image/png')],
    ]);
    expect(file).toEqual({
      id: expect.stringMatching(/^file_[0-9A-Za-z]{24}$/),
      filename: '그림.png',
      size: SAMPLES.png.length,
      contentType: 'image/png',
      purpose: 'vision',
      createdAt: NOW,
      expiresAt: null,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      r2Key: `files/${accountId}/${file.id}`,
    });
    expect(await env.ACCOUNTS.getByName(accountId).getFile(file.id, NOW)).toEqual(file);
    expect(await (await env.BUCKET.get(file.r2Key))?.bytes()).toEqual(SAMPLES.png);
  });

  it('that is run again and fails leaves the bytes of the run before to the batch that reads them', async () => {
    const accountId = newId('acct');
    const fields: Field[] = [
      ['purpose', 'batch'],
      ['file', text(SAMPLES.jsonl, 'in.jsonl', 'application/jsonl')],
    ];
    const { id, r2Key } = await upload(accountId, fields);
    const reader = { id: newId('batch'), keyId: 'key_a', createdAt: NOW, inputFileId: id };
    await env.ACCOUNTS.getByName(accountId).addBatch({ ...reader, status: 'running' });
    const add = vi.spyOn(AccountObject.prototype, 'addFile').mockImplementation(() => {
      throw new Error('the account is out of reach');
    });
    await expect(upload(accountId, fields, id)).rejects.toThrow('out of reach');
    add.mockRestore();
    expect(await env.BUCKET.head(r2Key)).not.toBeNull();
    expect(await env.ACCOUNTS.getByName(accountId).getFile(id, NOW)).not.toBeNull();
  });

  it('may send its fields in any order', async () => {
    const fields: Field[] = [
      ['file', text(SAMPLES.jsonl, 'in.jsonl', 'application/octet-stream')],
      ['expires_after[seconds]', '3600'],
      ['purpose', 'batch'],
      ['expires_after[anchor]', 'created_at'],
    ];
    for (const order of [fields, fields.toReversed()]) {
      expect(await upload(newId('acct'), order)).toMatchObject({
        purpose: 'batch',
        contentType: 'application/jsonl',
        expiresAt: NOW + 3_600_000,
      });
    }
  });

  it('is for assistants where it does not say', async () => {
    expect(await upload(newId('acct'), [['file', text()]])).toMatchObject({ purpose: 'assistants' });
  });

  it('larger than a part is stored whole', async () => {
    const content = new Uint8Array(2 * PART + 3).fill(0x61);
    const file = await upload(newId('acct'), [
      ['file', text(content)],
      ['purpose', 'user_data'],
    ]);
    expect(file.size).toBe(content.length);
    expect((await env.BUCKET.head(file.r2Key))?.size).toBe(content.length);
  });
});

describe('nothing is stored of an upload', () => {
  it.each<[string, Field[], string, string | null]>([
    ['without a file', [['purpose', 'batch']], 'field_missing', 'file'],
    ['without anything', [], 'field_missing', 'file'],
    ['with an empty file', [['file', text('')]], 'file_empty', 'file'],
    [
      'with two files',
      [
        ['file', text()],
        ['file', text()],
      ],
      'field_repeated',
      'file',
    ],
    ['whose file is a text field', [['file', 'a.txt']], 'file_expected', 'file'],
    [
      'with an unknown purpose',
      [
        ['file', text()],
        ['purpose', 'fun'],
      ],
      'value_invalid',
      'purpose',
    ],
    [
      'for what only the server makes',
      [
        ['file', text()],
        ['purpose', 'batch_output'],
      ],
      'value_invalid',
      'purpose',
    ],
    [
      'with two purposes',
      [
        ['purpose', 'vision'],
        ['file', text()],
        ['purpose', 'vision'],
      ],
      'field_repeated',
      'purpose',
    ],
    [
      'with an unknown field',
      [
        ['file', text()],
        ['colour', 'red'],
      ],
      'field_unknown',
      'colour',
    ],
    [
      'with a field named like a built-in',
      [
        ['file', text()],
        ['constructor', 'x'],
      ],
      'field_unknown',
      'constructor',
    ],
    [
      'with an endless field',
      [
        ['file', text()],
        ['purpose', 'x'.repeat(2000)],
      ],
      'field_too_large',
      'purpose',
    ],
    [
      'that expires after nothing in particular',
      [
        ['file', text()],
        ['expires_after[seconds]', '3600'],
      ],
      'field_missing',
      'expires_after[anchor]',
    ],
    [
      'that expires at no time',
      [
        ['file', text()],
        ['expires_after[anchor]', 'created_at'],
      ],
      'field_missing',
      'expires_after[seconds]',
    ],
    [
      'with another anchor',
      [
        ['file', text()],
        ['expires_after[anchor]', 'now'],
      ],
      'value_invalid',
      'expires_after[anchor]',
    ],
    ...['3599', '2592001', '1e4', '-1', '', '3600.5'].map((seconds): [string, Field[], string, string] => [
      `that expires after "${seconds}" seconds`,
      [
        ['file', text()],
        ['expires_after[anchor]', 'created_at'],
        ['expires_after[seconds]', seconds],
      ],
      'value_invalid',
      'expires_after[seconds]',
    ]),
  ])('%s', async (_what, fields, detail, param) => {
    const error = await failure((accountId) => upload(accountId, fields));
    expect([error.type, error.detail?.[0], error.param]).toEqual(['invalid_request', detail, param]);
  });

  it('whose bytes are not what they are called', async () => {
    const error = await failure((accountId) => upload(accountId, [['file', text(SAMPLES.html)]]));
    expect([error.type, error.detail]).toEqual([
      'unsupported_media_type',
      ['media_type_mismatch', 'text/plain', 'text/html'],
    ]);
  });

  it.each([
    ['in the middle', (bytes: Uint8Array) => bytes.fill(0xe9, PART, PART + 1)],
    ['at the end', (bytes: Uint8Array) => bytes.fill(0xec, bytes.length - 1)],
  ])('whose text is not UTF-8 %s', async (_where, spoil) => {
    const large = new Uint8Array(PART + 5).fill(0x61);
    spoil(large);
    const error = await failure((accountId) => upload(accountId, [['file', text(large)]]));
    expect([error.type, error.detail]).toEqual(['unsupported_media_type', ['text_not_utf8']]);
  });

  it('whose late purpose does not allow its type', async () => {
    const large = new Uint8Array(PART + 5).fill(0x7b);
    const file = text(large, 'a.jsonl', 'application/jsonl');
    const error = await failure((accountId) =>
      upload(accountId, [
        ['file', file],
        ['purpose', 'vision'],
      ]),
    );
    expect(error.type).toBe('unsupported_media_type');
  });
});

describe('a body that', () => {
  const TYPE = 'multipart/form-data; boundary=xYz';
  const OPENING =
    '--xYz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n';

  /** The opening of a file, `size` bytes of it, and an ending; `read` counts what was taken. */
  function body(size: number, ending: string | Error) {
    const seen = { read: 0 };
    const chunk = new Uint8Array(64 * 1024).fill(0x61);
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode(OPENING)),
        pull(controller) {
          if (seen.read < size) {
            const piece = chunk.slice(0, size - seen.read);
            seen.read += piece.length;
            return controller.enqueue(piece);
          }
          if (ending instanceof Error) return controller.error(ending);
          controller.enqueue(new TextEncoder().encode(ending));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return { stream, seen };
  }

  const send = (
    stream: ReadableStream<Uint8Array> | null,
    contentType: string | null = TYPE,
    contentLength: number | null = null,
  ) => failure((accountId) => storeUpload(env, accountId, { body: stream, contentType, contentLength }, NOW));

  it.each([10, PART + 10])('is cut off after %i bytes stores nothing', async (size) => {
    for (const ending of ['', '\r\n--xYz', new Error('connection lost')]) {
      const error = await send(body(size, ending).stream);
      expect([error.type, error.detail]).toEqual(['invalid_request', ['upload_cut_off']]);
    }
  });

  it('holds one byte too many stores nothing', async () => {
    const error = await send(body(FILE_LIMIT_BYTES + 1, '\r\n--xYz--').stream);
    expect([error.type, error.param]).toEqual(['file_too_large', 'file']);
  });

  it('is longer than any acceptable one is not even read', async () => {
    const { stream, seen } = body(1e9, '');
    expect((await send(stream, TYPE, FILE_LIMIT_BYTES + 1024 ** 2)).type).toBe('file_too_large');
    expect(seen.read).toBe(0);
  });

  it('cannot become acceptable is read no further than its leading bytes', async () => {
    const { stream, seen } = body(1e9, '');
    const asPng = stream.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const text = new TextDecoder().decode(chunk.subarray(0, 200));
          controller.enqueue(
            text.includes('text/plain')
              ? new TextEncoder().encode(OPENING.replace('text/plain', 'image/png'))
              : chunk,
          );
        },
      }),
    );
    const error = await send(asPng);
    expect(error.detail).toEqual(['media_type_mismatch', 'image/png', 'text/plain']);
    expect(seen.read).toBeLessThan(1024 ** 2);
  });

  it('is not multipart, is malformed, or is not there says so', async () => {
    expect((await send(body(1, '').stream, 'application/json')).detail).toEqual(['multipart_expected']);
    expect((await send(body(1, '').stream, null)).detail).toEqual(['multipart_expected']);
    expect((await send(body(1, '').stream, 'multipart/form-data; boundary=other')).detail).toEqual([
      'multipart_malformed',
      ['no_parts_found'],
    ]);
    expect((await send(null)).detail).toEqual(['body_missing']);
  });
});
