// Whether a request is let in, case by case, without any object.
import { describe, expect, it } from 'vitest';
import { decideAdmission, isAllowed, type KeyState, type Wanted } from '../../src/accounts/admission';
import type { Purse } from '../../src/accounts/budget';
import { RateLimits } from '../../src/accounts/rate-limits';
import type { Limits } from '../../src/contract/accounts';
import { LITTLE, NOW } from './accounts';

const KEY: KeyState = {
  id: 'key_a',
  scopes: null,
  limits: {},
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
};

function decide({
  key = KEY,
  limits = {},
  status = 'active',
  wanted = {},
  purses = [],
  rates = new RateLimits(),
}: {
  key?: KeyState | null;
  limits?: Limits;
  status?: 'active' | 'suspended';
  wanted?: Partial<Wanted>;
  purses?: Purse[];
  rates?: RateLimits;
}) {
  return decideAdmission(
    { account: { status, limits }, key, rates, pursesOf: () => purses },
    { ...LITTLE, ...wanted },
    NOW,
  );
}

describe('a decision', () => {
  it('lets a valid key in', () => {
    expect(decide({})).toMatchObject({ ok: true, keyId: 'key_a', grant: null });
  });

  it.each([
    ['unknown', { key: null }],
    ['revoked', { key: { ...KEY, revokedAt: NOW - 1, expiresAt: NOW - 1 } }],
    ['expired', { key: { ...KEY, expiresAt: NOW } }],
    ['suspended', { status: 'suspended' as const }],
  ])('says %s before anything else', (reason, given) => {
    const wanted = { scope: 'chat' as const, tokens: 10, price: { boundNano: 1, leastNano: 1 } };
    expect(decide({ ...given, limits: { requests_per_minute: 0 }, wanted })).toEqual({ ok: false, reason });
  });

  it('names the scope that is missing, before any limit', () => {
    const key = { ...KEY, scopes: ['files:read' as const] };
    const wanted = { scope: 'files' as const };
    expect(decide({ key, wanted, limits: { requests_per_minute: 0 } })).toMatchObject({
      ok: false,
      refusal: { reason: 'scope', scope: 'files' },
    });
    expect(decide({ key, wanted: { scope: 'files:read' } })).toMatchObject({ ok: true });
  });

  it('reserves out of what there is, and refuses what it does not pay for', () => {
    const price = { boundNano: 100, leastNano: 10 };
    const purse = (spentNano: number) => [
      { holder: 'key' as const, budgetNano: 1000, spentNano, reservedNano: 0 },
    ];
    expect(decide({ wanted: { price }, purses: purse(0) })).toMatchObject({ ok: true, grant: { nano: 100 } });
    expect(decide({ wanted: { price }, purses: purse(950) })).toMatchObject({ grant: { nano: 50 } });
    expect(decide({ wanted: { price }, purses: purse(991) })).toMatchObject({
      ok: false,
      refusal: { reason: 'budget', short: 'spent', holder: 'key' },
    });
    // A request that asks no model is let in whatever was spent.
    expect(decide({ purses: purse(2000) })).toMatchObject({ ok: true, grant: null });
  });
});

/** One request of so many tokens. */
const some = (tokens: number) => ({ requests: 1, tokens });

describe('limits of a minute', () => {
  const account = { requests_per_minute: 3, tokens_per_minute: 100 };
  const holders = [
    { id: '', limits: account },
    { id: 'key_a', limits: { requests_per_minute: 2 } },
  ];

  it('hold of the account and of the key; the tighter one shows', () => {
    const rates = new RateLimits();
    expect(rates.report(holders, NOW)).toEqual({
      requests: { limit: 2, remaining: 2, resetMs: 0 },
      tokens: { limit: 100, remaining: 100, resetMs: 0 },
    });
    rates.take(holders, some(40), NOW);
    rates.take(holders, some(40), NOW + 10);
    expect(rates.refusal(holders, some(10), NOW + 10)).toEqual({
      rate: 'requests',
      holder: 'key',
      limit: 2,
      waitMs: 59_990,
    });
    expect(rates.report(holders, NOW + 10)).toEqual({
      requests: { limit: 2, remaining: 0, resetMs: 60_000 },
      tokens: { limit: 100, remaining: 20, resetMs: 60_000 },
    });
    // Another key of the account has what is left of the account's.
    const other = [holders[0], { id: 'key_b', limits: {} }].filter((holder) => holder !== undefined);
    expect(rates.refusal(other, some(20), NOW + 10)).toBeNull();
    expect(rates.refusal(other, some(21), NOW + 10)).toEqual({
      rate: 'tokens',
      holder: 'account',
      limit: 100,
      waitMs: 59_990,
    });
    rates.take(other, some(0), NOW + 10);
    expect(rates.refusal(other, some(0), NOW + 10)).toMatchObject({ rate: 'requests', limit: 3 });
  });

  it('never have room for a request that is larger than all of them', () => {
    const rates = new RateLimits();
    expect(rates.refusal(holders, some(101), NOW)).toEqual({
      rate: 'tokens',
      holder: 'account',
      limit: 100,
      waitMs: null,
    });
    expect(rates.refusal([{ id: '', limits: { requests_per_minute: 0 } }], some(0), NOW)).toEqual({
      rate: 'requests',
      holder: 'account',
      limit: 0,
      waitMs: null,
    });
  });

  it('take back what an estimate took too much', () => {
    const rates = new RateLimits();
    const at = rates.take(holders, some(90), NOW) ?? 0;
    rates.correct([{ id: '' }, { id: 'key_a' }], { at, taken: 90, used: 15 }, NOW + 500);
    expect(rates.report(holders, NOW + 500).tokens).toMatchObject({ remaining: 85 });
    // More than was estimated shows as none left, never as less than none.
    rates.correct([{ id: '' }], { at, taken: 0, used: 500 }, NOW + 500);
    expect(rates.report(holders, NOW + 500).tokens).toMatchObject({ remaining: 0 });
  });
});

it('a scope without :read includes the one with it, and nothing else', () => {
  expect(isAllowed(null, 'webhooks')).toBe(true);
  expect(isAllowed(['files'], 'files:read')).toBe(true);
  expect(isAllowed(['files:read'], 'files')).toBe(false);
  expect(isAllowed(['files', 'chat'], 'batches:read')).toBe(false);
  expect(isAllowed([], 'chat')).toBe(false);
});
