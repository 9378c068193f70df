// Tables as RFC 4180 writes them.
import { expect, it } from 'vitest';
import { csvText } from '../../src/platform/csv';

it('ends lines by CRLF and quotes only what needs it', () => {
  expect(csvText([])).toBe('');
  expect(
    csvText([
      ['day', 'cost'],
      ['2026-01-31', 0.5],
      ['a,b', null],
      ['say "hi"', -1],
      ['two\nlines', 0],
    ]),
  ).toBe('day,cost\r\n2026-01-31,0.5\r\n"a,b",\r\n"say ""hi""",-1\r\n"two\nlines",0\r\n');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('makes no formula of the text %j', (text) => {
  const cell = csvText([[text]]);
  expect(cell.replace(/^"/, '').startsWith("'")).toBe(true);
});
