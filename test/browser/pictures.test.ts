// The documents' pictures of the console, taken only when asked: `UPDATE_SCREENSHOTS=1 npm run test:browser -- pictures`.
// They depend on the machine's fonts; those kept were taken with Inter, JetBrains Mono and Noto Sans CJK installed.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { beforeAll, describe, it } from 'vitest';
import type { UsageResponse, UsageRow } from '../../src/contract/accounts.ts';
import { type Account, ApiClient } from '../e2e/api-client.ts';
import { createBatch, pollUntilEnded } from '../e2e/batch-client.ts';
import { account, adminKey, drop, openConsole, origin, PHONE, useBrowser } from './console-browser.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));

useBrowser();

const PRODUCTS = ['Desk lamp', 'Kettle', 'Notebook', 'Backpack'];
const REVIEWS: [review: string, verdict: string][] = [
  ['Does what it says, and arrived a day early.', 'positive — quick delivery, works as described'],
  ['The lid broke in the first week. I would like a refund.', 'negative — broken lid, wants a refund'],
  ['Good paper, but the cover scratches easily.', 'mixed — good paper, fragile cover'],
  ['Third one I have bought. Still the best.', 'positive — a loyal customer'],
  ['Smaller than in the picture.', 'negative — size differs from the picture'],
];

function review(index: number) {
  const [text = '', verdict = ''] = REVIEWS[index % REVIEWS.length] ?? [];
  const answer = index % 23 === 7 ? 'error=content_policy_violation' : `text=${verdict}`;
  const content = `Product: ${PRODUCTS[index % PRODUCTS.length]}\nReview: ${text}\n@sandbox latency=700ms\n@sandbox ${answer}`;
  return { custom_id: `review-${String(index + 1).padStart(3, '0')}`, messages: [{ role: 'user', content }] };
}

function batch(owner: Account, name: string, count: number) {
  const inputs = Array.from({ length: count }, (_, index) => review(index));
  return createBatch(owner.api, { model: 'sandbox', inputs, metadata: { name } });
}

/** How much of today's usage each of the days before it is said to have had: a new account has none. */
const SHARES = Array.from({ length: 29 }, (_, index) => 0.25 + ((index * 7) % 11) / 16);

function withDaysBefore(usage: UsageResponse): UsageResponse {
  const factor = 1 + SHARES.reduce((sum, share) => sum + share, 0);
  const today = usage.data[0];
  const data =
    usage.group_by === 'day' && today?.day !== undefined
      ? [...SHARES.map((share, index) => dayBefore(today, SHARES.length - index, share)), today]
      : usage.data.map((row) => scaled(row, factor));
  return { ...usage, data, total: scaled(usage.total, factor) };
}

function dayBefore(today: UsageRow, days: number, share: number): UsageRow {
  const day = new Date(new Date(today.day ?? '').getTime() - days * 86_400_000).toISOString().slice(0, 10);
  return { ...scaled(today, share), day };
}

/** The same with other numbers: counts stay whole, money need not. */
function scaled<T>(value: T, factor: number): T {
  return JSON.parse(JSON.stringify(value), (_, inner) =>
    typeof inner === 'number' ? (inner >= 1 ? Math.round(inner * factor) : inner * factor) : inner,
  );
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${FOLDER}${name}.png`, animations: 'disabled' });
}

/** Far enough that there is something to see. */
async function halfDone(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const bar = document.querySelector('main [role=progressbar]');
    return Number(bar?.getAttribute('aria-valuenow')) >= Number(bar?.getAttribute('aria-valuemax')) * 0.6;
  });
}

describe.runIf(process.env.UPDATE_SCREENSHOTS === '1')('pictures', () => {
  let owner: Account;
  beforeAll(async () => {
    await mkdir(FOLDER, { recursive: true });
    owner = await account('Acme');
  });

  it('of a batch at work, wide and narrow', async () => {
    const { id } = await batch(owner, 'reviews-november.csv', 120);
    const wide = await openConsole({ key: owner.key.key, at: `#/batches/${id}` });
    const narrow = await openConsole({
      key: owner.key.key,
      at: `#/batches/${id}`,
      viewport: PHONE,
      dark: true,
    });
    await halfDone(wide.page);
    await take(wide.page, 'console-batch');
    await take(narrow.page, 'console-batch-phone');
    await pollUntilEnded(owner.api, id);
  });

  it('of the list of batches, in the dark', async () => {
    for (const [name, count] of [
      ['translations-ko.jsonl', 12],
      ['product-tags.csv', 30],
      ['support-tickets.jsonl', 18],
    ] as const) {
      await pollUntilEnded(owner.api, (await batch(owner, name, count)).id);
    }
    const running = await batch(owner, 'invoices-2026.jsonl', 60);
    await batch(owner, 'reviews-december.csv', 200);
    const { page } = await openConsole({ key: owner.key.key, dark: true });
    await page.getByRole('link', { name: 'product-tags.csv' }).waitFor();
    await page.waitForTimeout(5_500);
    await take(page, 'console-batches-dark');
    await owner.api.send('POST', `/api/v1/batches/${running.id}/cancel`);
  });

  it('of a new batch', async () => {
    const { page } = await openConsole({ key: owner.key.key, at: '#/batches/new' });
    const rows = Array.from(
      { length: 1200 },
      (_, index) =>
        `r${index + 1},${PRODUCTS[index % PRODUCTS.length]},"${REVIEWS[index % REVIEWS.length]?.[0]}"`,
    );
    await drop(page.locator('.drop-zone'), [
      { name: 'reviews.csv', type: 'text/csv', content: ['id,product,review', ...rows].join('\n') },
    ]);
    await page
      .getByLabel('System message')
      .fill('You judge product reviews. Answer with positive, mixed or negative, and why.');
    await page.getByLabel('Prompt', { exact: true }).fill('Product: {{product}}\nReview: {{review}}');
    await page.getByRole('button', { name: 'Start 1,200 requests' }).waitFor();
    await page.getByRole('heading', { name: 'New batch' }).click();
    await take(page, 'console-new-batch');
  });

  it('of the usage', async () => {
    // An account of its own, in which nothing is spent while the picture is taken.
    const { id, key, api } = await account('Acme, usage');
    const messages = [{ role: 'user', content: 'Hello\n@sandbox tokens=3000' }];
    const made = await createBatch(api, {
      model: 'sandbox',
      inputs: Array.from({ length: 60 }, () => ({ messages })),
    });
    await pollUntilEnded(api, made.id);
    const usage = withDaysBefore(await api.get<UsageResponse>('/api/v1/usage'));
    await new ApiClient(origin, adminKey).send('PATCH', `/api/v1/admin/accounts/${id}`, {
      limits: { monthly_budget: Math.ceil((usage.total.cost?.total_cost ?? 0) * 160) / 100 },
    });
    const { page } = await openConsole({ key: key.key });
    await page.route('**/api/v1/usage**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: withDaysBefore(await response.json()) });
    });
    await page.getByRole('link', { name: 'Usage' }).click();
    await page.locator('.budget').waitFor();
    await page.locator('.bar-chart .bar').last().waitFor();
    await take(page, 'console-usage');
  });

  it('of the playground', async () => {
    const { page } = await openConsole({ key: owner.key.key, at: '#/playground' });
    const message = page.getByLabel('Message', { exact: true });
    await page.getByText('Response schema', { exact: true }).click();
    await page.getByRole('button', { name: 'Insert an example' }).click();
    await message.fill('The lid broke in the first week, but support answered within an hour.');
    await message.press('Enter');
    await page.locator('.turn-facts').waitFor();
    await take(page, 'console-playground');
  });
});
