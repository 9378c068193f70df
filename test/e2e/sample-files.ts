// Real files for uploads, made on the spot.
import { crc32, deflateSync } from 'node:zlib';

/** Every pixel of it: 8-bit RGB, in the order of the PNG specification's section 9. */
const BYTES_PER_PIXEL = 3;

/** A PNG image any viewer opens: a colour gradient. */
export function pngImage(width: number, height: number): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bit depth 8, colour type 2 (RGB); compression, filter and interlace methods 0.
  header.set([8, 2, 0, 0, 0], 8);
  // One filter byte before each row.
  const rows = Buffer.alloc(height * (1 + width * BYTES_PER_PIXEL));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const red = Math.round((255 * x) / width);
      const blue = Math.round((255 * y) / height);
      rows.set([red, 128, blue], y * (1 + width * BYTES_PER_PIXEL) + 1 + x * BYTES_PER_PIXEL);
    }
  }
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND')]);
}

function chunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(typed, 4);
  framed.writeUInt32BE(crc32(typed), 4 + typed.length);
  return framed;
}
