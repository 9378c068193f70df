import { expect, it } from 'vitest';
import { admin, newAccount, newKey, send } from './client';

it('tells whoever holds a key which account it is of, and its limits', async () => {
  const account = await newAccount({ name: 'Acme' });
  const { key } = await newKey(account.id);
  await admin('PATCH', `/accounts/${account.id}`, { json: { limits: { monthly_budget: 25 } } });

  const response = await send(key, 'GET', '/api/v1/account');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ...account, limits: { ...account.limits, monthly_budget: 25 } });
});

it('tells nothing without a key', async () => {
  expect((await send(null, 'GET', '/api/v1/account')).status).toBe(401);
});
