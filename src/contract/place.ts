// A place in a JSON value as clients read it: `messages[0].content[1].type`.

/** Longer than every member we know. A client's own may be megabytes, which an error must not repeat. */
const NAME_LIMIT_CHARACTERS = 100;

export function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`;
    const name = memberName(String(key));
    return place === '' ? name : `${place}.${name}`;
  }, '');
}

/** A member's name, cut where it is too long to be shown. */
export function memberName(name: string): string {
  if (name.length <= NAME_LIMIT_CHARACTERS) return name;
  // Not amid a pair of surrogates.
  return `${name.slice(0, NAME_LIMIT_CHARACTERS).replace(/[\ud800-\udbff]$/, '')}…`;
}
