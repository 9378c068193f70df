// Small files of types that are taken, and some that are not, with the names they are uploaded under.
import { inputLines } from '../e2e/input-file.ts';
import { pngImage } from '../e2e/sample-files.ts';

export interface Sample {
  filename: string;
  type: string;
  bytes: Buffer;
}

export const IMAGE: Sample = { filename: 'a.png', type: 'image/png', bytes: pngImage(3, 2) };

export const BATCH_INPUT: Sample = {
  filename: 'input.jsonl',
  type: 'application/jsonl',
  bytes: Buffer.from(
    inputLines([
      ['a', 'hello'],
      ['b', '안녕'],
      ['c', 'bye'],
    ]),
  ),
};

/** Lines that a batch refuses, each for a reason of its own. */
export const BAD_BATCH_INPUT: Sample = {
  filename: 'bad.jsonl',
  type: 'application/jsonl',
  bytes: Buffer.from(
    `${inputLines([['a', 'x']])}${inputLines([['a', 'x']])}{"custom_id":\n[]\n{"custom_id":1}\n`,
  ),
};

export const SAMPLES: readonly Sample[] = [
  IMAGE,
  BATCH_INPUT,
  { filename: '메모.txt', type: 'text/plain', bytes: Buffer.from('안녕하세요\n') },
  { filename: 'table.csv', type: 'text/csv', bytes: Buffer.from('a,b\n1,2\n') },
  {
    filename: 'a.pdf',
    type: 'application/pdf',
    bytes: Buffer.from('%PDF-1.7\n%\xe2\xe3\n1 0 obj\n', 'latin1'),
  },
];

export const REFUSED_SAMPLES: readonly Sample[] = [
  { filename: 'a.html', type: 'text/plain', bytes: Buffer.from('<!DOCTYPE html><script>alert(1)</script>') },
  { filename: 'a.png', type: 'image/png', bytes: Buffer.from('not an image') },
  { filename: 'a.zip', type: 'application/zip', bytes: Buffer.from('PK\x03\x04\x14\0\0\0', 'latin1') },
  { filename: 'empty.txt', type: 'text/plain', bytes: Buffer.alloc(0) },
];

/** Of one size, so that any two of them complete an upload. */
export const UPLOAD_PARTS: readonly [Buffer, Buffer] = [
  Buffer.from('first half, '),
  Buffer.from('second half.'),
];

export const UPLOAD_BYTES = UPLOAD_PARTS[0].length + UPLOAD_PARTS[1].length;
