// Usage in the browser: the same numbers as the API's, as a chart and as tables, and the budget.
import { expect, it } from 'vitest';
import type { UsageResponse } from '../../src/contract/accounts.ts';
import { ApiClient } from '../e2e/api-client.ts';
import { account, adminKey, openConsole, origin, textOf, useBrowser } from './console-browser.ts';

useBrowser();

it('shows what was spent, by day and by model', async () => {
  const { id, key, api } = await account('usage');
  await new ApiClient(origin, adminKey).send('PATCH', `/api/v1/admin/accounts/${id}`, {
    limits: { monthly_budget: 0.001 },
  });
  for (let index = 0; index < 3; index++) {
    await api.post('/v1/chat/completions', {
      model: 'sandbox',
      messages: [{ role: 'user', content: 'Hello\n@sandbox tokens=600' }],
    });
  }
  let usage = await api.get<UsageResponse>('/api/v1/usage');
  // Booked after the answer went out.
  await expect
    .poll(async () => {
      usage = await api.get<UsageResponse>('/api/v1/usage');
      return usage.total.requests;
    })
    .toBe(3);
  const cost = `$${usage.total.cost?.total_cost.toPrecision(3)}`;

  const { page } = await openConsole({ key: key.key, at: '#/usage' });
  await page.locator('.totals', { hasText: cost }).waitFor();
  expect(await page.locator('.bar-chart .bar').count()).toBe(30);
  expect(await page.locator('.bar-chart').textContent()).toContain(cost);

  await page.getByText('As a table').click();
  const byDay = page.locator('.chart-table tbody tr');
  expect(await byDay.count()).toBe(1);
  expect(await byDay.textContent()).toContain(cost);
  expect(await page.locator('tbody tr', { hasText: 'sandbox' }).textContent()).toContain(cost);

  await page.getByRole('button', { name: '7 days' }).click();
  await expect.poll(() => page.locator('.bar-chart .bar').count()).toBe(7);
  await page.getByRole('button', { name: 'Tokens', exact: true }).click();
  expect(await page.locator('.bar-chart').textContent()).toContain('1.8K');

  const budget = page.locator('.budget');
  expect(await budget.textContent()).toContain(`${cost} of $0.00100`);
  expect(await budget.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('72');
  expect(await budget.textContent()).toContain('72%');

  // Lowered below what is spent already: the bar is full, the number true.
  await new ApiClient(origin, adminKey).send('PATCH', `/api/v1/admin/accounts/${id}`, {
    limits: { monthly_budget: 0.0005 },
  });
  await page.reload();
  const percent = Math.round(((usage.total.cost?.total_cost ?? 0) / 0.0005) * 100);
  expect(percent).toBeGreaterThan(100);
  await textOf(budget, new RegExp(`${percent}%`));
  expect(await budget.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
});

it('has no budget bar for an account without one', async () => {
  const { key } = await account('no budget');
  const { page } = await openConsole({ key: key.key, at: '#/usage' });
  await page.getByText('Nothing was used in this time.').last().waitFor();
  expect(await page.locator('.budget').count()).toBe(0);
});
