// The commands that run on Node without a bundler, as a user types them: what they import has to be found there.
import { type ExecFileException, execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Server } from './server.ts';

let server: Server;

beforeAll(async () => {
  server = await Server.start();
});

afterAll(() => server.stop());

interface Ended {
  code: ExecFileException['code'] | 0;
  output: string;
}

function npmRun(...args: string[]): Promise<Ended> {
  const env = { ...process.env, QUIRE_URL: server.origin, QUIRE_KEY: server.key };
  return new Promise((resolve) => {
    execFile('npm', ['run', '--silent', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: stdout + stderr }),
    );
  });
}

it('shows the main job to its end with npm run demo', async () => {
  const { code, output } = await npmRun('demo');
  expect(output).toContain('add up to the cost of the batch');
  expect(code).toBe(0);
});

it('says which benchmarks there are to npm run bench with an unknown one', async () => {
  const { code, output } = await npmRun('bench', '--', 'nothing');
  expect(output).toMatch(/name one of: batch, chat, .*webhooks/);
  expect(code).toBe(1);
});

it('runs none of the benchmarks where one of their names is unknown', async () => {
  const { code, output } = await npmRun('bench', '--', 'start', 'nothing');
  expect(output).toMatch(/name one of: /);
  expect(output).not.toContain('measuring');
  expect(code).toBe(1);
});
