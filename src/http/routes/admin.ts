// The admin API: accounts and their keys, for whoever holds the deployment's admin secret.
import { Hono } from 'hono';
import { createAccount } from '../../accounts/create-account';
import { accountCreate, accountUpdate, keyCreate } from '../../contract/accounts';
import { ApiError } from '../../contract/errors';
import { listQuery, listResponse } from '../../contract/lists';
import { administered } from '../authenticate';
import type { AppContext, AppEnv } from '../context';
import { found, knownPage } from '../found';
import { jsonBody, query } from '../validate';

export const adminRoutes = new Hono<AppEnv>()
  .use(administered)
  .post('/accounts', jsonBody(accountCreate), async (c) => {
    return c.json(await createAccount(c.env, c.req.valid('json'), Date.now()), 201);
  })
  .get('/accounts', query(listQuery), async (c) => {
    const list = c.req.valid('query');
    const page = knownPage(await c.env.REGISTRY.getByName('registry').list(list), list.after);
    const accounts = await Promise.all(page.data.map(({ id }) => c.env.ACCOUNTS.getByName(id).describe()));
    const data = accounts.filter((account) => account !== null);
    return c.json(listResponse({ ...page, data }, (account) => account.id));
  })
  .get('/accounts/:id', async (c) => c.json(found(await account(c).describe(), 'account')))
  .patch('/accounts/:id', jsonBody(accountUpdate), async (c) => {
    return c.json(found(await account(c).update(c.req.valid('json')), 'account'));
  })
  .post('/accounts/:id/keys', jsonBody(keyCreate), async (c) => {
    const { name, expires_at: expiresAt } = c.req.valid('json');
    found(await account(c).describe(), 'account');
    const { key, secret } = await account(c).createKey({ name, expiresAt: expiresAt ?? null });
    return c.json({ ...key, key: secret }, 201);
  })
  .get('/accounts/:id/keys', query(listQuery), async (c) => {
    const list = c.req.valid('query');
    found(await account(c).describe(), 'account');
    const page = knownPage(await account(c).listKeys(list), list.after);
    return c.json(listResponse(page, (key) => key.id));
  })
  .delete('/accounts/:id/keys/:key_id', async (c) => {
    const id = c.req.param('key_id');
    if (!(await account(c).revokeKey(id, Date.now()))) throw new ApiError('not_found', { missing: 'key' });
    return c.json({ id, object: 'key', deleted: true });
  })
  // Before the middleware of accounts' keys, which the admin's is none of, can refuse a path that is not there.
  .all('*', (c) => c.notFound());

function account(c: AppContext) {
  return c.env.ACCOUNTS.getByName(c.req.param('id') ?? '');
}
