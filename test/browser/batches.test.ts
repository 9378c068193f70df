// Batches in the browser: from a dropped file over live progress to results, errors, retries and deliveries.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { BATCH_POLL_SECONDS } from '../../src/contract/limits.ts';
import { createBatch, getBatch, pollUntilEnded } from '../e2e/batch-client.ts';
import { WebhookReceiver } from '../e2e/webhook-receiver.ts';
import {
  account,
  drop,
  type OpenConsole,
  openConsole,
  slowDown,
  textOf,
  UPLOAD_LIMIT_MS,
  UPLOAD_TEST_LIMIT_MS,
  useBrowser,
} from './console-browser.ts';

useBrowser();

function jsonLines(count: number, content: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      custom_id: `item-${index}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'sandbox', messages: [{ role: 'user', content: content(index) }] },
    }),
  ).join('\n');
}

/** So many items of two seconds take longer than any page to be looked at, and no more than those two once it is cancelled. */
const LONG = Array.from({ length: 400 }, () => ({
  messages: [{ role: 'user', content: '@sandbox latency=2s' }],
}));

/** Notes how much a batch's page shows done, and how many of its results, at each change. */
const PROGRESS = `{
  window.progress = [];
  const note = () => {
    const done = Number(document.querySelector('main [role=progressbar]')?.getAttribute('aria-valuenow'));
    window.progress.push({ done, results: document.querySelectorAll('.tab-panel tbody tr').length });
  };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
}`;

/** The id of the batch whose page is shown. */
async function shownBatch({ page }: OpenConsole): Promise<string> {
  await page.waitForURL(/#\/batches\/batch_/);
  return new URL(page.url()).hash.split('/').at(-1) ?? '';
}

it('goes from a dropped file to an estimate, live progress and results, without polling', async () => {
  const { key, api } = await account('main path');
  const opened = await openConsole({ key: key.key, script: PROGRESS });
  const { page, requests } = opened;
  const content = jsonLines(60, (index) => `Question ${index}\n@sandbox latency=1s`);
  // The list itself takes the file.
  await page.getByRole('heading', { name: 'No batches yet' }).waitFor();
  await drop(page.locator('.drop-target'), [{ name: 'questions.jsonl', type: 'application/jsonl', content }]);

  const start = page.getByRole('button', { name: 'Start 60 requests' });
  await start.waitFor();
  const estimate = await page.locator('.estimate').textContent();
  expect(estimate).toMatch(/\$0\.0\d+/);
  await start.click();

  const id = await shownBatch(opened);
  const bar = page.locator('main [role=progressbar]');
  await page.locator('.connection.live').waitFor();
  await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe('60');
  const progress = await page.evaluate(
    () => (window as Window & { progress?: { done: number; results: number }[] }).progress ?? [],
  );
  // It was shown on its way, and results before the end.
  const onItsWay = progress.filter(({ done }) => done > 0 && done < 60);
  expect(new Set(onItsWay.map(({ done }) => done)).size).toBeGreaterThan(1);
  expect(onItsWay.some(({ results }) => results > 0)).toBe(true);
  expect(requests.filter((request) => request.startsWith(`GET /api/v1/batches/${id}/stream`))).toHaveLength(
    1,
  );
  expect(requests.filter((request) => request === `GET /api/v1/batches/${id}`)).toHaveLength(1);

  await page.getByText('Completed', { exact: true }).first().waitFor();
  const { cost } = await getBatch(api, id);
  await page
    .locator('.tile', { hasText: `$${cost?.total_cost.toPrecision(3)}` })
    .first()
    .waitFor();

  const first = page.getByRole('button', { name: 'item-0', exact: true });
  await first.click();
  expect(await page.locator('tr.detail').textContent()).toContain('Question 0');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download JSONL' }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
  expect(download.suggestedFilename()).toBe(`${id}.jsonl`);
  expect(lines.map((line) => JSON.parse(line).custom_id)).toEqual(
    Array.from({ length: 60 }, (_, index) => `item-${index}`),
  );
});

it('puts the columns of a CSV file into a prompt', async () => {
  const { key, api } = await account('csv');
  const opened = await openConsole({ key: key.key, at: '#/batches/new' });
  const { page } = opened;
  await drop(page.locator('.drop-zone'), [
    {
      name: 'cities.csv',
      type: 'text/csv',
      content: 'id,city,note\na,Seoul,"the ""big"" one"\nb,Busan,sea\n',
    },
  ]);
  const prompt = page.getByLabel('Prompt', { exact: true });
  await prompt.fill('About {{town}}');
  await page.getByText('The table has no column named: town').waitFor();
  await prompt.fill('About ');
  await page.getByRole('button', { name: '{{city}}' }).click();
  await prompt.press('End');
  await prompt.pressSequentially(': {{note}}');
  expect(await page.locator('.code-block').textContent()).toContain('About Seoul: the \\"big\\" one');

  await page.getByRole('button', { name: 'Start 2 requests' }).click();
  const id = await shownBatch(opened);
  await pollUntilEnded(api, id);
  const batch = await getBatch(api, id);
  expect(batch.metadata).toEqual({ name: 'cities.csv' });
  expect(batch.results?.map(({ custom_id }) => custom_id)).toEqual(['a', 'b']);
  expect(JSON.stringify(batch.results)).toContain('About Busan: sea');
});

it('estimates what the form says now, also while an estimate from before is awaited', async () => {
  const { key } = await account('estimates');
  const { page } = await openConsole({ key: key.key, at: '#/batches/new' });
  const asked: string[] = [];
  const first = Promise.withResolvers<void>();
  await page.route(/dry_run=true/, async (route) => {
    asked.push(route.request().postData() ?? '');
    if (asked.length === 1) await first.promise;
    // The page has given up the first one.
    await route.continue().catch(() => undefined);
  });
  await drop(page.locator('.drop-zone'), [
    { name: 'cities.csv', type: 'text/csv', content: 'id,city\na,Seoul\nb,Busan\n' },
  ]);
  await expect.poll(() => asked.length).toBe(1);
  await page.getByLabel('Prompt', { exact: true }).fill('What about {{city}}?');
  await page.getByRole('button', { name: 'Start 2 requests' }).waitFor();
  first.resolve();
  expect(asked).toHaveLength(2);
  expect(asked[1]).toContain('What about Seoul?');
});

it('takes pasted requests and fills in the model; a broken line is named before anything is sent', async () => {
  const { key } = await account('pasted');
  const { page, requests } = await openConsole({ key: key.key, at: '#/batches/new' });
  const paste = page.getByLabel('Or paste');
  await paste.fill('{"messages": [{"role": "user", "content": "Hello"}]}\n{"messages": [');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Line 2 is not valid JSON').waitFor();
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);

  await paste.fill('{"messages": [{"role": "user", "content": "Hello"}]}');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Start 1 request' }).waitFor();
  // The button that had the focus is gone.
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  expect(await page.locator('.code-block').textContent()).toContain('"model": "sandbox"');
});

it('shows what the server refuses, with the place and the request', async () => {
  const { key } = await account('refused');
  const { page, mayFail } = await openConsole({ key: key.key, at: '#/batches/new' });
  mayFail('/api/v1/batches');
  await page.getByLabel('Or paste').fill('{"messages": [{"role": "nobody", "content": "Hello"}]}');
  await page.getByRole('button', { name: 'Continue' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor();
  const text = await alert.textContent();
  expect(text).toContain('inputs[0].body.messages[0].role');
  expect(text).toMatch(/req_\w+/);
  expect(await page.getByRole('button', { name: 'Start batch' }).isDisabled()).toBe(true);
});

it('uploads a file that is too large to send inline, once, and makes the batch of it', async () => {
  const { key, api } = await account('large');
  const opened = await openConsole({ key: key.key, at: '#/batches/new' });
  const { page, requests, mayFail } = opened;
  mayFail('dry_run');
  const error = { type: 'internal_error', message: 'Something went wrong', param: null };
  await page.route(/dry_run=true/, (route) => route.fulfill({ status: 500, json: { error } }), { times: 1 });
  const padding = 'x'.repeat(60_000);
  await drop(page.locator('.drop-zone'), [
    {
      name: 'large.jsonl',
      type: 'application/jsonl',
      content: jsonLines(150, (index) => `${index} ${padding}\n@sandbox text=ok`),
    },
  ]);
  await page.getByRole('button', { name: /^Upload 8\.\d MB|^Upload 9 MB/ }).click();
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Start 150 requests' }).click();
  expect(requests.filter((request) => request === 'POST /api/v1/files')).toHaveLength(1);
  const id = await shownBatch(opened);
  await pollUntilEnded(api, id);
  expect(await getBatch(api, id)).toMatchObject({ status: 'completed', completed: 150, failed: 0 });
});

it('uploads one in parts that is too large for a request, and again after it was stopped', {
  timeout: UPLOAD_TEST_LIMIT_MS,
}, async () => {
  const { key, api } = await account('huge');
  const opened = await openConsole({ key: key.key, at: '#/batches/new' });
  const { page, requests } = opened;
  // Blank lines count for nothing but their bytes.
  const repeated = { text: `${' '.repeat(1024 ** 2)}\n`, times: 91 };
  await drop(page.locator('.drop-zone'), [
    { name: 'huge.jsonl', type: '', content: `${jsonLines(3, () => '@sandbox text=ok')}\n`, repeated },
  ]);
  const speedUp = await slowDown(page, 4 * 1024 ** 2);
  const upload = page.getByRole('button', { name: 'Upload 91 MB and estimate' });
  await upload.click();
  const bar = page.getByRole('progressbar', { name: 'Uploading' });
  await expect.poll(() => bar.getAttribute('value').then(Number)).toBeGreaterThan(0);
  const [stopped] = await Promise.all([
    page.waitForResponse('**/api/v1/uploads/*/cancel'),
    page.getByRole('button', { name: 'Stop uploading' }).click(),
  ]);
  expect(stopped.status()).toBe(200);
  await bar.waitFor({ state: 'detached' });
  expect(await page.getByRole('alert').count()).toBe(0);

  await speedUp();
  await upload.click();
  await page.getByRole('button', { name: 'Start 3 requests' }).click({ timeout: UPLOAD_LIMIT_MS });
  const id = await shownBatch(opened);
  await pollUntilEnded(api, id);
  expect(await getBatch(api, id)).toMatchObject({ status: 'completed', completed: 3, failed: 0 });
  expect(requests).not.toContain('POST /api/v1/files');
});

it('streams only the counts of a very large batch, and reads its results by pages', async () => {
  const { key, api } = await account('very large');
  const { id } = await createBatch(api, {
    model: 'sandbox',
    inputs: Array.from({ length: 5_400 }, (_, index) => ({
      messages: [
        {
          role: 'user',
          // Only its first items are done soon: it does not end while it is looked at.
          content:
            index % 100 === 0
              ? '@sandbox error=content_policy_violation'
              : `@sandbox latency=${index < 400 ? '30ms' : '2s'}`,
        },
      ],
    })),
  });
  const { page, requests } = await openConsole({ key: key.key, at: `#/batches/${id}` });
  await page.locator('.connection.live').waitFor();
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Reload' }).click();
      return page.locator('.tab-panel tbody tr').count();
    })
    .toBeGreaterThan(0);
  await page.getByRole('tab', { name: 'Errors' }).click();
  await page.locator('.error-groups li', { hasText: 'content_policy_violation' }).waitFor();
  await page.locator('.connection.live').waitFor();
  expect(requests.filter((request) => request.includes('include=results'))).toEqual([]);
  await api.post(`/api/v1/batches/${id}/cancel`);
});

it('groups errors by type and retries what failed', async () => {
  const { key } = await account('errors');
  const opened = await openConsole({ key: key.key, at: '#/batches/new' });
  const { page } = opened;
  const content = jsonLines(6, (index) => (index < 4 ? '@sandbox error=content_policy_violation' : 'Hello'));
  await drop(page.locator('.drop-zone'), [{ name: 'mixed.jsonl', type: '', content }]);
  await page.getByRole('button', { name: 'Start 6 requests' }).click();
  const id = await shownBatch(opened);
  await page.getByRole('tab', { name: 'Errors 4' }).click();
  const group = page.locator('.error-groups li');
  // The count of the batch may come before its last result.
  expect(await textOf(group, /content_policy_violation4/)).toContain('item-0');

  await page.getByRole('tab', { name: 'Errors 4' }).press('ArrowLeft');
  await page.getByRole('button', { name: 'Failed', exact: true }).click();
  await expect.poll(() => page.locator('.tab-panel tbody tr').count()).toBe(4);

  await page.getByRole('button', { name: 'Retry 4' }).click();
  await page.waitForURL((url) => url.hash.includes('batch_') && !url.hash.includes(id));
  await page.getByRole('tab', { name: 'Errors 4' }).waitFor();
});

it('cancels after a question', async () => {
  const { key, api } = await account('cancel');
  const made = await createBatch(api, { model: 'sandbox', inputs: LONG });
  const { page } = await openConsole({ key: key.key, at: `#/batches/${made.id}` });
  await page.getByRole('button', { name: 'Cancel batch' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel this batch?' });
  await dialog.getByRole('button', { name: 'Keep running' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect((await getBatch(api, made.id)).status).not.toBe('cancelled');
  // The keyboard goes on where it was.
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel batch');

  await page.getByRole('button', { name: 'Cancel batch' }).click();
  await dialog.getByRole('button', { name: 'Cancel batch' }).click();
  await page.locator('.badge', { hasText: 'Cancelled' }).waitFor();
  const { completed, failed } = await getBatch(api, made.id);
  await page.getByText(`${LONG.length - completed - failed} not done`).waitFor();

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'No batches yet' }).waitFor();
});

it('polls as often as the server asks where no stream can be had', async () => {
  const { key, api } = await account('polling');
  const { id } = await createBatch(api, { model: 'sandbox', inputs: LONG });
  const { page, requests, mayFail } = await openConsole({ key: key.key });
  mayFail('/stream');
  await page.route('**/stream**', (route) => route.fulfill({ status: 503, body: 'no' }));
  const openedAt = Date.now();
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/batches/${id}`);
  await page.getByText('Updating every few seconds').waitFor();
  await api.post(`/api/v1/batches/${id}/cancel`);
  await page.locator('.badge', { hasText: 'Cancelled' }).waitFor();
  // The first look, and no more than one after each five seconds.
  const { length: looks } = requests.filter((request) => request === `GET /api/v1/batches/${id}`);
  expect(looks).toBeGreaterThan(1);
  expect(looks).toBeLessThanOrEqual(1 + (Date.now() - openedAt) / (BATCH_POLL_SECONDS * 1000));
});

it('lists the deliveries of a webhook and sends it again', async () => {
  const { key, api } = await account('deliveries');
  const receiver = await WebhookReceiver.start();
  const { id } = await createBatch(api, {
    model: 'sandbox',
    inputs: [{ messages: [{ role: 'user', content: 'Hello' }] }],
    webhook_url: receiver.url(),
  });
  await pollUntilEnded(api, id);
  await expect.poll(() => receiver.received.length).toBe(1);
  const { page } = await openConsole({ key: key.key, at: `#/batches/${id}` });
  await page.getByRole('tab', { name: 'Deliveries' }).click();
  // What has arrived may be written down a moment later.
  const answers = async () => {
    await page.getByRole('button', { name: 'Reload' }).click();
    return page.locator('.tab-panel .badge', { hasText: '200' }).count();
  };
  await expect.poll(answers).toBe(1);

  await page.getByRole('button', { name: 'Send again' }).click();
  await expect.poll(() => receiver.received.length).toBe(2);
  await expect.poll(answers).toBe(2);
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids[1]).toBe(ids[0]);
  await receiver.stop();
});

it('lists batches by status, page by page', async () => {
  const { key, api } = await account('list');
  for (let index = 0; index < 23; index++) {
    await createBatch(api, {
      model: 'sandbox',
      inputs: [{ messages: [{ role: 'user', content: 'Hello' }] }],
      metadata: { name: `run ${index}` },
    });
  }
  const { page, requests } = await openConsole({ key: key.key });
  await page.getByRole('link', { name: 'run 22' }).waitFor();
  expect(await page.locator('tbody tr').count()).toBe(20);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'run 0' }).waitFor();
  expect(await page.locator('tbody tr').count()).toBe(3);
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByRole('link', { name: 'run 22' }).waitFor();

  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'run 0' }).waitFor();
  await page.getByRole('button', { name: 'Cancelled' }).click();
  await page.getByText('No batch has this status.').waitFor();
  // Another list starts at its own first page.
  expect(requests.filter((request) => request.includes('cancelled'))).toEqual([
    'GET /api/v1/batches?status=cancelled&limit=20',
  ]);
});
