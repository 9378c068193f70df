// Webhook endpoints in the browser.
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { WebhookReceiver } from '../e2e/webhook-receiver.ts';
import { account, openConsole, useBrowser } from './console-browser.ts';

useBrowser();

it('registers an endpoint, tries it, rotates its secret, disables and deletes it', async () => {
  const { key } = await account('endpoints');
  const receiver = await WebhookReceiver.start();
  const { page } = await openConsole({ key: key.key, at: '#/webhooks' });
  await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
  await page.getByRole('button', { name: 'Add endpoint' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('URL').fill(receiver.url());
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  const secret = dialog.locator('code.secret');
  const first = await secret.textContent();
  expect(first).toMatch(/^whsec_/);
  await dialog.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Send a test' }).click();
  await expect.poll(() => receiver.received.length).toBe(1);
  // The test has opened the list: asking for it does not close it, and shows what came meanwhile.
  const reload = page.getByRole('button', { name: 'Reload' });
  await reload.waitFor();
  await page.getByRole('button', { name: 'Deliveries' }).click();
  // What has arrived may be written down a moment later.
  const shownAfterReload = async (target: Locator) => {
    await reload.click();
    return target.count();
  };
  const answered = page.locator('.endpoint tbody .badge', { hasText: '200' });
  await expect.poll(() => shownAfterReload(answered)).toBe(1);
  await page.locator('.endpoint tbody .badge', { hasText: 'Delivered' }).waitFor();
  await page.getByRole('button', { name: 'Send again' }).click();
  await expect.poll(() => receiver.received.length).toBe(2);
  const [sent, again] = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(again).toBe(sent);
  await page.getByRole('button', { name: 'webhook.test' }).click();
  await expect.poll(() => shownAfterReload(page.locator('.endpoint tr.detail tbody tr'))).toBe(2);
  // A button that was out of use for the moment has the focus again, also for the dialog that follows it.
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('button', { name: 'Enable' }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Enable');
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByRole('button', { name: 'Disable' }).waitFor();

  await page.getByRole('button', { name: 'Rotate secret' }).click();
  await dialog.getByRole('button', { name: 'Rotate secret' }).click();
  await secret.waitFor();
  expect(await secret.textContent()).not.toBe(first);
  await dialog.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Disable' }).click();
  await page.locator('.badge', { hasText: 'Disabled' }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'No endpoints yet' }).waitFor();
  await receiver.stop();
});
