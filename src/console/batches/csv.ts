// CSV as spreadsheets write it (RFC 4180): quoted fields, doubled quotes, line breaks in fields, `,` `;` or tabs between.

export interface Table {
  columns: string[];
  rows: string[][];
}

const DELIMITERS = [',', ';', '\t'] as const;

/** The first line names the columns. Short rows are filled up with empty fields, empty lines are left out. */
export function parseCsv(text: string): Table {
  const [head = [], ...rows] = parseRows(text.replace(/^\uFEFF/, '')).filter(
    (row) => row.length > 1 || row[0] !== '',
  );
  const columns = head.map((name, index) => name.trim() || `column ${index + 1}`);
  return { columns, rows: rows.map((row) => columns.map((_, index) => row[index] ?? '')) };
}

function parseRows(text: string): string[][] {
  const delimiter = delimiterOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = text[at] === '"' ? quotedField(text, at, delimiter) : plainField(text, at, delimiter);
    row.push(field.value);
    at = field.end;
    if (text[at] === delimiter) {
      at += 1;
      // A delimiter at the very end has an empty field after it.
      if (at === text.length) row.push('');
      continue;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function plainField(text: string, start: number, delimiter: string): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return { value: text.slice(start, end), end };
}

/** Blanks after the closing quote are left out, since some writers put them there; anything else is of the field. */
function quotedField(text: string, start: number, delimiter: string): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return { value: value + text.slice(at), end: text.length };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = plainField(text, quote + 1, delimiter);
      return { value: rest.value.trim() === '' ? value : value + rest.value, end: rest.end };
    }
    value += '"';
    at = quote + 2;
  }
}

/** The one that occurs most in the first line, outside of quotes. */
function delimiterOf(text: string): string {
  const line = (text.match(/^(?:"(?:[^"]|"")*"|[^"\r\n])*/)?.[0] ?? '').replace(/"(?:[^"]|"")*"/g, '');
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}
