// SHA-256 (FIPS 180-4) by WebCrypto.
import { encodeHex } from './hex';

/** The digest as 64 lowercase hex digits. A text stands for its UTF-8 bytes. */
export async function sha256Hex(content: Uint8Array | string): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return encodeHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
