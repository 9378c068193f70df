// An account's keys: made, listed, revoked, and whom they let in.
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { hashKey, parseKey } from '../../src/accounts/api-key';
import { NO_KEY_LIMITS } from '../../src/contract/accounts';
import { admit, createKey, emptyAccount, listKeys, NOW, newAccount, stored, walk } from './accounts';

const LASTING = { name: 'lasting' };

describe('a new key', () => {
  it('is shown once and names its account', async () => {
    const account = await newAccount();
    const id = (await account.describe())?.id;
    const { key, secret } = await createKey(account, LASTING, NOW);
    expect(key).toEqual({
      id: expect.stringMatching(/^key_[0-9A-Za-z]{24}$/),
      name: 'lasting',
      hint: `qk_…${secret.slice(-4)}`,
      scopes: null,
      limits: NO_KEY_LIMITS,
      created_at: '2026-01-31T12:00:00.000Z',
      expires_at: null,
      revoked_at: null,
      last_used_at: null,
    });
    expect(parseKey(secret)).toEqual({ accountId: id });
    expect(await admit(account, await hashKey(secret), NOW)).toMatchObject({
      ok: true,
      keyId: key.id,
    });
  });

  it('is stored as its hash alone', async () => {
    const account = await newAccount();
    const { secret } = await createKey(account, LASTING);
    const rows = await stored(account);
    expect(rows).toContain(await hashKey(secret));
    expect(rows).not.toContain(secret);
    // Nor the part of it that is no one else's: 32 random characters, or half of them.
    expect(rows).not.toContain(secret.slice(27, 43));
    expect(rows).not.toContain(secret.slice(43, 59));
  });

  it('can be of the local account', async () => {
    const account = env.ACCOUNTS.getByName('dev');
    await account.create({ id: 'dev', name: 'dev', createdAt: NOW });
    const { secret } = await createKey(account, LASTING);
    expect(parseKey(secret)).toEqual({ accountId: 'dev' });
    expect(await admit(account, await hashKey(secret), NOW)).toMatchObject({ ok: true });
  });

  it('needs an account', async () => {
    const account = emptyAccount();
    expect(await account.createKey(LASTING, NOW)).toBeNull();
    expect(await stored(account)).toBe('');
  });
});

describe('no one is admitted', () => {
  it('by a hash that is not a key’s, however much of it is', async () => {
    const account = await newAccount();
    const hash = await hashKey((await createKey(account, LASTING)).secret);
    const almost = hash.slice(0, -1) + (hash.endsWith('0') ? '1' : '0');
    for (const other of [almost, hash.slice(0, 8), '', await hashKey('other')]) {
      expect(await admit(account, other, NOW)).toEqual({ ok: false, reason: 'unknown' });
    }
  });

  it('by another account’s key', async () => {
    const [owner, stranger] = [await newAccount(), await newAccount()];
    const { secret } = await createKey(owner, LASTING);
    expect(await admit(stranger, await hashKey(secret), NOW)).toEqual({ ok: false, reason: 'unknown' });
  });

  it('from the moment a key expires, which may be given in any time zone', async () => {
    const account = await newAccount();
    const { key, secret } = await createKey(
      account,
      { name: 'brief', expires_at: '2026-01-31T22:00:00+09:00' },
      NOW,
    );
    expect(key.expires_at).toBe('2026-01-31T13:00:00.000Z');
    const hash = await hashKey(secret);
    expect(await admit(account, hash, NOW + 3_599_999)).toMatchObject({ ok: true });
    expect(await admit(account, hash, NOW + 3_600_000)).toEqual({ ok: false, reason: 'expired' });
  });

  it('by a revoked key, while the account’s others go on', async () => {
    const account = await newAccount();
    const [gone, kept] = [await createKey(account, LASTING), await createKey(account, LASTING)];
    expect(await account.revokeKey(gone.key.id, NOW)).toBe(true);
    expect(await admit(account, await hashKey(gone.secret), NOW)).toEqual({ ok: false, reason: 'revoked' });
    expect(await admit(account, await hashKey(kept.secret), NOW)).toMatchObject({ keyId: kept.key.id });
  });

  it('to a suspended account; only the holder of a valid key learns why', async () => {
    const account = await newAccount();
    const hash = await hashKey((await createKey(account, LASTING)).secret);
    const revoked = await createKey(account, LASTING);
    await account.revokeKey(revoked.key.id, NOW);
    await account.update({ status: 'suspended' });
    expect(await admit(account, hash, NOW)).toEqual({ ok: false, reason: 'suspended' });
    expect(await admit(account, await hashKey(revoked.secret), NOW)).toEqual({
      ok: false,
      reason: 'revoked',
    });
    expect(await admit(account, '0'.repeat(64), NOW)).toEqual({ ok: false, reason: 'unknown' });
    await account.update({ status: 'active' });
    expect(await admit(account, hash, NOW)).toMatchObject({ ok: true });
  });
});

describe('revoking', () => {
  it('again keeps the first time', async () => {
    const account = await newAccount();
    const { key } = await createKey(account, LASTING);
    expect(await account.revokeKey(key.id, NOW)).toBe(true);
    expect(await account.revokeKey(key.id, NOW + 1000)).toBe(true);
    const page = await listKeys(account, { limit: 1, order: 'desc' });
    expect(page?.data[0]?.revoked_at).toBe('2026-01-31T12:00:00.000Z');
  });

  it('an unknown key, or another account’s, is refused', async () => {
    const [owner, stranger] = [await newAccount(), await newAccount()];
    const { key, secret } = await createKey(owner, LASTING);
    expect(await owner.revokeKey('key_unknown', NOW)).toBe(false);
    expect(await stranger.revokeKey(key.id, NOW)).toBe(false);
    expect(await admit(owner, await hashKey(secret), NOW)).toMatchObject({ ok: true });
  });
});

it('the list has every key once, in either order, without secrets', async () => {
  const account = await newAccount();
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push((await createKey(account, LASTING, NOW)).key.id);
  expect(await walk((after) => listKeys(account, { limit: 2, order: 'asc', ...after }))).toEqual(ids);
  expect(await walk((after) => listKeys(account, { limit: 2, order: 'desc', ...after }))).toEqual(
    ids.toReversed(),
  );
  const page = await listKeys(account, { limit: 1, order: 'asc' });
  expect(Object.keys(page?.data[0] ?? {})).toEqual([
    'id',
    'name',
    'hint',
    'scopes',
    'limits',
    'created_at',
    'expires_at',
    'revoked_at',
    'last_used_at',
  ]);
  expect(await listKeys(account, { limit: 1, order: 'asc', after: 'key_unknown' })).toBeNull();
});
