import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/console/batches/csv';

describe('a table', () => {
  it('has the columns of its first line, and a row for each other', () => {
    expect(parseCsv('id,name\n1,Ada\n2,Bob\n')).toEqual({
      columns: ['id', 'name'],
      rows: [
        ['1', 'Ada'],
        ['2', 'Bob'],
      ],
    });
  });

  it.each<[string, string, string[][]]>([
    ['quoted delimiters', 'a,b\n"1,5",2', [['1,5', '2']]],
    ['quoted line breaks', 'a,b\r\n"one\r\ntwo",3\r\n', [['one\r\ntwo', '3']]],
    ['doubled quotes', 'a,b\n"he said ""no""",2', [['he said "no"', '2']]],
    ['blanks after a closing quote', 'a,b\n"x" ,2', [['x', '2']]],
    ['a text after a closing quote', 'a,b\n"x" y,2', [['x y', '2']]],
    ['semicolons', 'a;b\n1,5;2', [['1,5', '2']]],
    ['tabs', 'a\tb\nx, y\t2', [['x, y', '2']]],
    ['a byte order mark', '\uFEFFa,b\n1,2', [['1', '2']]],
    ['empty lines', 'a,b\n\n1,2\n\n', [['1', '2']]],
    ['an empty last field', 'a,b\n1,', [['1', '']]],
    [
      'short and long rows',
      'a,b\n1\n1,2,3',
      [
        ['1', ''],
        ['1', '2'],
      ],
    ],
    ['a quote that is never closed', 'a,b\n1,"x\ny', [['1', 'x\ny']]],
    ['lone carriage returns', 'a,b\r1,2\r', [['1', '2']]],
  ])('takes %s', (_, text, rows) => {
    expect(parseCsv(text)).toEqual({ columns: ['a', 'b'], rows });
  });

  it('names columns that have no name', () => {
    expect(parseCsv('a,,"b ; c"\n1,2,3').columns).toEqual(['a', 'column 2', 'b ; c']);
  });

  it('is empty for an empty text', () => {
    expect(parseCsv('')).toEqual({ columns: [], rows: [] });
  });

  it('of 50,000 rows is read in one go', () => {
    const text = `id,text\n${Array.from({ length: 50_000 }, (_, index) => `${index},"row ""${index}"""`).join('\n')}`;
    const { rows } = parseCsv(text);
    expect(rows).toHaveLength(50_000);
    expect(rows.at(-1)).toEqual(['49999', 'row "49999"']);
  });
});
