// Files in the browser: dropped, watched while they travel, looked into, deleted.
import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { pngImage } from '../e2e/sample-files.ts';
import {
  account,
  drop,
  openConsole,
  slowDown,
  textOf,
  UPLOAD_LIMIT_MS,
  UPLOAD_TEST_LIMIT_MS,
  useBrowser,
} from './console-browser.ts';

useBrowser();

/** Over what one request takes, and no whole number of parts. */
const LARGE = { text: 'All work and no play makes Jack a dull boy.\n'.repeat(25_000), times: 90 };

/** Notes every share that a bar of the page shows. */
const SHARES = `{
  window.shares = [];
  const note = () => {
    for (const bar of document.querySelectorAll('progress')) window.shares.push(bar.value);
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
}`;

/** Those between nothing and all, each once. */
async function sharesBetween(page: Page): Promise<number[]> {
  const shares = await page.evaluate(() => (window as Window & { shares?: number[] }).shares ?? []);
  return [...new Set(shares)].filter((share) => share > 0 && share < 1);
}

it('uploads dropped files with their progress', async () => {
  const { key } = await account('progress');
  const { page } = await openConsole({ key: key.key, at: '#/files', script: SHARES });
  await page.getByText('No files.').waitFor();
  await slowDown(page, 512 * 1024);
  await drop(page.locator('.drop-zone'), [
    { name: 'long.txt', type: 'text/plain', content: 'All work and no play.\n'.repeat(60_000) },
  ]);
  await page.getByRole('button', { name: 'long.txt', exact: true }).waitFor();
  expect((await sharesBetween(page)).length).toBeGreaterThan(1);
  expect(await page.locator('progress').count()).toBe(0);
});

it('uploads a file in parts that is too large for one request', {
  timeout: UPLOAD_TEST_LIMIT_MS,
}, async () => {
  const { key, api } = await account('in parts');
  const { page, requests } = await openConsole({ key: key.key, at: '#/files', script: SHARES });
  await page.getByText('No files.').waitFor();
  await drop(page.locator('.drop-zone'), [
    { name: 'large.txt', type: 'text/plain', content: '', repeated: LARGE },
  ]);
  await page.getByRole('button', { name: 'large.txt', exact: true }).waitFor({ timeout: UPLOAD_LIMIT_MS });
  const digest = createHash('sha256');
  for (let time = 0; time < LARGE.times; time++) digest.update(LARGE.text);
  const { data } = await api.get<{ data: { size: number; sha256: string }[] }>('/api/v1/files');
  expect(data).toMatchObject([{ size: LARGE.text.length * LARGE.times, sha256: digest.digest('hex') }]);
  expect(requests.filter((request) => request.endsWith('/parts'))).toHaveLength(6);
  expect(requests).not.toContain('POST /api/v1/files');
  expect((await sharesBetween(page)).length).toBeGreaterThan(1);
});

it('cancels an upload in parts on the server when it is stopped', async () => {
  const { key, api } = await account('stopped parts');
  const { page } = await openConsole({ key: key.key, at: '#/files' });
  await page.getByText('No files.').waitFor();
  await slowDown(page, 4 * 1024 ** 2);
  await drop(page.locator('.drop-zone'), [
    { name: 'large.txt', type: 'text/plain', content: '', repeated: LARGE },
  ]);
  const bar = page.getByRole('progressbar', { name: 'large.txt' });
  await expect.poll(() => bar.getAttribute('value').then(Number)).toBeGreaterThan(0);
  const [answer] = await Promise.all([
    page.waitForResponse('**/api/v1/uploads/*/cancel'),
    page.getByRole('button', { name: 'Stop uploading large.txt' }).click(),
  ]);
  expect(answer.status()).toBe(200);
  const upload = new URL(answer.url()).pathname.replace('/cancel', '');
  expect(await (await api.send('POST', `${upload}/complete`, { part_ids: ['part_1'] })).text()).toContain(
    'cancelled',
  );
  await bar.waitFor({ state: 'detached' });
  expect(await page.getByRole('alert').count()).toBe(0);
  await page.getByText('No files.').waitFor();
});

it('says before anything is sent that a file is too large', async () => {
  const { key } = await account('too large');
  const { page, requests } = await openConsole({ key: key.key, at: '#/files' });
  await page.getByLabel('Purpose').selectOption('batch');
  const repeated = { text: ' '.repeat(1024 ** 2), times: 201 };
  await drop(page.locator('.drop-zone'), [{ name: 'lines.jsonl', type: '', content: '', repeated }]);
  await textOf(page.getByRole('alert'), /A file cannot be larger than 200 MB.*file_too_large/);
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
});

it('shows images and text, downloads and deletes', async () => {
  const { key, api } = await account('preview');
  const { page } = await openConsole({ key: key.key, at: '#/files' });
  await drop(page.locator('.drop-zone'), [
    { name: 'gradient.png', type: 'image/png', content: pngImage(40, 30) },
    { name: 'notes.txt', type: 'text/plain', content: '<b>not bold</b>\n회의는 목요일' },
  ]);
  await page.getByRole('button', { name: 'notes.txt', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const text = dialog.locator('pre', { hasText: '회의는' });
  await text.waitFor();
  expect(await text.textContent()).toContain('<b>not bold</b>');
  await dialog.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'gradient.png', exact: true }).click();
  const image = page.getByRole('img', { name: 'gradient.png' });
  await image.waitFor();
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(40);
  await page.keyboard.press('Escape');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download notes.txt' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('notes.txt');

  await page.getByRole('button', { name: 'Delete notes.txt' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'notes.txt', exact: true }).waitFor({ state: 'detached' });
  const { data } = await api.get<{ data: { filename: string }[] }>('/api/v1/files');
  expect(data.map(({ filename }) => filename)).toEqual(['gradient.png']);
});

it('says what the server refuses', async () => {
  const { key } = await account('refused file');
  const { page, mayFail } = await openConsole({ key: key.key, at: '#/files' });
  mayFail('/api/v1/files');
  await drop(page.locator('.drop-zone'), [
    { name: 'program.exe', type: 'application/x-msdownload', content: 'MZ' },
  ]);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/unsupported_media_type.*req_\w+/);
  await page.getByRole('button', { name: 'Dismiss program.exe' }).click();
  await alert.waitFor({ state: 'detached' });
});
