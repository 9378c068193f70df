// Administration in the browser: accounts, keys that are shown once, limits, suspension.
import { expect, it } from 'vitest';
import type { AccountResponse } from '../../src/contract/accounts.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { adminKey, openConsole, origin, useBrowser } from './console-browser.ts';

useBrowser();

it('asks for a key of its own', async () => {
  const { page, mayFail } = await openConsole({ key: 'sk-dev', at: '#/admin' });
  await page.getByRole('heading', { name: 'Administration' }).waitFor();
  mayFail('/api/v1/admin');
  await page.getByLabel('Admin key').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'admin-dev' }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
  expect(await page.evaluate(() => JSON.stringify(localStorage) + location.href)).not.toContain('admin-dev');
});

it('makes an account with a key, limits it, suspends it and revokes the key', async () => {
  const { page } = await openConsole({ adminKey, at: '#/admin' });
  await page.getByRole('button', { name: 'New account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Acme');
  await dialog.getByRole('button', { name: 'New account' }).click();
  await page.getByRole('heading', { name: 'Acme' }).waitFor();
  const id = new URL(page.url()).hash.split('/').at(-1) ?? '';

  await page.getByLabel('Name of the new key').fill('server');
  await page.getByRole('button', { name: 'Create key' }).click();
  const secret = (await dialog.locator('code').textContent()) ?? '';
  expect(secret).toMatch(/^qk_\w+/);
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  expect(await page.textContent('body')).not.toContain(secret);
  const api = new ApiClient(origin, secret);
  expect((await api.send('GET', '/api/v1/files')).status).toBe(200);

  await page.getByLabel('Monthly budget').fill('25');
  await page.getByLabel('Batches at once').fill('2');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved').waitFor();
  const admin = new ApiClient(origin, adminKey);
  const account = await admin.get<AccountResponse>(`/api/v1/admin/accounts/${id}`);
  expect(account.limits).toMatchObject({ monthly_budget: 25, concurrent_batches: 2 });

  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await page.getByText('Suspended').waitFor();
  expect((await api.send('GET', '/api/v1/files')).status).toBe(403);
  await page.getByRole('button', { name: 'Activate' }).click();
  await page.getByRole('button', { name: 'Suspend' }).waitFor();

  await page.getByRole('button', { name: 'Revoke server' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('Revoked').waitFor();
  expect((await api.send('GET', '/api/v1/files')).status).toBe(401);
});
