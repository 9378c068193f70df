// Signs a webhook's body in two ways at once: a plain HMAC header, and Standard Webhooks 1.0
// (github.com/standard-webhooks/standard-webhooks, "Webhook Headers").
import { decodeBase64, encodeBase64 } from '../platform/base64';
import { concatBytes } from '../platform/bytes';
import { encodeHex } from '../platform/hex';
import { hmacSha256 } from '../platform/hmac';

const ENCODER = new TextEncoder();

/** What Standard Webhooks puts before a base64 secret. */
const STANDARD_PREFIX = 'whsec_';

interface SignedMessage {
  /** None: the message goes out with its id and time alone. */
  secret: string | null;
  /** The same at every attempt. */
  id: string;
  /** Unix seconds of this attempt. */
  timestampSeconds: number;
  /** The exact bytes that are sent. */
  body: Uint8Array;
}

/** The headers of one attempt. A `whsec_` secret that is not base64 counts as plain text. */
export async function signatureHeaders(message: SignedMessage): Promise<Record<string, string>> {
  const { secret, id, timestampSeconds, body } = message;
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestampSeconds) };
  if (secret === null) return headers;
  const plainKey = ENCODER.encode(secret);
  const content = concatBytes([ENCODER.encode(`${id}.${timestampSeconds}.`), body]);
  const [plain, standard] = await Promise.all([
    hmacSha256(plainKey, body),
    hmacSha256(standardKey(secret) ?? plainKey, content),
  ]);
  return {
    ...headers,
    'webhook-signature': `v1,${encodeBase64(standard)}`,
    'X-Webhook-Signature': `sha256=${encodeHex(plain)}`,
  };
}

/** The key inside a `whsec_` secret; null for any other, and where it is not base64. Padding may be missing. */
function standardKey(secret: string): Uint8Array | null {
  if (!secret.startsWith(STANDARD_PREFIX)) return null;
  const encoded = secret.slice(STANDARD_PREFIX.length);
  // No white space, which `atob` would skip and other decoders would not.
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? decodeBase64(encoded) : null;
}
