// An account's own row, and that an object without an account stays empty.
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/contract/ids';
import { admit, emptyAccount, NOW, newAccount, stored } from './accounts';

const NO_LIMITS = {
  requests_per_minute: null,
  tokens_per_minute: null,
  monthly_budget: null,
  concurrent_batches: null,
  storage_bytes: null,
};

describe('an account', () => {
  it('is what it was made as, with every limit named', async () => {
    const id = newId('acct');
    const account = env.ACCOUNTS.getByName(id);
    const made = await account.create({ id, name: '퀴어', limits: { monthly_budget: 12.5 }, createdAt: NOW });
    expect(made).toEqual({
      id,
      name: '퀴어',
      limits: { ...NO_LIMITS, monthly_budget: 12.5 },
      used: { spent: 0, reserved: 0, storage_bytes: 0, concurrent_batches: 0 },
      status: 'active',
      created_at: '2026-01-31T12:00:00.000Z',
    });
    expect(await account.describe()).toEqual(made);
  });

  it('that is made again stays as it is', async () => {
    const id = newId('acct');
    const account = env.ACCOUNTS.getByName(id);
    const made = await account.create({ id, name: 'first', createdAt: NOW });
    const limits = { requests_per_minute: 1 };
    expect(await account.create({ id, name: 'second', limits, createdAt: NOW + 1 })).toEqual(made);
  });

  it('outlives its object', async () => {
    const account = await newAccount();
    const before = await account.describe();
    await evictDurableObject(account);
    expect(await account.describe()).toEqual(before);
  });
});

describe('an update', () => {
  it('changes what it names, each limit by itself', async () => {
    const account = await newAccount();
    const limits = { requests_per_minute: 60, monthly_budget: 5 };
    expect(await account.update({ limits })).toMatchObject({
      limits: { ...NO_LIMITS, ...limits },
      status: 'active',
    });
    expect(await account.update({ limits: { monthly_budget: null, storage_bytes: 0 } })).toMatchObject({
      limits: { ...NO_LIMITS, requests_per_minute: 60, storage_bytes: 0 },
    });
    expect(await account.update({ status: 'suspended' })).toMatchObject({
      limits: { ...NO_LIMITS, requests_per_minute: 60, storage_bytes: 0 },
      status: 'suspended',
    });
    const last = await account.update({});
    expect(last).toMatchObject({ status: 'suspended' });
    expect(await account.describe()).toEqual(last);
  });

  it('of no account makes none', async () => {
    expect(await emptyAccount().update({ status: 'active' })).toBeNull();
  });
});

it('asking an object that holds no account finds nothing and writes nothing', async () => {
  const account = emptyAccount();
  const list = { limit: 1, order: 'asc' } as const;
  const nothing = { data: [], hasMore: false };
  expect(await account.describe()).toBeNull();
  expect(await account.update({ status: 'suspended' })).toBeNull();
  expect(await admit(account, '0'.repeat(64), NOW)).toEqual({ ok: false, reason: 'unknown' });
  expect(await account.listKeys(list)).toBe('no_account');
  expect(await account.createKey({ name: 'k' }, NOW)).toBeNull();
  expect(await account.revokeKey('key_x', NOW)).toBe(false);
  expect(await account.getFile('file_x', NOW)).toBeNull();
  expect(await account.listFiles(list, NOW)).toEqual(nothing);
  expect(await account.listFiles({ ...list, after: 'file_x' }, NOW)).toBeNull();
  expect(await account.expiredFiles(NOW, 1)).toEqual([]);
  expect(await account.removeFile('file_x')).toBeNull();
  expect(await account.holdsBytes('file_x')).toBe(false);
  expect(await account.listBatches(list)).toEqual(nothing);
  expect(await account.listBatches({ ...list, after: 'batch_x' })).toBeNull();
  expect(await account.staleBatches(NOW, 1)).toEqual([]);
  expect(await account.removeBatch('batch_x', null)).toBe(true);
  expect(await account.usage({ groupBy: 'day' })).toBeNull();
  expect(await stored(account)).toBe('');
});
