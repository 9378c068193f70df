// Entity tags (RFC 9110, section 8.8.3) in conditional requests.

/** `If-Match`: a list of entity tags, compared strongly; a weak one is never the same. */
export function matchesAnyTagStrongly(header: string, tag: string): boolean {
  return header.split(',').some((one) => one.trim() === '*' || one.trim() === tag);
}

/** `If-None-Match`: a list of entity tags, compared weakly. */
export function matchesAnyTag(header: string | null, tag: string): boolean {
  if (header === null) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);
}
