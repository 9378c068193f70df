// HMAC-SHA256 (RFC 2104, FIPS 180-4) by WebCrypto.

/** The 32 bytes of the code. The key has one byte or more: WebCrypto refuses an empty one. */
export async function hmacSha256(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, message));
}
