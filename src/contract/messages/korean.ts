// What Korean sentences about JSON have in common: names of types, and the particles that follow a word's last sound.

/** The names of JSON's types, as JSON Schema calls them. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: '문자열',
  number: '숫자',
  integer: '정수',
  boolean: '불리언',
  array: '배열',
  object: '객체',
  null: 'null',
};

export function typeName(type: string): string {
  return Object.hasOwn(TYPE_NAMES, type) ? (TYPE_NAMES[type] ?? type) : type;
}

/**
 * A word with the form of a particle that fits it: `after` a final consonant, else `otherwise`. `null` is read with one.
 */
export function withParticle(word: string, after: string, otherwise: string): string {
  const last = word.charCodeAt(word.length - 1);
  const isSyllable = last >= 0xac00 && last <= 0xd7a3;
  return word + (isSyllable && (last - 0xac00) % 28 === 0 ? otherwise : after);
}
