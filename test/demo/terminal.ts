// What the demo prints: plain lines, with colours and a moving bar only where a terminal shows them.

/** Shorter than the narrowest usual terminal. */
const BAR_WIDTH = 40;

const isTerminal = process.stdout.isTTY === true;
// no-color.org: any value but the empty one.
const isColoured = isTerminal && !process.env.NO_COLOR;

/** SGR parameters of ECMA-48. */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

export function styled(style: keyof typeof STYLES, text: string): string {
  return isColoured ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
}

export function printTitle(text: string): void {
  console.log(`\n${styled('bold', text)}`);
}

export function printStep(number: number, text: string): void {
  console.log(`\n${styled('cyan', `${number}`)} ${styled('bold', text)}`);
}

export function printDone(text: string): void {
  console.log(`  ${styled('green', '✓')} ${text}`);
}

export function printFailure(text: string): void {
  console.error(`\n${styled('red', '✗')} ${text}`);
}

/** A bar that is drawn over itself on a terminal, and line under line elsewhere. */
export function printBar(done: number, total: number, note: string): void {
  const filled = total === 0 ? 0 : Math.round((BAR_WIDTH * done) / total);
  const bar = styled('green', '█'.repeat(filled)) + styled('dim', '░'.repeat(BAR_WIDTH - filled));
  const line = `  ${bar} ${done}/${total} ${styled('dim', note)}`;
  if (isTerminal) process.stdout.write(`\r\u001b[2K${line}${done === total ? '\n' : ''}`);
  else console.log(line);
}

export interface Column {
  title: string;
  align: 'left' | 'right';
}

/** Rows under their titles, each column as wide as its widest cell; the last row is the sum, if there is one. */
export function printTable(columns: Column[], rows: string[][], sum?: string[]): void {
  const widths = columns.map(({ title }, index) =>
    Math.max(...[title, ...[...rows, sum ?? []].map((row) => row[index] ?? '')].map(displayWidth)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  console.log(`  ${styled('dim', line(columns.map(({ title }) => title)))}`);
  for (const row of rows) console.log(`  ${line(row)}`);
  if (sum !== undefined) console.log(`  ${styled('bold', line(sum))}`);
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/** Columns on a terminal: Hangul, kana and Han characters take two (Unicode UAX #11, "Wide"). */
function displayWidth(text: string): number {
  return Array.from(text).reduce(
    (width, character) =>
      width + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(character) ? 2 : 1),
    0,
  );
}

/** Cut to so many columns, on one line. */
export function shortened(text: string, width: number): string {
  const line = text.replace(/\s+/g, ' ');
  if (displayWidth(line) <= width) return line;
  let cut = '';
  for (const character of line) {
    if (displayWidth(cut + character) >= width) break;
    cut += character;
  }
  return `${cut}…`;
}
