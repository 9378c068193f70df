import { describe, expect, it } from 'vitest';
import { imageSize } from '../../src/models/image-size';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAADklEQVR4nGNgQAf//wMAAwAB/6Gy0j8AAAAASUVORK5CYII=';
const GIF = 'R0lGODlhBQAHAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAIBRAA7';

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function webp(kind: string, ...body: number[]): Uint8Array {
  const text = new TextEncoder();
  return new Uint8Array([
    ...text.encode('RIFF'),
    0,
    0,
    0,
    0,
    ...text.encode(`WEBP${kind}`),
    0,
    0,
    0,
    0,
    ...body,
  ]);
}

/** SOI, an APP0 of 4 bytes, filler, a table, then the frame header of 300 × 200. */
const JPEG = new Uint8Array([
  0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc4, 0, 2, 0xff, 0xc2, 0, 11, 8, 0, 200, 1, 44, 1, 0, 0, 0,
]);

describe('imageSize', () => {
  it('reads a PNG', () => expect(imageSize(bytesOf(PNG))).toEqual({ width: 2, height: 3 }));

  it('reads a GIF', () => expect(imageSize(bytesOf(GIF))).toEqual({ width: 5, height: 7 }));

  it('reads a progressive JPEG behind other segments', () =>
    expect(imageSize(JPEG)).toEqual({ width: 300, height: 200 }));

  it('reads lossy, lossless and extended WebP', () => {
    expect(imageSize(webp('VP8 ', 0, 0, 0, 0x9d, 1, 0x2a, 0x10, 0, 0x20, 0))).toEqual({
      width: 16,
      height: 32,
    });
    // 14 bits of width - 1 = 16, then 14 bits of height - 1 = 8.
    expect(imageSize(webp('VP8L', 0x2f, 0x10, 0x00, 0x02, 0x00))).toEqual({ width: 17, height: 9 });
    expect(imageSize(webp('VP8X', 0, 0, 0, 0, 0xff, 0xff, 0, 1, 0, 0))).toEqual({ width: 65_536, height: 2 });
  });

  it('reads bytes that begin within a larger buffer', () => {
    const padded = new Uint8Array([1, 2, 3, ...bytesOf(PNG)]);
    expect(imageSize(padded.subarray(3))).toEqual({ width: 2, height: 3 });
  });

  it('tells no size for a header cut off, a JPEG without frame or other bytes', () => {
    expect(imageSize(bytesOf(PNG).subarray(0, 18))).toBeNull();
    expect(imageSize(JPEG.subarray(0, 16))).toBeNull();
    expect(imageSize(new Uint8Array([0xff, 0xd8, 0xff, 0xda, 0, 0]))).toBeNull();
    expect(imageSize(new Uint8Array())).toBeNull();
    expect(imageSize(new TextEncoder().encode('%PDF-1.7'))).toBeNull();
  });
});
