// Every page, filled, in both themes and at both widths: no serious finding of axe, and nothing that leaves the screen.
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../e2e/api-client.ts';
import { createBatch, pollUntilEnded } from '../e2e/batch-client.ts';
import {
  account,
  adminKey,
  atRest,
  DESKTOP,
  openConsole,
  PHONE,
  seriousFindings,
  useBrowser,
} from './console-browser.ts';

useBrowser();

let owner: Account;
let batchId: string;

beforeAll(async () => {
  owner = await account('accessible');
  const content = ['Hello', '안녕하세요', '@sandbox error=content_policy_violation'];
  const batch = await createBatch(owner.api, {
    model: 'sandbox',
    inputs: content.map((text) => ({ messages: [{ role: 'user', content: text }] })),
    metadata: { name: 'greetings.jsonl' },
  });
  batchId = batch.id;
  await pollUntilEnded(owner.api, batchId);
});

interface Visit {
  name: string;
  at: () => string;
  signedOut?: true;
  /** What is done on the page before it is looked at. */
  act: (page: Page) => Promise<void>;
}

const heading = (name: string) => (page: Page) => page.getByRole('heading', { name }).first().waitFor();

const VISITS: Visit[] = [
  { name: 'signing in', at: () => '', signedOut: true, act: heading('Sign in to Quire') },
  { name: 'batches', at: () => '#/batches', act: (page) => page.getByText('greetings.jsonl').waitFor() },
  {
    name: 'a new batch',
    at: () => '#/batches/new',
    act: async (page) => {
      await page.getByRole('button', { name: 'Use a sample' }).click();
      await page.getByRole('button', { name: 'Start 40 requests' }).waitFor();
      await page.getByText('Cost ceiling and webhook').click();
    },
  },
  {
    name: 'a batch and one of its results',
    at: () => `#/batches/${batchId}`,
    act: async (page) => {
      await page.locator('.disclose').first().click();
      await page.getByText('JSON', { exact: true }).click();
    },
  },
  {
    name: 'the errors of a batch',
    at: () => `#/batches/${batchId}`,
    act: async (page) => {
      await page.getByRole('tab', { name: 'Errors' }).click();
      await page.locator('.error-groups li').waitFor();
    },
  },
  {
    name: 'the details of a batch',
    at: () => `#/batches/${batchId}`,
    act: (page) => page.getByRole('tab', { name: 'Details' }).click(),
  },
  {
    name: 'a question before deleting',
    at: () => `#/batches/${batchId}`,
    act: async (page) => {
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'the playground',
    at: () => '#/playground',
    act: async (page) => {
      await page.getByText('Tools', { exact: true }).click();
      await page.getByLabel('Tools as JSON').fill('[');
      await page.getByLabel('Tools as JSON').fill('');
      await page.getByLabel('Message', { exact: true }).fill('Hello');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('.turn-facts').waitFor();
    },
  },
  { name: 'files', at: () => '#/files', act: (page) => page.locator('tbody tr').first().waitFor() },
  {
    name: 'usage',
    at: () => '#/usage',
    act: async (page) => {
      await page.locator('tbody tr').last().waitFor();
      await page.getByText('As a table').click();
    },
  },
  { name: 'webhooks', at: () => '#/webhooks', act: heading('Webhooks') },
  { name: 'accounts', at: () => '#/admin', act: (page) => page.locator('tbody tr').first().waitFor() },
  {
    name: 'an account',
    at: () => `#/admin/${owner.id}`,
    act: async (page) => {
      await page.locator('tbody tr').waitFor();
      await page.getByText('Scopes and limits').click();
    },
  },
  {
    name: 'the audit log',
    at: () => '#/admin/audit',
    act: (page) => page.locator('tbody tr').first().waitFor(),
  },
];

describe.each([
  { look: 'light, on a desktop', dark: false, viewport: DESKTOP },
  { look: 'dark, on a desktop', dark: true, viewport: DESKTOP },
  { look: 'light, on a phone', dark: false, viewport: PHONE },
])('$look', ({ dark, viewport }) => {
  it.each(VISITS)('$name', async ({ at, act, signedOut }) => {
    const keys = signedOut ? {} : { key: owner.key.key, adminKey };
    const { page } = await openConsole({ ...keys, at: at(), dark, viewport, script: axe.source });
    await act(page);
    await atRest(page);
    expect(await seriousFindings(page)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    // Neither is a section or a filter out of sight within a row of its own.
    const cut = await page.evaluate(() =>
      Array.from(document.querySelectorAll('.shell > .sidebar nav, .choice'))
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ className, tagName }) => className || tagName),
    );
    expect(cut).toEqual([]);
  });
});
