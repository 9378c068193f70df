// What a first visit costs: everything the page asks for, compressed as a deployment sends it.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openConsole, origin, useBrowser } from './console-browser.ts';

const LIMIT_BYTES = 80 * 1024;

useBrowser();

it('is under 80 KB', async () => {
  const { page, requests } = await openConsole();
  await page.getByRole('heading', { name: 'Sign in to Quire' }).waitFor();
  const paths = [...new Set([...requests.map((request) => request.split(' ')[1] ?? ''), '/favicon.svg'])];
  const sizes = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(origin + path);
      expect(response.status).toBe(200);
      return gzipSync(await response.bytes()).byteLength;
    }),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`first load: ${paths.length} requests, ${(total / 1024).toFixed(1)} KB gzipped`);
  // Less than this, and something of it was not looked at.
  expect(paths.length).toBeGreaterThanOrEqual(4);
  expect(total).toBeLessThan(LIMIT_BYTES);
});
