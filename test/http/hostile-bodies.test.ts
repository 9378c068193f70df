// Multipart bodies that no honest client sends: each gets a typed answer, and leaves nothing stored.
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { keysOf } from '../files/stored-keys';
import { type Client, type ErrorAnswer, newClient } from './client';

const ENCODER = new TextEncoder();
const TYPE = 'multipart/form-data; boundary=xYz';

type Piece = string | readonly number[];

function bytes(...pieces: Piece[]): Uint8Array<ArrayBuffer> {
  const arrays = pieces.map((piece) =>
    typeof piece === 'string' ? ENCODER.encode(piece) : Uint8Array.from(piece),
  );
  const joined = new Uint8Array(arrays.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}

/** One part: its header lines, then its content. */
const part = (headers: string, content = 'hello') => `--xYz\r\n${headers}\r\n\r\n${content}\r\n`;
const disposition = (parameters: string) => `Content-Disposition: form-data; ${parameters}`;
const FILE = part(`${disposition('name="file"; filename="a.txt"')}\r\nContent-Type: text/plain`);
const PURPOSE = part(disposition('name="purpose"'), 'user_data');
const END = '--xYz--\r\n';

interface Hostile {
  what: string;
  body: Uint8Array<ArrayBuffer>;
  type?: string | null;
  status?: number;
}

const hostile = (what: string, ...pieces: Piece[]): Hostile => ({ what, body: bytes(...pieces) });
const typed = (what: string, type: string | null, body: string = FILE + END): Hostile => ({
  what,
  body: bytes(body),
  type,
});
/** A whole form whose file has this disposition. */
const named = (what: string, parameters: string): Hostile =>
  hostile(what, part(disposition(parameters)), END);

const HOSTILE: Hostile[] = [
  // The content type.
  typed('no content type', null),
  typed('an empty content type', ' '),
  typed('JSON', 'application/json', '{}'),
  typed('another multipart type', 'multipart/mixed; boundary=xYz'),
  typed('no boundary', 'multipart/form-data'),
  typed('an empty boundary', 'multipart/form-data; boundary='),
  typed('an empty quoted boundary', 'multipart/form-data; boundary=""'),
  typed('a boundary that is never closed', 'multipart/form-data; boundary="xYz'),
  typed('two boundaries', 'multipart/form-data; boundary=xYz; boundary=abc'),
  typed('a boundary of 71 characters', `multipart/form-data; boundary=${'x'.repeat(71)}`),
  typed('a boundary of 10 KB', `multipart/form-data; boundary=${'x'.repeat(10_000)}`),
  typed('a boundary that ends in a space', 'multipart/form-data; boundary="xYz "'),
  typed('a boundary beyond ASCII', 'multipart/form-data; boundary="x\u00e9z"'),
  typed('another boundary than the body’s', 'multipart/form-data; boundary=other'),
  typed('a form of the other kind', 'application/x-www-form-urlencoded', 'file=a&purpose=batch'),
  // The framing.
  hostile('nothing at all', ''),
  hostile('a line break', '\r\n'),
  hostile('half a boundary', '--xY'),
  hostile('an opening boundary alone', '--xYz'),
  hostile('an opening boundary and a line break', '--xYz\r\n'),
  hostile('a closing boundary alone', END),
  hostile('two closing boundaries and no part', END, END),
  hostile('text without any boundary', 'hello world'),
  hostile('100 KB without any boundary', 'x'.repeat(100_000)),
  hostile('100 KB of dashes', '-'.repeat(100_000)),
  hostile('100 KB of carriage returns', '\r'.repeat(100_000)),
  hostile('boundaries of line feeds alone', FILE.replaceAll('\r\n', '\n'), '--xYz--\n'),
  hostile('junk on the boundary’s line', FILE.replace('--xYz\r\n', '--xYz junk\r\n'), END),
  hostile('an endless boundary line', `--xYz${' '.repeat(100_000)}`),
  hostile('a part that ends in its headers', '--xYz\r\nContent-Disposition: form-data'),
  hostile(
    'a part that ends with its headers',
    '--xYz\r\n',
    disposition('name="file"; filename="a"'),
    '\r\n\r\n',
  ),
  hostile('a file without an end', FILE),
  hostile('a file that ends in half a boundary', FILE, '--xY'),
  hostile('a file whose end lacks a dash', FILE, '--xYz-'),
  hostile('100 KB behind the end', FILE, END, 'x'.repeat(100_000)),
  hostile('101 parts', ...Array.from({ length: 101 }, (_, i) => part(disposition(`name="f${i}"`))), END),
  hostile('101 files', ...Array.from({ length: 101 }, () => FILE), END),
  // The headers of a part.
  hostile('no headers', '--xYz\r\n\r\nhello\r\n', END),
  hostile('a header line without a colon', part('nonsense'), END),
  hostile('a header with an empty name', part(': form-data; name="file"; filename="a.txt"'), END),
  hostile('a header name with a space', part('Content Disposition: form-data; name="file"'), END),
  hostile('headers of 100 KB', part(`X-Long: ${'x'.repeat(100_000)}`), END),
  hostile('5,000 headers', part(Array.from({ length: 5000 }, (_, i) => `X-${i}: y`).join('\r\n')), END),
  hostile('a folded header', part('Content-Disposition: form-data;\r\n name="file"; filename="a.txt"'), END),
  hostile('a header with a NUL', part(disposition('name="file"; filename="a\0.txt"')), END),
  hostile(
    'a header with a bare line feed',
    part(disposition('name="file"; filename="a\nX-Evil: 1.txt"')),
    END,
  ),
  hostile('a header with a bare carriage return', part(disposition('name="file"; filename="a\rb.txt"')), END),
  hostile(
    'headers that are not UTF-8',
    '--xYz\r\nContent-Disposition: form-data; name="',
    [0xff, 0xfe],
    '"\r\n\r\nx\r\n',
    END,
  ),
  hostile(
    'two dispositions',
    part(`${disposition('name="file"; filename="a"')}\r\n${disposition('name="b"')}`),
    END,
  ),
  hostile(
    'a disposition of another kind',
    part('Content-Disposition: attachment; name="file"; filename="a"'),
    END,
  ),
  hostile('an empty disposition', part('Content-Disposition: '), END),
  hostile(
    'a part in base64',
    part(`${disposition('name="file"; filename="a.txt"')}\r\nContent-Transfer-Encoding: base64`, 'aGk='),
    END,
  ),
  hostile(
    'a part in quoted-printable',
    part(`${disposition('name="file"; filename="a.txt"')}\r\nContent-Transfer-Encoding: quoted-printable`),
    END,
  ),
  // Names.
  named('no name', 'filename="a.txt"'),
  named('an empty name', 'name=""; filename="a.txt"'),
  named('two names', 'name="file"; name="purpose"; filename="a.txt"'),
  named('two file names', 'name="file"; filename="a.txt"; filename="b.txt"'),
  named('two extended file names', `name="file"; filename*=UTF-8''a; filename*=UTF-8''b`),
  named('an extended file name in Latin-1', `name="file"; filename*=ISO-8859-1''%e9.txt`),
  named('an extended file name in no charset', `name="file"; filename*=''a.txt`),
  named('an extended file name in UTF-16', `name="file"; filename*=UTF-16''%00a`),
  named('an extended file name without its quotes', 'name="file"; filename*=UTF-8a.txt'),
  named('an extended file name in broken UTF-8', `name="file"; filename*=UTF-8''%ff%fe.txt`),
  named('an extended file name cut off in an escape', `name="file"; filename*=UTF-8''a%2`),
  named('a quoted name that never ends', 'name="file; filename=a.txt'),
  named('a file name of 10 KB', `name="file"; filename="${'a'.repeat(10_000)}"`),
  named('a path for a field’s name', 'name="../file"; filename="a.txt"'),
  named('a name in another case', 'name="FILE"; filename="a.txt"'),
  named('a name with a line break, escaped', 'name="file%0D%0AX-Evil: 1"; filename="a.txt"'),
  named('a built-in for a name', 'name="__proto__"; filename="a.txt"'),
  named('a file that is a text field', 'name="file"'),
  // Fields.
  hostile('two files', FILE, FILE, END),
  hostile('no file', PURPOSE, END),
  hostile('two purposes', PURPOSE, FILE, PURPOSE, END),
  hostile('an unknown field', FILE, part(disposition('name="colour"'), 'red'), END),
  hostile('an unknown field with a file', FILE, part(disposition('name="extra"; filename="b"')), END),
  hostile('an empty purpose', part(disposition('name="purpose"'), ''), FILE, END),
  hostile('a purpose of 1 MB', part(disposition('name="purpose"'), 'x'.repeat(1e6)), FILE, END),
  hostile(
    'a purpose that is not UTF-8',
    '--xYz\r\n',
    disposition('name="purpose"'),
    '\r\n\r\n',
    [0xff],
    '\r\n',
    FILE,
    END,
  ),
  hostile('a purpose with a NUL', part(disposition('name="purpose"'), 'batch\0'), FILE, END),
  hostile(
    'a purpose that only the server gives',
    part(disposition('name="purpose"'), 'batch_output'),
    FILE,
    END,
  ),
  hostile('half an expiry', FILE, part(disposition('name="expires_after[seconds]"'), '3600'), END),
  hostile(
    'an expiry of no number',
    part(disposition('name="expires_after[anchor]"'), 'created_at'),
    part(disposition('name="expires_after[seconds]"'), 'NaN'),
    FILE,
    END,
  ),
  hostile(
    'an expiry as JSON',
    part(disposition('name="expires_after"'), '{"anchor":"created_at","seconds":3600}'),
    FILE,
    END,
  ),
  hostile('an empty file', part(disposition('name="file"; filename="a.txt"'), ''), END),
];

let client: Client;

beforeAll(async () => {
  client = await newClient();
});

async function expectNothingStored(): Promise<void> {
  expect(await keysOf(client.accountId)).toEqual([]);
  expect(await client.json('GET', '/v1/files')).toMatchObject({ data: [], has_more: false });
}

describe.each(['/api/v1/files', '/v1/files'])('POST %s', (path) => {
  it.each(HOSTILE.map((each) => [each.what, each] as const))('with %s', async (_what, each) => {
    const { type = TYPE } = each;
    const response = await client.send('POST', path, {
      body: each.body,
      headers: type === null ? {} : { 'content-type': type },
    });
    const { error } = await response.json<ErrorAnswer>();
    expect([response.status, error.type]).toEqual([400, 'invalid_request']);
    // What the client sent comes back in JSON alone.
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('x-evil')).toBeNull();
    await expectNothingStored();
  });
});

it.each(['/api/v1/files', '/v1/files', '/v1/uploads/upload_none/parts'])(
  'a form under a coding is refused by its name: %s',
  async (path) => {
    const headers = { 'content-type': TYPE, 'content-encoding': 'gzip' };
    const response = await client.send('POST', path, { body: bytes(FILE, END), headers });
    const { error } = await response.json<ErrorAnswer>();
    expect([response.status, error.type, error.param]).toEqual([400, 'invalid_request', 'Content-Encoding']);
    expect(error.message).toContain('without a Content-Encoding (received gzip)');
    await expectNothingStored();
  },
);

it('the same bodies add no part to an upload', async () => {
  const { id } = await client.json<{ id: string }>('POST', '/v1/uploads', {
    json: { bytes: 5, filename: 'a.txt', mime_type: 'text/plain', purpose: 'user_data' },
  });
  for (const { what, body, type = TYPE } of HOSTILE) {
    const response = await client.send('POST', `/v1/uploads/${id}/parts`, {
      body,
      headers: type === null ? {} : { 'content-type': type },
    });
    expect([what, response.status]).toEqual([what, 400]);
    await response.body?.cancel();
  }
  expect(await env.ACCOUNTS.getByName(client.accountId).uploadParts(id)).toEqual([]);
  await expectNothingStored();
});
