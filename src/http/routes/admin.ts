// The admin API: accounts, their keys and usage, the audit log and metrics, for whoever holds the deployment's admin secret.
import { Hono } from 'hono';
import { addAccount, changeAccount, issueKey, revokeKey } from '../../accounts/administration';
import { accountCreate, accountUpdate, auditListQuery, keyCreate, usageQuery } from '../../contract/accounts';
import { ApiError } from '../../contract/errors';
import { listQuery, listResponse } from '../../contract/lists';
import { PROMETHEUS_CONTENT_TYPE } from '../../platform/prometheus';
import { administered } from '../authenticate';
import type { AppContext, AppEnv } from '../context';
import { filledPage } from '../filled-page';
import { found, knownPage } from '../found';
import { usageReport } from '../usage-report';
import { jsonBody, query } from '../validate';

export const adminRoutes = new Hono<AppEnv>()
  .use(administered)
  .post('/accounts', jsonBody(accountCreate), async (c) => {
    return c.json(await addAccount(c.env, c.req.valid('json'), requestOf(c)), 201);
  })
  .get('/accounts', query(listQuery), async (c) => {
    const list = c.req.valid('query');
    const page = await filledPage(
      list,
      async (query) => c.env.REGISTRY.getByName('registry').list(query),
      async ({ id }) => c.env.ACCOUNTS.getByName(id).describe(),
    );
    return c.json(listResponse(page, (account) => account.id));
  })
  .get('/accounts/:id', async (c) => c.json(found(await account(c).describe(), 'account')))
  .patch('/accounts/:id', jsonBody(accountUpdate), async (c) => {
    const changed = await changeAccount(c.env, c.req.param('id'), c.req.valid('json'), requestOf(c));
    return c.json(found(changed, 'account'));
  })
  .get('/accounts/:id/usage', query(usageQuery), (c) =>
    usageReport(c, c.req.param('id'), c.req.valid('query')),
  )
  .post('/accounts/:id/keys', jsonBody(keyCreate), async (c) => {
    const issued = await issueKey(c.env, c.req.param('id'), c.req.valid('json'), requestOf(c));
    const { key, secret } = found(issued, 'account');
    return c.json({ ...key, key: secret }, 201);
  })
  .get('/accounts/:id/keys', query(listQuery), async (c) => {
    const list = c.req.valid('query');
    const keys = await account(c).listKeys(list);
    if (keys === 'no_account') throw new ApiError('not_found', { missing: 'account' });
    const page = knownPage(keys, list.after);
    return c.json(listResponse(page, (key) => key.id));
  })
  .delete('/accounts/:id/keys/:key_id', async (c) => {
    const { id: accountId, key_id: id } = c.req.param();
    found((await revokeKey(c.env, accountId, id, requestOf(c))) || null, 'key');
    return c.json({ id, object: 'key', deleted: true });
  })
  .get('/audit', query(auditListQuery), async (c) => {
    const list = c.req.valid('query');
    const page = knownPage(await c.env.REGISTRY.getByName('registry').listAudit(list), list.after);
    return c.json(listResponse(page, (entry) => entry.id));
  })
  .get('/metrics', async (c) => {
    const text = await c.env.REGISTRY.getByName('registry').metrics();
    return c.body(text, 200, { 'Content-Type': PROMETHEUS_CONTENT_TYPE });
  })
  // Before the middleware of accounts' keys, which the admin's is none of, can refuse a path that is not there.
  .all('*', (c) => c.notFound());

function requestOf(c: AppContext) {
  return { requestId: c.var.requestId, now: Date.now() };
}

function account(c: AppContext) {
  return c.env.ACCOUNTS.getByName(c.req.param('id') ?? '');
}
