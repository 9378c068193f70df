// Vite's `import.meta.glob`, which brings files to tests in workerd: there is no file system there.
interface ImportMeta {
  /** Paths relative to the importing file → each file as text (`?raw`) or as a base64 data: URL (`?url&inline`). */
  glob(
    patterns: string | string[],
    options: { eager: true; query: '?raw' | '?url&inline'; import: 'default' },
  ): Record<string, string>;
}
