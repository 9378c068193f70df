// All results as JSON Lines, whole and in byte ranges.
import { describe, expect, it } from 'vitest';
import { linesSize, rangeInit, resultLines } from '../../src/batches/result-lines';
import type { ResultEntry } from '../../src/batches/results';

/** Entries with these texts, and which of them were read. */
function entriesOf(texts: readonly string[]) {
  const read: number[] = [];
  const entries = texts.map((text, index): ResultEntry => {
    const bytes = new TextEncoder().encode(text);
    const json = () => {
      read.push(index);
      return bytes;
    };
    return {
      index,
      customId: `c${index}`,
      status: 'completed',
      sequence: null,
      size: bytes.byteLength,
      json,
    };
  });
  return { entries, read };
}

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();

const TEXTS = ['{"a":1}', '{"b":"둘"}', '{}', '{"c":"😀😀"}'];
const WHOLE = new TextEncoder().encode(TEXTS.map((text) => `${text}\n`).join(''));

describe('all lines', () => {
  it('are the results, each with its line break', async () => {
    const { entries } = entriesOf(TEXTS);
    expect(await textOf(resultLines(entries, null))).toBe(new TextDecoder().decode(WHOLE));
  });

  it('have the size that is known without reading one', () => {
    const { entries, read } = entriesOf(TEXTS);
    expect(linesSize(entries)).toBe(WHOLE.byteLength);
    expect(read).toEqual([]);
  });

  it('of no results are an empty stream', async () => {
    expect(linesSize([])).toBe(0);
    expect(await textOf(resultLines([], null))).toBe('');
  });

  it('are read only as fast as they are taken', async () => {
    const { entries, read } = entriesOf(Array(100).fill('x'.repeat(100 * 1024)));
    const reader = resultLines(entries, null).getReader();
    expect(read).toEqual([]);
    const { value } = await reader.read();
    expect(value?.byteLength).toBe(3 * (100 * 1024 + 1));
    expect(read).toEqual([0, 1, 2]);
    await reader.cancel();
    expect(read).toHaveLength(3);
  });
});

describe('a byte range of the lines', () => {
  it('is those bytes, wherever it begins and ends', async () => {
    for (let offset = 0; offset < WHOLE.byteLength; offset++) {
      for (let length = 1; offset + length <= WHOLE.byteLength; length++) {
        const stream = resultLines(entriesOf(TEXTS).entries, { offset, length });
        const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
        const expected = WHOLE.slice(offset, offset + length);
        if (bytes.join() !== expected.join()) expect.fail(`${offset}+${length}: ${bytes} is not ${expected}`);
      }
    }
  });

  it('reads none of the results before and after it', async () => {
    const { entries, read } = entriesOf(TEXTS);
    // The last byte of the second line and the first of the third.
    const offset = WHOLE.indexOf(0x0a, 8);
    await textOf(resultLines(entries, { offset, length: 2 }));
    expect(read).toEqual([1, 2]);
  });
});

describe('the answer', () => {
  it('with all of them is 200 with their size', () => {
    expect(rangeInit(1234, null)).toEqual({
      status: 200,
      headers: { 'Content-Type': 'application/jsonl', 'Accept-Ranges': 'bytes', 'Content-Length': '1234' },
    });
  });

  it('with a range is 206 and says which', () => {
    expect(rangeInit(1234, { offset: 100, length: 50 })).toEqual({
      status: 206,
      headers: {
        'Content-Type': 'application/jsonl',
        'Accept-Ranges': 'bytes',
        'Content-Length': '50',
        'Content-Range': 'bytes 100-149/1234',
      },
    });
  });
});
