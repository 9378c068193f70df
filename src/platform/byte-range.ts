// The byte range a `Range` header asks for (RFC 9110, section 14). One range; several at once get the whole.

/** `length` bytes from `offset`. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * What to send of `size` bytes: a range, `null` for the whole, or `'unsatisfiable'` where no byte of it is asked for.
 * A header in another unit, malformed, or with several ranges is ignored, as the RFC allows.
 */
export function parseByteRange(header: string | null, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length };
  }
  const offset = Number(first);
  if (last !== '' && Number(last) < offset) return null;
  if (offset >= size) return 'unsatisfiable';
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return { offset, length: end - offset };
}
