// Making accounts, also half-way.
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createAccount, openAccount } from '../../src/accounts/create-account';
import { newId } from '../../src/contract/ids';
import { NOW } from './accounts';

async function timesListed(id: string): Promise<number> {
  const page = await env.REGISTRY.getByName('registry').list({ limit: 100, order: 'asc' });
  return page?.data.filter((account) => account.id === id).length ?? 0;
}

it('a new account is there, and listed', async () => {
  const account = await createAccount(env, { name: 'test', limits: { storage_bytes: 1 } }, NOW);
  expect(account).toMatchObject({
    id: expect.stringMatching(/^acct_[0-9A-Za-z]{24}$/),
    name: 'test',
    limits: { storage_bytes: 1 },
    status: 'active',
    created_at: '2026-01-31T12:00:00.000Z',
  });
  expect(await env.ACCOUNTS.getByName(account.id).describe()).toEqual(account);
  expect(await timesListed(account.id)).toBe(1);
});

it('one that was lost half-way does no harm, and can be completed', async () => {
  const id = newId('acct');
  await env.REGISTRY.getByName('registry').add(id, NOW);
  expect(await env.ACCOUNTS.getByName(id).describe()).toBeNull();

  const account = await openAccount(env, { id, name: 'test', createdAt: NOW });
  expect(await openAccount(env, { id, name: 'again', createdAt: NOW + 1 })).toEqual(account);
  expect(await timesListed(id)).toBe(1);
});
