// The openings of real files, as small as they can be.

const encoder = new TextEncoder();

function bytes(...parts: (string | readonly number[])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    parts.flatMap((part) => (typeof part === 'string' ? Array.from(encoder.encode(part)) : [...part])),
  );
}

const CHUNK_IHDR = [
  0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89,
];

export const SAMPLES = {
  png: bytes([0x89], 'PNG\r\n', [0x1a, 0x0a], CHUNK_IHDR, [0, 0, 0, 0], 'IDAT', [0, 0, 0, 0]),
  jpeg: bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16], 'JFIF', [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
  gif: bytes('GIF89a', [1, 0, 1, 0, 0, 0, 0]),
  webp: bytes('RIFF', [26, 0, 0, 0], 'WEBPVP8L', [13, 0, 0, 0, 0x2f, 0, 0, 0, 0x10, 0x07, 0x10, 0x11]),
  pdf: bytes('%PDF-1.7\n%', [0xe2, 0xe3, 0xcf, 0xd3], '\n1 0 obj\n'),
  mp3: bytes('ID3', [4, 0, 0, 0, 0, 0, 0], [0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0, 0, 0, 0, 0]),
  wav: bytes('RIFF', [36, 0, 0, 0], 'WAVEfmt ', [16, 0, 0, 0, 1, 0, 1, 0]),
  ogg: bytes('OggS', [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 30, 1], 'vorbis'),
  zip: bytes('PK', [3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0]),
  text: bytes('안녕하세요, a text.\n'),
  csv: bytes('name,age\nkim,3\n'),
  jsonl: bytes('{"custom_id":"a"}\n{"custom_id":"b"}\n'),
  svg: bytes('<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'),
  html: bytes('\n<!-- hello -->\n<!DOCTYPE html><script>alert(1)</script>'),
  script: bytes('#!/bin/sh\nrm -rf /\n'),
} as const;
