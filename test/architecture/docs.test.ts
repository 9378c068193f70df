// Holds the pages to the tree: what they link to and what paths they name is there, and so are the tests they call on.
// It reads Markdown as text: links that are split over lines, and paths outside of backticks, go unseen.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What a page may be checked against: a file's text, or null where there is none; and whether a pattern names anything. */
interface Tree {
  textOf(path: string): string | null;
  exists(pattern: string): boolean;
}

const PATHS = /`((?:src|test|docs|\.ci)\/[^`\s]*)`/g;
const LINKS = /\[[^\]]*\]\(([^)\s]+)\)/g;
/** `test/a.test.ts` (“one name”, “another”): tests of that file by their names. */
const TESTS = /`(test\/[^`]+\.test\.ts)`\s+\((“[^)]*”)\)/g;
const NAMES = /“([^”]+)”/g;

/** One sentence for everything that a page names and that is not there. */
function pageProblems(page: string, text: string, tree: Tree): string[] {
  // What is shown as code is not prose: its links and paths are of someone else.
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const paths = Array.from(prose.matchAll(PATHS), ([, path = '']) => path)
    // A shape, not a path: `src/<folder>`, `test/…`.
    .filter((path) => !/[<…]/.test(path) && !tree.exists(path))
    .map((path) => `${page} names ${path}`);
  const links = Array.from(prose.matchAll(LINKS), ([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => linkProblem(page, link, tree) ?? []);
  return [...paths, ...links, ...testProblems(page, prose, tree)];
}

function linkProblem(page: string, link: string, tree: Tree): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!tree.exists(target)) return `${page} links to ${link}`;
  if (anchor === undefined || !target.endsWith('.md')) return null;
  return anchorsOf(tree.textOf(target) ?? '').includes(anchor) ? null : `${page} links to ${link}`;
}

function testProblems(page: string, prose: string, tree: Tree): string[] {
  return Array.from(prose.matchAll(TESTS)).flatMap(([, path = '', names = '']) => {
    const text = tree.textOf(path) ?? '';
    return Array.from(names.matchAll(NAMES), ([, name = '']) => name.replace(/\s+/g, ' '))
      .filter((name) => !text.includes(name))
      .map((name) => `${page} names the test “${name}” of ${path}`);
  });
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.+)$/gm);
  return Array.from(headings, ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const REAL_TREE: Tree = {
  textOf: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
  exists: (pattern) => existsSync(pattern) || globSync(pattern).length > 0,
};

describe('the pages', () => {
  const pages = globSync(['README.md', 'CHANGELOG.md', 'docs/**/*.md']).map((page) =>
    page.replaceAll('\\', '/'),
  );

  it('are found', () => {
    expect(pages.length).toBeGreaterThan(20);
  });

  it.each(pages)('name and link to what is there: %s', (page) => {
    expect(pageProblems(page, readFileSync(page, 'utf8'), REAL_TREE)).toEqual([]);
  });
});

describe('the check of a page', () => {
  const tree: Tree = {
    textOf: (path) =>
      ({ 'docs/b.md': '# One\n## Two, “three” & `four`\n', 'test/b.test.ts': "it('is so', …" })[path] ?? null,
    exists: (path) => ['docs/a.md', 'docs/b.md', 'src/b.ts', 'test/b.test.ts'].includes(path),
  };

  it('names what is missing', () => {
    const text =
      'See `src/a.ts`, [b](c.md), [b](b.md#three), [b](../d.md) and `test/b.test.ts` (“is so”, “is not so”).';
    expect(pageProblems('docs/a.md', text, tree)).toEqual([
      'docs/a.md names src/a.ts',
      'docs/a.md links to c.md',
      'docs/a.md links to b.md#three',
      'docs/a.md links to ../d.md',
      'docs/a.md names the test “is not so” of test/b.test.ts',
    ]);
  });

  it('finds nothing wrong with what is there, on other hosts, or shown as code', () => {
    const text =
      '`src/b.ts` [b](b.md) [b](b.md#two-three--four) [c](https://c.test/d.md#e) `src/<folder>/x`\n```\n`src/a.ts` [b](c.md)\n```\n';
    expect(pageProblems('docs/a.md', text, tree)).toEqual([]);
  });
});
