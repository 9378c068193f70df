// Signs a webhook's body in two ways at once: a plain HMAC header, and Standard Webhooks 1.0
// (github.com/standard-webhooks/standard-webhooks, "Webhook Headers").
import { WHSEC_PREFIX, whsecBase64 } from '../contract/webhooks';
import { decodeBase64 } from '../platform/base64';
import { concatBytes } from '../platform/bytes';
import { encodeHex } from '../platform/hex';
import { hmacSha256 } from '../platform/hmac';

const ENCODER = new TextEncoder();

/** Standard Webhooks asks for 24 to 64; 32 is what HMAC-SHA256 gains from. */
const SECRET_BYTES = 32;

interface SignedMessage {
  /** The newest first. Each signs once more, so that a receiver may know any of them; none, and nothing is signed. */
  secrets: readonly string[];
  /** The same at every attempt. */
  id: string;
  /** Unix seconds of this attempt. */
  timestampSeconds: number;
  /** The exact bytes that are sent. */
  body: Uint8Array;
}

/**
 * The headers of one attempt. A `whsec_` secret that is not base64 counts as plain text. The plain header has room for
 * one signature, the newest secret's.
 */
export async function signatureHeaders(message: SignedMessage): Promise<Record<string, string>> {
  const { secrets, id, timestampSeconds, body } = message;
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds) };
  const [newest] = secrets;
  if (newest === undefined) return headers;
  const content = concatBytes([ENCODER.encode(`${id}.${timestampSeconds}.`), body]);
  const [plain, ...standard] = await Promise.all([
    hmacSha256(ENCODER.encode(newest), body),
    ...secrets.map((secret) => hmacSha256(standardKey(secret), content)),
  ]);
  return {
    ...headers,
    'webhook-signature': standard.map((code) => `v1,${code.toBase64()}`).join(' '),
    'X-Webhook-Signature': `sha256=${encodeHex(plain)}`,
  };
}

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return WHSEC_PREFIX + crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toBase64();
}

/** The key inside a `whsec_` secret, whose padding may be missing; the text's own bytes for any other. */
function standardKey(secret: string): Uint8Array {
  const encoded = whsecBase64(secret);
  return (encoded === null ? null : decodeBase64(encoded)) ?? ENCODER.encode(secret);
}
