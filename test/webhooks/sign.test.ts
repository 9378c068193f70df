// Signatures by published vectors, and as the reference library reads them.
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signatureHeaders } from '../../src/webhooks/sign';

const utf8 = (text: string) => new TextEncoder().encode(text);
const sign = (secret: string | null, body: string, timestampSeconds = Math.floor(Date.now() / 1000)) =>
  signatureHeaders({
    secrets: secret === null ? [] : [secret],
    id: 'evt_1',
    timestampSeconds,
    body: utf8(body),
  });

it("agrees with Standard Webhooks' vector", async () => {
  const headers = await signatureHeaders({
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1614265330,
    body: utf8('{"test": 2432232314}'),
  });
  expect(headers).toMatchObject({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it("agrees with GitHub's vector", async () => {
  const headers = await sign("It's a Secret to Everybody", 'Hello, World!');
  expect(headers['X-Webhook-Signature']).toBe(
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
});

it('sends id and time alone where there is no secret', async () => {
  expect(await sign(null, '{}', 1614265330)).toEqual({
    'webhook-id': 'evt_1',
    'webhook-timestamp': '1614265330',
  });
});

const BODIES = ['{"id":"batch_1"}', '{"text":"배치가 끝났습니다 👋"}', `{"long":"${'x'.repeat(100_000)}"}`];

describe.each([
  ['a standard secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', null],
  ['a standard secret with padding', 'whsec_AQI=', null],
  ['a standard secret that lost its padding', 'whsec_AQI', new Uint8Array([1, 2])],
  ['a secret of plain text', 'correct horse battery staple', utf8('correct horse battery staple')],
  ['a secret in base64 without the prefix', 'MfKQ9r8GKYqrTwjU', utf8('MfKQ9r8GKYqrTwjU')],
  ['a secret beyond ASCII', '비밀 열쇠 🔑', utf8('비밀 열쇠 🔑')],
  ['a secret of one character', 'x', utf8('x')],
  ['a secret longer than a block', 'k'.repeat(512), utf8('k'.repeat(512))],
  ['a secret with the prefix that is not base64', 'whsec_not base64!', utf8('whsec_not base64!')],
  ['a secret of nothing but the prefix', 'whsec_', utf8('whsec_')],
  ['a secret with the prefix in url-safe base64', 'whsec_url-safe_base64', utf8('whsec_url-safe_base64')],
])('%s', (_name, secret, key) => {
  const receiver = key === null ? new Webhook(secret) : new Webhook(key, { format: 'raw' });

  it.each(BODIES)('is verified by the standardwebhooks library for %.40s', async (body) => {
    const headers = await sign(secret, body);
    expect(receiver.verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => receiver.verify(body.replace('{', '{ '), headers)).toThrow('No matching signature');
    expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow(
      'No matching signature',
    );
  });

  it("keys the plain header by the secret's own bytes", async () => {
    const key = await crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]);
    const header = (await sign(secret, '{}'))['X-Webhook-Signature'] ?? '';
    expect(header).toMatch(/^sha256=[0-9a-f]{64}$/);
    const code = Uint8Array.from(header.slice(7).match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    expect(await crypto.subtle.verify('HMAC', key, code, utf8('{}'))).toBe(true);
  });
});
