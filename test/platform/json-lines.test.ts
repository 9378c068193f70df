// Lines of a byte stream, however its chunks fall.
import { describe, expect, it } from 'vitest';
import { type ByteLine, splitLines } from '../../src/platform/json-lines';
import { Chance } from '../batches/chance';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const ENCODER = new TextEncoder();

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = rest.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

async function linesOf(chunks: readonly Uint8Array[], limitBytes = NO_LIMIT): Promise<ByteLine[]> {
  const lines: ByteLine[] = [];
  for await (const line of splitLines(streamOf(chunks), limitBytes)) lines.push(line);
  return lines;
}

/** `text/length`, with `!` for a line that is too long. */
function shown({ bytes, length, tooLong }: ByteLine): string {
  return `${new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)}/${length}${tooLong ? '!' : ''}`;
}

/** The same by hand, from the whole text. */
function expectedLines(text: string, limitBytes = NO_LIMIT): string[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const all = [...lines.map((line) => ({ line, breakLength: 1 })), { line: last, breakLength: 0 }];
  if (last === '') all.pop();
  return all.map(({ line, breakLength }) => {
    const size = ENCODER.encode(line).byteLength;
    return size > limitBytes ? `/${size + breakLength}!` : `${line}/${size + breakLength}`;
  });
}

/** Every way of cutting so many bytes into chunks: one bit a place between two bytes. */
function* chunkings(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let cuts = 0; cuts < 2 ** (bytes.length - 1); cuts++) {
    const chunks: Uint8Array[] = [];
    let start = 0;
    for (let at = 1; at <= bytes.length; at++) {
      if (at === bytes.length || cuts & (1 << (at - 1))) {
        chunks.push(bytes.slice(start, at));
        start = at;
      }
    }
    yield chunks;
  }
}

describe('the lines of a text', () => {
  it.each<[text: string, lines: string[]]>([
    ['', []],
    ['a', ['a/1']],
    ['a\n', ['a/2']],
    ['\n', ['/1']],
    ['\n\n', ['/1', '/1']],
    ['a\n\nb', ['a/2', '/1', 'b/1']],
    ['a\r\nb\r', ['a\r/3', 'b\r/2']],
    ['둘\n😀', ['둘/4', '😀/4']],
    ['\ufeffa\n', ['\ufeffa/5']],
    ['a\u2028b\u0085c\n', ['a\u2028b\u0085c/9']],
  ])('%j are %j', async (text, lines) => {
    expect((await linesOf([ENCODER.encode(text)])).map(shown)).toEqual(lines);
  });

  it.each(['a\n둘\n\nb', '\n\nab\nc\n', 'abcdefghij', '\n'.repeat(10)])(
    'are the same in every chunking: %j',
    async (text) => {
      const expected = expectedLines(text).join();
      for (const chunks of chunkings(ENCODER.encode(text))) {
        const lines = (await linesOf(chunks)).map(shown).join();
        if (lines !== expected) expect.fail(`${chunks.map((chunk) => `[${chunk}]`)}: ${lines}`);
      }
    },
  );

  it('are the same in random texts, chunks and limits, empty chunks included', async () => {
    const seed = Date.now() % 2 ** 31;
    const chance = new Chance(seed);
    for (let round = 0; round < 1_000; round++) {
      const characters = ['a', 'b', '둘', '\r', '\n', '\n'];
      const text = Array.from({ length: chance.below(60) }, () => chance.pick(characters)).join('');
      const bytes = ENCODER.encode(text);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = chance.below(8);
        chunks.push(bytes.slice(at, at + size));
        at += size;
      }
      const limit = chance.is(0.5) ? NO_LIMIT : chance.below(10);
      const lines = (await linesOf(chunks, limit)).map(shown);
      expect(lines, `seed ${seed}, round ${round}`).toEqual(expectedLines(text, limit));
    }
  });
});

describe('a line', () => {
  it('as long as the limit is held, one byte more is not, wherever it stands', async () => {
    const text = '12345\n123456\n12345\n123456';
    for (const size of [1, 4, 100]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        ENCODER.encode(text.slice(index * size, (index + 1) * size)),
      );
      expect((await linesOf(chunks, 5)).map(shown)).toEqual(['12345/6', '/7!', '12345/6', '/6!']);
    }
  });

  it('that never ends is counted and not held', async () => {
    let sent = 0;
    // What is kept of a chunk is a view of it.
    let views = 0;
    const chunk = new Uint8Array(1024 ** 2).fill(0x61);
    chunk.subarray = (...range) => {
      views += 1;
      return Uint8Array.prototype.subarray.apply(chunk, range) as typeof chunk;
    };
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 1_000) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const lines: ByteLine[] = [];
    for await (const line of splitLines(endless, 1024)) lines.push(line);
    expect(lines).toEqual([{ bytes: new Uint8Array(), length: 1_000 * 1024 ** 2, tooLong: true }]);
    expect(views).toBe(0);
  });
});

it('cancels the stream where its reader stops early', async () => {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(ENCODER.encode('a\nb\n'));
    },
    cancel() {
      isCancelled = true;
    },
  });
  for await (const line of splitLines(stream, NO_LIMIT)) {
    expect(shown(line)).toBe('a/2');
    break;
  }
  expect(isCancelled).toBe(true);
});

it('passes on what goes wrong with the stream', async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error('cut off'));
    },
  });
  await expect(splitLines(stream, NO_LIMIT).next()).rejects.toThrow('cut off');
});
