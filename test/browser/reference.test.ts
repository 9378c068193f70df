// The API reference at /docs: finding operations, reading them, and taking them along.
import { gzipSync } from 'node:zlib';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import {
  atRest,
  DESKTOP,
  openConsole,
  origin,
  PHONE,
  seriousFindings,
  textOf,
  useBrowser,
} from './console-browser.ts';

const FIRST_LOAD_LIMIT_BYTES = 80 * 1024;

useBrowser();

interface Document {
  paths: Record<string, Record<string, { operationId: string; summary: string }>>;
  webhooks: Record<string, object>;
}

async function readDocument(): Promise<Document> {
  const response = await fetch(`${origin}/openapi.json`);
  return (await response.json()) as Document;
}

describe('the reference', () => {
  it('is at /docs, with or without a slash, under the policy of the console', async () => {
    const [page, slash, consolePage] = await Promise.all(
      ['/docs', '/docs/', '/'].map((path) => fetch(origin + path)),
    );
    expect(page?.status).toBe(200);
    expect(slash?.url).toBe(`${origin}/docs`);
    const policy = page?.headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self'; style-src 'self'");
    expect(policy).toBe(consolePage?.headers.get('content-security-policy'));
  });

  it('lists every operation of the document, and what is sent to webhooks', async () => {
    const { paths, webhooks } = await readDocument();
    const ids = Object.values(paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    const { page } = await openConsole({ at: 'docs' });
    await page.getByRole('heading', { name: 'API reference', level: 1 }).waitFor();
    const links = page.getByRole('navigation', { name: 'Operations' }).getByRole('link');
    await links.first().waitFor();
    const hrefs = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(hrefs).toEqual(expect.arrayContaining(ids.map((id) => `#${id}`)));
    expect(hrefs.length).toBe(ids.length + Object.keys(webhooks).length);
  });

  it('draws each operation without a fault', async () => {
    const { page } = await openConsole({ at: 'docs' });
    const links = page.getByRole('navigation', { name: 'Operations' }).getByRole('link');
    await links.first().waitFor();
    const wanted = await links.evaluateAll((all) =>
      all.map((link) => ({
        hash: link.getAttribute('href'),
        name: link.querySelector('.operation-name')?.firstChild?.textContent,
      })),
    );
    const shown: unknown[] = [];
    for (const { hash, name } of wanted) {
      await page.evaluate((to) => {
        location.hash = to ?? '';
      }, hash);
      await page.getByRole('heading', { level: 1, name: name ?? '', exact: true }).waitFor();
      shown.push({
        hash: await page.evaluate(() => location.hash),
        name: await page.locator('h1').textContent(),
      });
    }
    expect(shown).toEqual(wanted);
  });

  it('finds operations by words, and opens the first by the keyboard', async () => {
    const { page } = await openConsole({ at: 'docs' });
    const links = page.getByRole('navigation', { name: 'Operations' }).getByRole('link');
    await links.first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('RETRY batches');
    await expect.poll(() => links.count()).toBeLessThan(10);
    expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))).toContain(
      '#retryBatch',
    );
    await page.getByRole('searchbox').fill('resendBatch');
    await textOf(page.getByRole('status'), /1 operation found/);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${origin}/docs#resendBatchWebhook`);
    // A page that is opened takes the focus with its title.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.getByRole('searchbox').fill('no such operation');
    await page.getByText('No operation has these words.').waitFor();
  });

  it('opens an operation by its id, with its parameters, body, answers and errors', async () => {
    const { page } = await openConsole({ at: 'docs#createBatch' });
    await page.getByRole('heading', { name: 'Create a batch', level: 1 }).waitFor();
    await page.getByText('dry_run', { exact: true }).first().waitFor();
    await page.getByText('Idempotency-Key', { exact: true }).first().waitFor();
    const body = page.locator('section', { has: page.getByRole('heading', { name: 'Request body' }) });
    await body.getByText('BatchOfFile', { exact: true }).click();
    await body.getByText('input_file_id', { exact: true }).waitFor();
    const refusal = page.locator('.response', { hasText: '400' }).first();
    await refusal.locator('summary').first().click();
    await refusal.getByText('Members', { exact: true }).click();
    await refusal.getByText('request_id', { exact: true }).waitFor();
    const current = page.getByRole('navigation', { name: 'Operations' }).locator('[aria-current=page]');
    expect(await current.getAttribute('href')).toBe('#createBatch');
  });

  it('goes into schemas as deep as asked for', async () => {
    const { page } = await openConsole({ at: 'docs#createChatCompletion' });
    const body = page.locator('section', { has: page.getByRole('heading', { name: 'Request body' }) });
    const messages = body
      .locator('.fields > li', { has: page.getByText('messages', { exact: true }) })
      .first();
    await messages.getByText('Members', { exact: true }).first().click();
    await messages.getByText('role: user', { exact: true }).click();
    const content = messages
      .locator('.fields > li', { has: page.getByText('content', { exact: true }) })
      .last();
    await content.getByText('Members', { exact: true }).click();
    await content.getByText('type: text', { exact: true }).first().click();
    await content.getByText('text', { exact: true }).first().waitFor();
  });

  it('copies a request as curl that the server takes', async () => {
    const { page } = await openConsole({ at: 'docs#createBatch' });
    await page.getByLabel('Example: Request').selectOption({ label: "OpenAI's batch lines" });
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(clipboard).toContain(`curl ${origin}/api/v1/batches`);
    const command = await clipboard();
    const body = /-d '([\s\S]*)'$/.exec(command)?.[1] ?? '';
    const response = await fetch(`${origin}/api/v1/batches`, {
      method: 'POST',
      headers: { Authorization: 'Bearer sk-dev', 'Content-Type': 'application/json' },
      body,
    });
    expect(response.status).toBe(202);
  });

  it('says so where no operation has the id, and goes on from there', async () => {
    const { page } = await openConsole({ at: 'docs#nothing' });
    await page.getByText('There is no operation nothing.').waitFor();
    await page.locator('main').getByRole('link', { name: 'API reference' }).click();
    await page.getByRole('heading', { name: 'Batches' }).first().waitFor();
  });

  it('has its own words in Korean', async () => {
    const { page } = await openConsole({ at: 'docs#listBatches', locale: 'ko-KR' });
    await page.getByRole('heading', { name: '쿼리 매개변수' }).waitFor();
    expect(await page.locator('h1 [lang=en]').textContent()).toBe('List batches');
  });

  it('is linked from the console', async () => {
    const { page } = await openConsole({ key: 'sk-dev' });
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'API reference' }).click();
    await page.waitForURL(`${origin}/docs`);
    await page.getByRole('heading', { name: 'API reference', level: 1 }).waitFor();
  });

  it('loads less than 80 KB beside the document', async () => {
    const { page, requests } = await openConsole({ at: 'docs' });
    // They stand in the document, so that it was loaded, too.
    await page.getByRole('navigation', { name: 'Operations' }).getByRole('link').first().waitFor();
    const paths = new Set([...requests.map((request) => request.split(' ')[1] ?? ''), '/favicon.svg']);
    expect(paths.delete('/openapi.json')).toBe(true);
    const sizes = await Promise.all(
      Array.from(paths, async (path) => gzipSync(await (await fetch(origin + path)).bytes()).byteLength),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(paths.size).toBeGreaterThanOrEqual(5);
    expect(total).toBeLessThan(FIRST_LOAD_LIMIT_BYTES);
  });
});

describe.each([
  { look: 'light, on a desktop', dark: false, viewport: DESKTOP },
  { look: 'dark, on a desktop', dark: true, viewport: DESKTOP },
  { look: 'light, on a phone', dark: false, viewport: PHONE },
  { look: 'dark, on a phone', dark: true, viewport: PHONE },
])('$look', ({ dark, viewport }) => {
  it.each(['', '#createBatch', '#openaiUploadFile', '#streamBatch', '#event'])('docs%s', async (hash) => {
    const { page } = await openConsole({ at: `docs${hash}`, dark, viewport, script: axe.source });
    await page.locator('main .prose').first().waitFor();
    if (viewport === PHONE) {
      const contents = page.getByRole('button', { name: 'Operations' });
      await contents.click();
      await page.getByRole('link', { name: 'Create a batch' }).first().waitFor();
      await contents.click();
    }
    for (const summary of await page.locator('main details:not([open]) > summary').all()) {
      if (await summary.isVisible()) await summary.click();
    }
    await atRest(page);
    expect(await seriousFindings(page)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});
