// A dry run of inputs that name stored files: it knows their sizes, and reads none of them.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccountObject } from '../../src/accounts/account-object';
import type { BatchResponse, DryRun } from '../../src/contract/batches';
import { newId } from '../../src/contract/ids';
import { type Client, newClient, ORIGIN } from './client';

afterEach(() => vi.restoreAllMocks());

async function upload(
  client: Client,
  name: string,
  type: string,
  bytes: Uint8Array<ArrayBuffer>,
  purpose = 'user_data',
) {
  const body = new FormData();
  body.set('purpose', purpose);
  body.set('file', new File([bytes], name, { type }));
  return (await client.json<{ id: string }>('POST', '/v1/files', { body })).id;
}

/** Bytes that begin as a type does. */
function padded(head: string, length: number, filler = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length).fill(filler);
  new TextEncoder().encodeInto(head, bytes);
  return bytes;
}

function dryRun(client: Client, json: object): Promise<DryRun> {
  return client.json('POST', '/api/v1/batches?dry_run=true', { json });
}

describe('a dry run', () => {
  it('counts stored files by their sizes, in one call, as they count when they are read', async () => {
    const client = await newClient();
    const csv = await upload(client, 'a.csv', 'text/csv', padded('a,b\n', 120_000, 0x61));
    const pdf = await upload(client, 'a.pdf', 'application/pdf', padded('%PDF-1.7\n', 300_000));
    const wav = await upload(
      client,
      'a.wav',
      'audio/wav',
      padded('RIFF\u0000\u0000\u0000\u0000WAVEfmt ', 96_000),
    );
    const stored = (type: string, id: string) => ({ type, source: { type: 'file', file_id: id } });
    const byUrl = { type: 'url', url: `${ORIGIN}/api/v1/files/${csv}/content` };
    const input = (...parts: object[]) => ({
      messages: [{ role: 'user', content: [{ type: 'text', text: '@sandbox tokens=5' }, ...parts] }],
      max_tokens: 5,
    });
    const inputs = [
      input(stored('document', csv), stored('document', csv), { type: 'file', file: { file_id: pdf } }),
      input(stored('audio', wav), { type: 'document', source: byUrl }),
      input(stored('document', pdf)),
    ];
    const form = { model: 'sandbox', inputs };
    const lines = inputs.map((body, index) =>
      JSON.stringify({
        custom_id: `${index}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'sandbox', ...body },
      }),
    );
    const asked = vi.spyOn(AccountObject.prototype, 'fileSizes');
    const estimate = await dryRun(client, form);
    expect(asked.mock.calls.map(([ids]) => ids)).toEqual([[csv, pdf, wav]]);
    const text = `${lines.join('\n')}\n`;
    const input_file_id = await upload(client, 'input.jsonl', '', padded(text, text.length), 'batch');
    expect(await dryRun(client, { input_file_id })).toEqual(estimate);
    const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', { json: form });
    const batch = await vi.waitFor(
      async () => {
        const read = await client.json<BatchResponse>('GET', `/api/v1/batches/${id}`);
        expect(read).toMatchObject({ status: 'completed', completed: 3 });
        return read;
      },
      { timeout: 20_000, interval: 50 },
    );
    expect([estimate.estimated_usage, estimate.estimated_cost]).toEqual([batch.usage, batch.cost]);
  });

  it('counts files by a flat rule that are not there, and those beyond the first 1,000', async () => {
    const client = await newClient();
    const text = await upload(client, 'a.txt', 'text/plain', new Uint8Array(40_000).fill(0x61));
    const estimateOf = async (ids: string[]) => {
      const content = ids.map((id) => ({ type: 'document', source: { type: 'file', file_id: id } }));
      const json = { model: 'sandbox', inputs: [{ messages: [{ role: 'user', content }] }] };
      const { estimated_usage } = await dryRun(client, json);
      return estimated_usage.prompt_tokens;
    };
    const missing = (count: number) => Array.from({ length: count }, () => newId('file'));
    const [overhead] = [(await estimateOf(missing(1))) - 2_000];
    expect(await estimateOf(['file_none', 'x'.repeat(1_000)])).toBe(overhead + 2 * 2_000);
    expect(await estimateOf([...missing(999), text, text])).toBe(overhead + 999 * 2_000 + 2 * 10_000);
    expect(await estimateOf([...missing(1_000), text])).toBe(overhead + 1_001 * 2_000);
    const other = await newClient();
    const foreign = await upload(other, 'a.txt', 'text/plain', new Uint8Array(40_000).fill(0x61));
    expect(await estimateOf([foreign])).toBe(overhead + 2_000);
  });
});
