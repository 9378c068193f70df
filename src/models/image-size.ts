// Width and height of a PNG, JPEG, GIF or WebP image from its header. Pixels as stored: EXIF rotation is not applied.

export interface ImageSize {
  width: number;
  height: number;
}

/** The size in pixels, or null where the bytes are none of the four formats or end too early. */
export function imageSize(bytes: Uint8Array): ImageSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (startsWith(bytes, 0, '\x89PNG') && startsWith(bytes, 12, 'IHDR')) {
      return { width: view.getUint32(16), height: view.getUint32(20) };
    }
    if (startsWith(bytes, 0, 'GIF8')) {
      return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    }
    if (startsWith(bytes, 0, 'RIFF') && startsWith(bytes, 8, 'WEBP')) return webpSize(bytes, view);
    if (startsWith(bytes, 0, '\xff\xd8')) return jpegSize(view);
  } catch (error) {
    // A DataView read past the end: the header is cut off.
    if (!(error instanceof RangeError)) throw error;
  }
  return null;
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** RFC 9649: lossy (VP8), lossless (VP8L) and extended (VP8X) files keep the size in different places. */
function webpSize(bytes: Uint8Array, view: DataView): ImageSize | null {
  if (startsWith(bytes, 12, 'VP8 ')) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (startsWith(bytes, 12, 'VP8L')) {
    const packed = view.getUint32(21, true);
    return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
  }
  if (startsWith(bytes, 12, 'VP8X')) {
    const threeBytes = (offset: number) => view.getUint16(offset, true) + (view.getUint8(offset + 2) << 16);
    return { width: threeBytes(24) + 1, height: threeBytes(27) + 1 };
  }
  return null;
}

/** ITU T.81: segments are skipped by their length until the frame header (SOF0 to SOF15 without DHT, JPG, DAC). */
function jpegSize(view: DataView): ImageSize | null {
  let offset = 2;
  for (;;) {
    if (view.getUint8(offset) !== 0xff) return null;
    const marker = view.getUint8(offset + 1);
    const isFiller = marker === 0xff;
    const hasNoLength = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (isFiller || hasNoLength) {
      offset += isFiller ? 1 : 2;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: view.getUint16(offset + 5), width: view.getUint16(offset + 7) };
    }
    // The entropy-coded data begins, or the file ends, without a frame header.
    if (marker === 0xda || marker === 0xd9) return null;
    offset += 2 + view.getUint16(offset + 2);
  }
}
