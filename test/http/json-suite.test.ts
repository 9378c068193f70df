// JSONTestSuite's 318 texts as what clients send: bodies, lines of a batch's input file, and JSON inside of JSON.
import { beforeAll, describe, expect, it } from 'vitest';
import { isBlank } from '../../src/batches/input-scan';
import type { BatchResponse } from '../../src/contract/batches';
import { INPUT_ERRORS_LIMIT, JSON_BODY_LIMIT_BYTES } from '../../src/contract/limits';
import { line, toJsonLines, upload } from '../batches/rig';
import { eventually } from '../eventually';
import { JSON_SUITE, type SuiteCase, suiteTitle } from '../platform/json-suite';
import { type Client, type ErrorAnswer, newClient } from './client';

const ENCODER = new TextEncoder();
const LF = 0x0a;
/** A NUL among a file's leading bytes makes it no text: then the upload is refused. */
const LEADING = toJsonLines([line('first', 'Hi '.repeat(4096))]);

let client: Client;

beforeAll(async () => {
  client = await newClient();
});

const isJson = ({ name }: SuiteCase) => name.startsWith('y_');
const isNoJson = ({ name }: SuiteCase) => name.startsWith('n_');
const isOneLine = ({ bytes }: SuiteCase) => !bytes.includes(LF);

/** The text of a case in UTF-8; null where its bytes are none. */
function textOf({ bytes }: SuiteCase): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The batch of an input file, once it has ended. */
async function batchOf(bytes: Uint8Array<ArrayBuffer>): Promise<BatchResponse> {
  const inputFileId = await upload(client, bytes);
  const made = await client.json<BatchResponse>('POST', '/api/v1/batches', {
    json: { input_file_id: inputFileId },
  });
  return eventually(async () => {
    const batch = await client.json<BatchResponse>('GET', `/api/v1/batches/${made.id}`);
    expect(batch.completed_at).not.toBeNull();
    return batch;
  });
}

describe.skipIf(JSON_SUITE.length === 0)(suiteTitle('JSONTestSuite'), () => {
  it.each(['/v1/chat/completions', '/api/v1/batches', '/v1/batches'])(
    'as the body of POST %s',
    async (path) => {
      for (const { name, bytes } of JSON_SUITE) {
        const headers = { 'content-type': 'application/json' };
        const response = await client.send('POST', path, { body: bytes, headers });
        const { error } = await response.json<ErrorAnswer>();
        // None of them is a request, so that all are refused: those that are no JSON for that alone.
        const isTooLarge = path === '/v1/batches' && bytes.length > JSON_BODY_LIMIT_BYTES;
        const refusal = isTooLarge ? [413, 'request_too_large'] : [400, 'invalid_request'];
        expect([name, response.status, error.type]).toEqual([name, ...refusal]);
        if (isTooLarge) continue;
        const saysWhy = /JSON|UTF-8|empty|body/i.test(error.message);
        expect([name, error.message, !name.startsWith('n_') || saysWhy]).toEqual([name, error.message, true]);
      }
    },
  );

  it('as lines of an input file, each of which is named', async () => {
    const cases = JSON_SUITE.filter((suiteCase) => isOneLine(suiteCase) && textOf(suiteCase) !== null);
    for (let from = 0; from < cases.length; from += INPUT_ERRORS_LIMIT - 1) {
      const some = cases.slice(from, from + INPUT_ERRORS_LIMIT - 1);
      const lines = some.flatMap(({ bytes }) => [bytes, Uint8Array.of(LF)]);
      const batch = await batchOf(joined([ENCODER.encode(LEADING), ...lines]));
      const expected = some.flatMap((suiteCase, index) => (isBlank(suiteCase.bytes) ? [] : [index + 2]));
      const errors = batch.errors?.data ?? [];
      expect([batch.status, batch.total]).toEqual(['failed', 0]);
      expect(errors.map((error) => error.line)).toEqual(expected);
      for (const { code, line: at } of errors) {
        const suiteCase = some[(at ?? 0) - 2] as SuiteCase;
        if (isNoJson(suiteCase))
          expect([suiteCase.name, code]).toEqual([suiteCase.name, 'invalid_json_line']);
        else expect(['invalid_json_line', 'invalid_request']).toContain(code);
      }
    }
  });

  it('as lines that are not UTF-8: the file is not taken', async () => {
    const cases = JSON_SUITE.filter((suiteCase) => textOf(suiteCase) === null);
    expect(cases.length).toBeGreaterThan(20);
    for (const { name, bytes } of cases) {
      const body = new FormData();
      body.set('purpose', 'batch');
      body.set('file', new File([LEADING, bytes], 'input.jsonl'));
      const response = await client.send('POST', '/v1/files', { body });
      const { error } = await response.json<ErrorAnswer>();
      const seen = [name, response.status, error.type, error.param];
      expect(seen).toEqual([name, 400, 'invalid_request', 'file']);
    }
  });

  it('as several lines where a case has line breaks: the first bad one is named', async () => {
    const cases = JSON_SUITE.filter((suiteCase) => !isOneLine(suiteCase) && textOf(suiteCase) !== null);
    expect(cases.length).toBeGreaterThan(5);
    for (const { name, bytes } of cases) {
      const batch = await batchOf(joined([ENCODER.encode(LEADING), bytes]));
      const [error] = batch.errors?.data ?? [];
      const bad = linesOf(bytes).findIndex((text) => !isBlank(text));
      const expected = bad < 0 ? ['completed', undefined] : ['failed', bad + 2];
      expect([name, batch.status, error?.line]).toEqual([name, ...expected]);
    }
  });

  it('as the arguments of a tool call', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    for (const suiteCase of JSON_SUITE) {
      const text = textOf(suiteCase);
      if (text === null) continue;
      const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: text } };
      const response = await client.send('POST', '/v1/chat/completions', {
        json: {
          model: 'sandbox',
          tools,
          messages: [
            { role: 'user', content: 'Hi' },
            { role: 'assistant', content: null, tool_calls: [call] },
            { role: 'tool', tool_call_id: 'call_1', content: 'done' },
          ],
        },
      });
      const answer = await response.json<Partial<ErrorAnswer>>();
      const seen = [suiteCase.name, response.status, answer.error?.type, answer.error?.param];
      const place = 'messages[1].tool_calls[0].function.arguments';
      const refused = [suiteCase.name, 400, 'invalid_tool_call', place];
      if (isNoJson(suiteCase)) expect(seen).toEqual(refused);
      else expect([[suiteCase.name, 200, undefined, undefined], refused]).toContainEqual(seen);
      if (isJson(suiteCase) && /^\s*\{/.test(text)) expect(seen[1]).toBe(200);
    }
  });

  it('as the schema of a response format', async () => {
    for (const suiteCase of JSON_SUITE.filter(isJson)) {
      const format = `{"type":"json_schema","json_schema":{"name":"x","schema":${textOf(suiteCase)}}}`;
      const body = `{"model":"sandbox","messages":[{"role":"user","content":"Hi"}],"response_format":${format}}`;
      const headers = { 'content-type': 'application/json' };
      const response = await client.send('POST', '/v1/chat/completions', { body, headers });
      expect([suiteCase.name, [200, 400].includes(response.status)]).toEqual([suiteCase.name, true]);
      await response.body?.cancel();
    }
  });
});

describe('an input file', () => {
  const good = (id: string) => toJsonLines([line(id, 'Hi')]);

  it.each<[what: string, text: string, total: number]>([
    ['ends without a line break', good('a').trimEnd(), 1],
    ['ends in empty lines', `${good('a')}\n\n`, 1],
    ['has empty lines between', `\n${good('a')}\n \t\r\n${good('b')}`, 2],
    ['has lines that end in CRLF', good('a').replace('\n', '\r\n') + good('b'), 2],
    ['has white space around its lines', ` \t${good('a').trimEnd()} \t\n`, 1],
    ['begins with a byte order mark', `\ufeff${good('a')}`, 1],
  ])('that %s is taken', async (_what, text, total) => {
    const batch = await batchOf(joined([ENCODER.encode(text)]));
    expect(batch).toMatchObject({ status: 'completed', total, completed: total });
  });

  it.each<[what: string, bad: string | Uint8Array<ArrayBuffer>]>([
    ['a NUL', '\0'],
    ['a NUL behind its object', `${good('b').trimEnd()}\0`],
    ['a line separator of Unicode', '\u2028'],
    ['a no-break space', '\u00a0'],
    ['a byte order mark behind the file’s beginning and no object', '\ufeff[]'],
    ['half of UTF-16', Uint8Array.from(good('b').trimEnd(), (character) => character.charCodeAt(0)).slice(1)],
  ])('with a line of %s fails, and the line is named', async (_what, bad) => {
    const bytes = typeof bad === 'string' ? ENCODER.encode(bad) : bad;
    const batch = await batchOf(joined([ENCODER.encode(LEADING), bytes]));
    expect(batch.status).toBe('failed');
    expect(batch.errors?.data).toMatchObject([{ line: 2, code: 'invalid_json_line' }]);
  });

  it('with a line in UTF-16 fails, and names that line and none before it', async () => {
    const utf16 = joined(Array.from(good('b'), (character) => Uint8Array.of(character.charCodeAt(0), 0)));
    const batch = await batchOf(joined([ENCODER.encode(LEADING), utf16]));
    expect(batch.status).toBe('failed');
    expect(batch.errors?.data[0]).toMatchObject({ line: 2, code: 'invalid_json_line' });
  });
});

/** The lines of a text, without their breaks. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...lines, bytes.subarray(from)];
}
