// A Chromium that opens the console as a person would, and tells of everything that must not happen there.
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { type Account, newAccount } from '../e2e/api-client.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Without a sandbox, which containers have not, and without any traffic of Chromium's own. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** How long something may take to show, on a busy machine. */
const SHOW_LIMIT_MS = 20_000;

/** How long a hundred megabytes may be on their way there, and for the test around them. */
export const UPLOAD_LIMIT_MS = 120_000;
export const UPLOAD_TEST_LIMIT_MS = 180_000;

interface OpenOptions {
  /** Signed in with this key; without one, nobody is. */
  key?: string;
  adminKey?: string;
  /** Where to begin, e.g. `#/files`, `docs#createBatch`. */
  at?: string;
  dark?: boolean;
  locale?: 'en-US' | 'ko-KR';
  viewport?: { width: number; height: number };
  /** Runs in every page before anything of its own. */
  script?: string;
}

export interface OpenConsole {
  page: Page;
  /** The browser may complain of this, a part of a path or of its words: the test expects it. */
  mayFail: (part: string) => void;
  /** What was requested so far: `GET /api/v1/files?limit=20`. */
  requests: readonly string[];
}

export const origin = inject('origin');
export const adminKey = 'admin-dev';

let browser: Browser;
let contexts: BrowserContext[] = [];
let problems: string[] = [];

/** To be called at the top of a test file: a browser for it, and after each test the look for what went wrong unseen. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    const found = problems;
    contexts = [];
    problems = [];
    expect(found).toEqual([]);
  });
  afterAll(() => browser?.close());
}

/** An account of the test's own. */
export function account(name: string): Promise<Account> {
  return newAccount(origin, adminKey, name);
}

export async function openConsole(options: OpenOptions = {}): Promise<OpenConsole> {
  const context = await browser.newContext({
    viewport: options.viewport ?? DESKTOP,
    colorScheme: options.dark ? 'dark' : 'light',
    locale: options.locale ?? 'en-US',
    timezoneId: 'UTC',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  contexts.push(context);
  context.setDefaultTimeout(SHOW_LIMIT_MS);
  const stored = { 'quire.key': options.key, 'quire.admin-key': options.adminKey };
  await context.addInitScript((keys) => {
    for (const [name, key] of Object.entries(keys)) {
      // Only at first: what the console removes stays removed.
      if (key !== undefined && sessionStorage.getItem('test.stored') === null)
        sessionStorage.setItem(name, key);
    }
    sessionStorage.setItem('test.stored', 'yes');
  }, stored);
  if (options.script !== undefined) await context.addInitScript(options.script);

  const page = await context.newPage();
  const requests: string[] = [];
  const allowed: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (allowed.some((part) => `${message.text()} ${message.location().url}`.includes(part))) return;
    // The browser's own words for a broken content security policy arrive here as well.
    problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol === 'blob:' || url.protocol === 'data:') return;
    if (url.origin !== origin) problems.push(`request to ${url.origin}`);
    requests.push(`${request.method()} ${url.pathname}${url.search}`);
  });
  await page.goto(`${origin}/${options.at ?? ''}`);
  return { page, requests, mayFail: (part) => allowed.push(part) };
}

interface DroppedFile {
  name: string;
  type: string;
  content: string | Buffer;
  /** What comes after the content, over and over: large files are put together in the page. */
  repeated?: { text: string; times: number };
}

/** Drops files onto an element, as a mouse would. */
export async function drop(target: Locator, files: readonly DroppedFile[]): Promise<void> {
  const encoded = files.map(({ name, type, content, repeated = { text: '', times: 0 } }) => ({
    name,
    type,
    repeated,
    base64: Buffer.from(content).toString('base64'),
  }));
  const dataTransfer = await target.page().evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64, repeated } of list) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const rest = new Array<Blob>(repeated.times).fill(new Blob([repeated.text]));
      transfer.items.add(new File([bytes, ...rest], name, { type }));
    }
    return transfer;
  }, encoded);
  await target.dispatchEvent('dragover', { dataTransfer });
  await target.dispatchEvent('drop', { dataTransfer });
}

/** Makes a page send so slowly that it can be seen. What it answers makes the page as fast as before. */
export async function slowDown(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const sendAt = async (uploadThroughput: number) => {
    const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
    await session.send('Network.emulateNetworkConditions', conditions);
  };
  await sendAt(bytesPerSecond);
  return () => sendAt(-1);
}

/** The text of an element, once it says something that fits. */
export async function textOf(target: Locator, pattern: RegExp): Promise<string> {
  await target.filter({ hasText: pattern }).first().waitFor();
  return (await target.first().textContent()) ?? '';
}

/** Waits for what moves or changes its colour: those are compared as they end up. What pulses for ever is left out. */
export async function atRest(page: Page): Promise<void> {
  // Asked anew each time: a promise of one whose element is gone may never settle.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(({ effect }) => effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY),
  );
}

/** One line for each serious or critical finding of axe, whose source was the `script` of the page. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const results = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
