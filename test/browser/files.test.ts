// Files in the browser: dropped, watched while they travel, looked into, deleted.
import { expect, it } from 'vitest';
import { pngImage } from '../e2e/sample-files.ts';
import { account, drop, openConsole, useBrowser } from './console-browser.ts';

useBrowser();

it('uploads dropped files with their progress', async () => {
  const { key } = await account('progress');
  const { page } = await openConsole({ key: key.key, at: '#/files' });
  await page.getByText('No files.').waitFor();
  // Half a second for a quarter of a megabyte: slow enough to be seen.
  const session = await page.context().newCDPSession(page);
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 512 * 1024,
  });
  await drop(page.locator('.drop-zone'), [
    { name: 'long.txt', type: 'text/plain', content: 'All work and no play.\n'.repeat(60_000) },
  ]);
  const bar = page.locator('progress');
  const seen = new Set<string>();
  while (await bar.isVisible().catch(() => false)) {
    seen.add((await bar.getAttribute('value', { timeout: 500 }).catch(() => null)) ?? '');
    await page.waitForTimeout(50);
  }
  await page.getByRole('button', { name: 'long.txt', exact: true }).waitFor();
  expect([...seen].map(Number).filter((share) => share > 0 && share < 1).length).toBeGreaterThan(1);
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
