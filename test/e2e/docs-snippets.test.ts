// The README's snippets and the commands of the guides, run as they stand there against the real server; only its address is
// another. Known gap: where Python has no package `openai`, the README's Python is only compiled.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from './server.ts';

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url));
const ORIGIN = 'http://127.0.0.1:8787';

const run = promisify(execFile);
const hasPython = spawnSync('python3', ['--version']).status === 0;
const hasPythonSdk = hasPython && spawnSync('python3', ['-c', 'import openai']).status === 0;

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quire-snippets-'));
  symlinkSync(join(PROJECT_FOLDER, 'node_modules'), join(folder, 'node_modules'));
  server = await Server.start();
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

/** The blocks in a language of a page's section, or of the whole page. */
function blocksOf(page: string, language: string, section?: string): string[] {
  const text = readFileSync(join(PROJECT_FOLDER, page), 'utf8');
  const part = section === undefined ? text : sectionOf(text, section);
  const blocks = Array.from(part.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm))
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? '');
  expect(blocks).not.toHaveLength(0);
  return blocks;
}

/** From its heading to the next of the second level. */
function sectionOf(text: string, heading: string): string {
  const [, section] = text.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  return section.split(/^## /m)[0] ?? '';
}

/** The README's one block of its first batch in a language, saved under a name. */
function saved(language: string, name: string): string {
  const blocks = blocksOf('README.md', language, 'A first batch');
  expect(blocks).toHaveLength(1);
  const path = join(folder, name);
  writeFileSync(path, here(blocks[0] ?? ''));
  return path;
}

function here(code: string): string {
  return code.replaceAll(ORIGIN, server.origin);
}

/** What a script prints. The first command that fails ends it, and the test. */
async function shell(script: string): Promise<string> {
  const { stdout } = await run('sh', ['-euc', here(script)], { cwd: folder });
  return stdout;
}

function objectsIn(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

describe("the README's first batch", () => {
  it('with curl', async () => {
    const output = await shell(blocksOf('README.md', 'sh', 'A first batch').join('\n'));
    expect(output).toMatch(/^event: status$/m);
    expect(output).toMatch(/^event: done$/m);
    const results = objectsIn(output);
    expect(results.map((result) => result.custom_id)).toEqual(['hello', 'annyeong']);
    for (const result of results) {
      expect(result).toMatchObject({ error: null, body: { usage: {}, cost: { currency: 'USD' } } });
    }
  });

  it('in TypeScript', async () => {
    const { stdout } = await run(process.execPath, [saved('ts', 'first-batch.ts')], { cwd: folder });
    expect(stdout).toMatch(/^completed .*completed: 2/);
    expect(stdout).toMatch(/^hello You said: "Hello"$/m);
    expect(stdout).toMatch(/^annyeong .*안녕하세요/m);
  });

  it.skipIf(!hasPython)('is Python that compiles', async () => {
    await run('python3', ['-m', 'py_compile', saved('python', 'first_batch.py')], { cwd: folder });
  });

  it.skipIf(!hasPythonSdk)('in Python', async () => {
    const { stdout } = await run('python3', [saved('python', 'first_batch.py')], { cwd: folder });
    expect(stdout).toMatch(/^completed .*completed=2/);
    expect(stdout).toMatch(/^hello You said: "Hello"$/m);
    expect(stdout).toMatch(/^annyeong .*안녕하세요/m);
  });
});

it("the README's account and key", async () => {
  const commands = blocksOf('README.md', 'sh', 'Deploy').filter((block) => block.includes('ORIGIN='));
  expect(commands).toHaveLength(1);
  const key = JSON.parse(await shell(commands.join('\n')));
  const response = await fetch(`${server.origin}/api/v1/account`, {
    headers: { authorization: `Bearer ${key.key}` },
  });
  expect(await response.json()).toMatchObject({ name: 'Acme' });
});

it('the commands of the API guide, in its order', async () => {
  const output = await shell(blocksOf('docs/api-guide.md', 'sh').join('\necho\n'));
  // One after the other: completion, polled batch, stream, endpoint, results, list, error, repeats.
  const [completion, polled, endpoint, result, list, error, ...more] = objectsIn(output);
  expect(more).toEqual([]);
  expect(completion).toMatchObject({ object: 'chat.completion', cost: { currency: 'USD' } });
  expect(polled).toMatchObject({ status: 'completed', completed: 1, retry_after: null });
  expect(output).toMatch(/^event: result$/m);
  expect(output).toMatch(/^event: done$/m);
  expect(endpoint).toMatchObject({ object: 'webhook_endpoint', events: ['batch.completed', 'batch.failed'] });
  expect(result).toMatchObject({ custom_id: '0', error: null });
  expect(list).toMatchObject({ object: 'list', data: [{ status: 'completed' }], has_more: true });
  expect(error).toMatchObject({ error: { type: 'not_found', param: 'model' } });
  const locations = Array.from(output.matchAll(/^location: (.+)$/gim), (match) => match[1]);
  expect(locations).toHaveLength(2);
  expect(new Set(locations).size).toBe(1);
  expect(output).toMatch(/^idempotent-replayed: true/im);
});

it('the commands of the page on tools', async () => {
  const [called, answered] = objectsIn(await shell(blocksOf('docs/tools.md', 'sh').join('\necho\n')));
  expect(called).toMatchObject({
    choices: [
      {
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ type: 'function', function: { name: 'get_weather' } }] },
      },
    ],
  });
  expect(answered).toMatchObject({
    choices: [{ finish_reason: 'stop', message: { content: expect.stringContaining('sunny, 21 degrees') } }],
  });
});
