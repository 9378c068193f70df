// File names as we keep them: what a client sent, without anything that could act as a path or a header.

/** What common file systems can hold. */
const FILENAME_LIMIT_CHARACTERS = 255;

// Control characters, and those that reorder text so that "gpj.exe" reads as "exe.jpg".
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The last segment of a name that may be a path, made safe; `file` where nothing is left. */
export function cleanFilename(name: string): string {
  const segment = name.replace(UNSAFE, '').split(/[/\\]/).at(-1) ?? '';
  const characters = Array.from(segment.normalize('NFC').trim());
  const cut = characters.slice(0, FILENAME_LIMIT_CHARACTERS).join('').trim();
  return /^\.*$/.test(cut) ? 'file' : cut;
}
