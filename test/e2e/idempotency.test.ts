// `Idempotency-Key` from the official SDK, also across a `kill -9` while requests are on their way. The header is given as
// such: the SDK's option `idempotencyKey` sends nothing.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import { type Account, newAccount } from './api-client.ts';
import { Server } from './server.ts';

/** When the server dies, their requests stand at different places: claimed, made, kept. */
const ASKING_AT_ONCE = 16;
const ANSWERED_BEFORE_THE_END = 40;

/** A repeat waits for the lease of the run that died. */
const CRASH_LIMIT_MS = 120_000;

const LINE = JSON.stringify({
  custom_id: 'a',
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'sandbox', messages: [{ role: 'user', content: 'Hello' }] },
});

let server: Server;
let account: Account;
let client: OpenAI;
/** Requests that failed without an answer. */
let unanswered = 0;

beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server.origin, server.adminKey, 'idempotent');
  client = new OpenAI({
    baseURL: `${server.origin}/v1`,
    apiKey: account.api.key,
    maxRetries: 30,
    fetch: (url, init) =>
      fetch(url, init).catch((error) => {
        unanswered += 1;
        throw error;
      }),
  });
});

afterAll(async () => {
  await server?.stop();
});

/** The SDK repeats what fails, but for an answer that is cut off after its headers: that is up to its user. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof OpenAI.APIError || !(error instanceof TypeError)) throw error;
    }
  }
}

async function batchIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of client.batches.list({ limit: 100 })) ids.push(batch.id);
  return ids;
}

function newFile(): Promise<OpenAI.FileObject> {
  return client.files.create({ file: new File([LINE], 'in.jsonl'), purpose: 'batch' });
}

function batchOf(file: string) {
  return { input_file_id: file, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
}

describe('the openai SDK, with an Idempotency-Key', () => {
  it('makes one batch however often it asks', async () => {
    const body = batchOf((await newFile()).id);
    const options = { headers: { 'Idempotency-Key': 'one-batch' } };
    const first = await client.batches.create(body, options);
    const { data, response } = await client.batches.create(body, options).withResponse();
    expect(data).toEqual(first);
    expect(response.headers.get('idempotent-replayed')).toBe('true');
    expect((await batchIds()).filter((id) => id === first.id)).toEqual([first.id]);
  });

  it('uploads one file, whatever the boundary between its parts', async () => {
    const upload = (text: string) =>
      client.files.create(
        { file: new File([text], 'notes.txt', { type: 'text/plain' }), purpose: 'user_data' },
        { headers: { 'Idempotency-Key': 'one-file' }, maxRetries: 0 },
      );
    const first = await upload('some notes');
    expect(await upload('some notes')).toEqual(first);
    const refused = await upload('other notes').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OpenAI.UnprocessableEntityError);
    const files = await client.files.list({ purpose: 'user_data' });
    expect(files.data.map(({ id }) => id)).toEqual([first.id]);
  });

  it('has a chat answered once, for twins that came together too', async () => {
    const own = await newAccount(server.origin, server.adminKey, 'chat');
    const chatClient = new OpenAI({ baseURL: `${server.origin}/v1`, apiKey: own.api.key, maxRetries: 5 });
    const ask = () =>
      chatClient.chat.completions.create(
        { model: 'sandbox', messages: [{ role: 'user', content: 'Hello\n@sandbox latency=300ms' }] },
        { headers: { 'Idempotency-Key': 'one-chat' } },
      );
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, ask));
    for (const other of others) expect(other).toEqual(first);
    const { total } = await own.api.get<UsageResponse>('/api/v1/usage');
    expect(total.usage).toEqual(first?.usage);
  });

  it(
    'makes each batch and file once although the server dies while it asks',
    async () => {
      const input = (await newFile()).id;
      const before = new Set(await batchIds());
      const made = { batches: [] as string[], files: [] as string[] };
      const enough = Promise.withResolvers<void>();
      let isBack = false;
      // They never pause, so that the server dies while each of them waits for an answer.
      const asking = Array.from({ length: ASKING_AT_ONCE }, async (_, who) => {
        for (let nth = 0; !isBack; nth++) {
          const options = { headers: { 'Idempotency-Key': `crash-${who}-${nth}` } };
          if (who % 4 === 0) {
            const file = new File([LINE], `crash-${who}-${nth}.txt`, { type: 'text/plain' });
            const upload = () => client.files.create({ file, purpose: 'evals' }, options);
            made.files.push((await untilAnswered(upload)).id);
          } else {
            const create = () => client.batches.create(batchOf(input), options);
            made.batches.push((await untilAnswered(create)).id);
          }
          if (made.batches.length === ANSWERED_BEFORE_THE_END) enough.resolve();
        }
      });
      await enough.promise;
      const requestsBefore = unanswered;
      await server.kill9();
      expect(unanswered).toBeGreaterThan(requestsBefore);
      await server.restart();
      isBack = true;
      await Promise.all(asking);

      const batches = (await batchIds()).filter((id) => !before.has(id));
      expect(batches.sort()).toEqual(made.batches.sort());
      const files = [];
      for await (const { id } of client.files.list({ purpose: 'evals', limit: 100 })) files.push(id);
      expect(files.sort()).toEqual(made.files.sort());
    },
    CRASH_LIMIT_MS,
  );
});
