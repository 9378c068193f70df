// Multipart bodies as clients send them, split at every place, and as nobody should send them.
import { describe, expect, it } from 'vitest';
import { parseMultipart } from '../../src/platform/multipart';
import { MultipartError } from '../../src/platform/multipart-headers';

const encoder = new TextEncoder();
const TYPE = 'multipart/form-data; boundary=xYz';

/** A stream of the text, cut every `size` bytes. */
function streamOf(text: string | Uint8Array, size = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const end = Math.min(bytes.length, at + size);
      controller.enqueue(bytes.slice(at, end));
      at = end;
    },
  });
}

async function read(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body) chunks.push(chunk.slice());
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

interface SeenPart {
  name: string;
  filename: string | null;
  contentType: string | null;
  text: string;
}

async function parse(
  text: string | Uint8Array,
  type: string | null = TYPE,
  size?: number,
): Promise<SeenPart[]> {
  const parts: SeenPart[] = [];
  for await (const { name, filename, contentType, body } of parseMultipart(streamOf(text, size), type)) {
    parts.push({ name, filename, contentType, text: new TextDecoder().decode(await read(body)) });
  }
  return parts;
}

async function problem(text: string | Uint8Array, type: string | null = TYPE): Promise<string> {
  const error = await parse(text, type).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MultipartError);
  return error instanceof MultipartError ? error.reason : '';
}

/** One part with these header lines and this content. */
const one = (headers: string, content = 'hi') => `--xYz\r\n${headers}\r\n\r\n${content}\r\n--xYz--\r\n`;
const named = async (disposition: string) => {
  const [part] = await parse(one(`Content-Disposition: form-data; ${disposition}`));
  return { name: part?.name, filename: part?.filename };
};

describe('a well-formed body', () => {
  const BODY = [
    'a preamble\r\n',
    '--xYz\r\n',
    'Content-Disposition: form-data; name="purpose"\r\n\r\n',
    'batch\r\n',
    '--xYz \t\r\n',
    'content-type: text/plain; charset=utf-8\r\n',
    'CONTENT-DISPOSITION: form-data; name="file"; filename="한글 문서.txt"\r\n\r\n',
    'one\r\n--xYzz\r\n--xY\r\r\n--xYz-\r\n--two\n--xYz\n\r\n',
    '--xYz\r\n',
    'Content-Disposition: form-data; name=empty\r\n\r\n',
    '\r\n--xYz--\r\nan epilogue',
  ].join('');
  const PARTS = [
    { name: 'purpose', filename: null, contentType: null, text: 'batch' },
    {
      name: 'file',
      filename: '한글 문서.txt',
      contentType: 'text/plain; charset=utf-8',
      text: 'one\r\n--xYzz\r\n--xY\r\r\n--xYz-\r\n--two\n--xYz\n',
    },
    { name: 'empty', filename: null, contentType: null, text: '' },
  ];

  it('reads the same wherever the network cuts it', async () => {
    expect(await parse(BODY)).toEqual(PARTS);
    for (let size = 1; size < 100; size++) expect(await parse(BODY, TYPE, size)).toEqual(PARTS);
  });

  it('reads what FormData sends, binary content unharmed', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    bytes.set(encoder.encode('\r\n--'), 4096);
    const form = new FormData();
    form.set('file', new File([bytes], 'a "quoted" name.bin', { type: 'image/png' }));
    form.set('purpose', 'vision');
    const request = new Request('http://x/', { method: 'POST', body: form });
    const seen: unknown[] = [];
    for await (const part of parseMultipart(
      streamOf(await request.bytes(), 1000),
      request.headers.get('content-type'),
    )) {
      seen.push([part.name, part.filename, await read(part.body)]);
    }
    expect(seen).toEqual([
      ['file', 'a "quoted" name.bin', bytes],
      ['purpose', null, encoder.encode('vision')],
    ]);
  });

  it('skips what a consumer leaves unread', async () => {
    const names: string[] = [];
    for await (const part of parseMultipart(streamOf(BODY, 7), TYPE)) {
      names.push(part.name);
      if (part.name === 'file') {
        for await (const chunk of part.body) if (chunk.length > 0) break;
      }
    }
    expect(names).toEqual(['purpose', 'file', 'empty']);
  });

  it('gives no bytes of a later part to a reader that kept an earlier one', async () => {
    const parts = parseMultipart(streamOf(BODY), TYPE);
    const first = await parts.next();
    await parts.next();
    expect(first.done ? null : await read(first.value.body)).toEqual(new Uint8Array(0));
  });

  it('accepts a body without any part', async () => {
    expect(await parse('--xYz--\r\n')).toEqual([]);
  });
});

describe('the boundary', () => {
  it('may be quoted, beside other parameters, in any case', async () => {
    const body = '--a b;"c\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b;"c--';
    const type = 'Multipart/Form-Data; charset=utf-8; BOUNDARY="a b;\\"c"';
    expect((await parse(body, type))[0]?.text).toBe('1');
  });

  it('may hold the characters real clients use', async () => {
    for (const boundary of [
      '*****',
      '----WebKitFormBoundary7MA4YWxkTrZu0gW',
      "'()+_,-./:=?",
      '---=_Part_1.2',
    ]) {
      const body = `--${boundary}\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--${boundary}--`;
      const parts = await parse(body, `multipart/form-data; boundary=${boundary}`);
      expect(parts[0]?.text, boundary).toBe('1');
    }
  });

  it.each([
    [null, 'not_multipart'],
    ['application/json', 'not_multipart'],
    ['multipart/mixed; boundary=xYz', 'not_multipart'],
    ['multipart/form-data', 'boundary_missing'],
    ['multipart/form-data; boundary=', 'boundary_invalid'],
    ['multipart/form-data; boundary="xYz', 'boundary_invalid'],
    ['multipart/form-data; boundary="ends in a space "', 'boundary_invalid'],
    ['multipart/form-data; boundary=a; boundary=b', 'boundary_invalid'],
    [`multipart/form-data; boundary=${'b'.repeat(71)}`, 'boundary_invalid'],
  ])('is refused in %s', async (type, reason) => {
    expect(await problem(one('Content-Disposition: form-data; name=x'), type)).toBe(reason);
  });
});

describe('names and file names', () => {
  it('come quoted, bare, escaped and percent-encoded', async () => {
    expect(await named('name=a')).toEqual({ name: 'a', filename: null });
    expect(await named('filename="x;y=z.txt"; name="a"')).toEqual({ name: 'a', filename: 'x;y=z.txt' });
    expect(await named('name="a"; filename="say \\"hi\\" \\\\ back"')).toEqual({
      name: 'a',
      filename: 'say "hi" \\ back',
    });
    expect(await named('name="a"; filename="C:\\dir\\new.txt"')).toMatchObject({
      filename: 'C:\\dir\\new.txt',
    });
    expect(await named('name="a%22b"; filename="%22%0d%0A%41"')).toEqual({
      name: 'a"b',
      filename: '"\r\n%41',
    });
    expect(await named('name="a"; filename=""')).toMatchObject({ filename: '' });
    // As Node and browsers write a name that ends in a backslash.
    expect(await named('name="a"; filename="b\\"')).toEqual({ name: 'a', filename: 'b\\' });
    expect(await named('name="a"; filename="\\"')).toEqual({ name: 'a', filename: '\\' });
  });

  it('prefer filename* to filename', async () => {
    const both = `name="a"; filename="x.txt"; filename*=UTF-8'ko'%ED%95%9C%EA%B8%80.txt`;
    expect(await named(both)).toMatchObject({ filename: '한글.txt' });
  });
});

describe('a malformed body', () => {
  const disposition = 'Content-Disposition: form-data; name=x';
  it.each([
    ['is empty', '', 'no_parts_found'],
    ['never shows the boundary', 'Content-Disposition: form-data; name=x\r\n\r\nhi', 'no_parts_found'],
    ['ends in a part', one(disposition).slice(0, -9), 'cut_off'],
    ['ends in the last boundary', one(disposition).slice(0, -3), 'cut_off'],
    ['ends in the headers', one(disposition).slice(0, 20), 'cut_off'],
    ['ends lines with LF alone', one(disposition).replaceAll('\r\n', '\n'), 'boundary_line_malformed'],
    ['ends header lines with LF alone', one(`A: b\n${disposition}`), 'header_malformed'],
    [
      'has text after a boundary',
      `--xYz x\r\n${disposition}\r\n\r\nhi\r\n--xYz--`,
      'boundary_line_malformed',
    ],
    ['folds a header', one(`${disposition};\r\n filename=y`), 'header_malformed'],
    ['has a header without a colon', one(`${disposition}\r\nnonsense`), 'header_malformed'],
    ['has a space before the colon', one('Content-Disposition : form-data; name=x'), 'header_malformed'],
    ['repeats a header', one(`${disposition}\r\n${disposition}`), 'header_malformed'],
    ['repeats a parameter', one(`${disposition}; name=y`), 'header_malformed'],
    ['leaves a quote open', one('Content-Disposition: form-data; name="x'), 'header_malformed'],
    ['has NUL in a header', one(`${disposition}; filename="a\u0000b"`), 'header_malformed'],
    ['has a bad filename*', one(`${disposition}; filename*=UTF-8''%FF`), 'header_malformed'],
    ['has no disposition', one('Content-Type: text/plain'), 'disposition_missing'],
    ['has no headers', '--xYz\r\n\r\nhi\r\n--xYz--', 'disposition_missing'],
    ['is not form data', one('Content-Disposition: attachment; name=x'), 'disposition_missing'],
    ['has no name', one('Content-Disposition: form-data; filename=x'), 'name_missing'],
    ['is base64', one(`${disposition}\r\nContent-Transfer-Encoding: base64`), 'encoding_unsupported'],
    ['has endless headers', one(`${disposition}\r\nX: ${'x'.repeat(10_000)}`), 'headers_too_large'],
    ['has endless parts', `${one(disposition).slice(0, -9).repeat(101)}--xYz--`, 'too_many_parts'],
    ['has an endless epilogue', `${one(disposition)}${'x'.repeat(70_000)}`, 'epilogue_too_large'],
  ])('that %s is refused', async (_what, body, reason) => {
    expect(await problem(body)).toBe(reason);
  });

  it('with headers that are not UTF-8 is refused', async () => {
    const bytes = encoder.encode(one('Content-Disposition: form-data; name=x; filename="?"'));
    bytes[bytes.indexOf(0x3f)] = 0xff;
    expect(await problem(bytes)).toBe('header_malformed');
  });

  it('whose connection breaks is cut off', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(encoder.encode(one('Content-Disposition: form-data; name=x').slice(0, -10))),
      pull: (controller) => controller.error(new Error('connection lost')),
    });
    const parsed = (async () => {
      for await (const part of parseMultipart(body, TYPE)) await read(part.body);
    })();
    await expect(parsed).rejects.toMatchObject({ reason: 'cut_off' });
  });
});

describe('the body stream', () => {
  /** An endless part, and what was asked of it. */
  function endless() {
    const seen = { chunks: 0, cancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) =>
          controller.enqueue(encoder.encode('--xYz\r\nContent-Disposition: form-data; name=x\r\n\r\n')),
        pull(controller) {
          seen.chunks += 1;
          controller.enqueue(new Uint8Array(1000));
        },
        cancel() {
          seen.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { body, seen };
  }

  it('is read only as fast as the parts are', async () => {
    const { body, seen } = endless();
    for await (const part of parseMultipart(body, TYPE)) {
      const chunks = part.body[Symbol.asyncIterator]();
      for (let i = 0; i < 5; i++) await chunks.next();
      await scheduler.wait(10);
      expect(seen.chunks).toBeLessThanOrEqual(6);
      break;
    }
  });

  it('is cancelled when the consumer stops', async () => {
    const { body, seen } = endless();
    const stopped = (async () => {
      for await (const part of parseMultipart(body, TYPE)) {
        for await (const chunk of part.body) if (chunk.length > 0) throw new Error('enough');
      }
    })();
    await expect(stopped).rejects.toThrow('enough');
    expect(seen.cancelled).toBe(true);
  });
});
