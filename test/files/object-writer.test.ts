// Objects of every size around the part size, against R2 itself.
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { ObjectWriter } from '../../src/files/object-writer';

const PART = 5 * 1024 ** 2;

/** Bytes without a period that a part's size could hide. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 4093) bytes[i] = i % 251;
  return bytes;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

it.each([1, 70_000, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 17])(
  'stores %i bytes as they came',
  async (size) => {
    const bytes = pattern(size);
    const writer = new ObjectWriter(env.BUCKET, `test/${size}`);
    for (let at = 0; at < size; at += 1_000_003) await writer.write(bytes.subarray(at, at + 1_000_003));
    expect(writer.size).toBe(size);
    expect(await writer.finish()).toBe(await sha256(bytes));
    const stored = await env.BUCKET.get(`test/${size}`);
    expect(Buffer.compare(new Uint8Array(await (stored as R2ObjectBody).arrayBuffer()), bytes)).toBe(0);
  },
);

it('takes one chunk larger than its buffers', async () => {
  const bytes = pattern(3 * PART + 5);
  const writer = new ObjectWriter(env.BUCKET, 'test/one');
  await writer.write(bytes);
  expect(await writer.finish()).toBe(await sha256(bytes));
  expect((await env.BUCKET.head('test/one'))?.size).toBe(bytes.length);
});

it('shows nothing before it is finished, and leaves nothing when it is aborted', async () => {
  const writer = new ObjectWriter(env.BUCKET, 'test/aborted');
  await writer.write(pattern(2 * PART + 1));
  expect(await env.BUCKET.head('test/aborted')).toBeNull();
  await writer.abort();
  expect(await env.BUCKET.head('test/aborted')).toBeNull();
});
