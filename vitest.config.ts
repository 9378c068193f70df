// How the tests run: four projects. `e2e` waits for the others since it starts real servers; `browser` runs by itself,
// as `npm run test:browser`.
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

/**
 * What the Worker loads with its first use, a test loads at its start: here an `import()` asks the test runner over a
 * connection that belongs to one request, and two requests at once would wait for each other's. The real bundle has it all
 * at hand, as the end-to-end tests show.
 */
const loadedAtStart = {
  name: 'loaded-at-start',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    if (!/\/src\/.*\.ts$/.test(id)) return null;
    const imports: string[] = [];
    const eager = code.replace(/\bimport\(('[^']+')\)/g, (_, specifier: string) => {
      imports.push(`import * as loaded${imports.length} from ${specifier};`);
      return `Promise.resolve(loaded${imports.length - 1})`;
    });
    return imports.length === 0 ? null : { code: imports.join(' ') + eager, map: null };
  },
};

export default defineConfig({
  test: {
    // Every request and batch of the tests writes its lines.
    onConsoleLog: (log) => !/^\{"event":"(request|batch\.(created|started|ended))"/.test(log),
    projects: [
      {
        // In workerd, with the bindings of wrangler.toml.
        plugins: [
          loadedAtStart,
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: { ADMIN_KEY: 'admin-test', DEV_KEY: 'sk-test', ALLOW_PRIVATE_NETWORK: 'true' },
            },
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/**/*.test.ts'],
          exclude: ['test/architecture/**', 'test/e2e/**', 'test/browser/**', 'test/fuzz/**'],
          // Long, for a busy machine.
          testTimeout: 300_000,
          // The first hook of a file waits for the whole app to be compiled.
          hookTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // On Node: what holds of the source files themselves.
        test: {
          name: 'architecture',
          include: ['test/architecture/**/*.test.ts'],
          environment: 'node',
          sequence: { groupOrder: 0 },
        },
      },
      {
        // On Node: starts the real `npm start` and drives it as a client would, one file at a time.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/fuzz/**/*.test.ts'],
          setupFiles: ['test/openapi/check-answers.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // On Node: a real Chromium before one real server, one file at a time.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          environment: 'node',
          globalSetup: 'test/browser/global-setup.ts',
          setupFiles: ['test/openapi/check-answers.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // By itself it looks for a second, and a page on a busy machine takes longer.
          expect: { poll: { timeout: 20_000 } },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
