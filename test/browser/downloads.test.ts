// Large downloads: straight to the disk where the browser lets a page choose a file, through memory where it does not.
// No test can answer the browser's own dialog: in its place a file of the page's private file system is chosen.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Account } from '../e2e/api-client.ts';
import { createBatch, pollUntilEnded } from '../e2e/batch-client.ts';
import { account, openConsole, useBrowser } from './console-browser.ts';

useBrowser();

/** Picks a file, and lets nothing be read into memory as a whole. */
const PICKER = `
  window.showSaveFilePicker = async ({ suggestedName }) => {
    const folder = await navigator.storage.getDirectory();
    return folder.getFileHandle(suggestedName, { create: true });
  };
  Response.prototype.blob = () => { throw new Error('read as a whole'); };
`;

const LARGE_TEXT = 'All work and no play.\n'.repeat(800_000);

async function uploadLarge({ key }: Account, origin: string): Promise<void> {
  const form = new FormData();
  form.set('file', new File([LARGE_TEXT], 'large.txt', { type: 'text/plain' }));
  const headers = { authorization: `Bearer ${key.key}` };
  const uploaded = await fetch(`${origin}/api/v1/files`, { method: 'POST', headers, body: form });
  expect(uploaded.status).toBe(200);
}

/** The text of a picked file once something was written into it. */
async function pickedText(page: Page, name: string): Promise<string> {
  const read = () =>
    page.evaluate(async (filename) => {
      const folder = await navigator.storage.getDirectory();
      const file = await folder.getFileHandle(filename).catch(() => null);
      return file === null ? '' : (await file.getFile()).text();
    }, name);
  await expect.poll(read).not.toBe('');
  return read();
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

it('streams a large file into the file that was chosen', async () => {
  const owner = await account('large download');
  const { page } = await openConsole({ key: owner.key.key, at: '#/files', script: PICKER });
  await uploadLarge(owner, new URL(page.url()).origin);
  await page.reload();
  await page.getByRole('button', { name: 'Download large.txt' }).click();
  expect(sha256(await pickedText(page, 'large.txt'))).toBe(sha256(LARGE_TEXT));
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('streams results of which the batch itself shows none, since they are too many', async () => {
  const { key, api } = await account('large results');
  const { id } = await createBatch(api, {
    model: 'sandbox',
    inputs: Array.from({ length: 250 }, () => ({
      messages: [{ role: 'user', content: '@sandbox tokens=1500' }],
    })),
  });
  expect((await pollUntilEnded(api, id)).at(-1)?.batch.results).toBeNull();
  const { page } = await openConsole({ key: key.key, at: `#/batches/${id}`, script: PICKER });
  await page.getByRole('button', { name: 'Download JSONL' }).click();
  const lines = (await pickedText(page, `${id}.jsonl`)).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).custom_id)).toEqual(
    Array.from({ length: 250 }, (_, index) => String(index)),
  );
});

it('asks for nothing where no file was chosen', async () => {
  const owner = await account('no file chosen');
  const script = `window.showSaveFilePicker = () => Promise.reject(new DOMException('no', 'AbortError'));`;
  const { page, requests } = await openConsole({ key: owner.key.key, at: '#/files', script });
  await uploadLarge(owner, new URL(page.url()).origin);
  await page.reload();
  const button = page.getByRole('button', { name: 'Download large.txt' });
  await button.click();
  await expect.poll(() => button.isEnabled()).toBe(true);
  expect(requests.filter((request) => request.endsWith('/content'))).toEqual([]);
  expect(await page.getByRole('alert').count()).toBe(0);
});

it('holds a large file in memory where the browser has no such dialog', async () => {
  const owner = await account('no picker');
  const script = 'delete window.showSaveFilePicker';
  const { page } = await openConsole({ key: owner.key.key, at: '#/files', script });
  await uploadLarge(owner, new URL(page.url()).origin);
  await page.reload();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download large.txt' }).click(),
  ]);
  expect(sha256(await readFile(await download.path()))).toBe(sha256(LARGE_TEXT));
});
