// Builds the console into dist/console: the static assets that the Worker is deployed with. What stands there already for
// these very sources is kept, since wrangler starts its Worker anew when a file of its assets is written.
// Known gap: it watches nothing. After a change, `npm run build:console` builds it again under a running server.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE_FOLDER = fileURLToPath(new URL('.', import.meta.url));
const OUTPUT_FOLDER = join(PROJECT_FOLDER, 'dist/console');
/** Beside the folder and not in it: it is no asset. */
const STAMP_FILE = join(PROJECT_FOLDER, 'dist/console.hash');

/** The console, and the API reference: the Worker's assets serve the second at /docs. */
const PAGES = ['index.html', 'docs.html'];

const SOURCES = ['src/console/**/*.*', 'src/contract/*.ts', 'package-lock.json'];

const hash = hashSources();
if (readStamp() !== hash) await build();

async function build(): Promise<void> {
  const vite = await import('vite');
  // Built beside it and copied into its place: a running wrangler keeps its eye on this very folder.
  const folder = `${OUTPUT_FOLDER}-${process.pid}`;
  await mkdir(folder, { recursive: true });
  await vite.build({
    configFile: false,
    root: SOURCE_FOLDER,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: folder,
      rolldownOptions: { input: PAGES.map((page) => join(SOURCE_FOLDER, page)) },
      emptyOutDir: true,
      assetsDir: 'console',
      // Nothing inline: the content security policy allows only files of this origin.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2023',
      // The CSS has light-dark(), which browsers know since 2024: it is not to be written out for older ones.
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    },
  });
  const stale = filesIn(OUTPUT_FOLDER).filter((file) => !filesIn(folder).includes(file));
  await cp(folder, OUTPUT_FOLDER, { recursive: true });
  await Promise.all([...stale.map((file) => rm(join(OUTPUT_FOLDER, file))), rm(folder, { recursive: true })]);
  writeFileSync(STAMP_FILE, hash);
  for (const page of PAGES) {
    console.log(`${page} is built: a first load is ${(firstLoadBytes(page) / 1024).toFixed(1)} KiB gzipped.`);
  }
}

function hashSources(): string {
  const sum = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: PROJECT_FOLDER }).sort()) {
    sum.update(file).update(readFileSync(join(PROJECT_FOLDER, file)));
  }
  return sum.digest('hex');
}

function readStamp(): string | null {
  try {
    // The stamp tells nothing where the folder itself was removed.
    readFileSync(join(OUTPUT_FOLDER, 'index.html'));
    return readFileSync(STAMP_FILE, 'utf8');
  } catch {
    return null;
  }
}

function filesIn(folder: string): string[] {
  return globSync('**/*.*', { cwd: folder });
}

/** Of the page and all that it names: its scripts, styles and icon. */
function firstLoadBytes(page: string): number {
  const html = readFileSync(join(OUTPUT_FOLDER, page), 'utf8');
  return [page, ...Array.from(html.matchAll(/(?:src|href)="\/([^"]+)"/g), ([, file = '']) => file)]
    .map((file) => gzipSync(readFileSync(join(OUTPUT_FOLDER, file))).byteLength)
    .reduce((sum, bytes) => sum + bytes, 0);
}
