// Comma-separated values as RFC 4180 writes them, safe to open in a spreadsheet.

/** What makes spreadsheets take a text for a formula. */
const FORMULA_START = /^[=+\-@\t\r]/;

/** Rows of cells as one text, lines ended by CRLF; null is an empty cell. */
export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = FORMULA_START.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
