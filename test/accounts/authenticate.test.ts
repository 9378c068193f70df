// Whom a bearer token lets in.
import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { makeKey } from '../../src/accounts/api-key';
import { admit, isAdmin, readBearer } from '../../src/accounts/authenticate';
import { createAccount } from '../../src/accounts/create-account';
import { newId } from '../../src/contract/ids';
import { createKey, LITTLE, NOW, stored } from './accounts';

/** This Worker's bindings with other secrets. */
const withSecrets = (secrets: { ADMIN_KEY?: string; DEV_KEY?: string }): Env => {
  const { ADMIN_KEY, DEV_KEY, ...bindings } = env;
  return { ...bindings, ...secrets };
};

/** Whom a token lets in, or why it does not. */
async function authenticate(by: Env, text: string): Promise<object> {
  const bearer = await readBearer(by, text);
  if (bearer === null) return { ok: false, reason: 'malformed' };
  const { answer } = await admit({ env: by, waitUntil: () => undefined }, bearer, LITTLE);
  return answer.ok ? { ok: true, accountId: bearer.accountId, keyId: answer.keyId } : answer;
}

async function listed(id: string): Promise<boolean> {
  const page = await env.REGISTRY.getByName('registry').list({ limit: 100, order: 'asc' });
  return page?.data.some((account) => account.id === id) ?? false;
}

describe('a key', () => {
  it('lets its account in', async () => {
    const { id } = await createAccount(env, { name: 'test' }, NOW);
    const { key, secret } = await createKey(env.ACCOUNTS.getByName(id), { name: 'k' });
    expect(await authenticate(env, secret)).toEqual({ ok: true, accountId: id, keyId: key.id });
  });

  it('lets no one in once it is revoked or expired, or the account suspended', async () => {
    const { id } = await createAccount(env, { name: 'test' }, NOW);
    const account = env.ACCOUNTS.getByName(id);
    const expired = await createKey(account, { name: 'k', expires_at: new Date().toISOString() });
    expect(await authenticate(env, expired.secret)).toEqual({ ok: false, reason: 'expired' });
    const { key, secret } = await createKey(account, { name: 'k' });
    await account.update({ status: 'suspended' });
    expect(await authenticate(env, secret)).toEqual({ ok: false, reason: 'suspended' });
    await account.revokeKey(key.id, NOW);
    expect(await authenticate(env, secret)).toEqual({ ok: false, reason: 'revoked' });
  });

  it('that was never given out is unknown, and asking leaves nothing behind', async () => {
    const { id } = await createAccount(env, { name: 'test' }, NOW);
    expect(await authenticate(env, makeKey(id))).toEqual({ ok: false, reason: 'unknown' });
    const nowhere = newId('acct');
    expect(await authenticate(env, makeKey(nowhere))).toEqual({ ok: false, reason: 'unknown' });
    expect(await stored(env.ACCOUNTS.getByName(nowhere))).toBe('');
  });

  it('with a wrong checksum is refused before anyone is asked', async () => {
    const key = makeKey(newId('acct'));
    const wrong = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
    const unreachable = new Proxy({} as Env['ACCOUNTS'], {
      get: () => {
        throw new Error('an account was asked');
      },
    });
    const sealed = { ...withSecrets({}), ACCOUNTS: unreachable };
    for (const text of [wrong, 'sk-other', 'x', '', 'qk_', 'admin-test']) {
      expect(await authenticate(sealed, text)).toEqual({ ok: false, reason: 'malformed' });
    }
  });
});

describe('the local key', () => {
  it('lets in an account that is made at its first use and listed', async () => {
    await reset();
    const local = withSecrets({ DEV_KEY: 'sk-local' });
    for (let i = 0; i < 2; i++) {
      expect(await authenticate(local, 'sk-local')).toEqual({
        ok: true,
        accountId: 'dev',
        keyId: 'key_dev',
      });
    }
    expect(await env.ACCOUNTS.getByName('dev').describe()).toMatchObject({ id: 'dev', status: 'active' });
    expect(await listed('dev')).toBe(true);
  });

  it('brings the account back where its storage was emptied meanwhile', async () => {
    const local = withSecrets({ DEV_KEY: 'sk-local' });
    await authenticate(local, 'sk-local');
    await reset();
    expect(await authenticate(local, 'sk-local')).toMatchObject({ ok: true });
    expect(await listed('dev')).toBe(true);
  });

  it('obeys the account’s suspension', async () => {
    const local = withSecrets({ DEV_KEY: 'sk-local' });
    await authenticate(local, 'sk-local');
    await env.ACCOUNTS.getByName('dev').update({ status: 'suspended' });
    expect(await authenticate(local, 'sk-local')).toEqual({ ok: false, reason: 'suspended' });
    await env.ACCOUNTS.getByName('dev').update({ status: 'active' });
    expect(await authenticate(local, 'sk-local')).toMatchObject({ ok: true });
  });

  it('is nothing where it is not set, empty, or not quite the same', async () => {
    for (const [secret, bearer] of [
      [undefined, 'sk-local'],
      [undefined, 'undefined'],
      ['', ''],
      ['sk-local', 'sk-loca'],
      ['sk-local', 'sk-local1'],
      ['sk-local', 'SK-LOCAL'],
    ] as const) {
      const somewhere = withSecrets(secret === undefined ? {} : { DEV_KEY: secret });
      expect(await authenticate(somewhere, bearer)).toEqual({ ok: false, reason: 'malformed' });
    }
  });
});

describe('the admin', () => {
  it('is who holds the admin secret', async () => {
    const admin = withSecrets({ ADMIN_KEY: 'secret' });
    expect(await isAdmin(admin, 'secret')).toBe(true);
    for (const bearer of ['secre', 'secret1', 'Secret', '']) expect(await isAdmin(admin, bearer)).toBe(false);
  });

  it('is no one without such a secret', async () => {
    for (const bearer of ['', 'undefined', 'null', 'admin-test']) {
      expect(await isAdmin(withSecrets({}), bearer)).toBe(false);
      expect(await isAdmin(withSecrets({ ADMIN_KEY: '' }), bearer)).toBe(false);
    }
  });
});
