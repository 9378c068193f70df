// Names one thing that is to be made once, however often its request is sent.

/** `crypto.randomUUID` exists only on secure origins, and a console in a private network may be on none. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
