// A batch that is only tried on: checked like the real one, and nothing is made.
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BatchResponse, DryRun } from '../../src/contract/batches';
import { sandbox } from '../../src/models/sandbox/sandbox-model';
import { eventually } from '../eventually';
import { type Client, errorOf, newClient } from '../http/client';
import { booked, linesOf, readBatch, restore, toJsonLines, upload } from './rig';

afterEach(restore);

const LINES = linesOf(
  ['Hi', 'How are you?', 'Good bye'].map((text) => `${text}\n@sandbox tokens=20`),
  {
    max_tokens: 20,
  },
);

/** The same three inputs in the three forms. */
async function formsOf(client: Client): Promise<object[]> {
  const inputs = LINES.map(({ body: { messages, max_tokens } }) => ({ messages, max_tokens }));
  return [
    { model: 'sandbox', inputs },
    { inputs: LINES },
    { input_file_id: await upload(client, toJsonLines(LINES)) },
  ];
}

const dryRun = (client: Client, json: object, value = 'true') =>
  client.send('POST', `/api/v1/batches?dry_run=${value}`, { json });

describe('a dry run', () => {
  it('of any form says what the batch will use and cost, and makes nothing', async () => {
    const asked = vi.spyOn(sandbox, 'complete');
    const client = await newClient();
    const forms = await formsOf(client);
    const answers: DryRun[] = [];
    for (const form of forms) {
      for (const value of ['true', '1']) {
        const response = await dryRun(client, form, value);
        expect(response.status).toBe(200);
        answers.push(await response.json());
      }
    }
    const [first] = answers;
    expect(answers).toEqual(answers.map(() => first));
    expect(first).toMatchObject({ total: 3, estimated_usage: { completion_tokens: 60 } });
    expect(await client.json('GET', '/api/v1/batches')).toMatchObject({ data: [] });
    expect((await env.BUCKET.list({ prefix: `batches/${client.accountId}/` })).objects).toEqual([]);
    expect(await client.json('GET', '/v1/files')).toMatchObject({ data: [{ purpose: 'batch' }] });
    expect(await booked(client)).toEqual({ requests: 0, nano: 0 });
    expect(asked).not.toHaveBeenCalled();

    // These answers are exactly as long as they may be: the estimate is what it costs.
    const { id } = await client.json<BatchResponse>('POST', '/api/v1/batches', { json: forms[0] });
    await eventually(async () => expect((await readBatch(client, id)).status).toBe('completed'));
    const { usage, cost } = await readBatch(client, id);
    expect([first?.estimated_usage, first?.estimated_cost]).toEqual([usage, cost]);
  });

  it('that is false makes the batch', async () => {
    const client = await newClient();
    const [form] = await formsOf(client);
    for (const value of ['false', '0']) expect((await dryRun(client, form ?? {}, value)).status).toBe(202);
    expect((await dryRun(client, form ?? {}, 'maybe')).status).toBe(400);
  });

  it('names the first bad input as the batch would', async () => {
    const client = await newClient();
    const bad = [...LINES, { ...LINES[0], body: { model: 'sandbox', messages: [] } }];
    const inline = await dryRun(client, { inputs: [...LINES.slice(1), bad[3]] });
    expect([inline.status, (await errorOf(inline)).param]).toEqual([400, 'inputs[2].body.messages']);
    const input_file_id = await upload(client, `\n${toJsonLines(bad)}`);
    const file = await dryRun(client, { input_file_id });
    expect(file.status).toBe(400);
    expect(await errorOf(file)).toMatchObject({
      type: 'invalid_request',
      code: 'invalid_request',
      message: expect.stringContaining('line 5'),
    });
    const broken = await dryRun(client, {
      input_file_id: await upload(client, `${toJsonLines(LINES.slice(0, 1))}{"custom_id": nope}`),
    });
    expect(await errorOf(broken)).toMatchObject({
      code: 'invalid_json_line',
      message: 'The request is not valid: line 2: the line is not valid JSON (unexpected "n" at column 15)',
    });
    const repeated = await dryRun(client, {
      input_file_id: await upload(client, toJsonLines([LINES[0], LINES[0]])),
    });
    expect(await errorOf(repeated)).toMatchObject({ code: 'duplicate_custom_id' });
    for (const json of [{ input_file_id: 'file_none' }, { input_file_id: 7 }]) {
      expect((await errorOf(await dryRun(client, json))).param).toBe('input_file_id');
    }
  });

  it('of a file without inputs says so', async () => {
    const client = await newClient();
    const response = await dryRun(client, { input_file_id: await upload(client, '\n\n') });
    expect([response.status, (await errorOf(response)).code]).toEqual([400, 'empty_file']);
  });
});
