import { describe, expect, it } from 'vitest';
import { draftInput, draftOptions } from '../../src/console/batches/batch-draft';
import { batchLines, firstMapping, unknownColumns } from '../../src/console/batches/batch-lines';
import {
  INLINE_LIMIT_BYTES,
  readSource,
  readText,
  SourceError,
} from '../../src/console/batches/batch-source';
import { columnsOf, fillTemplate } from '../../src/console/batches/prompt-template';

const lineText = (id: string, content = 'Hi') =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'sandbox', messages: [{ role: 'user', content }] },
  });

function problemOf(text: string) {
  try {
    readText('x', text);
  } catch (error) {
    if (error instanceof SourceError) return error.problem;
  }
  throw new Error('the text was taken');
}

describe('a prompt template', () => {
  it('is filled in from a row; what names no column stays', () => {
    const filled = fillTemplate('{{a}} and {{ b }}, not {{c}} or {a}', ['a', 'b'], ['1', '{{a}}']);
    expect(filled).toBe('1 and {{a}}, not {{c}} or {a}');
    expect(columnsOf('{{a}} {{ b }} {{a}}')).toEqual(['a', 'b']);
  });
});

describe('a source', () => {
  it('is requests where the text begins with an object, with or without model and id', () => {
    const bare = '{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0}';
    const source = readText('x.jsonl', `${lineText('one')}\n\n${bare}\n`);
    const lines = [...batchLines(source, firstMapping(source, 'other'))];
    expect(lines.map(({ custom_id, body }) => [custom_id, body.model])).toEqual([
      ['one', 'sandbox'],
      ['2', 'other'],
    ]);
    expect(lines[1]?.body).toEqual({
      model: 'other',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0,
    });
  });

  it('is a table where lines have fields, and a prompt a line where they have none', () => {
    const table = readText('x', 'id,city\na,Seoul\nb,Busan');
    expect(
      [...batchLines(table, firstMapping(table, 'm'))].map(({ custom_id, body }) => [
        custom_id,
        body.messages,
      ]),
    ).toEqual([
      ['a', [{ role: 'user', content: 'city: Seoul' }]],
      ['b', [{ role: 'user', content: 'city: Busan' }]],
    ]);
    const prompts = readText('x', 'Say hello\n\nSay goodbye\n');
    expect(
      [...batchLines(prompts, firstMapping(prompts, 'm'))].map(({ custom_id, body }) => [
        custom_id,
        body.messages,
      ]),
    ).toEqual([
      ['1', [{ role: 'user', content: 'Say hello' }]],
      ['2', [{ role: 'user', content: 'Say goodbye' }]],
    ]);
  });

  it('says which line is wrong', () => {
    expect(problemOf(`${lineText('a')}\n{"a":`)).toMatchObject({ code: 'not_json', line: 2 });
    expect(problemOf(`${lineText('a')}\n{"prompt": "Hi"}`)).toEqual({ code: 'not_a_request', line: 2 });
    expect(problemOf(`\n\n${lineText('a')}\n{"a":`)).toMatchObject({ code: 'not_json', line: 4 });
    expect(problemOf(`${lineText('a')}\n7`)).toEqual({ code: 'not_a_request', line: 2 });
    expect(problemOf('')).toEqual({ code: 'empty' });
    expect(problemOf('id,city\n')).toEqual({ code: 'empty' });
  });

  it('is a file as it is where that is large and in the API’s own form', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => lineText(`${index}`, 'x'.repeat(50_000))).join(
      '\n',
    );
    const file = new File([lines], 'large.jsonl');
    const source = await readSource(file);
    expect(source).toMatchObject({ kind: 'file', firstLine: { custom_id: '0' } });
    expect(draftInput(source, firstMapping(source, 'm'))).toEqual({ kind: 'file', file });

    const small = await readSource(new File([lineText('a')], 'small.jsonl'));
    expect(small.kind).toBe('requests');
  });

  it('is requests also where the text is a JSON array of them; any other text in brackets is a prompt', () => {
    const array = readText('x.json', '[{"messages": []}, {"custom_id": "b", "messages": []}]');
    expect(array).toMatchObject({ kind: 'requests', requests: [{ customId: null }, { customId: 'b' }] });
    for (const text of ['[1]', '[Ignore this] and go on', '[]']) {
      expect(readText('x', text)).toMatchObject({ kind: 'table', table: { rows: [[text]] } });
    }
  });

  it('is no file that is not text in UTF-8, and none that cannot be read', async () => {
    const problemOf = (file: File) => readSource(file).catch((error: SourceError) => error.problem);
    expect(await problemOf(new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47])], 'a.png'))).toEqual({
      code: 'not_text',
    });
    expect(await problemOf(new File(['a\0b'], 'a.csv'))).toEqual({ code: 'not_text' });
    const folder = new File([], 'folder');
    folder.arrayBuffer = () => Promise.reject(new DOMException('no', 'NotReadableError'));
    expect(await problemOf(folder)).toEqual({ code: 'unreadable' });
  });

  it('may be a large file whose first line is long, or of prompts', async () => {
    const long = `${lineText('a'.repeat(600_000))}\n`;
    expect(await readSource(new File(Array(20).fill(long), 'long.jsonl'))).toMatchObject({ kind: 'file' });
    const prompts = new File(Array(900_000).fill('Say hello\n'), 'prompts.txt');
    expect(await readSource(prompts)).toMatchObject({ kind: 'table' });
  });

  it('by the name of CSV is a table also where its first field looks like JSON', async () => {
    const source = await readSource(new File(['{a},b\n1,2'], 'x.csv'));
    expect(source).toMatchObject({ kind: 'table', table: { columns: ['{a}', 'b'] } });
  });
});

describe('a mapping', () => {
  const table = readText('x', 'id,question,note\n7,What?,none');

  it('begins with the columns whose names say what they are', () => {
    expect(firstMapping(table, 'm')).toEqual({
      model: 'm',
      system: '',
      prompt: '{{question}}',
      idColumn: 'id',
    });
  });

  it('puts the system message first, with its own columns, and numbers rows without an id', () => {
    const mapping = { model: 'm', system: 'Note: {{note}}', prompt: '{{question}}', idColumn: null };
    expect([...batchLines(table, mapping)]).toEqual([
      {
        custom_id: '1',
        method: 'POST',
        url: '/v1/chat/completions',
        body: {
          model: 'm',
          messages: [
            { role: 'system', content: 'Note: none' },
            { role: 'user', content: 'What?' },
          ],
        },
      },
    ]);
    expect(unknownColumns(table, { ...mapping, prompt: '{{answer}} {{id}}' })).toEqual(['answer']);
  });
});

describe('a draft', () => {
  it('beyond what fits inline is a file of JSON Lines', async () => {
    const row = 'x'.repeat(10_000);
    const source = readText('big.txt', Array.from({ length: 1000 }, () => row).join('\n'));
    const input = draftInput(source, firstMapping(source, 'm'));
    if (input.kind !== 'file') throw new Error('it was taken for small');
    expect(input.file.name).toBe('big.jsonl');
    expect(input.file.size).toBeGreaterThan(INLINE_LIMIT_BYTES);
    const lines = (await input.file.text()).trim().split('\n');
    expect(lines).toHaveLength(1000);
    expect(JSON.parse(lines[999] ?? '')).toMatchObject({ custom_id: '1000', body: { model: 'm' } });
  });

  it('leaves out the options that were left empty', () => {
    const none = { name: '', completionWindow: '', maxCost: '', webhookUrl: ' ', webhookSecret: '' };
    expect(draftOptions(none)).toEqual({});
    expect(
      draftOptions({
        name: ' reviews ',
        completionWindow: '6h',
        maxCost: '0.5',
        webhookUrl: 'https://a.example/ ',
        webhookSecret: 'whsec_x',
      }),
    ).toEqual({
      metadata: { name: 'reviews' },
      completion_window: '6h',
      max_cost: 0.5,
      webhook_url: 'https://a.example/',
      webhook_secret: 'whsec_x',
    });
  });
});
