// The least a Worker can do to deliver webhooks: it signs and posts. It keeps nothing, tries nothing again, checks no target.
import type { BareOrder } from './observations.ts';

const ENCODER = new TextEncoder();

interface Signer {
  url: string;
  plain: CryptoKey;
  standard: CryptoKey;
}

/** Answers how many were not taken. */
export async function sendBare({ targets, messages, atOnce }: BareOrder): Promise<{ failed: number }> {
  const signers = await Promise.all(targets.map(signerOf));
  const deliveries = messages
    .flatMap((message) => signers.map((signer) => ({ ...message, signer })))
    .values();
  let failed = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      // All take from the one iterator.
      for (const { signer, id, body } of deliveries) {
        const { ok } = await post(signer, id, body);
        if (!ok) failed += 1;
      }
    }),
  );
  return { failed };
}

async function signerOf({ url, secret }: BareOrder['targets'][number]): Promise<Signer> {
  const decoded = Uint8Array.from(atob(secret.replace('whsec_', '')), (character) => character.charCodeAt(0));
  return { url, plain: await keyOf(ENCODER.encode(secret)), standard: await keyOf(decoded) };
}

function keyOf(bytes: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

async function post({ url, plain, standard }: Signer, id: string, body: string): Promise<{ ok: boolean }> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const [plainCode, standardCode] = await Promise.all([
    crypto.subtle.sign('HMAC', plain, ENCODER.encode(body)),
    crypto.subtle.sign('HMAC', standard, ENCODER.encode(`${id}.${timestamp}.${body}`)),
  ]);
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${btoa(String.fromCharCode(...new Uint8Array(standardCode)))}`,
      'X-Webhook-Signature': `sha256=${Array.from(new Uint8Array(plainCode), (byte) => byte.toString(16).padStart(2, '0')).join('')}`,
    },
    body,
  });
  await response.body?.cancel();
  return response;
}
