// The beginning of a text that may be too long to show or keep.

const HALF_A_CHARACTER = /[\ud800-\udbff]$/;

/** At most so many UTF-16 units, and never half a character: alone it is no text, and not everyone's JSON takes it. */
export function cutText(text: string, limit: number): string {
  return text.slice(0, limit).replace(HALF_A_CHARACTER, '');
}
