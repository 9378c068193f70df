// Prompts with `{{column}}` in them, filled in from a row of a table.

const PLACE = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** The columns a template names, in order, each once. */
export function columnsOf(template: string): string[] {
  return [...new Set(Array.from(template.matchAll(PLACE), ([, name]) => name ?? ''))];
}

/** The template with each place filled in; one that names no column stays as it is. */
export function fillTemplate(template: string, columns: readonly string[], row: readonly string[]): string {
  return template.replace(PLACE, (place, name: string) => {
    const index = columns.indexOf(name);
    return index === -1 ? place : (row[index] ?? '');
  });
}
