import { afterEach, describe, expect, it, vi } from 'vitest';
import { type PartReader, resolveMessages } from '../../src/completions/content-parts';
import type { ChatMessage, ContentPart, PartSource } from '../../src/contract/chat';
import { ApiError } from '../../src/contract/errors';
import { PARTS_LIMIT_BYTES } from '../../src/contract/limits';
import type { Modality } from '../../src/contract/models';
import { findModel } from '../../src/models/catalogue';
import type { ModelPart } from '../../src/models/model';
import { SAMPLES } from '../files/samples';

const ORIGIN = 'https://quire.test';

const FILES: Record<string, { bytes: Uint8Array; mediaType: string; filename: string }> = {
  file_png: { bytes: SAMPLES.png, mediaType: 'image/png', filename: '그림.png' },
  file_pdf: { bytes: SAMPLES.pdf, mediaType: 'application/pdf', filename: 'a.pdf' },
  file_wav: { bytes: SAMPLES.wav, mediaType: 'audio/wav', filename: 'a.wav' },
  file_csv: { bytes: SAMPLES.csv, mediaType: 'text/csv', filename: 'a.csv' },
  file_jsonl: { bytes: SAMPLES.jsonl, mediaType: 'application/jsonl', filename: 'a.jsonl' },
};

const READER: PartReader = {
  ownOrigin: ORIGIN,
  targets: { allowPrivate: false },
  readFile: async (id) => (Object.hasOwn(FILES, id) ? (FILES[id] ?? null) : null),
};

function modelOf(modalities: readonly Modality[] = ['text', 'image', 'document', 'audio']) {
  const model = findModel('sandbox');
  if (model === null) throw new Error('the sandbox model is missing');
  return { ...model, id: 'some-model', modalities };
}

function resolve(messages: ChatMessage[], reader: PartReader = READER, modalities?: readonly Modality[]) {
  return resolveMessages({ model: 'some-model', messages }, modelOf(modalities), reader);
}

/** The part as the model gets it, from the second place of the second message. */
async function resolvePart(part: ContentPart, reader?: PartReader, modalities?: readonly Modality[]) {
  const content: ContentPart[] = [{ type: 'text', text: '무엇이 보이나요?' }, part];
  const system: ChatMessage = { role: 'system', content: 'Be brief.' };
  const messages = await resolve([system, { role: 'user', content }], reader, modalities);
  const parts = messages[1]?.content as ModelPart[] | undefined;
  return parts?.[1];
}

const base64 = (media_type: string, bytes: Uint8Array): PartSource => ({
  type: 'base64',
  media_type,
  data: bytes.toBase64(),
});
const dataUrl = (mediaType: string, bytes: Uint8Array) => `data:${mediaType};base64,${bytes.toBase64()}`;
const imageUrl = (url: string): ContentPart => ({ type: 'image_url', image_url: { url } });
const ownUrl = (id: string) => `${ORIGIN}/api/v1/files/${id}/content`;

const PNG = { type: 'image', mediaType: 'image/png', bytes: SAMPLES.png, filename: null };
const PDF = { type: 'document', mediaType: 'application/pdf', bytes: SAMPLES.pdf, filename: null };
const WAV = { type: 'audio', mediaType: 'audio/wav', bytes: SAMPLES.wav, filename: null };

describe('a message', () => {
  it('keeps what is not content, and text as it is', async () => {
    const tool_calls = [{ id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }];
    const messages: ChatMessage[] = [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: '안녕하세요', name: 'kim' },
      { role: 'assistant', tool_calls },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
    ];
    expect(await resolve(messages)).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: '안녕하세요', name: 'kim' },
      { role: 'assistant', content: null, tool_calls },
      { role: 'tool', tool_call_id: 'a', content: 'done' },
    ]);
  });

  it('has the refusals of an assistant in one place', async () => {
    const refusal = (text: string) => ({ type: 'refusal' as const, refusal: text });
    const messages: ChatMessage[] = [
      { role: 'assistant', content: [refusal('I cannot.')] },
      { role: 'assistant', content: [{ type: 'text', text: 'Well.' }, refusal('No.')] },
      { role: 'assistant', content: null, refusal: 'Never.' },
    ];
    expect(await resolve(messages)).toEqual([
      { role: 'assistant', content: null, refusal: 'I cannot.' },
      { role: 'assistant', content: [{ type: 'text', text: 'Well.' }], refusal: 'No.' },
      { role: 'assistant', content: null, refusal: 'Never.' },
    ]);
  });

  it('mixes both dialects and all sources in the order they came', async () => {
    const content: ContentPart[] = [
      { type: 'image', source: base64('image/png', SAMPLES.png) },
      { type: 'text', text: '비교해 주세요' },
      imageUrl(ownUrl('file_png')),
      { type: 'document', source: { type: 'file', file_id: 'file_pdf' } },
      { type: 'input_audio', input_audio: { data: SAMPLES.wav.toBase64(), format: 'wav' } },
    ];
    const [message] = await resolve([{ role: 'user', content }]);
    expect(message?.content).toEqual([
      PNG,
      { type: 'text', text: '비교해 주세요' },
      { ...PNG, filename: '그림.png' },
      { ...PDF, filename: 'a.pdf' },
      WAV,
    ]);
  });

  it('of a tool may hold parts too', async () => {
    const content: ContentPart[] = [{ type: 'image', source: { type: 'file', file_id: 'file_png' } }];
    const [message] = await resolve([{ role: 'tool', tool_call_id: 'a', content }]);
    expect(message?.content).toEqual([{ ...PNG, filename: '그림.png' }]);
  });
});

describe('a part with its bytes inline', () => {
  it.each<[ContentPart, object]>([
    [{ type: 'image', source: base64('image/png', SAMPLES.png) }, PNG],
    [{ type: 'image', source: base64('IMAGE/PNG', SAMPLES.png) }, PNG],
    [
      { type: 'image', source: base64('image/jpg', SAMPLES.jpeg) },
      { ...PNG, mediaType: 'image/jpeg', bytes: SAMPLES.jpeg },
    ],
    [{ type: 'image', source: base64('application/octet-stream', SAMPLES.png) }, PNG],
    [{ type: 'document', source: base64('application/pdf', SAMPLES.pdf) }, PDF],
    [
      { type: 'document', source: base64('text/csv', SAMPLES.csv) },
      { ...PDF, mediaType: 'text/csv', bytes: SAMPLES.csv },
    ],
    [{ type: 'audio', source: base64('audio/x-wav', SAMPLES.wav) }, WAV],
    [
      { type: 'input_audio', input_audio: { data: SAMPLES.mp3.toBase64(), format: 'mp3' } },
      { ...WAV, mediaType: 'audio/mpeg', bytes: SAMPLES.mp3 },
    ],
    [{ type: 'image', source: { type: 'url', url: dataUrl('image/png', SAMPLES.png) } }, PNG],
    [imageUrl(dataUrl('image/png', SAMPLES.png)), PNG],
    [imageUrl(dataUrl('image/png;name=a.png', SAMPLES.png)), PNG],
    [imageUrl(`DATA:;Base64,${SAMPLES.png.toBase64()}`), PNG],
    [{ type: 'file', file: { file_data: dataUrl('application/pdf', SAMPLES.pdf) } }, PDF],
    [
      { type: 'file', file: { file_data: SAMPLES.csv.toBase64(), filename: 'a.csv' } },
      { ...PDF, mediaType: 'text/csv', bytes: SAMPLES.csv, filename: 'a.csv' },
    ],
    // OpenAI's `file` is whatever its bytes are.
    [
      { type: 'file', file: { file_data: SAMPLES.png.toBase64(), filename: 'a.bin' } },
      { ...PNG, filename: 'a.bin' },
    ],
  ])('arrives as what its bytes are: case %#', async (part, expected) => {
    expect(await resolvePart(part)).toEqual(expected);
  });

  it('may be wrapped in lines and lack its padding', async () => {
    const data = SAMPLES.csv.toBase64().replace(/=+$/, '').replace(/.{4}/g, '$&\r\n');
    const part: ContentPart = { type: 'document', source: { type: 'base64', media_type: 'text/csv', data } };
    expect(await resolvePart(part)).toMatchObject({ bytes: SAMPLES.csv });
  });

  it.each([
    '!!!!',
    'iVBORw0KGgo=iVBORw0',
    'iVBOR',
    'iVBOR_w-',
    '그림',
    'data:image/png;base64,iVBORw0KGgo=',
    ' \n',
  ])('is refused where its data is %j, which is not base64', async (data) => {
    const part: ContentPart = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    await expect(resolvePart(part)).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['base64_invalid'],
      param: 'messages[1].content[1].source',
    });
  });

  it.each<[ContentPart, detail: unknown[], param: string]>([
    [
      { type: 'image', source: base64('image/png', SAMPLES.jpeg) },
      ['media_type_mismatch', 'image/png', 'image/jpeg'],
      'source',
    ],
    [
      { type: 'image', source: base64('image/png', SAMPLES.html) },
      ['media_type_mismatch', 'image/png', 'text/html'],
      'source',
    ],
    [
      { type: 'document', source: base64('application/pdf', SAMPLES.text) },
      ['media_type_mismatch', 'application/pdf', 'text/plain'],
      'source',
    ],
    [
      { type: 'image', source: base64('image/svg+xml', SAMPLES.svg) },
      ['media_type_unsupported', 'image/svg+xml'],
      'source',
    ],
    [
      { type: 'document', source: base64('application/zip', SAMPLES.zip) },
      ['media_type_unsupported', 'application/zip'],
      'source',
    ],
    [imageUrl(dataUrl('image/bmp', SAMPLES.png)), ['media_type_unsupported', 'image/bmp'], 'image_url.url'],
    [
      { type: 'input_audio', input_audio: { data: SAMPLES.ogg.toBase64(), format: 'wav' } },
      ['media_type_mismatch', 'audio/wav', 'audio/ogg'],
      'input_audio.data',
    ],
    [
      { type: 'file', file: { file_data: SAMPLES.zip.toBase64() } },
      ['media_type_unsupported', 'application/zip'],
      'file.file_data',
    ],
    // The right type in the wrong kind of part.
    [
      { type: 'image', source: base64('application/pdf', SAMPLES.pdf) },
      ['media_type_mismatch', 'image', 'application/pdf'],
      'source',
    ],
    [
      { type: 'document', source: base64('image/png', SAMPLES.png) },
      ['media_type_mismatch', 'document', 'image/png'],
      'source',
    ],
    [
      imageUrl(dataUrl('audio/wav', SAMPLES.wav)),
      ['media_type_mismatch', 'image', 'audio/wav'],
      'image_url.url',
    ],
  ])(
    'is a 415 that names the types where they disagree or are not on the list: case %#',
    async (part, detail, param) => {
      await expect(resolvePart(part)).rejects.toMatchObject({
        type: 'unsupported_media_type',
        detail,
        param: `messages[1].content[1].${param}`,
      });
    },
  );
});

describe('a part that names a file', () => {
  it.each<[ContentPart, object]>([
    [
      { type: 'image', source: { type: 'file', file_id: 'file_png' } },
      { ...PNG, filename: '그림.png' },
    ],
    [
      { type: 'audio', source: { type: 'file', file_id: 'file_wav' } },
      { ...WAV, filename: 'a.wav' },
    ],
    [
      { type: 'file', file: { file_id: 'file_pdf' } },
      { ...PDF, filename: 'a.pdf' },
    ],
    [
      { type: 'file', file: { file_id: 'file_png', file_data: 'ignored' } },
      { ...PNG, filename: '그림.png' },
    ],
    [imageUrl(ownUrl('file_png')), { ...PNG, filename: '그림.png' }],
    [imageUrl(`${ORIGIN}/v1/files/file_png/content`), { ...PNG, filename: '그림.png' }],
    [imageUrl(`HTTPS://QUIRE.test:443/v1/files/file_png/content?a=b#c`), { ...PNG, filename: '그림.png' }],
    [
      { type: 'document', source: { type: 'url', url: ownUrl('file_pdf') } },
      { ...PDF, filename: 'a.pdf' },
    ],
  ])('has the file’s bytes: case %#', async (part, expected) => {
    expect(await resolvePart(part)).toEqual(expected);
  });

  it.each<[ContentPart, param: string]>([
    [{ type: 'image', source: { type: 'file', file_id: 'file_none' } }, 'source'],
    [{ type: 'image', source: { type: 'url', url: ownUrl('file_none') } }, 'source'],
    [imageUrl(ownUrl('..%2Ffile_png')), 'image_url.url'],
    [{ type: 'file', file: { file_id: 'file_none' } }, 'file.file_id'],
  ])('is a 404 where there is none: case %#', async (part, param) => {
    await expect(resolvePart(part)).rejects.toMatchObject({
      type: 'not_found',
      missing: 'file',
      param: `messages[1].content[1].${param}`,
    });
  });

  it('is a 415 where the file is of another kind', async () => {
    for (const id of ['file_pdf', 'file_jsonl']) {
      const part: ContentPart = { type: 'image', source: { type: 'file', file_id: id } };
      await expect(resolvePart(part)).rejects.toMatchObject({
        type: 'unsupported_media_type',
        param: 'messages[1].content[1].source',
      });
    }
  });

  it('is refused where it names neither a file nor data', async () => {
    await expect(resolvePart({ type: 'file', file: { filename: 'a.pdf' } })).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['field_missing', 'file_id'],
      param: 'messages[1].content[1].file',
    });
  });
});

describe('a URL that is no file of this server', () => {
  const param = 'messages[1].content[1].image_url.url';

  /** A reader that must not be asked for files, and a network that records what it is asked. */
  function outside(answer: () => Response | Promise<Response>) {
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answer());
    const readFile = () => Promise.reject(new Error('a file was read'));
    return { fetched, reader: { ...READER, readFile } };
  }

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    'https://other.example/v1/files/file_png/content',
    'https://quire.test.evil.example/v1/files/file_png/content',
    'https://evil-quire.test/v1/files/file_png/content',
    'https://evil.example/https://quire.test/v1/files/file_png/content',
    'https://evil.example/?u=https://quire.test/v1/files/file_png/content',
  ])('is fetched from where it leads: %s', async (url) => {
    const { fetched, reader } = outside(
      () => new Response(SAMPLES.png, { headers: { 'content-type': 'image/png' } }),
    );
    expect(await resolvePart(imageUrl(url), reader)).toMatchObject({ type: 'image', bytes: SAMPLES.png });
    expect(fetched.mock.calls[0]?.[0]).toBe(url);
  });

  it('is fetched for every kind of part, in both dialects', async () => {
    const { reader } = outside(
      () => new Response(SAMPLES.pdf, { headers: { 'content-type': 'application/pdf' } }),
    );
    const url = 'https://a.example/paper.pdf';
    expect(await resolvePart({ type: 'document', source: { type: 'url', url } }, reader)).toEqual({
      ...PDF,
      filename: 'paper.pdf',
    });
    await expect(resolvePart(imageUrl(url), reader)).rejects.toMatchObject({
      type: 'unsupported_media_type',
      detail: ['media_type_mismatch', 'image', 'application/pdf'],
      param,
    });
  });

  it.each([
    'http://quire.test/v1/files/file_png/content',
    'https://quire.test:8443/v1/files/file_png/content',
    'https://quire.test@evil.example/v1/files/file_png/content',
    'https://quire.test:x@evil.example/v1/files/file_png/content',
    'https://127.0.0.1/a.png',
  ])('is refused with the guard’s reason, and nothing is read: %s', async (url) => {
    const { fetched, reader } = outside(() => new Response(SAMPLES.png));
    await expect(resolvePart(imageUrl(url), reader)).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['part_url_refused', expect.any(Array)],
      param,
    });
    expect(fetched).not.toHaveBeenCalled();
  });

  it.each([
    'https://quire.test/v1/files/file_png',
    'https://quire.test/v1/files/file_png/content/more',
    'https://quire.test/v1/files//content',
    'https://quire.test/v2/files/file_png/content',
    'https://quire.test/admin/v1/files/file_png/content',
    'file:///v1/files/file_png/content',
    '/v1/files/file_png/content',
    'quire.test/v1/files/file_png/content',
    'data:text/plain,hello',
    'javascript:alert(1)',
    'https://',
    '그림',
  ])('is refused where it leads to this server or to no server at all: %s', async (url) => {
    const { fetched, reader } = outside(() => new Response(SAMPLES.png));
    await expect(resolvePart(imageUrl(url), reader)).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['part_url_unsupported'],
      param,
    });
    expect(fetched).not.toHaveBeenCalled();
  });

  it('that looks like one on another origin is not read from the store', async () => {
    const { fetched, reader } = outside(() => new Response(null, { status: 401 }));
    const elsewhere = { ...reader, ownOrigin: 'http://127.0.0.1:8787' };
    await expect(resolvePart(imageUrl(ownUrl('file_png')), elsewhere)).rejects.toMatchObject({
      detail: ['part_fetch_status', 401],
      param,
    });
    expect(fetched).toHaveBeenCalledTimes(1);
    const url = 'http://127.0.0.1:8787/v1/files/file_png/content';
    const local = { ...READER, ownOrigin: 'http://127.0.0.1:8787' };
    expect(await resolvePart(imageUrl(url), local)).toMatchObject({ bytes: SAMPLES.png });
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('may be no larger than what the parts before it have left', async () => {
    const { reader } = outside(() => new Response(SAMPLES.png));
    const large = new Uint8Array(PARTS_LIMIT_BYTES - SAMPLES.png.length + 1);
    const readFile = async () => ({ bytes: large, mediaType: 'application/pdf', filename: 'large.pdf' });
    const content: ContentPart[] = [
      { type: 'document', source: { type: 'file', file_id: 'file_large' } },
      imageUrl('https://a.example/a.png'),
    ];
    await expect(resolve([{ role: 'user', content }], { ...reader, readFile })).rejects.toMatchObject({
      detail: ['part_too_large', 0],
      param: 'messages[0].content[1].image_url.url',
    });
  });

  it('that cannot be read says which part it was', async () => {
    const { reader } = outside(() => Promise.reject(new TypeError('no such host')));
    await expect(resolvePart(imageUrl('https://a.example/a.png'), reader)).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['part_fetch_failed'],
      param,
    });
  });
});

describe('all parts of a request together', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const LARGE: ContentPart = { type: 'document', source: { type: 'file', file_id: 'file_large' } };
  const SMALL: ContentPart = { type: 'document', source: base64('text/csv', SAMPLES.csv) };

  /** A reader whose large file leaves so many bytes of the limit. */
  function readerLeaving(bytesLeft: number) {
    const limits: number[] = [];
    const bytes = new Uint8Array(PARTS_LIMIT_BYTES - bytesLeft);
    const reader: PartReader = {
      ownOrigin: ORIGIN,
      targets: { allowPrivate: false },
      readFile: async (_id, limitBytes) => {
        limits.push(limitBytes);
        return { bytes, mediaType: 'application/pdf', filename: 'large.pdf' };
      },
    };
    return { reader, limits };
  }

  it('wait for room where their reader makes some, each before its bytes are there', async () => {
    const asked: number[] = [];
    const reader: PartReader = { ...READER, makeRoom: async (bytes) => void asked.push(bytes) };
    await resolve([{ role: 'user', content: [SMALL, { type: 'text', text: 'a' }, SMALL] }], reader);
    const encoded = SAMPLES.csv.toBase64().length;
    expect(asked).toEqual([(encoded * 3) / 4, (encoded * 3) / 4]);
    const full: PartReader = { ...READER, makeRoom: () => Promise.reject(new Error('no room')) };
    await expect(resolve([{ role: 'user', content: [SMALL] }], full)).rejects.toThrow('no room');
  });

  it.each([SAMPLES.png.length, 4 * 1024 ** 2, 11 * 1024 ** 2])(
    'count as 4 MiB before they are fetched, and as what they are afterwards if that is more: %i bytes',
    async (size) => {
      const bytes = new Uint8Array(size);
      bytes.set(SAMPLES.png);
      let fetches = 0;
      vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
        fetches++;
        return new Response(bytes);
      });
      const asked: [bytes: number, fetches: number][] = [];
      const makeRoom = async (more: number) => void asked.push([more, fetches]);
      await resolvePart(imageUrl('https://a.example/a.png'), { ...READER, makeRoom });
      const beyond = size - 4 * 1024 ** 2;
      expect(asked).toEqual([[4 * 1024 ** 2, 0], ...(beyond > 0 ? [[beyond, 1]] : [])]);
    },
  );

  it('may take the limit to the byte, over all messages', async () => {
    const { reader, limits } = readerLeaving(SAMPLES.csv.length);
    await resolve(
      [
        { role: 'user', content: [LARGE] },
        { role: 'user', content: [SMALL] },
      ],
      reader,
    );
    expect(limits).toEqual([PARTS_LIMIT_BYTES]);
  });

  it('may not take one byte more', async () => {
    const { reader } = readerLeaving(SAMPLES.csv.length - 1);
    await expect(
      resolve(
        [
          { role: 'user', content: [LARGE] },
          { role: 'user', content: [SMALL] },
        ],
        reader,
      ),
    ).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['parts_too_large', 20],
      param: 'messages[1].content[0].source',
    });
  });

  it('leave a file no more than is left of the limit', async () => {
    const { reader, limits } = readerLeaving(10);
    await expect(resolve([{ role: 'user', content: [LARGE, LARGE] }], reader)).rejects.toThrow();
    expect(limits).toEqual([PARTS_LIMIT_BYTES, 10]);
  });

  it('say which part was too large to be read', async () => {
    const readFile = () =>
      Promise.reject(new ApiError('invalid_request', { detail: ['part_too_large', 20] }));
    await expect(resolvePart(LARGE, { ...READER, readFile })).rejects.toMatchObject({
      detail: ['part_too_large', 20],
      param: 'messages[1].content[1].source',
    });
  });

  it('do not hide a failure of the store', async () => {
    const readFile = () => Promise.reject(new Error('the store is down'));
    await expect(resolvePart(LARGE, { ...READER, readFile })).rejects.toThrow('the store is down');
  });
});

describe('a model', () => {
  it.each<[Modality, ContentPart]>([
    ['image', { type: 'image', source: base64('image/png', SAMPLES.png) }],
    ['document', { type: 'file', file: { file_id: 'file_csv' } }],
    ['audio', { type: 'input_audio', input_audio: { data: SAMPLES.wav.toBase64(), format: 'wav' } }],
  ])('that takes no %s is not given one', async (modality, part) => {
    const others = (['text', 'image', 'document', 'audio'] as const).filter((other) => other !== modality);
    await expect(resolvePart(part, READER, others)).rejects.toMatchObject({
      type: 'invalid_request',
      detail: ['modality_unsupported', modality, 'some-model'],
      param: 'messages[1].content[1]',
    });
    expect(await resolvePart(part, READER, ['text', modality])).toMatchObject({ type: modality });
  });
});
