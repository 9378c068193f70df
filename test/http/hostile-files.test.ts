// Files that are not what they are called, or are something else as well, and names that would be more than names.
import { beforeAll, describe, expect, it } from 'vitest';
import { SAMPLES } from '../files/samples';
import { keysOf } from '../files/stored-keys';
import { type Client, type ErrorAnswer, newClient } from './client';

const ENCODER = new TextEncoder();

type Piece = string | ArrayLike<number>;

function bytes(...pieces: Piece[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    pieces.flatMap((piece) => Array.from(typeof piece === 'string' ? ENCODER.encode(piece) : piece)),
  );
}

const zeros = (count: number): Piece => new Uint8Array(count);
/** A ZIP archive of nothing: the record that ends it, with a comment. */
const emptyArchive = (comment = '') =>
  bytes('PK', [5, 6], zeros(16), [comment.length % 256, comment.length >> 8], comment);
const utf16 = (text: string) =>
  Array.from(text).flatMap((character) => [character.charCodeAt(0) % 256, character.charCodeAt(0) >> 8]);

interface HostileFile {
  what: string;
  content: Uint8Array<ArrayBuffer>;
  /** As the client states it; empty where it does not. */
  type: string;
  /** What the message says was seen. */
  seen: string;
  name?: string;
  purpose?: string;
  /** 415 where nothing is said. */
  status?: number;
}

const PHP = '<?php system($_GET["c"]);';
const HTML = '<!DOCTYPE html><script>alert(1)</script>';
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';

const HOSTILE: HostileFile[] = [
  // Text that acts.
  { what: 'HTML as text', content: bytes(HTML), type: 'text/plain', seen: 'text/html' },
  { what: 'HTML as a CSV', content: bytes(HTML), type: 'text/csv', seen: 'text/html' },
  {
    what: 'HTML behind a byte order mark',
    content: bytes([0xef, 0xbb, 0xbf], HTML),
    type: 'text/plain',
    seen: 'text/html',
  },
  {
    what: 'HTML behind white space',
    content: bytes('\n'.repeat(3000), HTML),
    type: 'text/plain',
    seen: 'text/html',
  },
  {
    what: 'HTML behind a comment',
    content: bytes('<!-- a -->', HTML),
    type: 'text/plain',
    seen: 'text/html',
  },
  {
    what: 'HTML in capitals',
    content: bytes('<SCRIPT>alert(1)</SCRIPT>'),
    type: 'text/plain',
    seen: 'text/html',
  },
  { what: 'HTML as what it is', content: bytes(HTML), type: 'text/html', seen: 'text/html' },
  {
    what: 'a style sheet in HTML',
    content: bytes('<style>*{}</style>'),
    type: 'text/plain',
    seen: 'text/html',
  },
  { what: 'an SVG as text', content: bytes(SVG), type: 'text/plain', seen: 'image/svg+xml' },
  { what: 'an SVG as a PNG', content: bytes(SVG), type: 'image/png', seen: 'image/svg+xml' },
  { what: 'an SVG as what it is', content: bytes(SVG), type: 'image/svg+xml', seen: 'image/svg+xml' },
  {
    what: 'an SVG behind an XML declaration',
    content: SAMPLES.svg,
    type: 'text/plain',
    seen: 'image/svg+xml',
  },
  {
    what: 'XML as text',
    content: bytes('<?xml version="1.0"?><a/>'),
    type: 'text/plain',
    seen: 'application/xml',
  },
  {
    what: 'XML with an entity bomb',
    content: bytes('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    type: 'text/plain',
    seen: 'application/xml',
  },
  { what: 'a shell script', content: SAMPLES.script, type: 'text/plain', seen: 'text/x-shellscript' },
  { what: 'PHP as text', content: bytes(PHP), type: 'text/plain', seen: 'application/x-php' },
  {
    what: 'PostScript as text',
    content: bytes('%!PS-Adobe-3.0\n'),
    type: 'text/plain',
    seen: 'application/postscript',
  },
  { what: 'RTF as text', content: bytes('{\\rtf1 hello}'), type: 'text/plain', seen: 'application/rtf' },
  { what: 'a script by its name', content: bytes('alert(1)'), type: '', name: 'a.js', seen: '.js' },
  {
    what: 'JavaScript as what it is',
    content: bytes('alert(1)'),
    type: 'text/javascript',
    seen: 'text/javascript',
  },
  {
    what: 'text in UTF-16, the lower byte first',
    content: bytes([0xff, 0xfe], utf16('hello')),
    type: 'text/plain',
    seen: 'charset=utf-16',
  },
  {
    what: 'text in UTF-16, the higher byte first',
    content: bytes([0xfe, 0xff, 0], utf16('hello')),
    type: 'text/plain',
    seen: 'charset=utf-16',
  },
  {
    what: 'text in UTF-16 without a mark',
    content: bytes(utf16('hello')),
    type: 'text/plain',
    seen: 'text must be UTF-8',
  },
  {
    what: 'text in Latin-1',
    content: bytes('caf', [0xe9], ' au lait'),
    type: 'text/plain',
    seen: 'text must be UTF-8',
  },
  {
    what: 'text with a NUL',
    content: bytes('hello\0world'),
    type: 'text/plain',
    seen: 'text must be UTF-8',
  },
  // Executables and archives.
  {
    what: 'a Windows program',
    content: bytes('MZ', [0x90, 0, 3], zeros(80)),
    type: '',
    seen: 'application/',
  },
  {
    what: 'a Windows program as a PNG',
    content: bytes('MZ', [0x90, 0, 3], zeros(80)),
    type: 'image/png',
    seen: 'application/',
  },
  {
    what: 'a Linux program',
    content: bytes([0x7f], 'ELF', [2, 1, 1], zeros(80)),
    type: '',
    seen: 'application/x-elf',
  },
  {
    what: 'a macOS program',
    content: bytes([0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1], zeros(80)),
    type: 'application/pdf',
    seen: 'application/x-mach-binary',
  },
  { what: 'a WebAssembly module', content: bytes('\0asm', [1, 0, 0, 0]), type: '', seen: 'application/wasm' },
  {
    what: 'a Java class',
    content: bytes([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52], zeros(80)),
    type: '',
    seen: 'application/',
  },
  { what: 'a ZIP archive', content: SAMPLES.zip, type: '', seen: 'application/zip' },
  { what: 'a ZIP archive as a PDF', content: SAMPLES.zip, type: 'application/pdf', seen: 'application/zip' },
  {
    what: 'an office document',
    content: bytes(
      'PK',
      [3, 4, 20, 0, 0, 0, 0, 0],
      zeros(8),
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 19, 0, 0, 0],
      '[Content_Types].xml',
      zeros(40),
    ),
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    seen: 'application/vnd.openxmlformats',
  },
  {
    what: 'an old office document',
    content: bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], zeros(600)),
    type: '',
    seen: 'application/x-cfb',
  },
  {
    what: 'a gzip archive as text',
    content: bytes([0x1f, 0x8b, 8, 0], zeros(20)),
    type: 'text/plain',
    seen: 'application/gzip',
  },
  {
    what: 'a database as a PDF',
    content: bytes('SQLite format 3\0', zeros(80)),
    type: 'application/pdf',
    seen: 'application/x-sqlite3',
  },
  {
    what: 'random bytes',
    content: bytes([0x81, 0x99, 0x03, 0xee, 0x42, 0x00, 0x17, 0xd5]),
    type: '',
    seen: 'application/octet-stream',
  },
  {
    what: 'random bytes as a PNG',
    content: bytes([0x81, 0x99, 0x03, 0xee]),
    type: 'image/png',
    seen: 'application/octet-stream',
  },
  // Mislabelled.
  { what: 'a JPEG as a PNG', content: SAMPLES.jpeg, type: 'image/png', seen: 'image/jpeg' },
  { what: 'a PNG as text', content: SAMPLES.png, type: 'text/plain', seen: 'image/png' },
  { what: 'text as a PNG', content: bytes('hello'), type: 'image/png', seen: 'text/plain' },
  { what: 'a PDF as an image', content: SAMPLES.pdf, type: 'image/jpeg', seen: 'application/pdf' },
  { what: 'sound as an image', content: SAMPLES.wav, type: 'image/webp', seen: 'audio/wav' },
  {
    what: 'a bitmap of an unlisted kind',
    content: bytes('BM', [0x46, 0, 0, 0, 0, 0, 0, 0, 0x36, 0, 0, 0, 40, 0, 0, 0], zeros(60)),
    type: '',
    seen: 'image/bmp',
  },
  { what: 'a type that is none', content: bytes('hello'), type: 'x', seen: ': x' },
  // Two things at once.
  {
    what: 'a PDF in a GIF',
    content: bytes('GIF89a', [1, 0, 1, 0, 0, 0, 0], '%PDF-1.7\n1 0 obj'),
    type: 'image/gif',
    seen: 'application/pdf',
  },
  {
    what: 'a PDF in a JPEG’s comment',
    content: bytes([0xff, 0xd8, 0xff, 0xfe, 0, 20], '%PDF-1.7\n', zeros(30)),
    type: 'image/jpeg',
    seen: 'application/pdf',
  },
  { what: 'HTML in a PNG', content: bytes(SAMPLES.png, HTML), type: 'image/png', seen: 'text/html' },
  {
    what: 'a script in a GIF',
    content: bytes('GIF89a', [1, 0, 1, 0, 0, 0, 0], '<script>alert(1)</script>'),
    type: 'image/gif',
    seen: 'text/html',
  },
  { what: 'PHP in a JPEG', content: bytes(SAMPLES.jpeg, PHP), type: 'image/jpeg', seen: 'application/x-php' },
  {
    what: 'HTML in a PDF',
    content: bytes('%PDF-1.7\n', [0xe2, 0xe3, 0xcf, 0xd3], '\n', HTML),
    type: 'application/pdf',
    seen: 'text/html',
  },
  {
    what: 'an archive behind a PNG',
    content: bytes(SAMPLES.png, zeros(9000), emptyArchive()),
    type: 'image/png',
    seen: 'application/zip',
  },
  {
    what: 'an archive with a comment behind a text',
    content: bytes('hello\n'.repeat(2000), emptyArchive('x'.repeat(300))),
    type: 'text/plain',
    seen: 'application/zip',
  },
  // Input files of batches.
  {
    what: 'JSON Lines that are a list',
    content: bytes('[{"custom_id":"a"}]'),
    type: 'application/json',
    purpose: 'batch',
    status: 400,
    seen: '"[{',
  },
  {
    what: 'JSON Lines that are indented',
    content: bytes('{\n  "custom_id": "a"\n}'),
    type: '',
    purpose: 'batch',
    status: 400,
    seen: 'first line',
  },
  {
    what: 'JSON Lines that are a CSV',
    content: SAMPLES.csv,
    type: 'text/plain',
    purpose: 'batch',
    status: 400,
    seen: '"name,age',
  },
  {
    what: 'JSON Lines that turn out not to be UTF-8',
    content: bytes('{"a":1}\n'.repeat(2000), [0xff, 0xfe]),
    type: '',
    purpose: 'batch',
    status: 400,
    seen: 'UTF-8',
  },
  {
    what: 'JSON Lines that end in half a character',
    content: bytes('{"a":1}\n'.repeat(2000), [0xe2, 0x82]),
    type: '',
    purpose: 'batch',
    status: 400,
    seen: 'UTF-8',
  },
  {
    what: 'JSON Lines in UTF-16',
    content: bytes([0xff, 0xfe], utf16('{"a":1}\n')),
    type: 'application/jsonl',
    purpose: 'batch',
    seen: 'charset=utf-16',
  },
  { what: 'JSON Lines that are a PNG', content: SAMPLES.png, type: '', purpose: 'batch', seen: 'image/png' },
  { what: 'JSON Lines that are HTML', content: bytes(HTML), type: '', purpose: 'batch', seen: 'text/html' },
  {
    what: 'JSON Lines stated as a PDF',
    content: SAMPLES.jsonl,
    type: 'application/pdf',
    purpose: 'batch',
    seen: 'application/pdf',
  },
  {
    what: 'a first line without an end',
    content: bytes('{"a":"', 'x'.repeat(4 * 1024 ** 2), '"}'),
    type: '',
    purpose: 'batch',
    status: 400,
    seen: '4 MiB',
  },
];

let client: Client;

beforeAll(async () => {
  client = await newClient();
});

describe('415 or 400, and nothing stored, for', () => {
  it.each(HOSTILE.map((each) => [each.what, each] as const))('%s', async (_what, each) => {
    const { content, type, seen, name = 'a', purpose = 'user_data', status = 415 } = each;
    const file = new File([content], name, { type });
    // With the purpose first a file can be refused early, with the purpose last only at its end.
    for (const order of [
      ['purpose', 'file'],
      ['file', 'purpose'],
    ]) {
      const body = new FormData();
      for (const field of order) body.append(field, field === 'file' ? file : purpose);
      const response = await client.send('POST', '/v1/files', { body });
      const { error } = await response.json<ErrorAnswer>();
      const expected = status === 415 ? 'unsupported_media_type' : 'invalid_request';
      expect([response.status, error.type, error.param]).toEqual([status, expected, 'file']);
      expect(error.message).toContain(seen);
      expect(await keysOf(client.accountId)).toEqual([]);
      expect(await client.json('GET', '/v1/files')).toMatchObject({ data: [] });
    }
  });
});

/** Raw disposition parameters, and the name a client reads back. */
const NAMES: [parameters: string, name: string][] = [
  ['filename="../../etc/passwd"', 'passwd'],
  ['filename="..\\\\..\\\\boot.ini"', 'boot.ini'],
  ['filename="/"', 'file'],
  ['filename=".."', 'file'],
  ['filename=""', 'file'],
  ['filename="   "', 'file'],
  ['filename="a%0D%0ASet-Cookie: evil=1.txt"', 'aSet-Cookie: evil=1.txt'],
  [`filename*=UTF-8''a%0d%0aX-Evil:%201.txt`, 'aX-Evil: 1.txt'],
  [`filename*=UTF-8''%00a%00.txt`, 'a.txt'],
  [`filename*=UTF-8''..%2f..%2fb.txt`, 'b.txt'],
  [`filename*=UTF-8''invoice%E2%80%AEtxt.exe`, 'invoicetxt.exe'],
  ['filename="a\\".txt; filename=evil.html"', 'a".txt; filename=evil.html'],
  ['filename="a;b=c,d.txt"', 'a;b=c,d.txt'],
  ['filename=plain.txt', 'plain.txt'],
  [`filename="old.txt"; filename*=UTF-8''%EC%83%88.txt`, '새.txt'],
  ['filename="%2e%2e%2fa.txt"', '%2e%2e%2fa.txt'],
  ['filename="<script>alert(1)</script>.txt"', 'script>.txt'],
  [`filename="${'가'.repeat(2000)}.txt"`, '가'.repeat(255)],
  ['filename="CON"', 'CON'],
  ['filename="👩‍👩‍👧 ﷺ.txt"', '👩‍👩‍👧 ﷺ.txt'],
];

describe('a name is a name and nothing else:', () => {
  it.each(NAMES)('%s', async (parameters, name) => {
    const body = `--xYz\r\nContent-Disposition: form-data; name="file"; ${parameters}\r\nContent-Type: text/plain\r\n\r\nhello\r\n--xYz--\r\n`;
    const response = await client.send('POST', '/v1/files', {
      body: ENCODER.encode(body),
      headers: { 'content-type': 'multipart/form-data; boundary=xYz' },
    });
    expect(response.status).toBe(200);
    const { id, filename } = await response.json<{ id: string; filename: string }>();
    expect(filename).toBe(name);
    expect(await keysOf(client.accountId)).toEqual([`files/${client.accountId}/${id}`]);

    const content = await client.send('GET', `/v1/files/${id}/content`);
    expect(await content.text()).toBe('hello');
    const disposition = content.headers.get('content-disposition') ?? '';
    expect(disposition).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w!#$&+.^`|~%-]*$/);
    expect(decodeURIComponent(disposition.split("UTF-8''")[1] ?? '')).toBe(name);
    for (const header of ['set-cookie', 'x-evil']) expect(content.headers.get(header)).toBeNull();
    expect((await client.send('DELETE', `/v1/files/${id}`)).status).toBe(200);
    expect(await keysOf(client.accountId)).toEqual([]);
  });
});

it.each(['..', '%2e%2e%2f', '%00', 'file_%0d%0aX-Evil:1', `file_${'x'.repeat(10_000)}`, '%ff', "'--"])(
  'no file has the id %s',
  async (id) => {
    for (const [method, path] of [
      ['GET', `/v1/files/a${id}`],
      ['GET', `/v1/files/a${id}/content`],
      ['DELETE', `/v1/files/a${id}`],
      ['POST', `/v1/uploads/a${id}/cancel`],
    ] as const) {
      const response = await client.send(method, path);
      expect([path.slice(0, 60), response.status]).toEqual([path.slice(0, 60), 404]);
      expect(response.headers.get('x-evil')).toBeNull();
    }
  },
);
