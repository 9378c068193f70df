// Holds the source tree to its one order of folders: a file imports from its own folder and from those before it.
// It reads import statements as text, so an import whose path is computed goes unseen.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Each place may import from itself and from every place before it; folders that share a place may not mix. */
const ORDER: readonly (readonly string[])[] = [
  ['contract'],
  ['platform'],
  ['accounts'],
  ['models'],
  ['files'],
  ['completions'],
  ['webhooks'],
  ['batches'],
  ['http', 'console'],
];

/** Folders that know nothing of the product, and so import nothing of ours but themselves. */
const SELF_CONTAINED = ['contract', 'platform'];

/** Files by their path below `src`, e.g. `batches/state.ts`. */
type Sources = Record<string, string>;

/** One sentence for each import that breaks the order, and for each file that has no place in it. */
function orderProblems(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([file, text]) => {
    if (file === 'index.ts') return [];
    const folder = folderOf(file);
    if (placeOf(folder) === null) return [`${file} lies in no folder of the order`];
    return importsOf(text)
      .filter((specifier) => specifier.startsWith('.') && !specifier.endsWith('/package.json'))
      .filter((specifier) => !mayImport(folder, folderOf(posix.join(posix.dirname(file), specifier))))
      .map((specifier) => `${file} must not import '${specifier}'`);
  });
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  const fromPlace = placeOf(from);
  const toPlace = placeOf(to);
  return fromPlace !== null && toPlace !== null && toPlace < fromPlace && !SELF_CONTAINED.includes(from);
}

/** The first folder of a path below `src`; empty for a file that lies in none, e.g. the entry file. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

function placeOf(folder: string): number | null {
  const place = ORDER.findIndex((folders) => folders.includes(folder));
  return place === -1 ? null : place;
}

/** What a file imports, types and dynamic imports included. */
function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /^\s*(?:import|export)\s[^'"`;]*?\bfrom\s*(['"])(.+?)\1|^\s*import\s*(['"])(.+?)\3|\bimport\(\s*(['"`])(.+?)\5/gm,
  );
  return Array.from(statements, (match) => match[2] ?? match[4] ?? match[6] ?? '');
}

function readSources(): Sources {
  const files = globSync('src/**/*.{ts,tsx}').filter((file) => !file.endsWith('.d.ts'));
  return Object.fromEntries(
    files.map((file) => [posix.relative('src', file.replaceAll('\\', '/')), readFileSync(file, 'utf8')]),
  );
}

describe('imports', () => {
  it('go one way only', () => {
    const sources = readSources();
    // Below this, the files were looked for in the wrong place.
    expect(Object.keys(sources).length).toBeGreaterThan(20);
    expect(orderProblems(sources)).toEqual([]);
  });
});

describe('the check of the import order', () => {
  it('names the file and the import that breaks it', () => {
    const sources = {
      'contract/errors.ts': "import { now } from '../platform/clock';",
      'platform/clock.ts': "import type { ErrorType } from '../contract/errors';",
      'accounts/ledger.ts': "export { admit } from '../http/authenticate';",
      'batches/state.ts': "import {\n  one,\n  type Two,\n} from '../console/page';",
      'http/app.ts': "const page = await import('../console/page');",
      'files/sweep.ts': "import '../completions/complete';",
      'models/sandbox/sandbox-model.ts': "import { app } from '../../index';",
      'webhooks/sign.ts': "import { hmac } from './../batches/../batches/hmac';",
      'helpers/dates.ts': '',
    };
    expect(orderProblems(sources)).toEqual([
      "contract/errors.ts must not import '../platform/clock'",
      "platform/clock.ts must not import '../contract/errors'",
      "accounts/ledger.ts must not import '../http/authenticate'",
      "batches/state.ts must not import '../console/page'",
      "http/app.ts must not import '../console/page'",
      "files/sweep.ts must not import '../completions/complete'",
      "models/sandbox/sandbox-model.ts must not import '../../index'",
      "webhooks/sign.ts must not import './../batches/../batches/hmac'",
      'helpers/dates.ts lies in no folder of the order',
    ]);
  });

  it('lets a file import its own folder, the folders before it, and packages', () => {
    const sources = {
      'index.ts': "import { app } from './http/app';",
      'contract/batches.ts': "import * as z from 'zod';\nimport { usage } from './chat';",
      'platform/hmac.ts': "import { hex } from './hex';",
      'models/sandbox/answer.ts':
        "import type { ChatModel } from '../model';\nimport { size } from './size';",
      'batches/intake.ts':
        "import { complete } from '../completions/complete';\nimport { sign } from '../webhooks/sign';",
      'console/page.ts': "import type { BatchResponse } from '../contract/batches';",
    };
    expect(orderProblems(sources)).toEqual([]);
  });
});
