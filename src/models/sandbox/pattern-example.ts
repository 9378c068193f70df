// A short string that matches a regular expression, built from the expression itself.
// Known gap: look-around, back-references and set operations are not understood; the answer is then null.

/** Past this a repetition is nonsense for an example, and nested ones would fill memory. */
const LENGTH_MAXIMUM_CHARACTERS = 20_000;
/** Repetitions within repetitions multiply, even those of nothing. */
const STEPS_MAXIMUM = 200_000;
/** Groups nested deeper are not a pattern a person wrote; recursion stays far from the stack's end. */
const NESTING_MAXIMUM = 50;

/** Which example to make: `variant` chooses other characters and branches, `extra` repeats more where allowed. */
interface Choice {
  variant: number;
  extra: number;
}

type Maker = (choice: Choice) => string;

class Unsupported extends Error {}

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const WORD = `${LOWER}${LOWER.toUpperCase()}${DIGITS}_`;
const SPACE = ' \t\n';
const PRINTABLE = `${WORD}-.,:;!?@#$%&*+=/()[]{}<>|~^'"\` `;

const CLASS_ESCAPES: Record<string, string> = {
  d: DIGITS,
  w: WORD,
  s: SPACE,
  D: without(PRINTABLE, DIGITS),
  W: without(PRINTABLE, WORD),
  S: without(PRINTABLE, SPACE),
};
const CHARACTER_ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', '0': '\0' };
/** Unicode properties by how they begin. */
const PROPERTIES: [RegExp, string][] = [
  [/^(Lu|Uppercase)/, LOWER.toUpperCase()],
  [/^(N|Number)/, DIGITS],
  [/^(P|Punctuation)/, '.,!?'],
  [/Hangul/, '가나다라마바사'],
  [/^(L|Alpha|Letter|Script=Latin)/, LOWER],
];

/**
 * A string matching `pattern` with a length (in code points) within the bounds.
 * @returns null where the pattern is not understood or no such length was found.
 */
export function patternExample(
  pattern: string,
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY, variant = 0 },
): string | null {
  try {
    const make = new PatternParser(pattern).parse();
    const extras = [...Array(65).keys(), minLength];
    for (const extra of extras) {
      const example = make({ variant, extra });
      const length = [...example].length;
      if (length >= minLength && length <= maxLength) return example;
    }
    return null;
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

function without(characters: string, excluded: string): string {
  return [...characters].filter((character) => !excluded.includes(character)).join('');
}

/** Recursive descent over alternation → sequence → quantified atom. */
class PatternParser {
  readonly #source: string[];
  #position = 0;
  #nesting = 0;
  #steps = 0;

  constructor(pattern: string) {
    this.#source = [...pattern];
  }

  parse(): Maker {
    const make = this.#alternation();
    if (this.#position < this.#source.length) throw new Unsupported();
    return make;
  }

  #peek(): string | undefined {
    return this.#source[this.#position];
  }

  #take(): string {
    const character = this.#source[this.#position++];
    if (character === undefined) throw new Unsupported();
    return character;
  }

  #takeIf(text: string): boolean {
    const matches = this.#source.slice(this.#position, this.#position + text.length).join('') === text;
    if (matches) this.#position += text.length;
    return matches;
  }

  #takeUntil(end: string): string {
    let text = '';
    for (let character = this.#take(); character !== end; character = this.#take()) text += character;
    return text;
  }

  #limit(text: string): void {
    if (text.length > LENGTH_MAXIMUM_CHARACTERS || ++this.#steps > STEPS_MAXIMUM) throw new Unsupported();
  }

  #alternation(): Maker {
    const branches = [this.#sequence()];
    while (this.#takeIf('|')) branches.push(this.#sequence());
    return (choice) => branches[choice.variant % branches.length]?.(choice) ?? '';
  }

  #sequence(): Maker {
    const makers: Maker[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      makers.push(this.#quantified(this.#atom()));
    }
    return (choice) => {
      let text = '';
      for (const make of makers) {
        text += make(choice);
        this.#limit(text);
      }
      return text;
    };
  }

  #quantified(make: Maker): Maker {
    const bounds = this.#quantifier();
    if (bounds === null) return make;
    this.#takeIf('?');
    const [minimum, maximum] = bounds;
    return (choice) => {
      const count = Math.min(minimum + choice.extra, maximum);
      let text = '';
      for (let index = 0; index < count; index++) {
        text += make(choice);
        this.#limit(text);
      }
      return text;
    };
  }

  #quantifier(): [minimum: number, maximum: number] | null {
    if (this.#takeIf('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#takeIf('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#takeIf('?')) return [0, 1];
    if (!this.#takeIf('{')) return null;
    const match = /^(\d{1,6})(,(\d{0,6}))?$/.exec(this.#takeUntil('}'));
    if (match === null) throw new Unsupported();
    const minimum = Number(match[1]);
    if (match[2] === undefined) return [minimum, minimum];
    return [minimum, match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])];
  }

  #atom(): Maker {
    const character = this.#take();
    switch (character) {
      case '^':
      case '$':
        return () => '';
      case '.':
        return oneOf(LOWER);
      case '(':
        return this.#group();
      case '[':
        return oneOf(this.#class());
      case '{':
      case '*':
      case '+':
      case '?':
        throw new Unsupported();
      case '\\':
        if (this.#peek() === 'b') {
          this.#take();
          return () => '';
        }
        return oneOf(this.#escape());
      default:
        return () => character;
    }
  }

  #group(): Maker {
    if (this.#takeIf('?')) {
      const isNamed = this.#takeIf('<') && this.#peek() !== '=' && this.#peek() !== '!';
      if (isNamed) this.#takeUntil('>');
      else if (!this.#takeIf(':')) throw new Unsupported();
    }
    if (++this.#nesting > NESTING_MAXIMUM) throw new Unsupported();
    const make = this.#alternation();
    this.#nesting--;
    if (!this.#takeIf(')')) throw new Unsupported();
    return make;
  }

  /** The characters a `[…]` may be, of those worth offering. */
  #class(): string {
    const isNegated = this.#takeIf('^');
    let members = '';
    while (!this.#takeIf(']')) {
      const first = this.#classMember();
      const isRange = first.length === 1 && this.#peek() === '-' && this.#source[this.#position + 1] !== ']';
      if (!isRange) {
        members += first;
        continue;
      }
      this.#take();
      members += range(first, this.#classMember());
    }
    return isNegated ? without(PRINTABLE, members) : members;
  }

  #classMember(): string {
    const character = this.#take();
    return character === '\\' ? this.#escape() : character;
  }

  /** What an escape stands for: one character, or all of a class. */
  #escape(): string {
    const character = this.#take();
    const found = CLASS_ESCAPES[character] ?? CHARACTER_ESCAPES[character];
    if (found !== undefined) return found;
    if (character === 'x') return fromHex(this.#take() + this.#take());
    if (character === 'u') {
      return fromHex(
        this.#takeIf('{') ? this.#takeUntil('}') : Array.from({ length: 4 }, () => this.#take()).join(''),
      );
    }
    if (character === 'p' && this.#takeIf('{')) {
      const name = this.#takeUntil('}');
      const property = PROPERTIES.find(([begins]) => begins.test(name));
      if (property !== undefined) return property[1];
    }
    if (/[A-Za-z0-9]/.test(character)) throw new Unsupported();
    return character;
  }
}

function oneOf(characters: string): Maker {
  const choices = [...characters];
  if (choices.length === 0) throw new Unsupported();
  return ({ variant }) => choices[variant % choices.length] ?? '';
}

/** At most the first hundred characters of a range: enough to choose from. */
function range(first: string, last: string): string {
  const from = first.codePointAt(0) ?? 0;
  const to = last.codePointAt(0) ?? 0;
  if (to < from || [...last].length !== 1) throw new Unsupported();
  return Array.from({ length: Math.min(to - from + 1, 100) }, (_, index) =>
    String.fromCodePoint(from + index),
  ).join('');
}

function fromHex(digits: string): string {
  const code = Number.parseInt(digits, 16);
  if (!/^[0-9A-Fa-f]+$/.test(digits) || code > 0x10ffff) throw new Unsupported();
  return String.fromCodePoint(code);
}
