// Names that could act as a path or a header do not survive.
import { expect, it } from 'vitest';
import { cleanFilename } from '../../src/files/filename';

it.each([
  ['report.pdf', 'report.pdf'],
  ['보고서 "최종".pdf', '보고서 "최종".pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\kim\\a.txt', 'a.txt'],
  ['a\r\nSet-Cookie: x=1', 'aSet-Cookie: x=1'],
  ['a\u0000\u0007b\u202egpj.exe', 'abgpj.exe'],
  ['  spaced  ', 'spaced'],
  ['e\u0301.txt', '\u00e9.txt'],
  ['', 'file'],
  ['..', 'file'],
  ['dir/', 'file'],
])('%j becomes %j', (name, clean) => {
  expect(cleanFilename(name)).toBe(clean);
});

it('cuts a name at 255 characters, never inside one', () => {
  expect(cleanFilename('x'.repeat(300))).toBe('x'.repeat(255));
  expect(cleanFilename('😀'.repeat(300))).toBe('😀'.repeat(255));
});
