import { describe, expect, it } from 'vitest';
import { webhookSecret } from '../../src/contract/webhooks';

describe('the secret of a webhook', () => {
  it.each([
    'x',
    'It is a secret',
    'whsec',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'whsec_QUI=',
    'whsec_QUI',
    'whsec_QQ==',
  ])('may be %s', (secret) => {
    expect(webhookSecret.safeParse(secret).success).toBe(true);
  });

  it.each([
    '',
    'x'.repeat(513),
    'whsec_',
    'whsec_!!!',
    'whsec_Q',
    'whsec_QQ=',
    'whsec_MfKQ 9r8',
    'whsec_Mf-_',
  ])('may not be %j', (secret) => {
    expect(webhookSecret.safeParse(secret).success).toBe(false);
  });
});
