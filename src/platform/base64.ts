// Base64 text (RFC 4648, section 4) as bytes. The other way is `toBase64` of the bytes themselves.

/** Takes white space and missing padding; null where the text is not base64. */
export function decodeBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}
