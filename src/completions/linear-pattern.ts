// Regular expressions from clients, matched in linear time: ECMA-262 syntax (unicode mode) translated to RE2's.
// Known gap: lookaround, backreferences and modifiers are refused, as RE2 has none, and so are a few binary Unicode
// properties (ASCII, ID_Start, Ideographic).
import { RE2JS, RE2JSException } from 're2js';
import { enReasons, type Reason, tell } from '../contract/messages/en-reasons';

/** Compiling costs time with the expanded size: `.{1000}` is eight characters and a thousand states. */
const PATTERN_LIMIT_CHARACTERS = 1_000;

/** ECMA-262's white space and line terminators; RE2's `\s` has only the ASCII ones. */
const WHITE_SPACE =
  '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const NO_WHITE_SPACE =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';

const ANY = '[\\x{0}-\\x{10ffff}]';
const NOTHING = '[^\\x{0}-\\x{10ffff}]';

/** RE2 knows the general categories by their short names only. */
const GENERAL_CATEGORIES: Readonly<Record<string, string>> = {
  Letter: 'L',
  Cased_Letter: 'LC',
  Uppercase_Letter: 'Lu',
  Lowercase_Letter: 'Ll',
  Titlecase_Letter: 'Lt',
  Modifier_Letter: 'Lm',
  Other_Letter: 'Lo',
  Mark: 'M',
  Combining_Mark: 'M',
  Nonspacing_Mark: 'Mn',
  Spacing_Mark: 'Mc',
  Enclosing_Mark: 'Me',
  Number: 'N',
  Decimal_Number: 'Nd',
  digit: 'Nd',
  Letter_Number: 'Nl',
  Other_Number: 'No',
  Punctuation: 'P',
  punct: 'P',
  Connector_Punctuation: 'Pc',
  Dash_Punctuation: 'Pd',
  Open_Punctuation: 'Ps',
  Close_Punctuation: 'Pe',
  Initial_Punctuation: 'Pi',
  Final_Punctuation: 'Pf',
  Other_Punctuation: 'Po',
  Symbol: 'S',
  Math_Symbol: 'Sm',
  Currency_Symbol: 'Sc',
  Modifier_Symbol: 'Sk',
  Other_Symbol: 'So',
  Separator: 'Z',
  Space_Separator: 'Zs',
  Line_Separator: 'Zl',
  Paragraph_Separator: 'Zp',
  Other: 'C',
  Control: 'Cc',
  Format: 'Cf',
  Surrogate: 'Cs',
  Private_Use: 'Co',
};

/** A pattern that cannot be matched here; the reason is for the client. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly reason: Reason;

  constructor(reason: Reason, cause?: unknown) {
    super(tell(enReasons, reason), { cause });
    this.reason = reason;
  }
}

export interface LinearPattern {
  source: string;
  /** States of the compiled program: matching takes at most about this × the text's length. */
  size: number;
  /** Whether any part of the text matches, as `RegExp.prototype.test`. */
  test(text: string): boolean;
}

/** Compiles an ECMA-262 pattern. Throws `PatternError`. */
export function compileLinearPattern(source: string): LinearPattern {
  if (source.length > PATTERN_LIMIT_CHARACTERS) {
    throw new PatternError(['pattern_too_long', PATTERN_LIMIT_CHARACTERS]);
  }
  const program = compile(source);
  return { source, size: program.programSize(), test: (text) => program.test(text) };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(translate(source));
  } catch (error) {
    if (error instanceof RE2JSException) {
      throw new PatternError(['pattern_malformed', JSON.stringify(source)], error);
    }
    throw error;
  }
}

function translate(source: string): string {
  let translated = '';
  let position = 0;
  let inClass = false;
  while (position < source.length) {
    const rest = source.slice(position, position + 80);
    const character = rest.charAt(0);
    if (character === '\\') {
      const [text, length] = translateEscape(rest, inClass, source);
      translated += text;
      position += length;
      continue;
    }
    const [text, length] = inClass
      ? [character === '[' ? '\\[' : character, 1]
      : translatePlain(rest, source);
    if (inClass ? character === ']' : text === '[' || text === '[^') inClass = !inClass;
    translated += text;
    position += length;
  }
  return translated;
}

/** One piece outside a character class and without a backslash: what RE2 writes and how much was read. */
function translatePlain(rest: string, source: string): [text: string, length: number] {
  if (rest.startsWith('(?')) {
    const named = /^\(\?<[\p{L}_$][\p{L}\p{N}_$]*>/u.exec(rest);
    if (named !== null) return ['(?:', named[0].length];
    if (rest.startsWith('(?:')) return ['(?:', 3];
    throw new PatternError(['pattern_lookaround', JSON.stringify(source)]);
  }
  if (rest.startsWith('[^]')) return [ANY, 3];
  if (rest.startsWith('[]')) return [NOTHING, 2];
  if (rest.startsWith('[^')) return ['[^', 2];
  if (rest.startsWith('.')) return ['[^\\n\\r\\x{2028}\\x{2029}]', 1];
  return [rest.charAt(0), 1];
}

/** One escape: what RE2 writes and how many characters of the source it took. */
function translateEscape(rest: string, inClass: boolean, source: string): [text: string, length: number] {
  const letter = rest.charAt(1);
  if (letter === 's') return [inClass ? WHITE_SPACE : `[${WHITE_SPACE}]`, 2];
  if (letter === 'S') return [inClass ? NO_WHITE_SPACE : `[${NO_WHITE_SPACE}]`, 2];
  if (inClass && letter === 'b') return ['\\x{8}', 2];
  if (/^[dDwWbBfnrtv]$/.test(letter)) return [`\\${letter}`, 2];
  if (/^\\0(?!\d)/.test(rest)) return ['\\x{0}', 2];
  const pair = /^\\u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})/.exec(rest);
  if (pair !== null) {
    const text = String.fromCharCode(hexadecimal(pair[1]), hexadecimal(pair[2]));
    return [codePoint(text.codePointAt(0) ?? 0), 12];
  }
  const code = /^\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{0*([\da-fA-F]{1,6})\})/.exec(rest);
  if (code !== null) return [codePoint(hexadecimal(code[1] ?? code[2] ?? code[3])), code[0].length];
  const control = /^\\c([A-Za-z])/.exec(rest);
  if (control?.[1] !== undefined) return [codePoint(control[1].charCodeAt(0) % 32), 3];
  const property = /^\\([pP])\{(?:(?:General_Category|gc|Script|sc|Script_Extensions|scx)=)?(\w+)\}/.exec(
    rest,
  );
  if (property !== null) {
    const name = property[2] ?? '';
    const category = Object.hasOwn(GENERAL_CATEGORIES, name) ? GENERAL_CATEGORIES[name] : name;
    return [`\\${property[1]}{${category}}`, property[0].length];
  }
  if (/^\\(?:[1-9]|k<)/.test(rest)) {
    throw new PatternError(['pattern_backreference', JSON.stringify(source)]);
  }
  if (letter === '' || /^[A-Za-z0-9]$/.test(letter)) {
    throw new PatternError(['pattern_escape', JSON.stringify(source), `"\\${letter}"`]);
  }
  // Unicode mode knows only the syntax characters here; `\-` and the like are common enough to be let through.
  const literal = String.fromCodePoint(rest.codePointAt(1) ?? 0);
  return [codePoint(rest.codePointAt(1) ?? 0), 1 + literal.length];
}

function hexadecimal(digits: string | undefined): number {
  return Number.parseInt(digits ?? '0', 16);
}

function codePoint(code: number): string {
  return `\\x{${code.toString(16)}}`;
}
