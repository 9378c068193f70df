// Files in the browser: dropped, watched while they travel, looked into, deleted.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { pngImage } from '../e2e/sample-files.ts';
import { account, drop, openConsole, slowDown, useBrowser } from './console-browser.ts';

useBrowser();

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
