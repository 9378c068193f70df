// Administration in the browser: accounts, keys that are shown once, limits, suspension.
import { expect, it } from 'vitest';
import type { AccountResponse, KeyResponse } from '../../src/contract/accounts.ts';
import type { ListResponse } from '../../src/contract/lists.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { account, adminKey, openConsole, origin, useBrowser } from './console-browser.ts';

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

it('says so where a deployment has no administration', async () => {
  const { page, mayFail } = await openConsole({ at: '#/admin' });
  mayFail('/api/v1/admin');
  await page.route('**/api/v1/admin/**', (route) =>
    route.fulfill({ status: 404, json: { error: { type: 'not_found', message: 'no', param: null } } }),
  );
  await page.getByLabel('Admin key').fill('any');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').filter({ hasText: 'ADMIN_KEY is not set' }).waitFor();
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

  const save = page.getByRole('button', { name: 'Save' });
  const limits = page.locator('form').filter({ has: save });
  await limits.getByLabel('Monthly budget').fill('25');
  await limits.getByLabel('Batches at once').fill('2');
  await save.click();
  await page.getByText('Saved').waitFor();
  const admin = new ApiClient(origin, adminKey);
  const changed = await admin.get<AccountResponse>(`/api/v1/admin/accounts/${id}`);
  expect(changed.limits).toMatchObject({ monthly_budget: 25, concurrent_batches: 2 });

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

it('holds a key to scopes and limits, and shows them', async () => {
  const { id } = await account('scoped');
  const { page } = await openConsole({ adminKey, at: `#/admin/${id}` });
  const dialog = page.getByRole('dialog');
  await page.getByLabel('Name of the new key').fill('nightly');
  await page.getByText('Scopes and limits').click();
  // Chosen in another order than they stand there.
  await page.getByRole('checkbox', { name: 'usage' }).check();
  await page.getByRole('checkbox', { name: 'batches', exact: true }).check();
  await page.getByRole('checkbox', { name: 'chat' }).check();
  await page.getByRole('checkbox', { name: 'chat' }).uncheck();
  const form = page.locator('form', { hasText: 'Name of the new key' });
  await form.getByLabel('Requests a minute').fill('1500');
  await form.getByLabel('Monthly budget').fill('2.5');
  await page.getByRole('button', { name: 'Create key' }).click();
  const secret = (await dialog.locator('code').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Close' }).click();

  const row = page.locator('tbody tr', { hasText: 'nightly' });
  await row
    .getByText('Scopes: batches, usage · Requests a minute: 1,500 · Monthly budget (USD): 2.5')
    .waitFor();
  const keys = await new ApiClient(origin, adminKey).get<ListResponse<KeyResponse>>(
    `/api/v1/admin/accounts/${id}/keys`,
  );
  expect(keys.data.find(({ name }) => name === 'nightly')).toMatchObject({
    scopes: ['batches', 'usage'],
    limits: {
      requests_per_minute: 1500,
      tokens_per_minute: null,
      monthly_budget: 2.5,
      concurrent_batches: null,
    },
  });
  const api = new ApiClient(origin, secret);
  expect((await api.send('GET', '/api/v1/batches')).status).toBe(200);
  expect((await api.send('GET', '/api/v1/files')).status).toBe(403);

  // The form is as it was at first: the next key is held to nothing.
  await page.getByLabel('Name of the new key').fill('everything');
  await page.getByRole('button', { name: 'Create key' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
  const free = page.locator('tbody tr', { hasText: 'Scopes: everything' });
  await free.filter({ hasText: 'everything' }).first().waitFor();
  expect(await page.locator('tbody tr', { hasText: '1,500' }).count()).toBe(1);
});

it('shows the audit log of an account, page by page', async () => {
  const { id } = await account('audited');
  const admin = new ApiClient(origin, adminKey);
  for (let budget = 1; budget <= 21; budget++) {
    await admin.send('PATCH', `/api/v1/admin/accounts/${id}`, { limits: { monthly_budget: budget } });
  }
  const { page, requests } = await openConsole({ adminKey, at: `#/admin/${id}` });
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('heading', { name: 'Audit log' }).waitFor();
  const newest = page.locator('tbody tr').first();
  await newest.getByText('Account changed').waitFor();
  expect(await newest.textContent()).toContain('limits.monthly_budget 20 → 21');
  expect(await newest.textContent()).toContain(id);
  expect(await page.locator('tbody tr').count()).toBe(20);

  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('Account created').waitFor();
  // The first change, and the making of the account and its key.
  expect(await page.locator('tbody tr').count()).toBe(3);
  await page.getByText('Key created').waitFor();
  expect(requests.filter((request) => request.includes('/api/v1/admin/audit'))).toEqual([
    `GET /api/v1/admin/audit?account=${id}&limit=20`,
    expect.stringMatching(`^GET /api/v1/admin/audit\\?account=${id}&limit=20&after=audit_\\w+$`),
  ]);

  await page.getByRole('link', { name: 'All accounts' }).click();
  await page.getByText('What was done here').waitFor();
  await page.locator('tbody tr').first().waitFor();
  await page.getByRole('link', { name: id }).first().click();
  await page.getByRole('heading', { name: 'audited' }).waitFor();
});
